//! One command after the other: core alone, and the store on both databases, must say exactly what the model says.

use std::collections::HashMap;

use bookings_core::commands::propose_undo;
use bookings_core::{
    Actor, AddonFacts, Booking, BookingId, Busy, Context, CreateBooking, Currency, Decision, Event, Facts, NewIds,
    Policy, ProviderFacts, ProviderId, Refusals, Schedule, ServiceId, SlotAnswer, Surroundings, add_note,
    cancel_booking, complete_booking, confirm_booking, create_booking, edit_booking, mark_no_show, reinstate_booking,
    reschedule_booking, undo_booking,
};
use bookings_db::catalogue::tables::{AddonData, ProviderData, ServiceData};
use bookings_db::selection::Ended;
use bookings_db::testing::{TestDatabase, databases, sqlite_database};
use bookings_db::transaction::{Lock, write};
use bookings_db::{CommandError, Scope, Store, StoreError, bookings};
use proptest::prelude::*;
use uuid::Uuid;

use crate::commands::{Act, Came, Change, Command, command, decided, run};
use crate::dice::{Dice, Plan, seed};
use crate::model::{Answer, Model};
use crate::run::say;
use crate::support::check_everything;
use crate::world::{self, EXTRAS, Mood, PROVIDERS, SERVICES, addon, provider, service};

/// Core with a list for a database.
struct Memory {
    bookings: Vec<Booking>,
    last: HashMap<BookingId, Event>,
    keys: Vec<(CreateBooking, BookingId)>,
    services: Vec<ServiceData>,
    addons: Vec<AddonData>,
    providers: Vec<ProviderData>,
    offers: [Vec<usize>; PROVIDERS],
    policy: Policy,
}

impl Memory {
    fn new() -> Memory {
        Memory {
            bookings: Vec::new(),
            last: HashMap::new(),
            keys: Vec::new(),
            services: (0..SERVICES).map(world::service_data).collect(),
            addons: (0..EXTRAS.len()).map(world::addon_data).collect(),
            providers: (0..PROVIDERS).map(world::provider_data).collect(),
            offers: Default::default(),
            policy: world::policy(),
        }
    }

    fn facts(&self, of: ServiceId, with: ProviderId) -> Facts {
        let number = (0..SERVICES).find(|number| service(*number) == of);
        let place = (0..PROVIDERS).find(|number| provider(*number) == with);
        let addon_facts = |number: usize| {
            let data = &self.addons[number];
            AddonFacts {
                id: addon(number),
                tenant_id: None,
                service_id: data.service_id.map(|id| ServiceId(id.0)),
                name: data.name.clone(),
                active: data.active,
                extra_duration_minutes: u32::try_from(data.extra_duration_minutes).unwrap(),
                price_minor: data.price_minor,
                currency: Currency::parse(&data.currency).unwrap(),
            }
        };
        Facts {
            service: number.map(|number| world::facts(number, &self.services[number])),
            provider: place.map(|place| ProviderFacts {
                id: with,
                tenant_id: None,
                active: self.providers[place].active,
                offers: self.offers[place].is_empty() || number.is_none_or(|it| self.offers[place].contains(&it)),
            }),
            addons: (0..EXTRAS.len()).map(addon_facts).collect(),
        }
    }

    /// All of a provider's active bookings, of all time.
    fn schedule(&self, provider_id: ProviderId) -> Schedule {
        let own = self.bookings.iter().filter(|one| one.provider_id == provider_id && one.status.is_active());
        let busy = own.map(|one| Busy {
            booking_id: one.id,
            reference: one.reference.clone(),
            service_id: one.service_id,
            start_at: one.start_at,
            window: one.busy(),
            shared: one.shared,
            capacity_consumed: one.capacity_consumed,
            client_email: one.client.email.clone(),
            client_phone: one.client.phone.clone(),
            client_user_id: one.client.user_id,
        });
        Schedule { provider_id, busy: busy.collect() }
    }

