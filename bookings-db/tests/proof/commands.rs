//! Every kind of command, made from a plan, and given to a store.

use bookings_core::{
    Actor, AddNote, AddonId, Booking, BookingId, CancelBooking, Client, Code, Context, CreateBooking, Decision,
    EditBooking, Facts, NewIds, Overrides, ProviderFacts, RescheduleBooking, Role, Schedule, SlotAnswer,
    SlotValidation, Surroundings, VerbOn, create_booking,
};
use bookings_db::bulk::Decided;
use bookings_db::catalogue::offers;
use bookings_db::catalogue::tables::{self, AddonData, ProviderData, ServiceData};
use bookings_db::transaction::{Lock, write};
use bookings_db::types::Id;
use bookings_db::{By, CommandError, Outcome, Scope, Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};

use crate::bulk::{Bulk, Row};
use crate::dice::Plan;
use crate::world::{self, ADDONS, Mood, PROVIDERS, SERVICES, addon, at, provider, service};

/// A command with what is around it.
#[derive(Debug, Clone)]
pub struct Command {
    pub act: Act,
    pub now: DateTime<Utc>,
    pub role: Role,
    pub mood: Mood,
}

#[derive(Debug, Clone)]
pub enum Act {
    Create(Box<CreateBooking>),
    Confirm(BookingId, VerbOn),
    Cancel(BookingId, CancelBooking),
    Reschedule(BookingId, RescheduleBooking),
    Edit(BookingId, Box<EditBooking>),
    Complete(BookingId, VerbOn),
    NoShow(BookingId, VerbOn),
    Reinstate(BookingId, VerbOn),
    Note(BookingId, AddNote),
    Undo(BookingId, VerbOn),
    /// One verb over several bookings, row by row.
    Bulk(Bulk),
    Catalogue(Change),
    /// Decided without looking at what is there, and written all or none.
    Load(Vec<CreateBooking>),
}

/// A catalogue row replaced.
#[derive(Debug, Clone)]
pub enum Change {
    Service(usize, ServiceData),
    Addon(usize, AddonData),
    Provider(usize, ProviderData),
    /// Which services a provider gives; none of them is every one.
    Offers(usize, Vec<usize>),
}

impl Act {
    pub fn name(&self) -> &'static str {
        match self {
            Act::Create(_) => "create",
            Act::Confirm(..) => "confirm",
            Act::Cancel(..) => "cancel",
            Act::Reschedule(..) => "reschedule",
            Act::Edit(..) => "edit",
            Act::Complete(..) => "complete",
            Act::NoShow(..) => "no-show",
            Act::Reinstate(..) => "reinstate",
            Act::Note(..) => "note",
            Act::Undo(..) => "undo",
            Act::Bulk(bulk) => bulk.name(),
            Act::Catalogue(_) => "catalogue",
            Act::Load(_) => "load",
        }
    }
}

