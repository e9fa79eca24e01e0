//! Changes taken back, and verbs over many bookings.

use bookings_core::{AddNote, BookingId, CancelBooking, Overrides, RescheduleBooking, VerbOn};
use bookings_db::selection::{Ended, What};
use chrono::DateTime;

use super::{Answer, Held, Last, Model};
use crate::bulk::Bulk;
use crate::commands::{Act, Command};

impl Model {
    /// The booking as it was before its last change, unless others took what it needs.
    pub(super) fn undo(&mut self, id: BookingId, seen: i64) -> Answer {
        let held = self.find(id).clone();
        if held.version != seen {
            return Answer::Refused(vec!["stale_version"]);
        }
        let Last { at, event, before } = self.last[&id].clone();
        let Some(after) = before.filter(|_| self.now - at <= 10) else {
            return Answer::Refused(vec!["wrong_status"]);
        };
        let holds = |one: &Held| (one.active(), one.provider, one.busy(), one.seats);
        let mut codes = Vec::new();
        if after.active() && holds(&held) != holds(&after) {
            codes.extend(self.capacity(&after));
            codes.extend(self.clashes(&after));
        }
        if !codes.is_empty() {
            return Answer::Refused(codes);
        }
        let event = match (held.status, after.status) {
            (from, to) if from == to => event,
            ("PENDING", "CONFIRMED") => "CONFIRMED",
            (_, "PENDING" | "CONFIRMED") => "REINSTATED",
            (_, other) => other,
        };
        self.keep(after, event);
        Answer::Changed(event)
    }

    /// Row by row, and then back what changed.
    pub(super) fn bulk(&mut self, bulk: &Bulk, command: &Command) -> Vec<Ended> {
        let mut places: Vec<usize> = (0..bulk.chosen.len()).collect();
        // Those that move later must not meet the ones behind them.
        if matches!(bulk.what, What::Move { minutes } if minutes > 0) {
            places.reverse();
        }
        let mut rows: Vec<Ended> = vec![Ended::Same; places.len()];
        let act = |model: &Model, place: &usize| {
            let (id, version) = bulk.chosen[*place];
            (id, bulk_act(bulk, id, version, model.find(id).start))
        };
        let acts: Vec<(BookingId, Act)> = places.iter().map(|place| act(self, place)).collect();
        for (place, ended) in places.iter().zip(self.in_groups(acts, command)) {
            rows[*place] = ended;
        }
        let changed = |place: &usize| rows[*place] == Ended::Changed;
        let mut back: Vec<usize> = places.into_iter().rev().filter(changed).collect();
        if !bulk.back {
            back.clear();
        }
        let undo = |place: &usize| {
            let (id, version) = bulk.chosen[*place];
            (id, Act::Undo(id, VerbOn { version: version + 1, overrides: Overrides::default() }))
        };
        let undone = self.in_groups(back.iter().map(undo).collect(), command);
        rows.extend(undone);
        rows
    }

    /// What comes of each: one after the other, but who leaves a shared start does so with the others who are there.
    fn in_groups(&mut self, acts: Vec<(BookingId, Act)>, command: &Command) -> Vec<Ended> {
        let slot = |(id, act): &(BookingId, Act)| {
            let held = self.find(*id);
            let leaves = match act {
                Act::Reschedule(_, there) => there.provider_id.is_none(),
                act => matches!(act, Act::Undo(..)),
            };
            (leaves && held.active() && held.shared).then_some((held.provider, held.service, held.start))
        };
        let slots: Vec<_> = acts.iter().map(slot).collect();
        let mut ended: Vec<Option<Ended>> = vec![None; acts.len()];
        for nth in 0..acts.len() {
            if ended[nth].is_none() {
                let with = |other: &usize| *other == nth || (slots[nth].is_some() && slots[*other] == slots[nth]);
                let group: Vec<usize> = (nth..acts.len()).filter(with).collect();
                self.leave_together(&acts, group, command, &mut ended);
            }
        }
        ended.into_iter().map(Option::unwrap).collect()
    }

    /// Each as if the others had gone already; who does not go stays, and the rest tries again.
    fn leave_together(
        &mut self,
        acts: &[(BookingId, Act)],
        mut group: Vec<usize>,
        command: &Command,
        ended: &mut [Option<Ended>],
    ) {
        loop {
            let before = (self.held.clone(), self.last.clone());
            self.away = group.iter().map(|nth| acts[*nth].0).collect();
            for nth in &group {
                let (id, act) = &acts[*nth];
                ended[*nth] = Some(self.row(act.clone(), command));
                if ended[*nth] == Some(Ended::Changed) {
                    self.away.retain(|away| away != id);
                }
            }
            self.away.clear();
            let many = group.len();
            group.retain(|nth| ended[*nth] == Some(Ended::Changed));
            if group.len() == many || group.is_empty() {
                return;
            }
            (self.held, self.last) = before;
        }
    }

    fn row(&mut self, act: Act, command: &Command) -> Ended {
        match self.answer(&Command { act, ..command.clone() }, &[]) {
            Answer::Changed(_) => Ended::Changed,
            Answer::Unchanged => Ended::Same,
            _ => Ended::Refused,
        }
    }
}

/// A row's own command.
fn bulk_act(bulk: &Bulk, id: BookingId, version: i64, start: i64) -> Act {
    let on = || VerbOn { version, overrides: bulk.overrides.clone() };
    let to = |start: i64, provider_id| RescheduleBooking {
        version,
        start_at: DateTime::from_timestamp(start * 60, 0).unwrap(),
        provider_id,
        addon_ids: None,
        overrides: bulk.overrides.clone(),
    };
    match &bulk.what {
        What::Confirm => Act::Confirm(id, on()),
        What::Complete => Act::Complete(id, on()),
        What::NoShow => Act::NoShow(id, on()),
        What::Cancel { reason } => {
            let overrides = bulk.overrides.clone();
            Act::Cancel(id, CancelBooking { version, reason: reason.clone(), overrides })
        }
        What::Note { message } => Act::Note(id, AddNote { version, message: message.clone() }),
        What::Move { minutes } => Act::Reschedule(id, to(start + minutes, None)),
        What::Reassign { provider_id } => Act::Reschedule(id, to(start, *provider_id)),
        What::Undo | What::Import { .. } => panic!("not by a plan"),
    }
}
