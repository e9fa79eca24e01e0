//! The forms of the catalogue: services, add-ons, providers, tenants.

use bookings_core::{Code, Concern, Currency, Refusal};
use bookings_db::catalogue::tables::{AddonData, ProviderData, ServiceData, TenantData};
use bookings_db::types::Id;
use chrono_tz::Tz;
use uuid::Uuid;

use crate::raw_form::RawForm;

/// A year: longer than any length, buffer or notice of a booking.
const MOST_MINUTES: i32 = 525_600;
/// More seats than any slot has.
const MOST_SEATS: i32 = 100_000;
/// More services than anybody ticks one by one.
const MOST_OFFERS: usize = 500;
/// Characters of a name.
const NAME_LENGTH: usize = 200;

/// Reads a form field by field.
struct Reader<'a> {
    form: &'a RawForm,
    refusals: Vec<Refusal>,
}

impl Reader<'_> {
    fn refuse(&mut self, field: &'static str, accepted: impl Into<String>) {
        self.refusals.push(Refusal::about(Code::Invalid, field, Concern::Accepted(accepted.into())));
    }

    fn text(&mut self, field: &'static str, required: bool) -> String {
        let text = self.form.get(field).trim().to_owned();
        if required && text.is_empty() {
            self.refusals.push(Refusal::of(Code::Required, field));
        }
        bookings_core::rules::fields::length(field, &text, NAME_LENGTH, &mut self.refusals);
        if text.chars().any(char::is_control) {
            self.refuse(field, "text on one line");
        }
        text
    }

    fn ticked(&self, field: &str) -> bool {
        self.form.has(field)
    }

    fn number(&mut self, field: &'static str, least: i32, most: i32) -> i32 {
        let text = self.form.get(field).trim();
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                self.refuse(field, format!("a whole number from {least} to {most}"));
                least
            }
        }
    }

    fn currency(&mut self, field: &'static str) -> Option<Currency> {
        let text = self.form.get(field).trim().to_uppercase();
        let currency = Currency::parse(&text);
        if currency.is_none() {
            self.refuse(field, "an ISO 4217 code such as TTD or EUR");
        }
        currency
    }

    /// Minor units; nothing typed is no price.
    fn price(&mut self, field: &'static str, currency: Option<Currency>) -> Option<i64> {
        let text = self.form.get(field).trim();
        let currency = currency.filter(|_| !text.is_empty())?;
        let minor = currency.minor_units(text).filter(|minor| *minor >= 0);
        if minor.is_none() {
            let example = currency.major_units(12_000);
            self.refuse(field, format!("an amount in {currency} such as {example}"));
        }
        minor
    }

    /// The person's own tenant, or the one chosen; none with tenancy off.
    fn tenant(&mut self, tenancy: bool, own: Option<Id>) -> Option<Id> {
        if !tenancy || own.is_some() {
            return own;
        }
        let chosen = Uuid::try_parse(self.form.get("tenant_id").trim()).ok().map(Id);
        if chosen.is_none() {
            self.refusals.push(Refusal::of(Code::TenantRequired, "tenant_id"));
        }
        chosen
    }

    fn finish<T>(self, data: T) -> Result<T, Vec<Refusal>> {
        if self.refusals.is_empty() { Ok(data) } else { Err(self.refusals) }
    }
}

fn reader(form: &RawForm) -> Reader<'_> {
    Reader { form, refusals: Vec::new() }
}

