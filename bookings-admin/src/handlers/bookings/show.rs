//! `GET /bookings/{reference}`: a booking with its verbs and history.

use actix_web::{HttpRequest, HttpResponse, web};
use bookings_core::commands::{UNDO_MINUTES, propose_undo};
use bookings_core::status::{Step, Verb as CoreVerb, step};
use bookings_core::{AddonId, Booking, Code, Event, EventType, Role};
use bookings_db::bookings::{Taken, taken_with};
use bookings_db::catalogue::AddonChoice;
use bookings_db::clients::ClientKey;
use bookings_db::{Store, StoreError, history};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::booking_of;
use super::choices::addon_option;
use super::form_page::{Given, Service, provider_picker};
use super::history::{Names, event_title, mentioned, older_than, price, shown};
use super::new::again;
use crate::app::AppState;
use crate::auth::{Action, Signed, may};
use crate::error::PageError;
use crate::forms::local_text;
use crate::handlers::auth::local_path;
use crate::handlers::run::run;
use crate::handlers::{bulk, clients};
use crate::present;
use crate::raw_form::{RawForm, encode};
use crate::views::bookings::{Fact, PriceLine, RescheduleFields, ShowPage, Verb, VerbForm};
use crate::views::form::StartField;
use crate::views::outcomes::BulkOver;
use crate::views::{Choice, Hidden, Link, Picker, Section, Shell, page};

/// Events of one page of the history.
const EVENTS: u32 = 50;

/// A booking's page; `before` in the query leads to older events.
///
/// # Errors
/// Not found; the store's.
pub async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
    reference: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Read)?;
    let query = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let before = query.get("before").parse().ok();
    let loaded = load(&state, &signed, reference.into_inner(), before, None).await?;
    Ok(page(&show_page(&signed, &loaded, &query)))
}

/// Everything the page shows, in a bounded number of queries whatever the booking has.
pub(super) struct Loaded {
    pub booking: Booking,
    events: Vec<Event>,
    before: Option<i64>,
    names: Names,
    provider: Picker,
    addons: Vec<AddonChoice>,
    /// What is taken of the start it shares.
    taken: Option<Taken>,
}

/// Loads the page; `provider` is what a refused move had chosen.
pub(super) async fn load(
    state: &AppState,
    signed: &Signed,
    reference: String,
    before: Option<i64>,
    form: Option<&RawForm>,
) -> Result<Loaded, PageError> {
    let (scope, books) = (signed.scope(), may(&signed.staff, Action::Book));
    let chosen = form.map(|form| (form.get("provider_id").to_owned(), form.get("provider_id_q").to_owned()));
    run(&state.store, move |store| {
        let booking = booking_of(store, &reference, scope)?;
        let events = store.pools.read(|conn| history::events(conn, booking.id, before, EVENTS))?;
        let names = Names::load(store, &booking, mentioned(&events), &[])?;
        let movable = books && booking.status.is_active();
        let (provider, addons) =
            if movable { to_choose(store, &booking, chosen, scope)? } else { (Picker::default(), Vec::new()) };
        let shares = booking.shared && booking.status.is_active();
        let taken = shares.then(|| store.pools.read(|conn| taken_with(conn, &booking, scope))).transpose()?;
        Ok::<_, PageError>(Loaded { booking, events, before, names, provider, addons, taken })
    })
    .await
}

fn to_choose(
    store: &Store,
    booking: &Booking,
    chosen: Option<(String, String)>,
    scope: bookings_db::Scope,
) -> Result<(Picker, Vec<AddonChoice>), StoreError> {
    let (chosen, query) = chosen.unwrap_or_default();
    let chosen = if chosen.is_empty() { booking.provider_id.to_string() } else { chosen };
    store.pools.read(|conn| {
        let given = Given { chosen: &chosen, query: &query, service: Service::Unsaid };
        let provider = provider_picker(store, conn, scope, given)?;
        let addons = store.catalogue.addons(conn, scope, Some(booking.service_id), super::choices::MOST)?;
        Ok((provider, addons))
    })
}

/// The list a booking was opened from, as its address or form carries it.
pub(super) fn list_before(form: &RawForm) -> Option<&str> {
    Some(local_path(form.get("next"))).filter(|path| *path == "/bookings" || path.starts_with("/bookings?"))
}

