//! The forms of the catalogue as pages.

use bookings_db::catalogue::Choice as Known;
use uuid::Uuid;

use super::kind::Kind;
use crate::raw_form::RawForm;
use crate::views::records::{Control, RecordFormPage};
use crate::views::refusal::FieldErrors;
use crate::views::{Choice, Field, Hidden, Link, SelectField, Shell};

/// What the selects of a form offer.
#[derive(Default)]
pub struct Offered {
    pub services: Vec<Known<Uuid>>,
    /// Whether there are more services than these.
    pub more: bool,
    /// What was searched for among them.
    pub search: String,
    /// Empty where the person has no tenant to choose.
    pub tenants: Vec<Known<Uuid>>,
}

/// The form with these values; `id` and `version` for one that exists.
pub fn form_page(
    kind: Kind,
    shell: Shell,
    form: &RawForm,
    offered: &Offered,
    existing: Option<(Uuid, &str)>,
) -> RecordFormPage {
    let (_, plural) = kind.words();
    let action = existing.map_or_else(|| kind.path().to_owned(), |(id, _)| format!("{}/{id}", kind.path()));
    RecordFormPage {
        shell,
        back: match existing {
            Some(_) => Link::new("Back", action.clone()),
            None => Link::new(plural, kind.path()),
        },
        action,
        summary: None,
        hidden: existing.map(|(_, version)| Hidden::new("version", version)).into_iter().collect(),
        controls: controls(kind, form, offered),
        submit: "Save",
    }
}

/// The values of a new record's form.
pub fn blank(kind: Kind, currency: &str) -> RawForm {
    let mut fields = vec![("active", "on"), ("currency", if kind == Kind::Tenant { "" } else { currency })];
    if kind == Kind::Service {
        fields.extend([
            ("duration_minutes", "60"),
            ("buffer_before_minutes", "0"),
            ("buffer_after_minutes", "0"),
            ("capacity", "10"),
            ("cancellation_allowed", "on"),
            ("cancellation_notice_minutes", "0"),
            ("reschedule_allowed", "on"),
            ("reschedule_notice_minutes", "0"),
            ("pricing_type", "fixed"),
        ]);
    }
    if kind == Kind::Addon {
        fields.push(("extra_duration_minutes", "0"));
    }
    RawForm::of(fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn controls(kind: Kind, form: &RawForm, offered: &Offered) -> Vec<Control> {
    let text = |name: &str, label: &str| Field::text(name, label).maxlength(200).value(form.get(name));
    let number = |name: &str, label: &str, hint: &str| {
        Control::Field(Field::text(name, label).kind("number").min(0).required().hint(hint).value(form.get(name)))
    };
    let tick = |name: &str, label: &str, help: &str| Control::Check {
        name: name.into(),
        choice: Choice::new("on", label, form.has(name)).detail(help),
    };
    let name = Control::Field(text("name", "Name").required());
    let price = Control::Field(text("price", "Price").hint("In major units, such as 120.00; empty for none"));
    let currency = |hint: &str| text("currency", "Currency").hint(hint).maxlength(3);
    let mut controls: Vec<Control> = Vec::new();
    if !offered.tenants.is_empty() && kind != Kind::Tenant {
        let tenants = choices(&offered.tenants, form.get("tenant_id"));
        let select = SelectField::new("tenant_id", "Tenant", tenants).placeholder("Choose\u{2026}").required();
        controls.push(Control::Select(select));
    }
    match kind {
        Kind::Service => controls.extend([
            name,
            number("duration_minutes", "Length", "Minutes, without add-ons"),
            number("buffer_before_minutes", "Kept free before", "Minutes"),
            number("buffer_after_minutes", "Kept free after", "Minutes"),
            Control::Heading("Price".into()),
            price,
            Control::Field(currency("ISO 4217, such as TTD").required()),
            Control::Field(
                text("pricing_type", "Meaning of the price").hint("Your own word: fixed, per_person\u{2026}"),
            ),
            Control::Heading("Clients".into()),
            tick("allow_multiple_clients", "Several clients may share a start", "a class or a tour"),
            number("capacity", "Seats", "Of one start, where clients share it"),
            tick("requires_approval", "Bookings wait for approval", ""),
            Control::Heading("Terms".into()),
            tick("cancellation_allowed", "May be cancelled", ""),
            number("cancellation_notice_minutes", "Notice to cancel", "Minutes before the start; 0 for none"),
            tick("reschedule_allowed", "May be moved", ""),
            number("reschedule_notice_minutes", "Notice to move", "Minutes before the start; 0 for none"),
            tick("active", "Offered at present", "terms of bookings made already never change"),
        ]),
        Kind::Addon => {
            let services = choices(&offered.services, form.get("service_id"));
            controls.extend([
                name,
                Control::Select(SelectField::new("service_id", "Service", services).placeholder("Any service")),
                number("extra_duration_minutes", "Adds", "Minutes"),
                price,
                Control::Field(currency("The same as the service\u{2019}s").required()),
                tick("active", "Offered at present", ""),
            ]);
        }
        Kind::Provider => controls.extend([name, offers(form, offered), tick("active", "Takes bookings", "")]),
        Kind::Tenant => controls.extend([
            name,
            Control::Field(text("slug", "Slug").hint("Its name in commands: small letters, digits and -").required()),
            Control::Field(
                text("time_zone", "Time zone")
                    .hint("IANA, such as America/Port_of_Spain; empty for the installation\u{2019}s"),
            ),
            Control::Field(currency("ISO 4217; empty for the installation\u{2019}s")),
            tick("active", "Takes bookings", ""),
        ]),
    }
    controls
}

/// The services to tick; a search past two hundred of them.
fn offers(form: &RawForm, offered: &Offered) -> Control {
    let ticked: Vec<&str> = form.all("service_ids").collect();
    let choice = |known: &Known<Uuid>| {
        let id = known.id.to_string();
        let ticked = ticked.contains(&id.as_str());
        Choice::new(id, &known.name, ticked)
    };
    Control::Checks {
        name: "service_ids".into(),
        label: "Offers".into(),
        hint: "Tick none for every service, those to come as well".into(),
        find: (offered.more || !offered.search.is_empty()).then(|| {
            Field::text("service_ids_q", "Search by name").kind("search").maxlength(200).value(&offered.search)
        }),
        choices: offered.services.iter().map(choice).collect(),
        errors: FieldErrors::default(),
    }
}

fn choices(known: &[Known<Uuid>], chosen: &str) -> Vec<Choice> {
    let choice = |known: &Known<Uuid>| {
        let id = known.id.to_string();
        let selected = id == chosen;
        Choice::new(id, &known.name, selected)
    };
    known.iter().map(choice).collect()
}