/// The command of a plan, on one of the bookings `seen`, at the version it was seen at.
pub fn command(plan: &Plan, seen: &[Booking]) -> Command {
    let [kind, which, time, place, extra, party, soft, clock] = *plan;
    let now = match clock % 16 {
        0..=9 => world::today(),
        10 => at(10 * 60),
        // What is chosen for a bulk is kept for a week: of a clock that is years ahead it would be gone.
        11 | 12 if matches!(kind % 44, 42 | 43) => world::today(),
        11 => world::today() - TimeDelta::days(3 * 365),
        12 => world::today() + TimeDelta::days(5 * 365),
        _ => at(22 * 60),
    };
    let role = match soft / 16 % 8 {
        0 => Role::Viewer,
        1 => Role::Staff,
        2 => Role::Admin,
        _ => Role::Owner,
    };
    let mood = match extra / 64 % 16 {
        0 => Mood::Fails,
        1 => Mood::Slow,
        _ => Mood::Answers,
    };
    let known = seen.get(usize::from(which) % seen.len().max(1));
    let act = match (known, kind % 44) {
        (_, 38) => Act::Catalogue(change(plan)),
        (_, 39) => Act::Load(
            (0..3).map(|step| create(&[kind, which, time.wrapping_add(step * 3), place, 0, party, 2, 0])).collect(),
        ),
        (None, _) | (_, 0..=12) => Act::Create(Box::new(create(plan))),
        (Some(booking), kind) => {
            // Now and then as somebody saw it who has slept since.
            let version = booking.version - i64::from(clock / 16 % 12 == 0);
            let overrides = overrides(soft);
            let on = VerbOn { version, overrides: overrides.clone() };
            let start_at = start(time, booking.shared);
            let provider_id = (place % 2 == 0).then(|| provider(usize::from(place) / 2 % PROVIDERS));
            let addon_ids = (extra % 3 == 0).then(|| addons(extra));
            match kind {
                13..=17 => {
                    let there = RescheduleBooking { version, start_at, provider_id, addon_ids, overrides };
                    Act::Reschedule(booking.id, there)
                }
                18..=21 => {
                    let edit = EditBooking {
                        version,
                        client: client(party),
                        party_size: people(party, booking.shared),
                        capacity_consumed: None,
                        start_at: (place % 3 == 0).then_some(start_at),
                        provider_id: provider_id.filter(|_| place % 5 == 0),
                        addon_ids: addon_ids.filter(|_| place % 7 == 0),
                        overrides,
                        ..EditBooking::of(booking)
                    };
                    Act::Edit(booking.id, Box::new(edit))
                }
                22..=24 => Act::Confirm(booking.id, on),
                25..=28 => {
                    let reason = if place % 16 == 0 { "" } else { "ill" }.into();
                    Act::Cancel(booking.id, CancelBooking { version, reason, overrides })
                }
                29..=32 => Act::Reinstate(booking.id, on),
                33 | 34 => Act::Complete(booking.id, on),
                35 | 36 => Act::NoShow(booking.id, on),
                37 => Act::Note(booking.id, AddNote { version, message: format!("note {place}") }),
                40 | 41 => Act::Undo(booking.id, on),
                _ => Act::Bulk(Bulk::of(plan, seen, overrides)),
            }
        }
    };
    Command { act, now, role, mood }
}

/// Few starts for what is shared, so that clients meet there.
fn start(time: u16, shared: bool) -> DateTime<Utc> {
    let time = i64::from(time);
    if shared { at(8 * 60 + 180 * (time % 4)) } else { at(8 * 60 + 15 * (time % 40)) }
}

fn people(party: u16, shared: bool) -> u32 {
    match party / 8 % 16 {
        0 => 0,
        1 => 5_000,
        2 => 2,
        _ if shared => 1 + u32::from(party / 128 % 3),
        _ => 1,
    }
}

fn client(party: u16) -> Client {
    let number = party % 6;
    Client {
        name: if party % 61 == 60 { String::new() } else { format!("Client {number}") },
        email: format!("c{number}@example.com"),
        phone: format!("+1 868 555-010{number}"),
        user_id: None,
    }
}

fn addons(extra: u16) -> Vec<AddonId> {
    let extra = usize::from(extra);
    (0..extra / 3 % 3).map(|place| addon((extra / 9 + extra / 27 * place) % ADDONS)).collect()
}

fn overrides(soft: u16) -> Overrides {
    let codes = match soft % 16 {
        0 => Code::ALL.iter().copied().filter(|code| code.is_soft()).collect(),
        1 => vec![Code::StartInPast, Code::Duplicate, Code::SlotUnavailable],
        2 => vec![Code::NotStarted, Code::CancellationNotice, Code::RescheduleNotice, Code::Duplicate],
        3 => vec![Code::Overlap, Code::CapacityExceeded],
        _ => Vec::new(),
    };
    let reason = if codes.is_empty() || soft.is_multiple_of(48) { "" } else { "the manager said so" };
    Overrides { codes, reason: reason.into() }
}

