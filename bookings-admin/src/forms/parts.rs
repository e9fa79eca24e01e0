//! Parts of forms: ids, numbers, wall-clock times, overrides.

use bookings_core::local_time::{Fold, LocalTimeError, resolve};
use bookings_core::{Code, Concern, Overrides, Refusal};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::raw_form::RawForm;

/// The most values of one field: more than any booking takes, and as many refusals as anybody reads.
const MOST_VALUES: usize = 100;

/// Collects refusals while a form is read.
pub(super) struct Reader<'a> {
    pub form: &'a RawForm,
    pub zone: Tz,
    pub refusals: Vec<Refusal>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(form: &'a RawForm, zone: Tz) -> Reader<'a> {
        Reader { form, zone, refusals: Vec::new() }
    }

    fn refuse(&mut self, code: Code, field: &'static str, accepted: &str) {
        self.refusals.push(Refusal::about(code, field, Concern::Accepted(accepted.into())));
    }

    /// The text of a field without spaces around it.
    pub(super) fn text(&self, field: &str) -> String {
        self.form.get(field).trim().to_owned()
    }

    /// Long text: browsers send line ends as CR LF.
    pub(super) fn lines(&self, field: &str) -> String {
        self.form.get(field).replace("\r\n", "\n").trim_end().to_owned()
    }

    /// A chosen id; text that is no id is as unknown as an id that does not exist.
    pub(super) fn id<T: From<Uuid>>(&mut self, field: &'static str, unknown: Code) -> Option<T> {
        match self.form.all(field).last().map(str::trim).unwrap_or_default() {
            "" => {
                self.refusals.push(Refusal::of(Code::Required, field));
                None
            }
            text => self.known(text, field, unknown),
        }
    }

    /// A chosen id, or none.
    pub(super) fn optional_id<T: From<Uuid>>(&mut self, field: &'static str, unknown: Code) -> Option<T> {
        match self.form.all(field).last().map(str::trim).unwrap_or_default() {
            "" => None,
            text => self.known(text, field, unknown),
        }
    }

    /// Every chosen id.
    pub(super) fn ids<T: From<Uuid>>(&mut self, field: &'static str, unknown: Code) -> Vec<T> {
        if self.too_many(field) {
            return Vec::new();
        }
        let chosen: Vec<&str> = self.form.all(field).map(str::trim).filter(|text| !text.is_empty()).collect();
        chosen.into_iter().filter_map(|text| self.known(text, field, unknown)).collect()
    }

    fn too_many(&mut self, field: &'static str) -> bool {
        let too_many = self.form.all(field).count() > MOST_VALUES;
        if too_many {
            self.refuse(Code::Invalid, field, &format!("at most {MOST_VALUES} of them"));
        }
        too_many
    }

    fn known<T: From<Uuid>>(&mut self, text: &str, field: &'static str, unknown: Code) -> Option<T> {
        let id = Uuid::try_parse(text).ok().map(T::from);
        if id.is_none() {
            self.refusals.push(Refusal::of(unknown, field));
        }
        id
    }

    /// A number of people or seats; nothing typed is `empty`.
    pub(super) fn number(&mut self, field: &'static str, empty: Option<u32>) -> Option<u32> {
        match self.text(field).as_str() {
            "" => empty,
            text => {
                let number = text.parse().ok();
                if number.is_none() {
                    self.refuse(Code::Invalid, field, "a whole number, such as 2");
                }
                number
            }
        }
    }

    /// The version that the form was made from.
    pub(super) fn version(&mut self) -> i64 {
        let version = self.text("version").parse().ok();
        if version.is_none() {
            self.refuse(Code::Invalid, "version", "the version that the form was opened with");
        }
        version.unwrap_or(0)
    }

    /// The start: of several values the last one that says something, since a suggested start comes after the typed one.
    pub(super) fn start(&mut self) -> Option<DateTime<Utc>> {
        let typed = self.form.all("start_at").map(str::trim).rfind(|text| !text.is_empty());
        let Some(typed) = typed else {
            self.refusals.push(Refusal::of(Code::Required, "start_at"));
            return None;
        };
        let fold = Fold::parse(self.form.get("start_at_fold"));
        parse_start(typed, fold, self.zone).map_err(|refusal| self.refusals.push(*refusal)).ok()
    }

    /// Which soft refusals to override, and why.
    pub(super) fn overrides(&mut self) -> Overrides {
        let mut codes = Vec::new();
        if self.too_many("override") {
            return Overrides::default();
        }
        for text in self.form.all("override").filter(|text| !text.is_empty()) {
            match Code::parse(text) {
                Some(code) => codes.push(code),
                None => {
                    let accepted = Concern::Accepted("the code of a refusal".into());
                    self.refusals.push(Refusal::about(Code::Invalid, "override", accepted));
                }
            }
        }
        Overrides { codes, reason: self.text("override_reason") }
    }

    /// The command, or every refusal.
    pub(super) fn finish<T>(self, command: Option<T>) -> Result<T, Vec<Refusal>> {
        match command {
            Some(command) if self.refusals.is_empty() => Ok(command),
            _ => Err(self.refusals),
        }
    }
}

/// A start as typed: `2026-11-23T10:15` on the clocks of `zone`, or an RFC 3339 instant.
///
/// # Errors
/// `invalid`, `local_time_skipped` or `local_time_ambiguous`, at `start_at`.
pub fn parse_start(typed: &str, fold: Option<Fold>, zone: Tz) -> Result<DateTime<Utc>, Box<Refusal>> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(typed) {
        return Ok(instant.to_utc());
    }
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"];
    let local = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(typed, format).ok());
    let Some(local) = local.filter(|local| (1..=9998).contains(&chrono::Datelike::year(local))) else {
        let accepted = Concern::Accepted("a date and a time, such as 2026-11-23T10:15".into());
        return Err(Box::new(Refusal::about(Code::Invalid, "start_at", accepted)));
    };
    resolve(zone, local, fold).map_err(|problem| {
        Box::new(match problem {
            LocalTimeError::Skipped { before, after } => {
                Refusal::about(Code::LocalTimeSkipped, "start_at", Concern::Skipped { local, before, after })
            }
            LocalTimeError::Ambiguous { earlier, later } => {
                Refusal::about(Code::LocalTimeAmbiguous, "start_at", Concern::Ambiguous { local, earlier, later })
            }
        })
    })
}

/// A date as a browser sends it, within what calendars of ours hold.
#[must_use]
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (1970..=9998).contains(&chrono::Datelike::year(&date)).then_some(date)
}

/// An instant as a `datetime-local` input takes it, on the clocks of `zone`.
#[must_use]
pub fn local_text(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string()
}
