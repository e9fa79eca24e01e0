//! Wall-clock times in every zone there is, around every change of its clocks in twenty years.

use bookings_core::local_time::{Fold, LocalTimeError, day, day_start, resolve};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::support::micros;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn local(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// What clocks in `zone` show.
fn shown(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

fn offset(zone: Tz, at: DateTime<Utc>) -> i32 {
    zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
}

/// Every instant from 2011 to 2031 at which the clocks of `zone` change.
fn transitions(zone: Tz) -> Vec<DateTime<Utc>> {
    let mut found = Vec::new();
    let mut low = utc("2011-01-01T00:00:00Z");
    while low.year() < 2031 {
        let high = low + TimeDelta::days(1);
        if offset(zone, low) != offset(zone, high) {
            let (mut before, mut after) = (low.timestamp(), high.timestamp());
            while after - before > 1 {
                let middle = (before + after) / 2;
                let same = offset(zone, DateTime::from_timestamp(middle, 0).unwrap()) == offset(zone, low);
                if same { before = middle } else { after = middle }
            }
            found.push(DateTime::from_timestamp(after, 0).unwrap());
        }
        low = high;
    }
    found
}

/// Runs for every change of every zone, with the seconds by which the clocks jump forward (or back, below zero).
fn at_every_transition(check: impl Fn(Tz, DateTime<Utc>, i32)) {
    let mut seen = 0;
    for zone in TZ_VARIANTS {
        for at in transitions(zone) {
            check(zone, at, offset(zone, at) - offset(zone, at - micros(1)));
            seen += 1;
        }
    }
    assert!(seen > 5_000, "only {seen} transitions found");
}

/// Resolving what the clock shows gives the instant back, or asks which of two, and takes either answer.
fn check_instant(zone: Tz, at: DateTime<Utc>) {
    let wall = shown(zone, at);
    match resolve(zone, wall, None) {
        Ok(resolved) => {
            assert_eq!(resolved, at, "{zone} {wall}");
            assert_eq!(resolve(zone, wall, Some(Fold::Later)), Ok(at), "a fold is ignored where it says nothing");
        }
        Err(LocalTimeError::Ambiguous { earlier, later }) => {
            assert!(earlier < later && (at == earlier || at == later), "{zone} {wall}");
            assert_eq!((shown(zone, earlier), shown(zone, later)), (wall, wall), "{zone}");
            assert_eq!(resolve(zone, wall, Some(Fold::Earlier)), Ok(earlier));
            assert_eq!(resolve(zone, wall, Some(Fold::Later)), Ok(later));
        }
        Err(skipped) => panic!("{zone}: {wall} was shown at {at}, yet {skipped:?}"),
    }
}

#[test]
fn what_a_clock_shows_is_resolved_to_its_instant() {
    at_every_transition(|zone, at, jump| {
        let jump = TimeDelta::seconds(jump.abs().into());
        let around = [-jump, -jump / 2, -micros(1), TimeDelta::zero(), micros(1), jump / 2, jump - micros(1), jump];
        for distance in around {
            check_instant(zone, at + distance);
        }
    });
}

#[test]
fn a_repeated_hour_asks_and_nothing_beside_it() {
    at_every_transition(|zone, at, jump| {
        if jump >= 0 {
            return;
        }
        let jump = TimeDelta::seconds((-jump).into());
        let asks = |at| matches!(resolve(zone, shown(zone, at), None), Err(LocalTimeError::Ambiguous { .. }));
        let expect = [(-jump - micros(1), false), (-jump, true), (-micros(1), true)];
        let after = [(micros(0), true), (jump - micros(1), true), (jump, false)];
        for (distance, expect) in expect.into_iter().chain(after) {
            assert_eq!(asks(at + distance), expect, "{zone} {at} {distance}");
        }
        let both = LocalTimeError::Ambiguous { earlier: at - jump, later: at };
        assert_eq!(resolve(zone, shown(zone, at), None), Err(both), "{zone}");
    });
}

#[test]
fn a_skipped_time_has_neighbours_around_the_gap() {
    at_every_transition(|zone, at, jump| {
        if jump <= 0 {
            return;
        }
        let jump = TimeDelta::seconds(jump.into());
        let first = shown(zone, at - micros(1)) + micros(1);
        for wall in [first, first + jump / 2, first + jump - micros(1)] {
            for fold in [None, Some(Fold::Earlier), Some(Fold::Later)] {
                let Err(LocalTimeError::Skipped { before, after }) = resolve(zone, wall, fold) else {
                    panic!("{zone}: {wall} is never shown");
                };
                assert_eq!((before, after), (at - TimeDelta::minutes(1), at), "{zone} {wall}");
                assert!(shown(zone, before) < wall && wall < shown(zone, after), "{zone} {wall}");
            }
        }
        assert_eq!(resolve(zone, first + jump, None), Ok(at), "{zone}");
    });
}

/// Each day begins where the one before it ends, and holds just the instants whose clocks show its date. Where the
/// clocks go back over midnight (St John's, until 2011), the repeated minutes stay with the later day.
#[test]
fn days_tile() {
    at_every_transition(|zone, at, jump| {
        let middle = shown(zone, at).date();
        let dates: Vec<NaiveDate> = (0..5).map(|days| middle - Days::new(2) + Days::new(days)).collect();
        for pair in dates.windows(2) {
            assert_eq!(day(zone, pair[0]).end, day(zone, pair[1]).start, "{zone} {}", pair[1]);
            assert!(day(zone, pair[0]).start <= day(zone, pair[0]).end, "{zone} {}", pair[0]);
        }
        let over_midnight = jump < 0 && shown(zone, at - micros(1)).date() > shown(zone, at).date();
        let jump = TimeDelta::seconds(jump.abs().into());
        for distance in
            [-jump, -micros(1), micros(0), jump - micros(1), jump, TimeDelta::hours(12), TimeDelta::hours(-12)]
        {
            let at = at + distance;
            let shown = shown(zone, at).date();
            let holds = dates.iter().copied().filter(|date| day(zone, *date).contains(at)).collect::<Vec<_>>();
            let expect = if over_midnight && holds != [shown] { shown + Days::new(1) } else { shown };
            assert_eq!(holds, [expect], "{zone} {at}");
        }
    });
}

#[test]
fn days_have_as_many_hours_as_they_have() {
    let table = [
        (Tz::America__Port_of_Spain, "2026-03-29", 24 * 60),
        (Tz::Europe__Berlin, "2026-03-29", 23 * 60),
        (Tz::Europe__Berlin, "2026-10-25", 25 * 60),
        (Tz::Europe__Berlin, "2026-10-26", 24 * 60),
        (Tz::Australia__Lord_Howe, "2026-04-05", 24 * 60 + 30),
        (Tz::Australia__Lord_Howe, "2026-10-04", 23 * 60 + 30),
        (Tz::Antarctica__Troll, "2026-03-29", 22 * 60),
        // The day that Samoa left out.
        (Tz::Pacific__Apia, "2011-12-29", 24 * 60),
        (Tz::Pacific__Apia, "2011-12-30", 0),
        (Tz::Pacific__Apia, "2011-12-31", 24 * 60),
    ];
    for (zone, on, minutes) in table {
        let day = day(zone, date(on));
        assert_eq!((day.end - day.start).num_minutes(), minutes, "{zone} {on}");
    }
    assert_eq!(day(Tz::UTC, NaiveDate::MAX).start, day(Tz::UTC, NaiveDate::MAX).end);
}

#[test]
fn known_nights() {
    let (earlier, later) = (utc("2026-10-25T00:30:00Z"), utc("2026-10-25T01:30:00Z"));
    let (before, after) = (utc("2026-03-29T00:59:00Z"), utc("2026-03-29T01:00:00Z"));
    let berlin = |text: &str, fold| resolve(Tz::Europe__Berlin, local(text), fold);
    assert_eq!(berlin("2026-11-23T10:15:00", None), Ok(utc("2026-11-23T09:15:00Z")));
    assert_eq!(berlin("2026-10-25T02:30:00", None), Err(LocalTimeError::Ambiguous { earlier, later }));
    assert_eq!(berlin("2026-10-25T02:30:00", Some(Fold::Earlier)), Ok(earlier));
    assert_eq!(berlin("2026-10-25T02:30:00", Some(Fold::Later)), Ok(later));
    assert_eq!(berlin("2026-03-29T02:30:00", None), Err(LocalTimeError::Skipped { before, after }));
    // Clocks that jump over midnight: the day begins at one.
    let sao_paulo = day_start(Tz::America__Sao_Paulo, date("2018-11-04"));
    assert_eq!(shown(Tz::America__Sao_Paulo, sao_paulo), local("2018-11-04T01:00:00"));
    // And that repeat it: the day begins the first time.
    let havana = day_start(Tz::America__Havana, date("2026-11-01"));
    assert_eq!(havana, utc("2026-11-01T04:00:00Z"));
    assert_eq!((Fold::parse("earlier"), Fold::parse("later")), (Some(Fold::Earlier), Some(Fold::Later)));
    assert_eq!(Fold::parse("Later"), None);
}

/// Whatever is typed, no panic where the calendar ends.
#[test]
fn the_ends_of_the_calendar() {
    for zone in [Tz::UTC, Tz::Pacific__Apia, Tz::Pacific__Honolulu, Tz::Europe__Berlin] {
        for wall in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
            for fold in [None, Some(Fold::Earlier)] {
                if let Ok(at) = resolve(zone, wall, fold) {
                    assert_eq!(shown(zone, at), wall);
                }
            }
            assert!(day(zone, wall.date()).start <= day(zone, wall.date()).end);
        }
    }
}
