//! The nearest starts that are free.

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use crate::booking::Booking;
use crate::context::Policy;
use crate::rules::fields::calendar;
use crate::rules::{Placement, is_similar};
use crate::schedule::{Busy, Schedule};
use crate::window::{Window, minutes};

/// How far from the start asked for a suggestion may lie.
#[must_use]
pub fn horizon() -> TimeDelta {
    TimeDelta::days(3)
}

/// Suggested starts lie on quarter hours, back-to-back with another booking, or join one.
const STEP_MINUTES: i64 = 15;

/// Up to `most` starts near `wanted.start_at` at which it would fit into `schedule`, not before `now`, in order of time:
/// the nearest, half of them earlier and half later where both sides have as many.
///
/// `schedule` holds everything within [`horizon`] and the duplicate guard on both sides; `capacity` is the service's, for shared slots;
/// `policy` has the duplicate guard, so that what is offered is not refused again.
/// `offered`, where given, are the only starts to choose from (a slot engine's). None where the calendar ends.
#[must_use]
pub fn nearest_free_starts(
    wanted: &Booking,
    capacity: u32,
    schedule: &Schedule,
    offered: Option<&[DateTime<Utc>]>,
    policy: &Policy,
    now: DateTime<Utc>,
    most: usize,
) -> Vec<DateTime<Utc>> {
    if !calendar().contains(&wanted.start_at.year()) {
        return Vec::new();
    }
    let reach = Window { start: wanted.start_at - horizon(), end: wanted.start_at + horizon() };
    let mut starts: Vec<DateTime<Utc>> = match offered {
        Some(offered) => offered.to_vec(),
        None => quarter_hours(&reach).chain(beside_others(wanted, schedule)).collect(),
    };
    starts.retain(|start| {
        reach.contains(*start) && *start >= now && *start != wanted.start_at && calendar().contains(&start.year())
    });
    starts.sort_by_key(|start| ((*start - wanted.start_at).abs(), *start));
    starts.dedup();

    // First half of them on each side, so that a free morning does not hide the afternoon; then whatever is nearest.
    let mut free: Vec<DateTime<Utc>> = Vec::new();
    for quota in [most.div_ceil(2), most] {
        for start in &starts {
            let earlier = |other: &DateTime<Utc>| *other < wanted.start_at;
            let same_side = free.iter().filter(|other| earlier(other) == earlier(start)).count();
            let crowded = free.iter().any(|other| (*other - start).abs() < TimeDelta::minutes(STEP_MINUTES));
            let room = free.len() < most && same_side < quota;
            if room && !crowded && fits(wanted, *start, capacity, schedule, policy) {
                free.push(*start);
            }
        }
    }
    free.sort();
    free
}

fn fits(wanted: &Booking, start: DateTime<Utc>, capacity: u32, schedule: &Schedule, policy: &Policy) -> bool {
    let shift = start - wanted.start_at;
    let window = wanted.busy();
    let placement = Placement {
        start_at: start,
        window: Window { start: window.start + shift, end: window.end + shift },
        ..Placement::of(wanted)
    };
    let seats = placement.seats_taken(schedule.busy.iter()).saturating_add(wanted.capacity_consumed);
    let guard = policy.duplicate_guard_minutes;
    let in_the_way = |busy: &Busy| placement.clashes_with(busy) || is_similar(wanted, start, guard, busy);
    !schedule.busy.iter().any(in_the_way) && (!wanted.shared || seats <= capacity)
}

fn quarter_hours(reach: &Window) -> impl Iterator<Item = DateTime<Utc>> + use<> {
    let step = STEP_MINUTES * 60;
    let (first, last) = (reach.start.timestamp().div_euclid(step), reach.end.timestamp().div_euclid(step));
    (first..=last).filter_map(move |quarter| DateTime::from_timestamp(quarter * step, 0))
}

/// Starts right after and right before what is there, buffers of both sides between, and its own start, to share it.
fn beside_others(wanted: &Booking, schedule: &Schedule) -> Vec<DateTime<Utc>> {
    let before = minutes(wanted.snapshot.buffer_before_minutes);
    let length = wanted.busy().end - wanted.start_at;
    schedule
        .busy
        .iter()
        .flat_map(|busy| [busy.window.end + before, busy.window.start - length, busy.start_at])
        .collect()
}
