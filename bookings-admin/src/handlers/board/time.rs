//! Instants as rows of a board. A day's board counts the minutes that really pass, so that a day of 23 or 25 hours has as
//! many rows; a week's goes by the clocks on the wall, so that its days stay level.

use bookings_core::local_time::{self, Fold, LocalTimeError, resolve};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::present;
use crate::views::board::Axis;

/// Minutes a row.
pub const STEP: i32 = 15;
/// The hours shown where nothing is booked outside them.
const USUAL: (u32, u32) = (8, 18);

/// The days of a board, and how they are read.
pub struct Span {
    pub zone: Tz,
    pub now: DateTime<Utc>,
    pub days: Vec<NaiveDate>,
    pub week: bool,
}

impl Span {
    /// "Monday 23 November 2026", "23 – 29 November 2026".
    pub fn heading(&self) -> String {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else { return String::new() };
        if !self.week {
            return first.format("%A %-d %B %Y").to_string();
        }
        let from = match (first.year() == last.year(), first.month() == last.month()) {
            (true, true) => "%-d",
            (true, false) => "%-d %B",
            _ => "%-d %B %Y",
        };
        format!("{} \u{2013} {}", first.format(from), last.format("%-d %B %Y"))
    }

    /// Minutes of a day: 24 hours on the wall, or as many as pass.
    pub fn length(&self, date: NaiveDate) -> i32 {
        let day = local_time::day(self.zone, date);
        if self.week { 24 * 60 } else { whole((day.end - day.start).num_minutes()) }
    }

    /// Minutes from the beginning of a day.
    pub fn minutes(&self, date: NaiveDate, at: DateTime<Utc>) -> i32 {
        let passed = match self.week {
            true => at.with_timezone(&self.zone).naive_local() - date.and_time(NaiveTime::MIN),
            false => at - local_time::day_start(self.zone, date),
        };
        whole(passed.num_seconds().div_euclid(60))
    }

    /// Where something stands in a day's column. On the wall an end can come before its start, when the clocks go back
    /// in between: then it is as long as it really takes.
    pub fn place(&self, date: NaiveDate, window: &bookings_core::Window) -> (i32, i32) {
        let (start, end) = (self.minutes(date, window.start), self.minutes(date, window.end));
        if end > start { (start, end) } else { (start, start + whole((window.end - window.start).num_minutes())) }
    }

    /// The instant at a row of a day's column, or `None` where the clocks jump over it.
    pub fn instant(&self, date: NaiveDate, minute: i32) -> Option<DateTime<Utc>> {
        let passed = TimeDelta::minutes(minute.into());
        match self.week {
            true => resolve(self.zone, date.and_time(NaiveTime::MIN) + passed, Some(Fold::Earlier)).ok(),
            false => Some(local_time::day_start(self.zone, date) + passed),
        }
    }

    /// The usual hours of a day, in minutes.
    pub fn usual(&self, date: NaiveDate) -> (i32, i32) {
        let at = |hour: u32| {
            let wall = date.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default());
            resolve(self.zone, wall, Some(Fold::Earlier)).map_or(0, |at| self.minutes(date, at))
        };
        if self.week {
            (whole(i64::from(USUAL.0 * 60)), whole(i64::from(USUAL.1 * 60)))
        } else {
            (at(USUAL.0), at(USUAL.1))
        }
    }

    /// The rows from one minute to another.
    pub fn axis(&self, (from, to): (i32, i32)) -> Axis {
        let today = self.now.with_timezone(&self.zone).date_naive();
        let now = self.days.contains(&today).then(|| self.minutes(today, self.now));
        let tick = |minute: i32| {
            let time = self.time(minute);
            let full = if time.get(3..5) == Some("00") { time.clone() } else { String::new() };
            (full, time, now.is_some_and(|now| (minute..minute + STEP).contains(&now)))
        };
        Axis { from, step: STEP, ticks: (from..to).step_by(STEP as usize).map(tick).collect(), end: self.time(to) }
    }

    /// "10:15"; in an hour that happens twice with the zone, so that the two can be told apart.
    fn time(&self, minute: i32) -> String {
        let first = self.days.first().copied().unwrap_or_default();
        if self.week {
            return format!("{:02}:{:02}", minute / 60, minute % 60);
        }
        let at = local_time::day_start(self.zone, first) + TimeDelta::minutes(minute.into());
        let local = at.with_timezone(&self.zone);
        match resolve(self.zone, local.naive_local(), None) {
            Err(LocalTimeError::Ambiguous { .. }) => local.format("%H:%M %Z").to_string(),
            _ => present::clock(at, self.zone),
        }
    }

    /// Whether a start there is over.
    pub fn is_over(&self, at: DateTime<Utc>) -> bool {
        at < self.now
    }
}