fn create(plan: &Plan) -> CreateBooking {
    let [kind, which, time, place, extra, party, soft, clock] = *plan;
    let number = usize::from(kind) / 44 % SERVICES;
    let shared = world::OFFERS[number].seats.is_some();
    // Some forms are sent twice, and some keys used for another form.
    let key = (clock / 32 % 3 == 0).then(|| format!("key {number} {} {}", which % 16, time % 8));
    CreateBooking {
        addon_ids: if extra % 4 == 0 { addons(extra) } else { Vec::new() },
        party_size: people(party, shared),
        capacity_consumed: (party % 11 == 0).then(|| u32::from(party / 11 % 3)),
        notes_client: if party % 5 == 0 { "allergic to nuts".into() } else { String::new() },
        idempotency_key: key,
        overrides: overrides(soft),
        ..CreateBooking::new(
            service(number),
            provider(usize::from(place) % PROVIDERS),
            start(time, shared),
            client(party),
        )
    }
}

fn change(plan: &Plan) -> Change {
    let [_, which, time, place, extra, ..] = *plan;
    match which % 5 {
        4 => {
            let given = (0..SERVICES).filter(|number| extra % 3 != 0 && extra >> number & 1 == 1).collect();
            Change::Offers(usize::from(place) % PROVIDERS, given)
        }
        0 => {
            let number = usize::from(place) % PROVIDERS;
            Change::Provider(number, ProviderData { active: time % 4 != 0, ..world::provider_data(number) })
        }
        1 => {
            let number = usize::from(place) % world::EXTRAS.len();
            let minutes = 5 * i32::from(time % 7);
            let active = extra % 3 != 0;
            let addon = AddonData { extra_duration_minutes: minutes, active, ..world::addon_data(number) };
            Change::Addon(number, addon)
        }
        _ => {
            let number = usize::from(place) % SERVICES;
            let data = world::service_data(number);
            let changed = ServiceData {
                duration_minutes: 15 + 15 * i32::from(time % 5),
                buffer_before_minutes: 5 * i32::from(extra % 3),
                buffer_after_minutes: 5 * i32::from(extra / 3 % 3),
                // Never more than at the beginning, so that the checker knows what may be sold at most.
                capacity: if data.allow_multiple_clients { data.capacity - i32::from(extra / 9 % 2) } else { 1 },
                active: extra % 7 != 0,
                ..data
            };
            Change::Service(number, changed)
        }
    }
}

/// How a command came out.
pub enum Came {
    /// A verb's answer.
    Verb(Outcome),
    /// A catalogue row is replaced.
    Changed,
    /// The bookings are loaded.
    Loaded,
    /// What came of each row, and of taking them back.
    Ran(Vec<Row>),
    /// Nothing of a change or load was written.
    Failed(StoreError),
}

/// What a load will write, by somebody of that name; nothing for any other command.
pub fn decided(store: &Store, command: &Command, name: &str) -> Vec<Decided> {
    let actor = Actor { id: None, name: name.into(), role: command.role };
    match &command.act {
        Act::Load(creates) => decide(store, creates, &By::new(&actor, command.now)),
        _ => Vec::new(),
    }
}

