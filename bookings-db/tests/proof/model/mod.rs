//! The rules once more, as simply as they can be said: lists, minutes and no shortcuts. Knows nothing of the store, and of
//! core only the shapes of commands.

mod back;
mod create;
mod moves;

use std::collections::HashMap;

use bookings_core::{AddonId, BookingId, CreateBooking, Overrides, Role};
use bookings_db::catalogue::tables::{AddonData, ProviderData, ServiceData};
use bookings_db::selection::Ended;
use chrono::{DateTime, Utc};

use crate::commands::{Act, Change, Command};
use crate::world::{self, EXTRAS, GUARD_MINUTES, Mood, PROVIDERS, SERVICES, provider};

/// What a command must come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An event of this type.
    Changed(&'static str),
    Unchanged,
    /// For these reasons, sorted; several clashes are several.
    Refused(Vec<&'static str>),
    /// A catalogue row, or a load.
    Written,
    /// A load that does not fit.
    Walled,
    /// What came of each row.
    Ran(Vec<Ended>),
}

/// A booking, as far as the rules look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    id: BookingId,
    version: i64,
    service: usize,
    provider: usize,
    start: i64,
    minutes: i64,
    buffers: (i64, i64),
    notice: i64,
    status: &'static str,
    before_cancel: &'static str,
    shared: bool,
    party: u32,
    seats: u32,
    extras: Vec<(AddonId, i64)>,
    client: [String; 3],
}

impl Held {
    fn active(&self) -> bool {
        ["PENDING", "CONFIRMED"].contains(&self.status)
    }

    fn busy(&self) -> (i64, i64) {
        let extra: i64 = self.extras.iter().map(|(_, minutes)| minutes).sum();
        (self.start - self.buffers.0, self.start + self.minutes + extra + self.buffers.1)
    }

    fn same_slot(&self, other: &Held) -> bool {
        self.shared && other.shared && self.service == other.service && self.start == other.start
    }

    fn clashes(&self, other: &Held) -> bool {
        let ((from, to), (other_from, other_to)) = (self.busy(), other.busy());
        from < other_to && other_from < to && !self.same_slot(other)
    }
}

/// A booking's last change: when, its event, and the booking before it where it can be taken back.
#[derive(Debug, Clone)]
struct Last {
    at: i64,
    event: &'static str,
    before: Option<Held>,
}

pub struct Model {
    held: Vec<Held>,
    /// Who has left a start and is nowhere yet.
    away: Vec<BookingId>,
    last: HashMap<BookingId, Last>,
    now: i64,
    services: Vec<ServiceData>,
    addons: Vec<AddonData>,
    providers: Vec<ProviderData>,
    offers: [Vec<usize>; PROVIDERS],
    keys: HashMap<String, (CreateBooking, BookingId)>,
}

type Codes = Vec<&'static str>;

impl Model {
    pub fn new() -> Model {
        Model {
            held: Vec::new(),
            away: Vec::new(),
            last: HashMap::new(),
            now: 0,
            services: (0..SERVICES).map(world::service_data).collect(),
            addons: (0..EXTRAS.len()).map(world::addon_data).collect(),
            providers: (0..PROVIDERS).map(world::provider_data).collect(),
            offers: Default::default(),
            keys: HashMap::new(),
        }
    }

