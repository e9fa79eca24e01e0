//! The booking form as a page: what was typed, what can be chosen, what was refused.

use bookings_core::{AddonId, Booking, Refusals, ServiceId, TenantId};
use bookings_db::connection::Conn;
use bookings_db::{Scope, Store, StoreError};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::choices::{MOST, addon_groups, mark_offers, picker, provider_name, service_name};
use crate::auth::Signed;
use crate::forms::local_text;
use crate::present;
use crate::raw_form::RawForm;
use crate::views::bookings::{BookingFormPage, Typed};
use crate::views::{Choice, Picker, SelectField, Shell};

/// Fields as they were typed, or as a link prefilled them.
pub fn typed(form: &RawForm, zone: Tz) -> Typed {
    let text = |field: &str| form.get(field).to_owned();
    Typed {
        start_at: start_text(form, zone),
        party_size: text("party_size"),
        capacity_consumed: text("capacity_consumed"),
        client_name: text("client_name"),
        client_email: text("client_email"),
        client_phone: text("client_phone"),
        notes_internal: text("notes_internal"),
        notes_client: text("notes_client"),
    }
}

/// What the start's input shows: an instant (a suggestion that was pressed) on the clocks of the zone, anything else as typed.
pub fn start_text(form: &RawForm, zone: Tz) -> String {
    let text = form.all("start_at").map(str::trim).rfind(|text| !text.is_empty()).unwrap_or_default();
    match DateTime::parse_from_rfc3339(text) {
        Ok(instant) => local_text(instant.to_utc(), zone),
        Err(_) => text.to_owned(),
    }
}

/// Fields as a booking has them.
pub fn of_booking(booking: &Booking, zone: Tz) -> Typed {
    Typed {
        start_at: local_text(booking.start_at, zone),
        party_size: booking.party_size.to_string(),
        capacity_consumed: match booking.capacity_consumed {
            seats if seats == booking.party_size => String::new(),
            seats => seats.to_string(),
        },
        client_name: booking.client.name.clone(),
        client_email: booking.client.email.clone(),
        client_phone: booking.client.phone.clone(),
        notes_internal: booking.notes_internal.clone(),
        notes_client: booking.notes_client.clone(),
    }
}

/// What a form has chosen: ids as text, so that nonsense is shown as nothing chosen.
pub struct Chosen {
    pub tenant: String,
    pub service: String,
    pub provider: String,
    pub addons: Vec<AddonId>,
}

impl Chosen {
    /// From the fields `service_id`, `provider_id`, `tenant_id` and `addon_ids`.
    pub fn of_form(form: &RawForm) -> Chosen {
        let last = |field: &str| form.all(field).last().unwrap_or_default().trim().to_lowercase();
        Chosen {
            tenant: last("tenant_id"),
            service: last("service_id"),
            provider: last("provider_id"),
            addons: form.all("addon_ids").filter_map(|id| Uuid::try_parse(id).ok()).map(AddonId).collect(),
        }
    }
}

/// Fills the pickers of a new booking's form.
pub fn fill_new(
    page: &mut BookingFormPage,
    store: &Store,
    conn: &mut Conn,
    scope: Scope,
    form: &RawForm,
) -> Result<(), StoreError> {
    let chosen = Chosen::of_form(form);
    let catalogue = store.catalogue.as_ref();
    page.service = Some(picker(
        conn,
        "service_id",
        "Service",
        &chosen.service,
        form.get("service_id_q"),
        |conn| match Uuid::try_parse(&chosen.service) {
            Ok(id) => service_name(conn, catalogue, scope, id.into()),
            Err(_) => Ok(None),
        },
        &mut |conn, search, limit| catalogue.services(conn, scope, search, limit),
    )?);
    let given = Given { chosen: &chosen.provider, query: form.get("provider_id_q"), service: Service::Open };
    page.provider = provider_picker(store, conn, scope, given)?;
    page.addons = addon_groups(conn, catalogue, scope, None, &chosen.addons)?;
    if store.policy.tenancy && scope == Scope::All {
        let tenants = catalogue.tenants(conn, scope, "", MOST)?;
        let option = |tenant: &bookings_db::catalogue::Choice<TenantId>| {
            let id = tenant.id.to_string();
            let selected = id == chosen.tenant;
            Choice::new(id, &tenant.name, selected)
        };
        let choices = tenants.iter().map(option).collect();
        page.tenant = Some(SelectField::new("tenant_id", "Tenant", choices).placeholder("Choose\u{2026}").required());
    }
    Ok(())
}

/// What is known when a provider is chosen.
pub struct Given<'a> {
    /// The id so far.
    pub chosen: &'a str,
    /// Searched for, where there are many.
    pub query: &'a str,
    /// What for.
    pub service: Service,
}

/// Whether the service stands already, or is chosen beside the provider.
pub enum Service {
    Fixed(ServiceId),
    Open,
    /// Nothing is said: a page of many queries leaves it to the rules.
    Unsaid,
}

/// The provider's picker; says beside a name where they don't give the service.
pub fn provider_picker(store: &Store, conn: &mut Conn, scope: Scope, given: Given) -> Result<Picker, StoreError> {
    let catalogue = store.catalogue.as_ref();
    let mut picker = picker(
        conn,
        "provider_id",
        "Provider",
        given.chosen,
        given.query,
        |conn| match Uuid::try_parse(given.chosen) {
            Ok(id) => provider_name(conn, catalogue, scope, id.into()),
            Err(_) => Ok(None),
        },
        &mut |conn, search, limit| catalogue.providers(conn, scope, search, limit),
    )?;
    mark_offers(&mut picker, conn, catalogue, &given.service)?;
    Ok(picker)
}

/// The page after a refusal: every reason at its field, free starts, what may be overridden, everything as typed.
pub fn refused(
    mut page: BookingFormPage,
    refusals: &Refusals,
    form: &RawForm,
    signed: &Signed,
    zone: Tz,
) -> BookingFormPage {
    let ticked: Vec<&str> = form.all("override").collect();
    let overrides = present::overrides(&refusals.reasons, signed.staff.role, &ticked, form.get("override_reason"));
    let wanted = wanted(form, zone);
    present::offer_starts(&mut page.start, refusals, wanted, zone);
    page.refuse(present::refusals(&refusals.reasons, zone), overrides)
}

/// The start asked for, where it can be read.
pub fn wanted(form: &RawForm, zone: Tz) -> Option<DateTime<Utc>> {
    let text = form.all("start_at").map(str::trim).rfind(|text| !text.is_empty())?;
    crate::forms::parse_start(text, bookings_core::local_time::Fold::parse(form.get("start_at_fold")), zone).ok()
}

/// The frame of a form and the line about the zone.
pub fn zone_hint(shell: &Shell) -> String {
    shell.zone.clone()
}