/// A page of the booking that keeps the way back to its list.
pub(super) fn keeping(address: &str, list: Option<&str>) -> String {
    let and = if address.contains('?') { '&' } else { '?' };
    list.map_or_else(|| address.to_owned(), |list| format!("{address}{and}{}", encode(&[("next".into(), list.into())])))
}

/// The page of what was loaded; `form` says where it was opened from.
pub(super) fn show_page(signed: &Signed, loaded: &Loaded, form: &RawForm) -> ShowPage {
    let Loaded { booking, events, names, .. } = loaded;
    let (zone, now) = (signed.zone(), Utc::now());
    let reference = booking.reference.to_string();
    let shell = signed.shell(&reference, Some(Section::Bookings));
    let address = format!("/bookings/{reference}");
    let books = may(&signed.staff, Action::Book);
    let list = list_before(form);
    ShowPage {
        back: list.map(str::to_owned),
        status: present::chip(booking.status),
        version: booking.version.to_string(),
        client: booking.client.name.clone(),
        day: present::long_day(booking.start_at, zone),
        time: present::span(booking.start_at, booking.end_at, zone),
        start_iso: present::iso(booking.start_at),
        relative: present::relative(booking.start_at, now),
        summary: None,
        verbs: if books { verbs(loaded, signed.staff.role, zone, now, &shell) } else { Vec::new() },
        edit: books.then(|| keeping(&format!("{address}/edit"), list)),
        again: books.then(|| again(&booking.reference)),
        over_slot: over_slot(signed, loaded),
        facts: facts(loaded, zone),
        contact: contact(booking),
        notes: notes(booking),
        prices: prices(booking, names),
        total: booking.total().map(|total| total.to_string()).unwrap_or_default(),
        history: events.iter().map(|event| shown(event, names, zone)).collect(),
        history_older: older_than(events)
            .filter(|_| events.len() as u32 == EVENTS)
            .map(|version| format!("{}#history", keeping(&format!("{address}?before={version}"), list)))
            .map(|href| Link::new("Older events", href)),
        history_newer: loaded
            .before
            .map(|_| Link::new("Newest events", format!("{}#history", keeping(&address, list)))),
        shell,
        reference,
    }
}

/// Verbs over everybody who shares its start, where there are others.
fn over_slot(signed: &Signed, loaded: &Loaded) -> Option<BulkOver> {
    let many = loaded.taken.map_or(0, |taken| taken.bookings);
    (many > 1 && may(&signed.staff, Action::Bulk)).then(|| BulkOver {
        of: vec![Hidden::new("slot", loaded.booking.reference.as_str())],
        label: format!("With all {} who share this start", present::thousands(many)),
        verbs: bulk::verbs(),
    })
}

fn facts(loaded: &Loaded, zone: Tz) -> Vec<Fact> {
    let Loaded { booking, names, .. } = loaded;
    let snapshot = &booking.snapshot;
    let minutes = |count: u32| present::minutes(i64::from(count));
    let terms = |allowed: bool, notice: u32, deadline: DateTime<Utc>| match (allowed, notice) {
        (false, _) => ("not allowed".to_owned(), String::new()),
        (true, 0) => ("until the start".to_owned(), String::new()),
        (true, notice) => (format!("until {} before", minutes(notice)), present::stamp(deadline, zone)),
    };
    let mut facts = vec![
        Fact::new("Service", names.of(booking.service_id.0)),
        Fact::new("Provider", names.of(booking.provider_id.0))
            .href(format!("/bookings?provider={}", booking.provider_id)),
        Fact::new("Length", present::minutes((booking.end_at - booking.start_at).num_minutes())),
    ];
    if let Some(tenant) = booking.tenant_id {
        facts.insert(0, Fact::new("Tenant", names.of(tenant.0)));
    }
    if snapshot.buffer_before_minutes + snapshot.buffer_after_minutes > 0 {
        let text = format!(
            "{} before, {} after",
            minutes(snapshot.buffer_before_minutes),
            minutes(snapshot.buffer_after_minutes)
        );
        let busy = booking.busy();
        facts.push(Fact::new("Kept free", text).detail(format!("busy {}", present::span(busy.start, busy.end, zone))));
    }
    if booking.shared {
        let seats = format!("{} of a shared slot", booking.capacity_consumed);
        let taken = loaded.taken.filter(|taken| taken.bookings > 1);
        let taken = taken.map(|taken| format!("{} taken by {} bookings", taken.seats, taken.bookings));
        facts.push(Fact::new("People", booking.party_size.to_string()));
        facts.push(Fact::new("Seats held", seats).detail(taken.unwrap_or_default()));
    }
    let (cancel, until) =
        terms(snapshot.cancellation_allowed, snapshot.cancellation_notice_minutes, booking.cancellation_deadline());
    facts.push(Fact::new("Cancelling", cancel).detail(until));
    let (moving, until) =
        terms(snapshot.reschedule_allowed, snapshot.reschedule_notice_minutes, booking.reschedule_deadline());
    facts.push(Fact::new("Moving", moving).detail(until));
    facts.push(Fact::new("Booked", present::stamp(booking.created_at, zone)));
    facts
}