/// Gives a command to the store, by somebody of that name.
pub fn run(store: &Store, command: &Command, decided: &[Decided], name: &str) -> Came {
    world::set_mood(command.mood);
    let actor = Actor { id: None, name: name.into(), role: command.role };
    let by = By::new(&actor, command.now);
    Came::Verb(match &command.act {
        Act::Create(create) => store.create_booking(create, &by),
        Act::Confirm(id, on) => store.confirm_booking(*id, on, &by),
        Act::Cancel(id, cancel) => store.cancel_booking(*id, cancel, &by),
        Act::Reschedule(id, there) => store.reschedule_booking(*id, there, &by),
        Act::Edit(id, edit) => store.edit_booking(*id, edit, &by),
        Act::Complete(id, on) => store.complete_booking(*id, on, &by),
        Act::NoShow(id, on) => store.mark_no_show(*id, on, &by),
        Act::Reinstate(id, on) => store.reinstate_booking(*id, on, &by),
        Act::Note(id, note) => store.add_note(*id, note, &by),
        Act::Undo(id, on) => store.undo_booking(*id, on, &by),
        Act::Bulk(bulk) => return bulk.carry_out(store, &by).map_or_else(Came::Failed, Came::Ran),
        Act::Catalogue(change) => {
            return replace(store, change, command.now).map_or_else(Came::Failed, |()| Came::Changed);
        }
        Act::Load(_) => return store.load_decided(decided).map_or_else(Came::Failed, |()| Came::Loaded),
    })
}

/// Replaces a row of the catalogue, whatever its version.
pub fn replace(store: &Store, change: &Change, now: DateTime<Utc>) -> Result<(), StoreError> {
    macro_rules! update {
        ($table:ident, $id:expr, $data:expr) => {{
            let id = Id::from($id);
            write(&store.pools, &Lock::none(), |conn| {
                let seen = tables::$table::get(conn, Scope::All, id)?.map_or(0, |row| row.version);
                tables::$table::update(conn, Scope::All, id, seen, $data, now).map(|_| ())
            })
        }};
    }
    match change {
        Change::Service(number, data) => update!(services, world::service(*number), data),
        Change::Addon(number, data) => update!(addons, world::addon(*number), data),
        Change::Provider(number, data) => update!(providers, world::provider(*number), data),
        Change::Offers(number, given) => {
            let given: Vec<Id> = given.iter().map(|number| world::service(*number).into()).collect();
            let lock = Lock::rows(store.catalogue.lock_providers(&[world::provider(*number)]));
            write(&store.pools, &lock, |conn| offers::set(conn, world::provider(*number).into(), &given))
        }
    }
}

/// Bookings as an import would decide them, on their own: only the database can tell whether they fit.
fn decide(store: &Store, creates: &[CreateBooking], by: &By) -> Vec<Decided> {
    let policy = bookings_core::Policy { slot_validation: SlotValidation::None, ..store.policy.clone() };
    let decide = |create: &CreateBooking| {
        let number = (0..SERVICES).find(|number| service(*number) == create.service_id)?;
        let facts = Facts {
            service: Some(world::facts(number, &world::service_data(number))),
            provider: Some(ProviderFacts { id: create.provider_id, tenant_id: None, active: true, offers: true }),
            addons: Vec::new(),
        };
        let schedule = Schedule { provider_id: create.provider_id, busy: Vec::new() };
        let around = Surroundings { facts: &facts, schedule: &schedule, slots: &SlotAnswer::NotAsked };
        let ids: NewIds = (store.ids)().ok()?;
        let context = Context { now: by.now, policy: &policy, actor: by.actor, ids, batch_id: None, rehearsal: false };
        let alone = CreateBooking { idempotency_key: None, ..create.clone() };
        match create_booking(&alone, around, &context) {
            Ok(Decision::Changed(booking, event)) => Some(Decided { booking: *booking, events: vec![*event] }),
            _ => None,
        }
    };
    creates.iter().filter_map(decide).collect()
}

/// Whether an error says that nothing of the command was written.
pub fn surely_nothing(error: &StoreError) -> bool {
    !error.to_string().contains("outcome is unknown")
}

/// The refusal's codes, in order.
pub fn codes(outcome: &Outcome) -> Option<Vec<&'static str>> {
    match outcome {
        Err(CommandError::Refused(refusals)) => Some(refusals.codes().iter().map(|code| code.as_str()).collect()),
        _ => None,
    }
}
