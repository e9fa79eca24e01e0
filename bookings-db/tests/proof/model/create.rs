//! New bookings, one by one and loaded.

use bookings_core::{BookingId, CreateBooking, Overrides};

use super::{Answer, Codes, Held, Last, Model, client, minute, overridden, provider_number};
use crate::commands::Command;
use crate::world::{Mood, SERVICES, service};

impl Model {
    pub(super) fn create(&mut self, create: &CreateBooking, command: &Command, made: &[BookingId]) -> Answer {
        let (held, codes) = self.judge_create(create, command, self, true);
        let body = CreateBooking { overrides: Overrides::default(), ..create.clone() };
        if let Some((first, _)) = create.idempotency_key.as_ref().and_then(|key| self.keys.get(key)) {
            return if *first == body { Answer::Unchanged } else { Answer::Refused(vec!["idempotency_mismatch"]) };
        }
        let codes = overridden(codes, &create.overrides, command.role);
        if !codes.is_empty() {
            return Answer::Refused(codes);
        }
        let id = made[0];
        if let Some(key) = &create.idempotency_key {
            self.keys.insert(key.clone(), (body, id));
        }
        self.held.push(Held { id, ..held });
        self.last.insert(id, Last { at: self.now, event: "CREATED", before: None });
        Answer::Changed("CREATED")
    }

    /// By the catalogue of `catalogue`, among the bookings of `self`.
    fn judge_create(
        &self,
        create: &CreateBooking,
        command: &Command,
        catalogue: &Model,
        engine: bool,
    ) -> (Held, Codes) {
        let number = (0..SERVICES).find(|number| service(*number) == create.service_id).unwrap();
        let data = &catalogue.services[number];
        let place = provider_number(create.provider_id);
        let (extras, mut codes) = catalogue.extras(&create.addon_ids, &[], number);
        let held = Held {
            id: BookingId(uuid::Uuid::nil()),
            version: 1,
            service: number,
            provider: place,
            start: minute(create.start_at),
            minutes: data.duration_minutes.into(),
            buffers: (data.buffer_before_minutes.into(), data.buffer_after_minutes.into()),
            notice: data.cancellation_notice_minutes.into(),
            status: if data.requires_approval { "PENDING" } else { "CONFIRMED" },
            before_cancel: "",
            shared: data.allow_multiple_clients,
            party: create.party_size,
            seats: create.capacity_consumed.unwrap_or(create.party_size),
            extras,
            client: client(&create.client),
        };
        if create.client.name.is_empty() {
            codes.push("required");
        }
        if !data.active {
            codes.push("inactive_service");
        }
        codes.extend(catalogue.with(place, number));
        codes.extend(catalogue.party(&held));
        codes.extend(self.capacity(&held));
        let mood = if engine { command.mood } else { Mood::Answers };
        let time = self.time(&held, minute(command.now), mood);
        codes.extend(time.into_iter().filter(|code| engine || *code != "slot_unavailable"));
        (held, codes)
    }

    /// Each decided as if it were alone with the catalogue of the first day; then all or none.
    pub(super) fn load(&mut self, creates: &[CreateBooking], command: &Command, made: &[BookingId]) -> Answer {
        let alone = Model::new();
        let mut added = Vec::new();
        for create in creates {
            let (held, codes) = alone.judge_create(create, command, &alone, false);
            if overridden(codes, &create.overrides, command.role).is_empty() {
                added.push(held);
            }
        }
        let mut all = self.held.clone();
        for (held, id) in added.into_iter().zip(made) {
            let held = Held { id: *id, ..held };
            let others = all.iter().filter(|other| other.active() && other.provider == held.provider);
            if others.clone().any(|other| held.clashes(other)) {
                return Answer::Walled;
            }
            let taken: u32 = others.filter(|other| held.same_slot(other)).map(|other| other.seats).sum();
            if held.shared && taken + held.seats > self.seats_in_all(held.service) {
                return Answer::Walled;
            }
            all.push(held);
        }
        self.held = all;
        let loaded = made.iter().map(|id| (*id, Last { at: self.now, event: "CREATED", before: None }));
        self.last.extend(loaded);
        Answer::Written
    }
}