fn contact(booking: &Booking) -> Vec<Fact> {
    let client = &booking.client;
    let mut contact = vec![Fact::new("Name", &client.name)];
    contact.extend(reached(&client.email, &client.phone));
    if let Some(key) = ClientKey::of(&client.email, &client.phone, client.user_id) {
        contact.push(Fact::new("Their bookings", "Next, last and all").href(clients::address(&key)));
    }
    contact
}

/// How somebody is reached, as far as it is known.
pub(crate) fn reached(email: &str, phone: &str) -> Vec<Fact> {
    let mut ways = Vec::new();
    if !email.is_empty() {
        ways.push(Fact::new("E-mail", email).href(format!("mailto:{email}")));
    }
    if !phone.is_empty() {
        let digits: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        ways.push(Fact::new("Phone", phone).href(format!("tel:{digits}")));
    }
    ways
}

fn notes(booking: &Booking) -> Vec<Fact> {
    let notes = [("Internal notes", &booking.notes_internal), ("Client\u{2019}s notes", &booking.notes_client)];
    notes.into_iter().filter(|(_, text)| !text.is_empty()).map(|(term, text)| Fact::new(term, text)).collect()
}

fn prices(booking: &Booking, names: &Names) -> Vec<PriceLine> {
    let snapshot = &booking.snapshot;
    let service = PriceLine {
        label: names.of(booking.service_id.0),
        detail: present::minutes(i64::from(snapshot.duration_minutes)),
        amount: price(snapshot.price_minor, snapshot.currency),
    };
    let addons = booking.addons.iter().map(|addon| PriceLine {
        label: addon.name.clone(),
        detail: format!("+{}", present::minutes(i64::from(addon.extra_duration_minutes))),
        amount: price(addon.price_minor, addon.currency),
    });
    std::iter::once(service).chain(addons).collect()
}

/// The verbs in order of likelihood. One that the booking has done already is left out; one that is refused says why;
/// one that needs an override says so, or is off where the role may not.
fn verbs(loaded: &Loaded, role: Role, zone: Tz, now: DateTime<Utc>, shell: &Shell) -> Vec<VerbForm> {
    let booking = &loaded.booking;
    let order = [Verb::Confirm, Verb::Complete, Verb::NoShow, Verb::Reschedule, Verb::Cancel, Verb::Reinstate];
    let mut forms: Vec<VerbForm> = Vec::new();
    for verb in order {
        let core = core_verb(verb);
        let form = match verb {
            Verb::Reschedule if booking.status.is_active() => VerbForm::reschedule(reschedule(loaded, zone, shell)),
            verb => VerbForm::new(verb),
        };
        match step(core, booking.status) {
            Step::Same => {}
            Step::Refused => {
                let status = booking.status.words();
                forms.push(form.disabled(format!("A {status} booking can\u{2019}t be {}.", core.participle())));
            }
            _ => forms.push(with_terms(form, verb, booking, role, zone, now)),
        }
    }
    // What can be done at once, what needs an override, what can't be done.
    forms.sort_by_key(|form| (!form.disabled.is_empty(), !form.caution.is_empty()));
    let likely = |form: &&mut VerbForm| {
        let next_step = matches!(form.verb, Verb::Confirm | Verb::Complete | Verb::Reinstate);
        next_step && form.disabled.is_empty() && form.caution.is_empty()
    };
    if let Some(first) = forms.first_mut().filter(likely) {
        *first = first.clone().primary();
    }
    forms.push(VerbForm::new(Verb::Note));
    forms.extend(undo(loaded, zone, now));
    forms
}