    /// What `command` must come to. What it makes is called by the ids of `made`.
    pub fn answer(&mut self, command: &Command, made: &[BookingId]) -> Answer {
        let now = minute(command.now);
        self.now = now;
        match &command.act {
            Act::Create(create) => self.create(create, command, made),
            Act::Load(creates) => self.load(creates, command, made),
            Act::Catalogue(change) => {
                match change.clone() {
                    Change::Service(number, data) => self.services[number] = data,
                    Change::Addon(number, data) => self.addons[number] = data,
                    Change::Provider(number, data) => self.providers[number] = data,
                    Change::Offers(number, given) => self.offers[number] = given,
                }
                Answer::Written
            }
            Act::Confirm(id, on) => self.verb(
                *id,
                on.version,
                "CONFIRMED",
                |held| match held.status {
                    "PENDING" => Some(("CONFIRMED", Vec::new())),
                    _ => None,
                },
                &on.overrides,
                command.role,
            ),
            Act::Cancel(id, cancel) => self.verb(
                *id,
                cancel.version,
                "CANCELLED",
                |held| {
                    let mut codes = Vec::new();
                    if cancel.reason.is_empty() {
                        codes.push("required");
                    }
                    if held.notice > 0 && now > held.start - held.notice {
                        codes.push("cancellation_notice");
                    }
                    held.active().then_some(("CANCELLED", codes))
                },
                &cancel.overrides,
                command.role,
            ),
            Act::Complete(id, on) => self.finish(*id, on.version, "COMPLETED", &on.overrides, command),
            Act::NoShow(id, on) => self.finish(*id, on.version, "NO_SHOW", &on.overrides, command),
            Act::Note(id, note) => {
                let held = self.held.iter_mut().find(|held| held.id == *id).unwrap();
                if held.version != note.version {
                    return Answer::Refused(vec!["stale_version"]);
                }
                held.version += 1;
                self.last.insert(*id, Last { at: now, event: "NOTE_ADDED", before: None });
                Answer::Changed("NOTE_ADDED")
            }
            Act::Undo(id, on) => self.undo(*id, on.version),
            Act::Bulk(bulk) => Answer::Ran(self.bulk(bulk, command)),
            Act::Reinstate(id, on) => {
                let held = self.find(*id);
                let after = Held { status: held.before_cancel, before_cancel: "", ..held.clone() };
                let service = &self.services[held.service];
                let mut codes = Vec::new();
                if !service.active {
                    codes.push("inactive_service");
                }
                codes.extend(self.with(held.provider, held.service));
                codes.extend(self.time(&after, now, command.mood));
                codes.extend(self.capacity(&after));
                if held.status != "CANCELLED" {
                    return Answer::Refused(vec!["wrong_status"]);
                }
                self.settle(after, on.version, "REINSTATED", codes, &on.overrides, command.role)
            }
            Act::Reschedule(id, there) => self.reschedule(*id, there, command),
            Act::Edit(id, edit) => self.edit(*id, edit, command),
        }
    }

    fn find(&self, id: BookingId) -> &Held {
        self.held.iter().find(|held| held.id == id).unwrap()
    }

