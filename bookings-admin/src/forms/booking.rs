//! The forms of a booking: new, edit, and the verbs.

use bookings_core::rules::fields;
use bookings_core::{
    AddNote, AddonId, Booking, CancelBooking, Client, Code, CreateBooking, EditBooking, Refusal, RescheduleBooking,
    TenantId, VerbOn,
};
use chrono_tz::Tz;

use super::parts::Reader;
use crate::raw_form::RawForm;

/// A new booking. `own_tenant` is the signed-in person's, who can't choose another.
///
/// # Errors
/// Every field that can't be read, and what is wrong with the others.
pub fn create(form: &RawForm, zone: Tz, own_tenant: Option<TenantId>) -> Result<CreateBooking, Vec<Refusal>> {
    let mut read = Reader::new(form, zone);
    let chosen_tenant = read.optional_id("tenant_id", Code::TenantMismatch);
    let service = read.id("service_id", Code::UnknownService);
    let provider = read.id("provider_id", Code::UnknownProvider);
    let start = read.start();
    let addon_ids: Vec<AddonId> = read.ids("addon_ids", Code::UnknownAddon);
    let party_size = read.number("party_size", Some(1));
    let capacity_consumed = read.number("capacity_consumed", None);
    let (client, notes_internal, notes_client) = texts(&read, None);
    let overrides = read.overrides();
    let key = read.text("idempotency_key");
    let command = match (service, provider, start, party_size) {
        (Some(service), Some(provider), Some(start), Some(party_size)) => Some(CreateBooking {
            tenant_id: chosen_tenant.or(own_tenant),
            addon_ids,
            party_size,
            capacity_consumed,
            notes_internal,
            notes_client,
            idempotency_key: (!key.is_empty()).then_some(key),
            overrides,
            ..CreateBooking::new(service, provider, start, client)
        }),
        _ => {
            refuse_texts(&mut read, &client, &notes_internal, &notes_client);
            None
        }
    };
    read.finish(command)
}

/// A changed booking.
///
/// # Errors
/// Every field that can't be read, and what is wrong with the others.
pub fn edit(form: &RawForm, zone: Tz, booking: &Booking) -> Result<EditBooking, Vec<Refusal>> {
    let mut read = Reader::new(form, zone);
    let version = read.version();
    let provider_id = read.optional_id("provider_id", Code::UnknownProvider);
    // A field that was not sent stays as it is; one that was emptied is an error. What the form showed is no move: it shows
    // whole minutes, and the same for both of a repeated hour.
    let alone = form.all("start_at").count() == 1 && form.get("start_at_fold").is_empty();
    let shown = |text: &str| alone && text == super::local_text(booking.start_at, zone);
    let start = match form.get("start_at").trim() {
        text if !form.has("start_at") || shown(text) => None,
        _ => read.start().filter(|start| !shown(&super::local_text(*start, zone))),
    };
    let addon_ids = (form.has("addons_shown") || form.has("addon_ids"))
        .then(|| read.ids::<AddonId>("addon_ids", Code::UnknownAddon));
    let party_size = read.number("party_size", Some(booking.party_size));
    // An emptied field means a seat a person; a form without it keeps the seats, or moves them with the party.
    let moved = party_size.is_some_and(|party| party != booking.party_size);
    let kept = (!moved && !form.has("capacity_consumed")).then_some(booking.capacity_consumed);
    let capacity_consumed = read.number("capacity_consumed", kept);
    let (client, notes_internal, notes_client) = texts(&read, Some(booking));
    let overrides = read.overrides();
    let command = match party_size.filter(|_| read.refusals.is_empty()) {
        Some(party_size) => Some(EditBooking {
            version,
            client,
            notes_internal,
            notes_client,
            party_size,
            capacity_consumed,
            metadata: None,
            start_at: start,
            provider_id,
            addon_ids,
            overrides,
        }),
        None => {
            refuse_texts(&mut read, &client, &notes_internal, &notes_client);
            None
        }
    };
    read.finish(command)
}

/// A move.
///
/// # Errors
/// Every field that can't be read.
pub fn reschedule(form: &RawForm, zone: Tz) -> Result<RescheduleBooking, Vec<Refusal>> {
    let mut read = Reader::new(form, zone);
    let version = read.version();
    let start = read.start();
    let provider_id = read.optional_id("provider_id", Code::UnknownProvider);
    let addon_ids = (form.has("addons_shown") || form.has("addon_ids"))
        .then(|| read.ids::<AddonId>("addon_ids", Code::UnknownAddon));
    let overrides = read.overrides();
    let command = start.map(|start_at| RescheduleBooking { version, start_at, provider_id, addon_ids, overrides });
    read.finish(command)
}

/// A cancellation.
///
/// # Errors
/// Every field that can't be read.
pub fn cancel(form: &RawForm, zone: Tz) -> Result<CancelBooking, Vec<Refusal>> {
    let mut read = Reader::new(form, zone);
    let command = CancelBooking { version: read.version(), reason: read.lines("reason"), overrides: read.overrides() };
    read.finish(Some(command))
}

/// A verb without fields of its own.
///
/// # Errors
/// Every field that can't be read.
pub fn verb(form: &RawForm, zone: Tz) -> Result<VerbOn, Vec<Refusal>> {
    let mut read = Reader::new(form, zone);
    let command = VerbOn { version: read.version(), overrides: read.overrides() };
    read.finish(Some(command))
}

/// A note.
///
/// # Errors
/// Every field that can't be read.
pub fn note(form: &RawForm, zone: Tz) -> Result<AddNote, Vec<Refusal>> {
    let mut read = Reader::new(form, zone);
    let command = AddNote { version: read.version(), message: read.lines("message") };
    read.finish(Some(command))
}

/// Client and notes; of a field that was not sent, what the booking has.
fn texts(read: &Reader, booking: Option<&Booking>) -> (Client, String, String) {
    let or = |field: &str, kept: fn(&Booking) -> &String, typed: String| match booking {
        Some(booking) if !read.form.has(field) => kept(booking).clone(),
        _ => typed,
    };
    let client = Client {
        name: or("client_name", |booking| &booking.client.name, read.text("client_name")),
        email: or("client_email", |booking| &booking.client.email, read.text("client_email")),
        phone: or("client_phone", |booking| &booking.client.phone, read.text("client_phone")),
        user_id: booking.and_then(|booking| booking.client.user_id),
    };
    let internal = or("notes_internal", |booking| &booking.notes_internal, read.lines("notes_internal"));
    let for_client = or("notes_client", |booking| &booking.notes_client, read.lines("notes_client"));
    (client, internal, for_client)
}

/// What core would say of the texts, where it can't be asked since other fields can't be read.
fn refuse_texts(read: &mut Reader, client: &Client, internal: &str, for_client: &str) {
    fields::client(client, &mut read.refusals);
    fields::notes(internal, for_client, &mut read.refusals);
}