fn with_terms(form: VerbForm, verb: Verb, booking: &Booking, role: Role, zone: Tz, now: DateTime<Utc>) -> VerbForm {
    let (terms, late) = (&booking.snapshot, |deadline: DateTime<Utc>, notice: u32| notice > 0 && now > deadline);
    let against = match verb {
        Verb::Complete | Verb::NoShow if now < booking.start_at => {
            Some((Code::NotStarted, format!("It starts {}.", present::stamp(booking.start_at, zone))))
        }
        Verb::Cancel if !terms.cancellation_allowed => {
            Some((Code::CancellationNotAllowed, "Its terms do not allow cancelling.".into()))
        }
        Verb::Cancel if late(booking.cancellation_deadline(), terms.cancellation_notice_minutes) => Some((
            Code::CancellationNotice,
            format!("Possible until {}.", present::stamp(booking.cancellation_deadline(), zone)),
        )),
        Verb::Reschedule if !terms.reschedule_allowed => {
            Some((Code::RescheduleNotAllowed, "Its terms do not allow moving it.".into()))
        }
        Verb::Reschedule if late(booking.reschedule_deadline(), terms.reschedule_notice_minutes) => Some((
            Code::RescheduleNotice,
            format!("Possible until {}.", present::stamp(booking.reschedule_deadline(), zone)),
        )),
        _ => None,
    };
    match against {
        None => form,
        Some((code, why)) if role.may_override(code) => {
            form.caution(format!("{why} It needs an override with a reason."))
        }
        Some((_, why)) => form.disabled(why),
    }
}

fn reschedule(loaded: &Loaded, zone: Tz, shell: &Shell) -> RescheduleFields {
    let booking = &loaded.booking;
    let has = |id: AddonId| booking.addons.iter().any(|addon| addon.addon_id == id);
    let mut addons: Vec<Choice> = loaded.addons.iter().map(|addon| addon_option(addon, has(addon.id))).collect();
    for own in &booking.addons {
        let id = own.addon_id.to_string();
        if !addons.iter().any(|choice| choice.value == id) {
            addons.push(Choice::new(id, &own.name, true));
        }
    }
    RescheduleFields {
        start: StartField::new(local_text(booking.start_at, zone), &shell.zone),
        provider: loaded.provider.clone(),
        addons,
        ..RescheduleFields::default()
    }
}

/// The last change taken back, for as long as that is possible; where nothing takes it back, why.
fn undo(loaded: &Loaded, zone: Tz, now: DateTime<Utc>) -> Option<VerbForm> {
    let last = loaded.events.first().filter(|event| event.version == loaded.booking.version)?;
    let until = last.at + TimeDelta::minutes(UNDO_MINUTES);
    if now > until || last.event_type == EventType::Created {
        return None;
    }
    let form = VerbForm::new(Verb::Undo);
    Some(match propose_undo(&loaded.booking, last, now) {
        Ok(_) => form.caution(format!(
            "{} by {}, {}. Possible until {}.",
            event_title(last.event_type),
            last.actor_name,
            present::clock(last.at, zone),
            present::clock(until, zone)
        )),
        Err(refusals) => form.disabled(refusals.reasons.first().map(|why| why.sentence(zone)).unwrap_or_default()),
    })
}

/// The lifecycle's word for a button. A note has none, it is always possible; an undo asks the history.
pub(crate) fn core_verb(verb: Verb) -> CoreVerb {
    match verb {
        Verb::Confirm => CoreVerb::Confirm,
        Verb::Complete => CoreVerb::Complete,
        Verb::NoShow => CoreVerb::NoShow,
        Verb::Reschedule | Verb::Note => CoreVerb::Reschedule,
        Verb::Cancel => CoreVerb::Cancel,
        Verb::Reinstate | Verb::Undo => CoreVerb::Reinstate,
    }
}
