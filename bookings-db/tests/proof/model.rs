//! The rules once more, as simply as they can be said: lists, minutes and no shortcuts. Knows nothing of the store, and of
//! core only the shapes of commands.

use std::collections::HashMap;

use bookings_core::{AddonId, BookingId, CreateBooking, EditBooking, Overrides, RescheduleBooking, Role};
use bookings_db::catalogue::tables::{AddonData, ProviderData, ServiceData};
use chrono::{DateTime, Utc};

use crate::commands::{Act, Change, Command};
use crate::world::{self, EXTRAS, GUARD_MINUTES, Mood, PROVIDERS, SERVICES, addon, provider, service};

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

pub struct Model {
    held: Vec<Held>,
    services: Vec<ServiceData>,
    addons: Vec<AddonData>,
    providers: Vec<ProviderData>,
    keys: HashMap<String, (CreateBooking, BookingId)>,
}

type Codes = Vec<&'static str>;

impl Model {
    pub fn new() -> Model {
        Model {
            held: Vec::new(),
            services: (0..SERVICES).map(world::service_data).collect(),
            addons: (0..EXTRAS.len()).map(world::addon_data).collect(),
            providers: (0..PROVIDERS).map(world::provider_data).collect(),
            keys: HashMap::new(),
        }
    }

    /// What `command` must come to. What it makes is called by the ids of `made`.
    pub fn answer(&mut self, command: &Command, made: &[BookingId]) -> Answer {
        let now = minute(command.now);
        match &command.act {
            Act::Create(create) => self.create(create, command, made),
            Act::Load(creates) => self.load(creates, command, made),
            Act::Catalogue(change) => {
                match change.clone() {
                    Change::Service(number, data) => self.services[number] = data,
                    Change::Addon(number, data) => self.addons[number] = data,
                    Change::Provider(number, data) => self.providers[number] = data,
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
                Answer::Changed("NOTE_ADDED")
            }
            Act::Reinstate(id, on) => {
                let held = self.find(*id);
                let after = Held { status: held.before_cancel, before_cancel: "", ..held.clone() };
                let service = &self.services[held.service];
                let mut codes = Vec::new();
                if !service.active {
                    codes.push("inactive_service");
                }
                if !self.providers[held.provider].active {
                    codes.push("inactive_provider");
                }
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

    fn create(&mut self, create: &CreateBooking, command: &Command, made: &[BookingId]) -> Answer {
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
        if !catalogue.providers[place].active {
            codes.push("inactive_provider");
        }
        codes.extend(catalogue.party(&held));
        codes.extend(self.capacity(&held));
        let mood = if engine { command.mood } else { Mood::Answers };
        let time = self.time(&held, minute(command.now), mood);
        codes.extend(time.into_iter().filter(|code| engine || *code != "slot_unavailable"));
        (held, codes)
    }

    /// Each decided as if it were alone with the catalogue of the first day; then all or none.
    fn load(&mut self, creates: &[CreateBooking], command: &Command, made: &[BookingId]) -> Answer {
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
        Answer::Written
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

    fn reschedule(&mut self, id: BookingId, there: &RescheduleBooking, command: &Command) -> Answer {
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

    fn edit(&mut self, id: BookingId, edit: &EditBooking, command: &Command) -> Answer {
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
        if !self.providers[place].active && place != held.provider {
            codes.push("inactive_provider");
        }
        codes.extend(self.time(&after, now, command.mood));
        codes.extend(self.capacity(&after));
        (after, codes)
    }

    /// The add-ons asked for that can be had, and what speaks against the others. What the booking has it keeps.
    fn extras(&self, asked: &[AddonId], has: &[(AddonId, i64)], number: usize) -> (Vec<(AddonId, i64)>, Codes) {
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
        self.held.iter().filter(|other| other.active() && other.provider == held.provider && other.id != held.id)
    }

    fn capacity(&self, held: &Held) -> Codes {
        let taken: u32 = self.others(held).filter(|other| held.same_slot(other)).map(|other| other.seats).sum();
        let full = held.shared && taken + held.seats > self.seats_in_all(held.service);
        if full { vec!["capacity_exceeded"] } else { Vec::new() }
    }

    fn time(&self, held: &Held, now: i64, mood: Mood) -> Codes {
        let mut codes = Vec::new();
        if held.start < now {
            codes.push("start_in_past");
        }
        codes.extend(self.others(held).filter(|other| held.clashes(other)).take(10).map(|_| "overlap"));
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
        let place = self.held.iter().position(|held| held.id == after.id).unwrap();
        self.held[place] = Held { version: after.version + 1, ..after };
        Answer::Changed(event)
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

fn is_move(held: &Held, after: &Held, asked: Option<&[AddonId]>) -> bool {
    let own: Vec<AddonId> = held.extras.iter().map(|(id, _)| *id).collect();
    held != after || asked.is_some_and(|asked| own != asked)
}

/// What a staff member may override, and what an owner.
const BY_STAFF: [&str; 2] = ["start_in_past", "duplicate"];
const BY_ADMIN: [&str; 11] = [
    "start_in_past",
    "duplicate",
    "slot_unavailable",
    "slot_engine_unavailable",
    "inactive_service",
    "inactive_provider",
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