    fn verb(
        &mut self,
        id: BookingId,
        version: i64,
        same: &'static str,
        judge: impl Fn(&Held) -> Option<(&'static str, Codes)>,
        overrides: &Overrides,
        role: Role,
    ) -> Answer {
        let held = self.find(id);
        if held.status == same {
            return Answer::Unchanged;
        }
        let Some((status, codes)) = judge(held) else { return Answer::Refused(vec!["wrong_status"]) };
        let before_cancel = if status == "CANCELLED" { held.status } else { "" };
        self.settle(Held { status, before_cancel, ..held.clone() }, version, same, codes, overrides, role)
    }

    fn finish(
        &mut self,
        id: BookingId,
        version: i64,
        to: &'static str,
        overrides: &Overrides,
        command: &Command,
    ) -> Answer {
        let now = minute(command.now);
        let judge = |held: &Held| {
            let early = if now < held.start { vec!["not_started"] } else { Vec::new() };
            (held.status != "CANCELLED").then_some((to, early))
        };
        self.verb(id, version, to, judge, overrides, command.role)
    }

    /// What speaks against a service with a provider who did not have it yet.
    fn with(&self, place: usize, number: usize) -> Codes {
        let offers = &self.offers[place];
        let mut codes = Vec::new();
        if !self.providers[place].active {
            codes.push("inactive_provider");
        }
        if !offers.is_empty() && !offers.contains(&number) {
            codes.push("service_not_offered");
        }
        codes
    }

    fn seats_in_all(&self, number: usize) -> u32 {
        self.services[number].capacity as u32
    }

    fn party(&self, held: &Held) -> Codes {
        let mut codes = Vec::new();
        let fits =
            if held.shared { (1..=self.seats_in_all(held.service)).contains(&held.party) } else { held.party == 1 };
        if !fits {
            codes.push("party_size");
        }
        if held.seats < held.party || (!held.shared && held.seats != held.party) {
            codes.push("capacity_consumed");
        }
        codes
    }

    fn others<'a>(&'a self, held: &'a Held) -> impl Iterator<Item = &'a Held> {
        let there = |other: &&Held| other.id != held.id && !self.away.contains(&other.id);
        self.held.iter().filter(|other| other.active() && other.provider == held.provider).filter(there)
    }

    fn capacity(&self, held: &Held) -> Codes {
        let taken: u32 = self.others(held).filter(|other| held.same_slot(other)).map(|other| other.seats).sum();
        let full = held.shared && taken + held.seats > self.seats_in_all(held.service);
        if full { vec!["capacity_exceeded"] } else { Vec::new() }
    }

    /// One for each, up to ten.
    fn clashes(&self, held: &Held) -> Codes {
        self.others(held).filter(|other| held.clashes(other)).take(10).map(|_| "overlap").collect()
    }

    fn time(&self, held: &Held, now: i64, mood: Mood) -> Codes {
        let mut codes = Vec::new();
        if held.start < now {
            codes.push("start_in_past");
        }
        codes.extend(self.clashes(held));
        let similar = |other: &Held| {
            other.service == held.service
                && (other.start - held.start).abs() <= GUARD_MINUTES.into()
                && (!held.shared || other.client[1] == held.client[1])
        };
        if self.others(held).any(similar) {
            codes.push("duplicate");
        }
        if mood == Mood::Fails {
            codes.push("slot_engine_unavailable");
        } else if !world::offered(DateTime::from_timestamp(held.start * 60, 0).unwrap()) {
            codes.push("slot_unavailable");
        }
        codes
    }

    /// The version, then the refusals, then the change.
    fn settle(
        &mut self,
        after: Held,
        seen: i64,
        event: &'static str,
        codes: Codes,
        overrides: &Overrides,
        role: Role,
    ) -> Answer {
        if after.version != seen {
            return Answer::Refused(vec!["stale_version"]);
        }
        let codes = overridden(codes, overrides, role);
        if !codes.is_empty() {
            return Answer::Refused(codes);
        }
        self.keep(after, event);
        Answer::Changed(event)
    }

    fn keep(&mut self, after: Held, event: &'static str) {
        let held = self.held.iter_mut().find(|held| held.id == after.id).unwrap();
        let after = Held { version: held.version + 1, ..after };
        let before = std::mem::replace(held, after);
        self.last.insert(before.id, Last { at: self.now, event, before: Some(before) });
    }
}

fn minute(at: DateTime<Utc>) -> i64 {
    at.timestamp() / 60
}

fn provider_number(id: bookings_core::ProviderId) -> usize {
    (0..PROVIDERS).find(|number| provider(*number) == id).unwrap()
}

fn client(client: &bookings_core::Client) -> [String; 3] {
    [client.name.clone(), client.email.clone(), client.phone.clone()]
}

/// What a staff member may override, and what an owner.
const BY_STAFF: [&str; 2] = ["start_in_past", "duplicate"];
const BY_ADMIN: [&str; 12] = [
    "start_in_past",
    "duplicate",
    "slot_unavailable",
    "slot_engine_unavailable",
    "inactive_service",
    "inactive_provider",
    "service_not_offered",
    "not_started",
    "cancellation_not_allowed",
    "cancellation_notice",
    "reschedule_not_allowed",
    "reschedule_notice",
];

/// What is left of the refusals, sorted.
fn overridden(codes: Codes, overrides: &Overrides, role: Role) -> Codes {
    let may: &[&str] = match role {
        Role::Viewer => &[],
        Role::Staff => &BY_STAFF,
        Role::Admin | Role::Owner => &BY_ADMIN,
    };
    let named = |code: &str| overrides.codes.iter().any(|named| named.as_str() == code);
    let (used, mut left): (Codes, Codes) = codes.into_iter().partition(|code| named(code) && may.contains(code));
    let mut denied: Codes = left.iter().copied().filter(|code| named(code)).collect();
    denied.sort_unstable();
    denied.dedup();
    left.extend(denied.iter().map(|_| "override_not_allowed"));
    if !used.is_empty() && overrides.reason.is_empty() {
        left.push("override_reason_required");
    }
    left.sort_unstable();
    left
}
