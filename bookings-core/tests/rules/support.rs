//! A small world to give commands in: one service, one provider, a fixed `now`.

use bookings_core::commands::{Surroundings, reinstate_booking};
use bookings_core::*;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

pub const SERVICE: ServiceId = ServiceId(Uuid::from_u128(0x5e));
pub const OTHER_SERVICE: ServiceId = ServiceId(Uuid::from_u128(0x5f));
pub const PROVIDER: ProviderId = ProviderId(Uuid::from_u128(0x90));
pub const OTHER_PROVIDER: ProviderId = ProviderId(Uuid::from_u128(0x91));
pub const ADDON: AddonId = AddonId(Uuid::from_u128(0xad));
pub const TENANT: TenantId = TenantId(Uuid::from_u128(0x7e));
pub const OTHER_TENANT: TenantId = TenantId(Uuid::from_u128(0x7f));

pub type Decided = Result<Decision, Refusals>;

/// Monday noon, UTC.
pub fn now() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// So many minutes after [`now`].
pub fn at(minutes: i64) -> DateTime<Utc> {
    now() + TimeDelta::minutes(minutes)
}

pub fn micros(micros: i64) -> TimeDelta {
    TimeDelta::microseconds(micros)
}

pub fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

pub fn ada() -> Client {
    Client { name: "Ada".into(), email: "ada@example.com".into(), phone: "+1 868 555-0100".into(), user_id: None }
}

/// An hour, no buffers, no notice, TTD 120.00, confirmed at once.
pub fn service() -> ServiceFacts {
    ServiceFacts {
        id: SERVICE,
        tenant_id: None,
        active: true,
        allow_multiple_clients: false,
        capacity: 1,
        snapshot: Snapshot {
            duration_minutes: 60,
            buffer_before_minutes: 0,
            buffer_after_minutes: 0,
            requires_approval: false,
            cancellation_allowed: true,
            cancellation_notice_minutes: 0,
            reschedule_allowed: true,
            reschedule_notice_minutes: 0,
            pricing_type: "fixed".into(),
            price_minor: Some(12_000),
            currency: currency("TTD"),
        },
    }
}

/// A quarter of an hour for TTD 30.00, of any service.
pub fn addon(id: AddonId) -> AddonFacts {
    AddonFacts {
        id,
        tenant_id: None,
        service_id: None,
        name: "Massage".into(),
        active: true,
        extra_duration_minutes: 15,
        price_minor: Some(3_000),
        currency: currency("TTD"),
    }
}

/// Everything around a command. Change what matters, then give the command.
#[derive(Clone)]
pub struct World {
    pub now: DateTime<Utc>,
    pub policy: Policy,
    pub actor: Actor,
    pub facts: Facts,
    pub schedule: Schedule,
    pub slots: SlotAnswer,
    /// Counts up by itself with every booking that [`World::book`] makes.
    pub next: u64,
}

impl World {
    pub fn new() -> World {
        World {
            now: now(),
            policy: Policy::default(),
            actor: Actor { id: Some(StaffId(Uuid::from_u128(0x57))), name: "Grace".into(), role: Role::Staff },
            facts: Facts {
                service: Some(service()),
                provider: Some(ProviderFacts { id: PROVIDER, tenant_id: None, active: true, offers: true }),
                addons: vec![addon(ADDON)],
            },
            schedule: Schedule { provider_id: PROVIDER, busy: Vec::new() },
            slots: SlotAnswer::NotAsked,
            next: 1,
        }
    }

    /// A service that several clients share, with so many seats.
    pub fn shared(capacity: u32) -> World {
        let mut world = World::new();
        world.service().allow_multiple_clients = true;
        world.service().capacity = capacity;
        world
    }

    pub fn service(&mut self) -> &mut ServiceFacts {
        self.facts.service.as_mut().unwrap()
    }

    pub fn terms(&mut self) -> &mut Snapshot {
        &mut self.service().snapshot
    }

    pub fn provider(&mut self) -> &mut ProviderFacts {
        self.facts.provider.as_mut().unwrap()
    }

