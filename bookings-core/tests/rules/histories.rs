//! Random commands against one provider: whatever is asked for, the promises hold after each.

use bookings_core::history::{first_broken_link, replay};
use bookings_core::status::{Step, step};
use bookings_core::*;
use chrono::TimeDelta;
use proptest::prelude::*;

use crate::events::given;
use crate::support::*;

const SEATS: u32 = 3;

/// A command: `which` chooses a booking, `slot` a start, `flag` whatever else there is to choose.
#[derive(Debug, Clone, Copy)]
struct Asked {
    what: What,
    which: usize,
    slot: i64,
    flag: bool,
    /// Whether the version is an old one.
    stale: bool,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Create,
    Confirm,
    Cancel,
    Reschedule,
    Reassign,
    Addons,
    Complete,
    NoShow,
    Reinstate,
    Edit,
    Party,
    Note,
    Wait,
    Catalogue,
}

fn asked() -> impl Strategy<Value = Asked> {
    use What::*;
    let what = prop_oneof![
        6 => Just(Create),
        3 => Just(Reschedule),
        2 => Just(Cancel),
        3 => Just(Reinstate),
        1 => prop::sample::select(vec![Confirm, Reassign, Addons, Complete, NoShow, Edit, Party, Note, Wait, Catalogue]),
        2 => prop::sample::select(vec![Confirm, Complete, NoShow, Party]),
    ];
    (what, any::<usize>(), 0..24_i64, any::<bool>(), prop::bool::weighted(0.1))
        .prop_map(|(what, which, slot, flag, stale)| Asked { what, which, slot, flag, stale })
}

/// A booking with its history.
struct Kept {
    booking: Booking,
    events: Vec<Event>,
}

/// Both providers' bookings: a move away from ours frees its time, and one back takes it.
struct Shop {
    world: World,
    kept: Vec<Kept>,
}

impl Shop {
    fn open() -> Shop {
        let mut world = World::new();
        world.actor.role = Role::Staff;
        world.terms().buffer_before_minutes = 10;
        world.terms().cancellation_notice_minutes = 30;
        Shop { world, kept: Vec::new() }
    }

    /// The world as the store would load it for a booking of `provider`.
    fn load(&mut self, provider: ProviderId) {
        self.world.provider().id = provider;
        self.world.schedule = Schedule { provider_id: provider, busy: Vec::new() };
        for kept in &self.kept {
            self.world.keep(&kept.booking);
        }
    }

    fn give(&mut self, asked: Asked) -> Option<Decided> {
        let slot = now() + TimeDelta::minutes(asked.slot * 20);
        match asked.what {
            What::Create => {
                self.load(PROVIDER);
                self.world.next += 1;
                let addon_ids = if asked.flag { vec![ADDON] } else { Vec::new() };
                let party_size =
                    if self.world.service().allow_multiple_clients { 1 + asked.which as u32 % 3 } else { 1 };
                return Some(self.world.create(&CreateBooking { addon_ids, party_size, ..wish(slot) }));
            }
            What::Wait => {
                self.world.now += TimeDelta::minutes(asked.slot);
                return None;
            }
            What::Catalogue => {
                let service = self.world.service();
                service.allow_multiple_clients = asked.flag;
                service.capacity = if asked.flag { SEATS } else { 1 };
                service.snapshot.requires_approval = !asked.flag;
                service.snapshot.duration_minutes = 30 + asked.slot as u32 * 3;
                return None;
            }
            _ => {}
        }
        let count = self.kept.len();
        let booking = self.kept.get(asked.which % count.max(1))?.booking.clone();
        let version = booking.version - i64::from(asked.stale);
        let (plain, stay) = (VerbOn { version, ..on(&booking) }, booking.start_at);
        let edit = EditBooking { version, ..EditBooking::of(&booking) };
        let to = RescheduleBooking { version, ..moving(&booking, slot) };
        let other = if booking.provider_id == PROVIDER { OTHER_PROVIDER } else { PROVIDER };
        self.load(if matches!(asked.what, What::Reassign) { other } else { booking.provider_id });
        let world = &self.world;
        Some(match asked.what {
            What::Confirm => confirm_booking(&booking, &plain, &world.context()),
            What::Cancel => world.cancel(&booking, &CancelBooking { version, ..cancelling(&booking) }),
            What::Reschedule => world.reschedule(&booking, &to),
            What::Reassign => {
                world.reschedule(&booking, &RescheduleBooking { provider_id: Some(other), start_at: stay, ..to })
            }
            What::Addons => {
                let addon_ids = Some(if asked.flag { vec![ADDON] } else { Vec::new() });
                world.edit(&booking, &EditBooking { addon_ids, ..edit })
            }
            What::Complete => world.complete(&booking, &plain),
            What::NoShow => mark_no_show(&booking, &plain, &world.context()),
            What::Reinstate => world.reinstate(&booking, &plain),
            What::Edit => world.edit(&booking, &EditBooking { notes_internal: format!("note {}", asked.slot), ..edit }),
            What::Party => {
                let party_size = asked.slot as u32 % (SEATS + 2);
                world.edit(&booking, &EditBooking { party_size, capacity_consumed: None, ..edit })
            }
            _ => world.note(&booking, "Called"),
        })
    }

