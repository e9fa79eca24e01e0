//! Every command at random over three providers and one narrow day.

use std::sync::Mutex;

use bookings_core::{AddNote, AddonId, Booking, CreateBooking, EditBooking, ProviderId, RescheduleBooking, ServiceId};
use bookings_db::{By, Outcome};
use chrono::{DateTime, TimeDelta, Utc};

use crate::race::{CALLERS, Tally};
use crate::support::{Fixture, ServiceSpec, at, cancel, each, move_to, rename, verb};

/// Commands of one caller.
const COMMANDS: usize = 150;
/// Another seed is another mix: `BOOKINGS_TEST_SEED`.
const SEED: u64 = 20_261_123;

/// Numbers that follow from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % most as u64) as usize
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    fn start(&mut self) -> DateTime<Utc> {
        at(8, 0) + TimeDelta::minutes(15 * self.below(48) as i64)
    }
}

struct Town<'a> {
    fx: &'a Fixture,
    providers: Vec<ProviderId>,
    services: Vec<ServiceId>,
    /// For six people.
    group: ServiceId,
    addons: Vec<AddonId>,
    /// Bookings as somebody last saw them: often no longer so.
    seen: Mutex<Vec<Booking>>,
}

#[test]
fn every_command_at_random() {
    let seed = std::env::var("BOOKINGS_TEST_SEED").map_or(SEED, |seed| seed.parse().unwrap());
    println!("seed {seed}");
    each(|fx| {
        let short = ServiceSpec { minutes: 20, buffers: (0, 5), notice: 0, ..ServiceSpec::default() };
        let group = ServiceSpec { minutes: 45, capacity: Some(6), notice: 0, ..ServiceSpec::default() };
        let town = Town {
            fx,
            providers: vec![fx.provider, fx.other, fx.add_provider(None, true)],
            services: vec![fx.single, fx.approved, fx.add_service(&short)],
            group: fx.add_service(&group),
            addons: vec![fx.towel, fx.photo],
            seen: Mutex::default(),
        };
        let town = &town;
        let tallies: Vec<Tally> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS)
                .map(|caller| scope.spawn(move || one_caller(town, Dice(seed ^ ((caller as u64) << 32)))))
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        let mut all = Tally::default();
        tallies.iter().for_each(|tally| all.add(tally));
        let number = |query| fx.number(query);
        let kinds = number("SELECT count(DISTINCT event_type) AS number FROM booking_event");
        println!("{} bookings, {kinds} kinds of events: {all:?}", fx.marks()[0]);
        assert_eq!(number("SELECT count(*) AS number FROM booking_event"), all.changed as i64);
        assert_eq!(kinds, 9, "every kind of event took part");
        for code in ["overlap", "capacity_exceeded", "stale_version", "wrong_status"] {
            assert!(all.refused_for(code) > 0, "nobody was refused for {code}");
        }
    });
}

fn one_caller(town: &Town, mut dice: Dice) -> Tally {
    let mut tally = Tally::default();
    for _ in 0..COMMANDS {
        let outcome = command(town, &mut dice);
        tally.count(&outcome);
        if let Ok(decision) = outcome {
            let booking = decision.booking().clone();
            let mut seen = town.seen.lock().unwrap();
            match seen.iter().position(|other| other.id == booking.id) {
                Some(place) => seen[place] = booking,
                None => seen.push(booking),
            }
        }
    }
    tally
}

fn command(town: &Town, dice: &mut Dice) -> Outcome {
    let fx = town.fx;
    let (store, now) = (&fx.store, fx.by());
    let known = {
        let seen = town.seen.lock().unwrap();
        (!seen.is_empty()).then(|| dice.one_of(&seen))
    };
    let kind = dice.below(22);
    let Some(booking) = known.filter(|_| kind >= 6) else {
        return store.create_booking(&create(town, dice), &now);
    };
    let evening = By::new(&fx.owner, at(21, 0));
    match kind {
        6..=8 => {
            let there = RescheduleBooking {
                provider_id: (dice.below(2) == 0).then(|| dice.one_of(&town.providers)),
                addon_ids: (dice.below(3) == 0).then(|| addons(town, dice)),
                ..move_to(&booking, dice.start())
            };
            store.reschedule_booking(&booking, &there, &now)
        }
        9 | 10 => {
            let edit = EditBooking {
                start_at: (dice.below(2) == 0).then(|| dice.start()),
                party_size: if booking.shared { 1 + dice.below(4) as u32 } else { 1 },
                capacity_consumed: None,
                ..rename(&booking, &format!("Client {}", dice.below(1000)))
            };
            store.edit_booking(&booking, &edit, &now)
        }
        11 | 12 => store.confirm_booking(&booking, &verb(&booking), &now),
        13 | 14 => store.cancel_booking(&booking.reference, &cancel(&booking), &now),
        15 | 16 => store.reinstate_booking(&booking, &verb(&booking), &now),
        17 => store.complete_booking(&booking, &verb(&booking), &evening),
        18 => store.mark_no_show(&booking, &verb(&booking), &evening),
        19 | 20 => store.undo_booking(&booking, &verb(&booking), &now),
        _ => store.add_note(&booking, &AddNote { version: booking.version, message: "note".into() }, &now),
    }
}

fn addons(town: &Town, dice: &mut Dice) -> Vec<AddonId> {
    town.addons.iter().copied().filter(|_| dice.below(2) == 0).collect()
}

fn create(town: &Town, dice: &mut Dice) -> CreateBooking {
    let group = dice.below(2) == 0;
    let service_id = if group { town.group } else { dice.one_of(&town.services) };
    CreateBooking {
        service_id,
        provider_id: dice.one_of(&town.providers),
        addon_ids: if dice.below(4) == 0 { addons(town, dice) } else { Vec::new() },
        party_size: if group { 1 + dice.below(3) as u32 } else { 1 },
        idempotency_key: (dice.below(3) == 0).then(|| format!("key {}", dice.below(200))),
        // Few starts for groups, so that they meet.
        start_at: if group { at(8 + 3 * dice.below(4) as i64, 0) } else { dice.start() },
        ..town.fx.command(at(8, 0))
    }
}