    fn answer(&mut self, command: &Command) -> Answer {
        let number = u64::try_from(self.bookings.len()).unwrap() + 1;
        let actor = Actor { id: None, name: "somebody".into(), role: command.role };
        let policy = self.policy.clone();
        let ids = NewIds { booking_id: BookingId(Uuid::from_u128(number.into())), reference: number, salt: [3; 16] };
        let context =
            Context { now: command.now, policy: &policy, actor: &actor, ids, batch_id: None, rehearsal: false };
        let slots = match command.mood {
            Mood::Fails => SlotAnswer::Unavailable("it is down".into()),
            _ => SlotAnswer::Starts(
                (0..96).map(|quarter| world::at(quarter * 15)).filter(|at| world::offered(*at)).collect(),
            ),
        };
        let find = |id: &BookingId| self.bookings.iter().find(|one| one.id == *id).unwrap();
        let around =
            |booking: &Booking, to: Option<ProviderId>, decide: &dyn Fn(Surroundings) -> Result<Decision, Refusals>| {
                let to = to.unwrap_or(booking.provider_id);
                let (facts, schedule) = (self.facts(booking.service_id, to), self.schedule(to));
                decide(Surroundings { facts: &facts, schedule: &schedule, slots: &slots })
            };
        let decided = match &command.act {
            Act::Create(create) => {
                let (facts, schedule) =
                    (self.facts(create.service_id, create.provider_id), self.schedule(create.provider_id));
                create_booking(create, Surroundings { facts: &facts, schedule: &schedule, slots: &slots }, &context)
            }
            Act::Confirm(id, on) => confirm_booking(find(id), on, &context),
            Act::Cancel(id, cancel) => cancel_booking(find(id), cancel, &context),
            Act::Complete(id, on) => complete_booking(find(id), on, &context),
            Act::NoShow(id, on) => mark_no_show(find(id), on, &context),
            Act::Note(id, note) => add_note(find(id), note, &context),
            Act::Reinstate(id, on) => {
                around(find(id), None, &|around| reinstate_booking(find(id), on, around, &context))
            }
            Act::Reschedule(id, there) => {
                around(find(id), there.provider_id, &|around| reschedule_booking(find(id), there, around, &context))
            }
            Act::Edit(id, edit) => {
                around(find(id), edit.provider_id, &|around| edit_booking(find(id), edit, around, &context))
            }
            Act::Catalogue(change) => {
                match change.clone() {
                    Change::Service(number, data) => self.services[number] = data,
                    Change::Addon(number, data) => self.addons[number] = data,
                    Change::Provider(number, data) => self.providers[number] = data,
                    Change::Offers(number, given) => self.offers[number] = given,
                }
                return Answer::Written;
            }
            Act::Undo(id, on) => {
                let (booking, last) = (find(id), &self.last[id]);
                let before = propose_undo(booking, last, command.now).unwrap_or_else(|_| booking.clone());
                around(&before, None, &|around| undo_booking(booking, last, on, around, &context))
            }
            Act::Load(_) | Act::Bulk(_) => panic!("the store's alone"),
        };
        self.keep(command, decided)
    }

    fn keep(&mut self, command: &Command, decided: Result<Decision, Refusals>) -> Answer {
        if let Act::Create(create) = &command.act
            && let Some(key) = &create.idempotency_key
        {
            if let Some((first, _)) = self.keys.iter().find(|(first, _)| first.idempotency_key.as_ref() == Some(key)) {
                let same = first.digest() == create.digest();
                return if same { Answer::Unchanged } else { Answer::Refused(vec!["idempotency_mismatch"]) };
            }
            if let Ok(decision) = &decided {
                self.keys.push((*create.clone(), decision.booking().id));
            }
        }
        match decided {
            Ok(Decision::Changed(booking, event)) => {
                self.bookings.retain(|other| other.id != booking.id);
                self.last.insert(booking.id, (*event).clone());
                self.bookings.push(*booking);
                Answer::Changed(event.event_type.as_str())
            }
            Ok(Decision::Unchanged(_)) => Answer::Unchanged,
            Err(refusals) => refused(&refusals),
        }
    }
}

fn refused(refusals: &Refusals) -> Answer {
    let mut codes: Vec<&'static str> = refusals.codes().iter().map(|code| code.as_str()).collect();
    codes.sort_unstable();
    Answer::Refused(codes)
}

/// Core and the model side by side.
fn core_agrees(plans: &[Plan]) {
    let (mut memory, mut model) = (Memory::new(), Model::new());
    for (place, plan) in plans.iter().enumerate() {
        let command = command(plan, &memory.bookings);
        if let Act::Load(_) | Act::Bulk(_) = command.act {
            continue;
        }
        let made = memory.bookings.len();
        let said = memory.answer(&command);
        let new: Vec<BookingId> = memory.bookings.iter().skip(made).map(|one| one.id).collect();
        assert_eq!(said, model.answer(&command, &new), "core, then the model, at command {place}: {command:#?}");
    }
}