    /// Keeps what was decided as the store does; the status changes only as the table says.
    fn write(&mut self, decided: Decided) -> Result<(), TestCaseError> {
        let (booking, event) = match decided {
            Ok(Decision::Changed(booking, event)) => (*booking, *event),
            Ok(Decision::Unchanged(booking)) => {
                prop_assert!(self.kept.iter().any(|kept| kept.booking == *booking));
                return Ok(());
            }
            Err(refusals) => {
                prop_assert!(!refusals.reasons.is_empty());
                return Ok(());
            }
        };
        let Some(kept) = self.kept.iter_mut().find(|kept| kept.booking.id == booking.id) else {
            prop_assert_eq!(event.event_type, EventType::Created);
            self.kept.push(Kept { booking, events: vec![event] });
            return Ok(());
        };
        let (from, to) = (kept.booking.status, booking.status);
        let back = (step(Verb::Reinstate, from) == Step::Back).then_some(kept.booking.status_before_cancel).flatten();
        let legal = from == to || Verb::ALL.iter().any(|verb| step(*verb, from) == Step::To(to)) || back == Some(to);
        prop_assert!(legal, "{:?} to {:?}", from, to);
        *kept = Kept {
            booking,
            events: {
                kept.events.push(event);
                core::mem::take(&mut kept.events)
            },
        };
        Ok(())
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for kept in &self.kept {
            let versions: Vec<i64> = kept.events.iter().map(|event| event.version).collect();
            prop_assert_eq!(versions, (1..=kept.booking.version).collect::<Vec<_>>());
            prop_assert_eq!(first_broken_link(&kept.events), None);
            prop_assert_eq!(Some(kept.booking.chain_hash), kept.events.last().map(|event| event.hash));
            prop_assert_eq!(given(replay(&kept.events)), given(kept.booking.fields()));
            prop_assert_eq!(kept.booking.status_before_cancel.is_some(), kept.booking.status == Status::Cancelled);
            prop_assert!(kept.booking.party_size >= 1 && kept.booking.capacity_consumed >= kept.booking.party_size);
            prop_assert!(kept.booking.end_at > kept.booking.start_at);
        }
        let active: Vec<&Booking> =
            self.kept.iter().map(|kept| &kept.booking).filter(|booking| booking.status.is_active()).collect();
        for (place, a) in active.iter().enumerate() {
            let share =
                |b: &Booking| a.shared && b.shared && a.start_at == b.start_at && a.provider_id == b.provider_id;
            for b in &active[..place] {
                let apart =
                    a.provider_id != b.provider_id || a.busy().end <= b.busy().start || b.busy().end <= a.busy().start;
                prop_assert!(apart || share(b), "{} and {}", a.reference, b.reference);
            }
            let seats: u32 = active.iter().filter(|b| share(b)).map(|b| b.capacity_consumed).sum();
            prop_assert!(!a.shared || seats <= SEATS);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_promises_hold_after_every_command(commands in prop::collection::vec(asked(), 1..50)) {
        let mut shop = Shop::open();
        for asked in commands {
            if let Some(decided) = shop.give(asked) {
                shop.write(decided)?;
            }
            shop.check()?;
        }
    }
}
