//! Everything else.

use super::*;
use bookings_admin::views::records::*;

/// A catalogue list.
pub fn records() -> RecordListPage {
    RecordListPage {
        shell: shell("Services", Some(Section::Services)),
        new: Some(Link::new("New service", "/catalogue/services/new")),
        q: Some(Field::text("q", "Name").kind("search")),
        columns: vec!["Name", "Length", "Price", "Buffers", "Approval"],
        rows: SERVICES
            .iter()
            .enumerate()
            .map(|(n, name)| RecordRow {
                name: (*name).into(),
                href: format!("/catalogue/services/{n}"),
                cells: ["45 min", "TTD 250.00", "10 + 10 min", "not needed"].map(String::from).into(),
                inactive: n == 1,
            })
            .collect(),
        pager: Pager { count: "5 shown".into(), ..Pager::default() },
        empty: None,
        summary: None,
    }
}

/// A catalogue form.
pub fn record_form() -> RecordFormPage {
    RecordFormPage {
        shell: shell("New service", Some(Section::Services)),
        action: "/catalogue/services".into(),
        back: Link::new("Services", "/catalogue/services"),
        summary: None,
        hidden: Vec::new(),
        controls: vec![
            Control::Field(Field::text("name", "Name").required()),
            Control::Field(
                Field::text("duration_minutes", "Length in minutes").kind("number").min(1).required().value("0"),
            ),
            Control::Select(
                SelectField::new("pricing_type", "Pricing", choices(&["Fixed", "Per person", "Free"], &[0])).required(),
            ),
            Control::Heading("Rules".into()),
            Control::Check {
                name: "requires_approval".into(),
                choice: Choice::new("on", "Needs approval", true).detail("new bookings wait as pending"),
            },
            Control::Checks {
                name: "provider_ids".into(),
                label: "Providers".into(),
                hint: String::new(),
                find: None,
                choices: choices(&PROVIDERS, &[0, 2]),
                errors: Default::default(),
            },
        ],
        submit: "Save",
    }
    .refuse(vec![Refusal::new("invalid", "duration_minutes", "A service lasts at least 1 minute.")])
}
