//! `GET /bookings/new`, `POST /bookings`, `GET /bookings/{reference}/edit`, `POST /bookings/{reference}`.

use crate::views::form::{AddonGroup, StartField};
use crate::views::refusal::{FieldErrors, Refusal, Slot, place};
use crate::views::{Field, Link, OverrideBlock, Picker, SelectField, Shell, Summary};
use askama::Template;
use bookings_core::rules::fields::{EMAIL_LENGTH, NAME_LENGTH, NOTE_LENGTH, PHONE_LENGTH};

/// The plain texts of the form, as typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// `2026-11-23T10:15`, in the shown zone.
    pub start_at: String,
    /// Number of people.
    pub party_size: String,
    /// Seats held; empty for as many as people.
    pub capacity_consumed: String,
    /// Client's name.
    pub client_name: String,
    /// Client's e-mail address.
    pub client_email: String,
    /// Client's telephone number.
    pub client_phone: String,
    /// Notes for staff.
    pub notes_internal: String,
    /// Notes from or for the client.
    pub notes_client: String,
}

/// The form of a new or an existing booking.
#[derive(Template)]
#[template(path = "bookings/form.html")]
pub struct BookingFormPage {
    /// Frame; its title is the heading.
    pub shell: Shell,
    /// Where it posts to.
    pub action: String,
    /// Where "Cancel" leads.
    pub back: Link,
    /// The list it was opened from, which it leads back to once saved.
    pub next: Option<String>,
    /// Version seen; only when editing.
    pub version: Option<String>,
    /// Key against double creation; only when new.
    pub idempotency_key: Option<String>,
    /// Refusals.
    pub summary: Option<Summary>,
    /// Tenant, with tenancy.
    pub tenant: Option<SelectField>,
    /// Service; none when editing, where [`BookingFormPage::service_text`] says it.
    pub service: Option<Picker>,
    /// Service of an existing booking.
    pub service_text: String,
    /// Provider.
    pub provider: Picker,
    /// Start.
    pub start: StartField,
    /// Add-ons by service.
    pub addons: Vec<AddonGroup>,
    /// Refusals about add-ons.
    pub addon_errors: FieldErrors,
    /// Number of people.
    pub party_size: Field,
    /// Seats held in a shared slot.
    pub capacity_consumed: Field,
    /// Client's name.
    pub client_name: Field,
    /// Client's e-mail address.
    pub client_email: Field,
    /// Client's telephone number.
    pub client_phone: Field,
    /// Notes for staff.
    pub notes_internal: Field,
    /// Notes for the client.
    pub notes_client: Field,
    /// Rules that may be set aside, after a refusal.
    pub overrides: Option<OverrideBlock>,
    /// Words on the button.
    pub submit: &'static str,
}

impl BookingFormPage {
    /// The form with these texts; pickers, add-ons, key or version are set by the caller. `zone` names the zone of the start.
    pub fn new(shell: Shell, action: &str, zone: &str, typed: Typed) -> Self {
        Self {
            shell,
            action: action.into(),
            back: Link::new("Cancel", "/bookings"),
            next: None,
            version: None,
            idempotency_key: None,
            summary: None,
            tenant: None,
            service: None,
            service_text: String::new(),
            provider: Picker::default(),
            start: StartField::new(typed.start_at, zone),
            addons: Vec::new(),
            addon_errors: FieldErrors::default(),
            party_size: Field::text("party_size", "People").kind("number").min(1).required().value(typed.party_size),
            capacity_consumed: Field::text("capacity_consumed", "Seats held")
                .hint("Shared slots only; empty: one a person")
                .kind("number")
                .min(1)
                .value(typed.capacity_consumed),
            client_name: Field::text("client_name", "Name")
                .required()
                .maxlength(NAME_LENGTH as u32)
                .value(typed.client_name),
            client_email: Field::text("client_email", "E-mail")
                .kind("email")
                .maxlength(EMAIL_LENGTH as u32)
                .value(typed.client_email),
            client_phone: Field::text("client_phone", "Phone")
                .kind("tel")
                .maxlength(PHONE_LENGTH as u32)
                .value(typed.client_phone),
            notes_internal: Field::textarea("notes_internal", "Internal notes")
                .hint("Only staff see these")
                .maxlength(NOTE_LENGTH as u32)
                .value(typed.notes_internal),
            notes_client: Field::textarea("notes_client", "Client's notes")
                .maxlength(NOTE_LENGTH as u32)
                .value(typed.notes_client),
            overrides: None,
            submit: "Book",
        }
    }

    /// Shows the form again as typed, each refusal at its field and all of them on top.
    pub fn refuse(mut self, refusals: Vec<Refusal>, overrides: Option<OverrideBlock>) -> Self {
        self.overrides = overrides;
        let mut fields = vec![
            self.provider.slot(),
            self.start.field.slot(),
            Slot { name: "addon_ids", label: "Add-ons", errors: &mut self.addon_errors },
        ];
        if let Some(tenant) = &mut self.tenant {
            fields.push(tenant.slot());
        }
        if let Some(service) = &mut self.service {
            fields.push(service.slot());
        }
        if let Some(overrides) = &mut self.overrides {
            fields.push(overrides.reason.slot());
        }
        for field in [
            &mut self.party_size,
            &mut self.capacity_consumed,
            &mut self.client_name,
            &mut self.client_email,
            &mut self.client_phone,
            &mut self.notes_internal,
            &mut self.notes_client,
        ] {
            fields.push(field.slot());
        }
        let what = match self.version {
            Some(_) => "Changes not saved",
            None => "Not booked",
        };
        self.summary = place(what, refusals, &mut fields);
        self
    }
}