/// A service.
///
/// # Errors
/// Every field that is wrong.
pub fn service(form: &RawForm, tenancy: bool, own: Option<Id>) -> Result<ServiceData, Vec<Refusal>> {
    let mut read = reader(form);
    let currency = read.currency("currency");
    let shared = read.ticked("allow_multiple_clients");
    let data = ServiceData {
        tenant_id: read.tenant(tenancy, own),
        name: read.text("name", true),
        duration_minutes: read.number("duration_minutes", 1, MOST_MINUTES),
        buffer_before_minutes: read.number("buffer_before_minutes", 0, MOST_MINUTES),
        buffer_after_minutes: read.number("buffer_after_minutes", 0, MOST_MINUTES),
        requires_approval: read.ticked("requires_approval"),
        allow_multiple_clients: shared,
        capacity: if shared { read.number("capacity", 1, MOST_SEATS) } else { 1 },
        cancellation_allowed: read.ticked("cancellation_allowed"),
        cancellation_notice_minutes: read.number("cancellation_notice_minutes", 0, MOST_MINUTES),
        reschedule_allowed: read.ticked("reschedule_allowed"),
        reschedule_notice_minutes: read.number("reschedule_notice_minutes", 0, MOST_MINUTES),
        pricing_type: read.text("pricing_type", false),
        price_minor: read.price("price", currency),
        currency: currency.map(String::from).unwrap_or_default(),
        active: read.ticked("active"),
    };
    read.finish(data)
}

/// An add-on.
///
/// # Errors
/// Every field that is wrong.
pub fn addon(form: &RawForm, tenancy: bool, own: Option<Id>) -> Result<AddonData, Vec<Refusal>> {
    let mut read = reader(form);
    let currency = read.currency("currency");
    let service_id = match form.get("service_id").trim() {
        "" => None,
        text => {
            let id = Uuid::try_parse(text).ok().map(Id);
            if id.is_none() {
                read.refusals.push(Refusal::of(Code::UnknownService, "service_id"));
            }
            id
        }
    };
    let data = AddonData {
        tenant_id: read.tenant(tenancy, own),
        service_id,
        name: read.text("name", true),
        extra_duration_minutes: read.number("extra_duration_minutes", 0, MOST_MINUTES),
        price_minor: read.price("price", currency),
        currency: currency.map(String::from).unwrap_or_default(),
        active: read.ticked("active"),
    };
    read.finish(data)
}

/// A provider, and the services it offers; none for all.
///
/// # Errors
/// Every field that is wrong.
pub fn provider(form: &RawForm, tenancy: bool, own: Option<Id>) -> Result<(ProviderData, Vec<Id>), Vec<Refusal>> {
    let mut read = reader(form);
    let ticked: Option<Vec<Id>> = form.all("service_ids").map(|id| Uuid::try_parse(id.trim()).ok().map(Id)).collect();
    if ticked.is_none() {
        read.refusals.push(Refusal::of(Code::UnknownService, "service_ids"));
    }
    let mut services = ticked.unwrap_or_default();
    services.sort();
    services.dedup();
    if services.len() > MOST_OFFERS {
        read.refuse("service_ids", format!("at most {MOST_OFFERS} services, or none for every service"));
    }
    let data = ProviderData {
        tenant_id: read.tenant(tenancy, own),
        name: read.text("name", true),
        active: read.ticked("active"),
    };
    read.finish((data, services))
}

/// A tenant.
///
/// # Errors
/// Every field that is wrong.
pub fn tenant(form: &RawForm) -> Result<TenantData, Vec<Refusal>> {
    let mut read = reader(form);
    let slug = read.text("slug", true);
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !slug.chars().all(fits) || slug.starts_with('-') {
        read.refuse("slug", "small letters, digits and - between them");
    }
    let zone = read.text("time_zone", false);
    if !zone.is_empty() && zone.parse::<Tz>().is_err() {
        read.refuse(
            "time_zone",
            "an IANA zone such as America/Port_of_Spain, or nothing for the installation\u{2019}s",
        );
    }
    let currency = if form.get("currency").trim().is_empty() { None } else { read.currency("currency") };
    let data = TenantData {
        slug,
        name: read.text("name", true),
        time_zone: Some(zone).filter(|zone| !zone.is_empty()),
        currency: currency.map(String::from),
        active: read.ticked("active"),
    };
    read.finish(data)
}