/// The store and the model side by side. Returns how many commands changed something.
fn store_agrees(db: &TestDatabase, plans: impl Iterator<Item = Plan>) -> usize {
    write(db.pools(), &Lock::none(), world::furnish).unwrap();
    let store: Store = world::store(db.pools().clone());
    let mut model = Model::new();
    let mut known: Vec<BookingId> = Vec::new();
    let mut changes = 0;
    for (place, plan) in plans.enumerate() {
        // As they are now, the newest last: nothing here is stale but on purpose.
        let newest = known.iter().rev().take(16).rev();
        let find =
            |id: &BookingId| store.pools.read(|conn| bookings::find(conn, &(*id).into(), Scope::All)).unwrap().unwrap();
        let seen: Vec<Booking> = newest.map(find).collect();
        let command = command(&plan, &seen);
        let load = decided(&store, &command, "somebody");
        let mut made: Vec<BookingId> = load.iter().map(|one| one.booking.id).collect();
        let said = match run(&store, &command, &load, "somebody") {
            Came::Verb(Ok(Decision::Changed(booking, event))) => {
                if event.version == 1 {
                    made.push(booking.id);
                }
                Answer::Changed(event.event_type.as_str())
            }
            Came::Verb(Ok(Decision::Unchanged(_))) => Answer::Unchanged,
            Came::Verb(Err(CommandError::Refused(refusals))) => refused(&refusals),
            Came::Changed | Came::Loaded => Answer::Written,
            Came::Ran(rows) => Answer::Ran(rows.into_iter().map(|row| row.ended).collect()),
            Came::Failed(StoreError::Wall(_)) => Answer::Walled,
            Came::Verb(Err(error)) => panic!("{error:?} at command {place}: {command:#?}"),
            Came::Failed(error) => panic!("{error:?} at command {place}: {command:#?}"),
        };
        assert_eq!(said, model.answer(&command, &made), "the store, then the model, at command {place}: {command:#?}");
        if said != Answer::Walled {
            known.extend(made);
        }
        changes += match &said {
            Answer::Changed(_) => 1,
            Answer::Ran(rows) => rows.iter().filter(|row| **row == Ended::Changed).count(),
            _ => 0,
        };
    }
    for number in 0..SERVICES {
        crate::commands::replace(&store, &Change::Service(number, world::service_data(number)), world::today())
            .unwrap();
    }
    let check = |conn: &mut bookings_db::connection::Conn| {
        check_everything(conn);
        Ok(())
    };
    store.pools.read(check).unwrap();
    changes
}

fn plans(most: usize) -> impl Strategy<Value = Vec<Plan>> {
    prop::collection::vec(prop::array::uniform8(any::<u16>()), 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn core_says_what_the_model_says(plans in plans(80)) {
        core_agrees(&plans);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_says_what_the_model_says(plans in plans(40)) {
        store_agrees(&sqlite_database(), plans.into_iter());
    }
}

#[test]
fn a_long_sequence_agrees_on_both_databases() {
    const COMMANDS: usize = 600;
    let seed = seed();
    for db in databases() {
        say(&format_args!("sequence of {COMMANDS} on {}: seed {seed}", db.name()));
        let mut dice = Dice::new(seed, 0);
        let changes = store_agrees(&db, (0..COMMANDS).map(|_| dice.plan()));
        assert!(changes > COMMANDS / 20, "only {changes} changes");
    }
}

/// Of a business that gives classes: few starts, joined by many, and moved by verbs over all of a start.
fn of_classes(plan: Plan) -> Plan {
    // A create, a load, a cancellation, and every other time a bulk.
    const KINDS: [u16; 10] = [0, 1, 2, 39, 25, 42, 42, 43, 43, 43];
    let [kind, which, time, place, extra, party, ..] = plan;
    let number = 3 + kind % 2;
    // By an owner, today, with as many people as there are mostly seats for; bulks move, mostly a whole start.
    let kind = number * 44 + KINDS[usize::from(kind / 2) % KINDS.len()];
    let time = if kind % 44 >= 42 { time / 12 * 12 + 6 } else { time };
    let extra = if which % 4 == 0 { extra } else { extra / 2 * 2 };
    [kind, which, time, place, extra, 24 + party % 6, 48, 0]
}

#[test]
fn those_who_share_a_start_go_as_the_model_says() {
    const COMMANDS: usize = 300;
    let seed = seed();
    for db in databases() {
        say(&format_args!("sequence of {COMMANDS} over classes on {}: seed {seed}", db.name()));
        let mut dice = Dice::new(seed, 1);
        let changes = store_agrees(&db, (0..COMMANDS).map(|_| of_classes(dice.plan())));
        assert!(changes > COMMANDS / 20, "only {changes} changes");
    }
}