    pub fn context(&self) -> Context<'_> {
        let ids =
            NewIds { booking_id: BookingId(Uuid::from_u128(self.next.into())), reference: self.next, salt: [7; 16] };
        Context { now: self.now, policy: &self.policy, actor: &self.actor, ids, batch_id: None, rehearsal: false }
    }

    pub fn around(&self) -> Surroundings<'_> {
        Surroundings { facts: &self.facts, schedule: &self.schedule, slots: &self.slots }
    }

    pub fn create(&self, command: &CreateBooking) -> Decided {
        create_booking(command, self.around(), &self.context())
    }

    /// Creates and keeps: from now on it is in the schedule, where it is this provider's.
    pub fn book(&mut self, command: &CreateBooking) -> Booking {
        let booking = changed(self.create(command)).0;
        self.next += 1;
        self.keep(&booking);
        booking
    }

    /// The schedule with `booking` as it is now.
    pub fn keep(&mut self, booking: &Booking) {
        self.schedule.busy.retain(|busy| busy.booking_id != booking.id);
        if booking.status.is_active() && booking.provider_id == self.schedule.provider_id {
            self.schedule.busy.push(busy(booking));
        }
    }

    pub fn reschedule(&self, booking: &Booking, command: &RescheduleBooking) -> Decided {
        reschedule_booking(booking, command, self.around(), &self.context())
    }

    pub fn edit(&self, booking: &Booking, command: &EditBooking) -> Decided {
        edit_booking(booking, command, self.around(), &self.context())
    }

    pub fn reinstate(&self, booking: &Booking, command: &VerbOn) -> Decided {
        reinstate_booking(booking, command, self.around(), &self.context())
    }

    pub fn cancel(&self, booking: &Booking, command: &CancelBooking) -> Decided {
        cancel_booking(booking, command, &self.context())
    }

    pub fn confirm(&self, booking: &Booking) -> Decided {
        confirm_booking(booking, &on(booking), &self.context())
    }

    pub fn complete(&self, booking: &Booking, command: &VerbOn) -> Decided {
        complete_booking(booking, command, &self.context())
    }

    pub fn undo(&self, booking: &Booking, last: &Event) -> Decided {
        undo_booking(booking, last, &on(booking), self.around(), &self.context())
    }

    pub fn note(&self, booking: &Booking, message: &str) -> Decided {
        let command = AddNote { version: booking.version, message: message.into() };
        add_note(booking, &command, &self.context())
    }
}

/// Ada's hour at `start_at`.
pub fn wish(start_at: DateTime<Utc>) -> CreateBooking {
    CreateBooking::new(SERVICE, PROVIDER, start_at, ada())
}

pub fn on(booking: &Booking) -> VerbOn {
    VerbOn { version: booking.version, overrides: Overrides::default() }
}

pub fn cancelling(booking: &Booking) -> CancelBooking {
    CancelBooking { version: booking.version, reason: "Rain".into(), overrides: Overrides::default() }
}

pub fn moving(booking: &Booking, start_at: DateTime<Utc>) -> RescheduleBooking {
    RescheduleBooking {
        version: booking.version,
        start_at,
        provider_id: None,
        addon_ids: None,
        overrides: Overrides::default(),
    }
}

pub fn overriding(codes: &[Code], reason: &str) -> Overrides {
    Overrides { codes: codes.to_vec(), reason: reason.into() }
}

/// Ada's booking tomorrow at noon, of that status; a cancelled one was confirmed before.
pub fn booking(status: Status) -> Booking {
    let booked = World::new().book(&wish(at(24 * 60)));
    let status_before_cancel = (status == Status::Cancelled).then_some(Status::Confirmed);
    Booking { status, status_before_cancel, ..booked }
}

/// What a store reads of a booking.
pub fn busy(booking: &Booking) -> Busy {
    Busy {
        booking_id: booking.id,
        reference: booking.reference.clone(),
        service_id: booking.service_id,
        start_at: booking.start_at,
        window: booking.busy(),
        shared: booking.shared,
        capacity_consumed: booking.capacity_consumed,
        client_email: booking.client.email.clone(),
        client_phone: booking.client.phone.clone(),
        client_user_id: booking.client.user_id,
    }
}

#[track_caller]
pub fn changed(decided: Decided) -> (Booking, Event) {
    match decided {
        Ok(Decision::Changed(booking, event)) => (*booking, *event),
        other => panic!("expected a change, got {other:?}"),
    }
}

/// A decision on one line: `EVENT_TYPE STATUS`, `unchanged STATUS`, or each refusal as `code field`.
pub fn short(decided: &Decided) -> String {
    match decided {
        Ok(Decision::Changed(booking, event)) => format!("{} {}", event.event_type.as_str(), booking.status.as_str()),
        Ok(Decision::Unchanged(booking)) => format!("unchanged {}", booking.status.as_str()),
        Err(refusals) => {
            let each = refusals.reasons.iter();
            let each = each.map(|refusal| match refusal.field {
                Some(field) => format!("{} {field}", refusal.code.as_str()),
                None => refusal.code.as_str().into(),
            });
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

#[track_caller]
pub fn check(decided: Decided, expect: &str) {
    assert_eq!(short(&decided), expect, "{decided:?}");
}