fn whole(minutes: i64) -> i32 {
    i32::try_from(minutes).unwrap_or(if minutes < 0 { i32::MIN / 2 } else { i32::MAX / 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(date: &str, week: bool) -> Span {
        let first: NaiveDate = date.parse().unwrap();
        let days = first.iter_days().take(if week { 7 } else { 1 }).collect();
        Span { zone: chrono_tz::America::New_York, now: DateTime::UNIX_EPOCH, days, week }
    }

    fn offset(zone: Tz, at: DateTime<Utc>) -> i64 {
        (at.with_timezone(&zone).naive_local() - at.naive_utc()).num_seconds()
    }

    /// Every instant from 2011 to 2031 at which the clocks of `zone` change.
    fn transitions(zone: Tz) -> Vec<DateTime<Utc>> {
        let first: DateTime<Utc> = "2011-01-01T00:00:00Z".parse().unwrap();
        let days = (0..366 * 20).map(|day| first + TimeDelta::days(day));
        let changes = days.filter(|day| offset(zone, *day) != offset(zone, *day + TimeDelta::days(1)));
        let found = changes.map(|day| {
            let minutes = (0..=24 * 60).map(|minute| day + TimeDelta::minutes(minute));
            minutes.into_iter().find(|at| offset(zone, *at) != offset(zone, day)).unwrap()
        });
        found.collect()
    }

    /// What a list of one day begins and ends with.
    fn listed(zone: Tz, date: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
        let query = format!("from={date}&to={date}");
        let form = crate::raw_form::RawForm::parse(query.as_bytes()).unwrap();
        let query = crate::forms::list::query(&form, zone, bookings_db::Scope::All).unwrap();
        (query.from.unwrap(), query.until.unwrap())
    }

    /// In every zone, around every change of its clocks in twenty years: a day's list and its board hold the same instants,
    /// rows and instants lead to each other, and a week's rows are what the clocks on the wall show.
    #[test]
    fn days_of_23_and_25_hours_are_whole_in_every_zone() {
        let (mut seen, mut checked, mut odd) = (std::collections::HashSet::new(), 0, 0);
        for zone in chrono_tz::TZ_VARIANTS {
            let changes: Vec<_> = transitions(zone).into_iter().map(|at| (at, offset(zone, at))).collect();
            // Many names have the same clocks.
            let before = changes.first().map(|(at, _)| offset(zone, *at - TimeDelta::minutes(1)));
            if !seen.insert((before, changes.clone())) {
                continue;
            }
            for (at, _) in changes {
                let on = at.with_timezone(&zone).date_naive();
                for date in [on.pred_opt().unwrap(), on, on.succ_opt().unwrap()] {
                    day_is_whole(zone, date, at);
                    odd += i32::from(span_of(zone, date, false).length(date) != 24 * 60);
                    checked += 1;
                }
            }
        }
        assert!(checked > 5_000 && odd > 1_000, "{checked} days, {odd} of another length");
    }

    fn span_of(zone: Tz, date: NaiveDate, week: bool) -> Span {
        Span { zone, now: DateTime::UNIX_EPOCH, days: vec![date], week }
    }

    fn day_is_whole(zone: Tz, date: NaiveDate, change: DateTime<Utc>) {
        let (from, until) = listed(zone, date);
        assert_eq!(listed(zone, date.succ_opt().unwrap()).0, until, "{zone} {date}: the next day begins where it ends");
        let board = span_of(zone, date, false);
        let length = board.length(date);
        assert_eq!(TimeDelta::minutes(length.into()), until - from, "{zone} {date}");
        let near = |minute: &i32| {
            let at = from + TimeDelta::minutes((*minute).into());
            (at - change).abs() <= TimeDelta::hours(4) || *minute < 60 || length - *minute < 60
        };
        for minute in (0..length).step_by(STEP as usize).filter(near) {
            let at = board.instant(date, minute).unwrap();
            assert!(from <= at && at < until, "{zone} {date}: row {minute} is on no list of that day");
            assert_eq!(board.minutes(date, at), minute, "{zone} {date}");
            let wall = at.with_timezone(&zone).naive_local();
            // Where clocks go back over midnight, the repeated minutes stay with the day that had begun.
            assert!((wall - date.and_time(NaiveTime::MIN)).num_minutes() >= -60, "{zone} {date}: {wall}");
            assert!(wall.date() <= date, "{zone} {date}: {wall}");
        }
        let week = span_of(zone, date, true);
        for minute in (0..24 * 60).step_by(STEP as usize) {
            let wall = date.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute.into());
            match week.instant(date, minute) {
                Some(at) => {
                    assert_eq!(at.with_timezone(&zone).naive_local(), wall, "{zone}");
                    assert_eq!(week.minutes(date, at), minute, "{zone} {wall}");
                    let hour = bookings_core::Window { start: at, end: at + TimeDelta::minutes(45) };
                    let (start, end) = week.place(date, &hour);
                    assert!(start == minute && end > start, "{zone} {wall}: {start} to {end}");
                }
                None => assert!(
                    matches!(resolve(zone, wall, None), Err(LocalTimeError::Skipped { .. })),
                    "{zone} {wall} was there"
                ),
            }
        }
    }

    fn labels(span: &Span) -> Vec<String> {
        let axis = span.axis((0, span.length(span.days[0])));
        axis.ticks.into_iter().map(|(label, ..)| label).filter(|label| !label.is_empty()).collect()
    }

    #[test]
    fn a_day_has_as_many_rows_as_hours_pass() {
        let plain = labels(&span("2026-11-02", false));
        assert_eq!((plain.len(), plain[1].as_str()), (24, "01:00"));
        let autumn = labels(&span("2026-11-01", false));
        assert_eq!(autumn.len(), 25);
        assert_eq!(autumn[..4], ["00:00", "01:00 EDT", "01:00 EST", "02:00"]);
        let spring = labels(&span("2026-03-08", false));
        assert_eq!((spring.len(), &spring[..3]), (23, ["00:00", "01:00", "03:00"].map(String::from).as_slice()));
        assert_eq!(span("2026-03-08", false).usual("2026-03-08".parse().unwrap()), (7 * 60, 17 * 60));
    }

    #[test]
    fn a_week_goes_by_the_wall() {
        let week = span("2026-10-26", true);
        let sunday: NaiveDate = "2026-11-01".parse().unwrap();
        assert_eq!(labels(&week).len(), 24);
        let window =
            |from: &str, to: &str| bookings_core::Window { start: from.parse().unwrap(), end: to.parse().unwrap() };
        // Half past one the first time to half past one the second time.
        assert_eq!(week.place(sunday, &window("2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z")), (90, 150));
        assert_eq!(week.place(sunday, &window("2026-11-01T15:00:00Z", "2026-11-01T16:00:00Z")), (600, 660));
        let spring = span("2026-03-02", true);
        let sunday: NaiveDate = "2026-03-08".parse().unwrap();
        assert_eq!(
            (spring.instant(sunday, 150), spring.instant(sunday, 180)),
            (None, "2026-03-08T07:00:00Z".parse().ok())
        );
    }

    #[test]
    fn headings_say_no_month_or_year_twice() {
        assert_eq!(span("2026-11-23", false).heading(), "Monday 23 November 2026");
        assert_eq!(span("2026-11-23", true).heading(), "23 \u{2013} 29 November 2026");
        assert_eq!(span("2026-11-30", true).heading(), "30 November \u{2013} 6 December 2026");
        assert_eq!(span("2026-12-28", true).heading(), "28 December 2026 \u{2013} 3 January 2027");
    }
}
