//! To another start or provider, or with other add-ons.

use bookings_core::{AddonId, BookingId, EditBooking, RescheduleBooking};

use super::{Answer, Codes, Held, Model, client, minute, provider_number};
use crate::commands::Command;
use crate::world::{EXTRAS, addon};

impl Model {
    pub(super) fn reschedule(&mut self, id: BookingId, there: &RescheduleBooking, command: &Command) -> Answer {
        let held = self.find(id).clone();
        if !held.active() {
            return Answer::Refused(vec!["wrong_status"]);
        }
        let provider = there.provider_id.map_or(held.provider, provider_number);
        let (after, codes) = self.moved(&held, minute(there.start_at), provider, there.addon_ids.as_deref(), command);
        if !is_move(&held, &after, there.addon_ids.as_deref()) {
            return Answer::Unchanged;
        }
        self.settle(after, there.version, "RESCHEDULED", codes, &there.overrides, command.role)
    }

    pub(super) fn edit(&mut self, id: BookingId, edit: &EditBooking, command: &Command) -> Answer {
        let held = self.find(id).clone();
        let start = edit.start_at.map_or(held.start, minute);
        let provider = edit.provider_id.map_or(held.provider, provider_number);
        let asked = edit.addon_ids.as_deref();
        let seats = edit.capacity_consumed.unwrap_or(edit.party_size);
        let before = Held { party: edit.party_size, seats, client: client(&edit.client), ..held.clone() };
        let (after, move_codes) = self.moved(&before, start, provider, asked, command);
        let moves = is_move(&before, &after, asked);
        if after == held && !moves {
            return Answer::Unchanged;
        }
        if edit.version != held.version {
            return Answer::Refused(vec!["stale_version"]);
        }
        let party = (after.party, after.seats) != (held.party, held.seats);
        if (moves || party) && !held.active() {
            return Answer::Refused(vec!["wrong_status"]);
        }
        let mut codes = Vec::new();
        if edit.client.name.is_empty() {
            codes.push("required");
        }
        if party {
            codes.extend(self.party(&after));
            codes.extend(self.capacity(&after));
        }
        if moves {
            // One refusal for the seats is enough.
            codes.extend(move_codes.into_iter().filter(|code| !party || *code != "capacity_exceeded"));
        }
        let event = if moves { "RESCHEDULED" } else { "EDITED" };
        self.settle(after, edit.version, event, codes, &edit.overrides, command.role)
    }

    /// The booking after a move, and what speaks against it.
    fn moved(
        &self,
        held: &Held,
        start: i64,
        place: usize,
        asked: Option<&[AddonId]>,
        command: &Command,
    ) -> (Held, Codes) {
        let (extras, mut codes) = match asked {
            Some(asked) => self.extras(asked, &held.extras, held.service),
            None => (held.extras.clone(), Vec::new()),
        };
        let after = Held { start, provider: place, extras, ..held.clone() };
        let now = minute(command.now);
        if held.notice > 0 && now > held.start - held.notice {
            codes.push("reschedule_notice");
        }
        if place != held.provider {
            codes.extend(self.with(place, held.service));
        }
        codes.extend(self.time(&after, now, command.mood));
        codes.extend(self.capacity(&after));
        (after, codes)
    }

    /// The add-ons asked for that can be had, and what speaks against the others. What the booking has it keeps.
    pub(super) fn extras(
        &self,
        asked: &[AddonId],
        has: &[(AddonId, i64)],
        number: usize,
    ) -> (Vec<(AddonId, i64)>, Codes) {
        let (mut chosen, mut codes): (Vec<(AddonId, i64)>, Codes) = (Vec::new(), Vec::new());
        for (place, id) in asked.iter().enumerate() {
            if asked[..place].contains(id) {
                codes.push("repeated_addon");
            } else if let Some(own) = has.iter().find(|(own, _)| own == id) {
                chosen.push(*own);
            } else if let Some(which) = (0..EXTRAS.len()).find(|which| addon(*which) == *id) {
                let data = &self.addons[which];
                chosen.push((*id, data.extra_duration_minutes.into()));
                if !data.active {
                    codes.push("inactive_addon");
                }
                if EXTRAS[which].1.is_some_and(|only| only != number) {
                    codes.push("addon_of_other_service");
                }
                if data.currency != "TTD" {
                    codes.push("currency_mismatch");
                }
            } else {
                codes.push("unknown_addon");
            }
        }
        (chosen, codes)
    }
}

fn is_move(held: &Held, after: &Held, asked: Option<&[AddonId]>) -> bool {
    let own: Vec<AddonId> = held.extras.iter().map(|(id, _)| *id).collect();
    held != after || asked.is_some_and(|asked| own != asked)
}
