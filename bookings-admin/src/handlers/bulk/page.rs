//! What the pages of bulk work say.

use bookings_core::commands::UNDO_MINUTES;
use bookings_core::{Booking, Code, Refusal, Role};
use bookings_db::selection::{Ended, Order, Preview, Progress, RowResult, Selection, State, Verdict, What, told};
use bookings_db::{Scope, Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::auth::Signed;
use crate::handlers::bookings::choices;
use crate::present::{self, thousands};
use crate::raw_form::RawForm;
use crate::views::bookings::{BulkButton, BulkPage, BulkRow};
use crate::views::outcomes::{BulkOver, Done, Outcome};
use crate::views::{Choice, Field, Hidden, Link, Picker, Section};

fn bookings(number: u64) -> String {
    if number == 1 { "1 booking".into() } else { format!("{} bookings", thousands(number)) }
}

/// "Confirm", "confirmed".
pub fn words(what: &What) -> (&'static str, &'static str) {
    match what {
        What::Confirm => ("Confirm", "confirmed"),
        What::Cancel { .. } => ("Cancel", "cancelled"),
        What::Move { .. } => ("Move", "moved"),
        What::Reassign { .. } => ("Reassign", "reassigned"),
        What::Complete => ("Complete", "completed"),
        What::NoShow => ("Mark as no-show", "marked as no-show"),
        What::Note { .. } => ("Add a note to", "given the note"),
        What::Undo => ("Take back", "taken back"),
        What::Import { .. } => ("Import", "imported"),
    }
}

/// What can be done to many at once.
pub fn verbs() -> Vec<Choice> {
    let verbs = [
        ("confirm", "Confirm"),
        ("cancel", "Cancel"),
        ("move", "Move by minutes"),
        ("reassign", "Reassign"),
        ("complete", "Complete"),
        ("no-show", "Mark as no-show"),
        ("note", "Add a note"),
    ];
    verbs.map(|(value, label)| Choice::new(value, label, false)).into()
}

/// The order as it can be rehearsed: a reason that is still to be typed refuses nobody. `None` where too little is known.
pub fn rehearsed(order: &Order) -> Option<Order> {
    let what = match &order.what {
        What::Move { minutes: 0 } | What::Reassign { provider_id: None } => return None,
        What::Cancel { reason } if reason.is_empty() => What::Cancel { reason: "\u{2026}".into() },
        What::Note { message } if message.is_empty() => What::Note { message: "\u{2026}".into() },
        other => other.clone(),
    };
    let mut overrides = order.overrides.clone();
    if !overrides.codes.is_empty() && overrides.reason.is_empty() {
        overrides.reason = "\u{2026}".into();
    }
    Some(Order { what, overrides })
}

/// The soft rules that stand against some of the rows shown.
pub fn soft(preview: &Preview) -> Vec<Code> {
    let reasons = preview.rows.iter().filter_map(|row| match &row.verdict {
        Verdict::Refused(reasons) => Some(reasons),
        Verdict::Changes | Verdict::Same => None,
    });
    reasons.flatten().map(|reason| reason.code).filter(|code| code.is_soft()).collect()
}

/// Whom to reassign to.
pub fn providers(store: &Store, form: &RawForm, scope: Scope) -> Result<Picker, StoreError> {
    let catalogue = store.catalogue.as_ref();
    let (chosen, query) = (form.get("provider_id"), form.get("provider_id_q"));
    store.pools.read(|conn| {
        let name = |conn: &mut bookings_db::connection::Conn| {
            let Ok(id) = uuid::Uuid::try_parse(chosen) else { return Ok(None) };
            choices::provider_name(conn, catalogue, scope, id.into())
        };
        choices::picker(conn, "provider_id", "To", chosen, query, name, &mut |conn, search, limit| {
            catalogue.providers(conn, scope, search, limit)
        })
    })
}

/// Bookings of one page of a result.
pub const RAN: usize = 70;

/// What was loaded of a run.
pub struct Ran {
    pub progress: Progress,
    /// Which rows are shown.
    pub ended: Ended,
    /// One more than are shown, where there are more.
    pub rows: Vec<RowResult>,
}

/// The outcome of that name.
pub fn outcome(asked: &str) -> Option<Ended> {
    ENDED.into_iter().find(|ended| name(*ended) == asked)
}

/// The outcome an address asks for; what is worth seeing first where it asks for none.
pub fn ended(asked: &str, progress: Progress) -> Ended {
    let first = match progress {
        Progress { refused: 1.., .. } => Ended::Refused,
        Progress { changed: 0, same: 1.., .. } => Ended::Same,
        _ => Ended::Changed,
    };
    outcome(asked).unwrap_or(first)
}

const ENDED: [Ended; 3] = [Ended::Refused, Ended::Changed, Ended::Same];

fn name(ended: Ended) -> String {
    ended.as_str().to_lowercase()
}

/// Links to the rows that ended each way; `labels` of those refused, changed, and so already.
pub fn outcomes(action: &str, progress: Progress, shown: Ended, labels: [&str; 3]) -> Vec<Outcome> {
    let counts = [progress.refused, progress.changed, progress.same];
    let all = ENDED.into_iter().zip(labels).zip(counts);
    all.filter(|(_, count)| *count > 0)
        .map(|((ended, label), count)| Outcome {
            link: Link::new(format!("{label} {}", thousands(count)), format!("{action}?outcome={}", name(ended))),
            current: ended == shown,
        })
        .collect()
}

/// What can be done next to all that ended as those that are shown.
fn over_ended(selection: &Selection, ran: &Ran, done: &str) -> BulkOver {
    let (count, how) = match ran.ended {
        Ended::Refused => (ran.progress.refused, "refused"),
        Ended::Changed => (ran.progress.changed, done),
        Ended::Same => (ran.progress.same, "that were so already"),
    };
    let of = vec![Hidden::new("run", selection.id.to_string()), Hidden::new("outcome", name(ran.ended))];
    BulkOver { of, label: format!("With the {} {how}", thousands(count)), verbs: verbs() }
}

/// The link to the rows behind one.
pub fn next(label: &str, action: &str, ended: Ended, last: i64) -> Link {
    Link::new(label, format!("{action}?outcome={}&after={last}", name(ended)))
}

/// What every page is made with.
pub struct View {
    pub now: DateTime<Utc>,
    pub zone: Tz,
    pub role: Role,
    /// Whether a slot engine has a say.
    pub engine: bool,
}

/// Whether a slot engine has a say in it.
pub const fn is_asked_later(what: &What) -> bool {
    matches!(what, What::Move { .. } | What::Reassign { .. })
}

/// Of a dry run, where a slot engine has a say.
pub const ASKED_LATER: &str = "The slot engine is asked only when it is done, and may refuse some";

impl View {
    #[expect(clippy::too_many_arguments, reason = "each is a part of the page")]
    pub fn dry_run(
        &self,
        signed: &Signed,
        selection: &Selection,
        order: &Order,
        preview: Option<Preview>,
        picker: Option<Picker>,
        overridable: &[Code],
        form: &RawForm,
    ) -> BulkPage {
        let (verb, done) = words(&order.what);
        let title = format!("{verb} {}", bookings(selection.items));
        let mut page = self.page(signed, selection, title);
        page.fields = match &order.what {
            What::Cancel { reason } => {
                vec![Field::textarea("reason", "Reason").maxlength(2000).required().value(reason)]
            }
            What::Note { message } => {
                vec![Field::textarea("message", "Note").maxlength(10_000).required().value(message)]
            }
            What::Move { .. } => vec![
                Field::text("minutes", "Minutes")
                    .kind("number")
                    .required()
                    .hint("Later; with a minus, earlier")
                    .value(form.get("minutes")),
            ],
            _ => Vec::new(),
        };
        page.picker = picker;
        let ticked: Vec<&str> = form.all("override").collect();
        let against: Vec<Refusal> = overridable.iter().map(|code| Refusal::of(*code, "override")).collect();
        page.overrides = present::overrides(&against, self.role, &ticked, form.get("override_reason"));
        let asks = !page.fields.is_empty() || page.picker.is_some() || page.overrides.is_some();
        let button = |value, label: &str, primary| BulkButton { value, label: label.into(), primary };
        let Some(preview) = preview else {
            page.outcome = "Nothing has been changed yet. Say how, to see what would happen.".into();
            page.buttons = vec![button("check", "Check", true)];
            return page;
        };
        let refused: u64 = preview.refused.values().sum();
        page.outcome = format!(
            "{} of {} will be {done}. Nothing has been changed yet.",
            thousands(preview.changes),
            thousands(selection.items)
        );
        if preview.same > 0 {
            page.notes.push(format!("{} so already: nothing changes for them", thousands(preview.same)));
        }
        page.notes.extend(
            preview.refused.iter().map(|(code, count)| format!("{} refused: {}", thousands(*count), in_words(code))),
        );
        if preview.changes > 0 {
            if self.engine && is_asked_later(&order.what) {
                page.notes.push(ASKED_LATER.into());
            }
            let label = format!("{verb} {}", bookings(preview.changes));
            page.buttons.push(button("run", &label, true));
        }
        if asks {
            page.buttons.push(button("check", "Check again", false));
        }
        page.more = more(selection.items, preview.rows.len(), refused);
        page.rows = preview
            .rows
            .iter()
            .map(|row| match &row.verdict {
                Verdict::Changes => self.row(&row.booking, "", format!("Will be {done}")),
                Verdict::Same => self.row(&row.booking, "", "Is so already".into()),
                Verdict::Refused(reasons) => {
                    let code = reasons.first().map_or("", |one| one.code.as_str());
                    self.row(&row.booking, code, told(reasons, self.zone))
                }
            })
            .collect();
        page
    }

    pub fn result(&self, signed: &Signed, selection: &Selection, ran: &Ran) -> BulkPage {
        let (verb, done) = words(&selection.order.what);
        let progress = ran.progress;
        let mut page = self.page(signed, selection, format!("{verb} {}", bookings(selection.items)));
        let counts = format!(
            "{} {done}, {} refused, {} so already",
            thousands(progress.changed),
            thousands(progress.refused),
            thousands(progress.same)
        );
        let lost = selection.is_lost(self.now);
        let left = thousands(selection.items.saturating_sub(progress.ended()));
        page.outcome = match selection.state {
            State::Done | State::Ready => format!("Done: {counts}."),
            State::Stopped => format!("Stopped: {counts}. {left} are left."),
            State::Running if lost => format!("Broke off: {counts}. {left} are left."),
            State::Running => format!("Under way: {counts}. {left} are left."),
        };
        page.done = (selection.state != State::Done).then_some(Done { rows: progress.ended(), of: selection.items });
        let button = |value, label: String, primary| BulkButton { value, label, primary };
        match selection.state {
            State::Running if !lost => page.buttons.push(button("stop", "Stop".into(), false)),
            State::Running | State::Stopped => {
                page.buttons.push(button("continue", format!("Continue with {left}"), true));
            }
            State::Done | State::Ready => {}
        }
        let over = matches!(selection.state, State::Done | State::Stopped);
        let recent = selection
            .ended_at
            .or(selection.beat_at)
            .is_some_and(|at| self.now - at <= TimeDelta::minutes(UNDO_MINUTES));
        if over && recent && progress.changed > 0 && selection.order.what != What::Undo {
            page.buttons.push(button("undo", format!("Take back {}", bookings(progress.changed)), false));
        }
        let labels = ["Refused", &capital(done), "So already"];
        page.outcomes = outcomes(&page.action, progress, ran.ended, labels);
        page.over = Some(over_ended(selection, ran, done)).filter(|_| over && progress.ended() > 0);
        let more = ran.rows.len() > RAN;
        let last = ran.rows.get(RAN - 1).filter(|_| more);
        page.next = last.map(|last| next("Next bookings", &page.action, ran.ended, last.place));
        page.rows = ran
            .rows
            .iter()
            .take(RAN)
            .filter_map(|row| {
                let outcome = match row.ended {
                    Ended::Changed => capital(done),
                    Ended::Same => "Was so already".into(),
                    Ended::Refused => row.message.clone(),
                };
                Some(self.row(row.booking.as_ref()?, &row.code, outcome))
            })
            .collect();
        page
    }

    fn page(&self, signed: &Signed, selection: &Selection, title: String) -> BulkPage {
        BulkPage {
            shell: signed.shell(&title, Some(Section::Bookings)),
            outcome: String::new(),
            done: None,
            notes: Vec::new(),
            action: format!("/bookings/bulk/{}", selection.id),
            fields: Vec::new(),
            picker: None,
            overrides: None,
            buttons: Vec::new(),
            summary: None,
            outcomes: Vec::new(),
            over: None,
            rows: Vec::new(),
            next: None,
            more: String::new(),
        }
    }

    fn row(&self, booking: &Booking, code: &str, outcome: String) -> BulkRow {
        let day = present::short_day(booking.start_at, self.zone, self.now);
        BulkRow {
            reference: booking.reference.to_string(),
            status: present::chip(booking.status),
            when: format!("{day}, {}", present::clock(booking.start_at, self.zone)),
            client: booking.client.name.clone(),
            code: code.into(),
            outcome,
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn more(all: u64, shown: usize, refused: u64) -> String {
    let left = all.saturating_sub(shown as u64);
    match left {
        0 => String::new(),
        left if refused > 0 => format!("And {} more; those refused come first.", thousands(left)),
        left => format!("And {} more.", thousands(left)),
    }
}

/// A refusal's code as words.
fn in_words(code: &str) -> String {
    match code {
        "wrong_status" => "their status does not allow it".into(),
        "stale_version" => "changed since they were chosen".into(),
        "overlap" => "the provider is busy then".into(),
        "not_started" => "they have not started".into(),
        "cancellation_notice" | "reschedule_notice" => "too late by their terms".into(),
        "cancellation_not_allowed" | "reschedule_not_allowed" => "their terms do not allow it".into(),
        other => other.replace('_', " "),
    }
}
