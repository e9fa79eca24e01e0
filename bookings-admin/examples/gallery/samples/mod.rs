//! Sample pages, shared with the tests of the views.

pub mod day;
pub mod form;
pub mod list;
pub mod records;
pub mod show;

use askama::Template;
use bookings_admin::views::auth::{LoginPage, SetupPage};
use bookings_admin::views::bookings::*;
use bookings_admin::views::error::Retry;
use bookings_admin::views::find::{FindPage, FoundGroup, FoundItem};
use bookings_admin::views::form::StartField;
use bookings_admin::views::*;

const ZONE: &str = "Times in America/Port_of_Spain (UTC−4)";

/// Every sample page: name and HTML.
pub fn pages() -> Result<Vec<(&'static str, String)>, askama::Error> {
    Ok(vec![
        ("login", login().render()?),
        ("login-refused", login_refused().render()?),
        ("setup", SetupPage::new(Shell::signed_out("Create the first account", "t"), "one-time", "", 12).render()?),
        ("today", day::today().render()?),
        ("today-empty", day::today_empty().render()?),
        ("board", day::board().render()?),
        ("list", list::list().render()?),
        ("list-filtered", list::list_filtered().render()?),
        ("list-view", list::list_view().render()?),
        ("find", day::find().render()?),
        ("list-none-match", list::list_none_match().render()?),
        ("list-refused", list::list_refused().render()?),
        ("show-pending", show::show_pending().render()?),
        ("show", show::show().render()?),
        ("show-cancel-refused", show::show_cancel_refused().render()?),
        ("show-reschedule-refused", show::show_reschedule_refused().render()?),
        ("new", form::new().render()?),
        ("new-refused", form::new_refused().render()?),
        ("new-fold", form::new_fold().render()?),
        ("new-search", form::new_search().render()?),
        ("edit", form::edit().render()?),
        ("conflict", form::conflict().render()?),
        ("bulk", form::bulk().render()?),
        ("error-403", ErrorPage::new(shell("", None), 403).render()?),
        ("error-404", ErrorPage::new(shell("", None), 404).render()?),
        ("error-413", error_413().render()?),
        ("error-503", error_503().render()?),
        ("error-500", ErrorPage::new(Shell::signed_out("", "t"), 500).detail("Request 7f3a-22c1").render()?),
        ("records", records::records().render()?),
        ("client", list::client().render()?),
        ("record-form", records::record_form().render()?),
    ])
}

fn shell(title: &str, current: Option<Section>) -> Shell {
    use Section::*;
    Shell {
        title: title.into(),
        nav: nav(&[Today, Bookings, Board, Clients, Services, Addons, Providers, Staff], current),
        account: Some(Account { name: "Anjali Ramdeen".into(), role: "admin".into() }),
        csrf_token: "sample-token".into(),
        zone: ZONE.into(),
        can_book: true,
        ..Shell::default()
    }
}

/// Sign-in.
pub fn login() -> LoginPage {
    LoginPage::new(Shell::signed_out("Sign in", "t"), "", "/bookings?status=PENDING")
}

/// Sign-in, refused.
pub fn login_refused() -> LoginPage {
    let mut page = LoginPage::new(Shell::signed_out("Sign in", "t"), "anjali", "/");
    page.notice = "Your session has ended. Sign in to go on; what you typed is kept.".into();
    page.refuse(vec![Refusal::new("invalid", "", "Name or password is wrong.")])
}

const PEOPLE: [(&str, &str, &str, &str, &str); 12] = [
    ("08:30", "09:15", "Marisol Baptiste", "Deep tissue massage", "Kezia Alleyne"),
    ("09:00", "09:30", "Dev Maharaj", "Beard trim", "Ronaldo Pierre"),
    ("09:15", "10:45", "Shanice O’Brien-Mohammed", "Balayage · + 2 add-ons", "Tamara St. Louis"),
    ("10:00", "11:00", "Aaliyah Joseph", "Yoga, small group · party of 4", "Kezia Alleyne"),
    ("10:15", "11:00", "Søren Kjær", "Physiotherapy, first visit", "Dr. Indra Persad"),
    ("10:45", "11:15", "Wei Chen", "Haircut", "Ronaldo Pierre"),
    ("11:15", "12:00", "Grace Adeyemi", "Physiotherapy", "Dr. Indra Persad"),
    ("11:30", "12:00", "Lucía Fernández", "Haircut", "Ronaldo Pierre"),
    ("13:00", "14:30", "Keisha Thompson", "Colour and cut", "Tamara St. Louis"),
    ("14:00", "14:45", "Brandon Lee Singh", "Physiotherapy", "Dr. Indra Persad"),
    ("15:15", "16:00", "Zofia Wiśniewska", "Hot stone massage", "Kezia Alleyne"),
    ("16:30", "17:00", "Marcus Charles", "Beard trim", "Ronaldo Pierre"),
];

fn reference(n: usize) -> String {
    const TAILS: [&str; 12] = [
        "7K3M9QXZ", "2W8HVT4C", "N5RBD0JA", "P9F6EYS1", "8XQ2MK7G", "C4T0ZW3N", "H7VJ5RB9", "D1AYE6PS", "M3G8XK2Q",
        "T9NC4W0Z", "R5BH7VJD", "E6PS1AYF",
    ];
    format!("BK-2026-{}", TAILS[n % TAILS.len()])
}

fn choices(labels: &[&str], selected: &[usize]) -> Vec<Choice> {
    labels.iter().enumerate().map(|(n, label)| Choice::new(format!("{n}"), *label, selected.contains(&n))).collect()
}

const PROVIDERS: [&str; 4] = ["Dr. Indra Persad", "Kezia Alleyne", "Ronaldo Pierre", "Tamara St. Louis"];
const SERVICES: [&str; 5] = ["Balayage", "Beard trim", "Deep tissue massage", "Haircut", "Physiotherapy"];

fn error_413() -> ErrorPage {
    let mut page = ErrorPage::new(shell("", None), 413);
    page.kept = vec![(
        "Internal notes".into(),
        "A very long note that somebody typed for ten minutes and would hate to lose. ".repeat(6),
    )];
    page
}

fn error_503() -> ErrorPage {
    let mut page = ErrorPage::new(shell("", None), 503);
    page.retry = Some(Retry { action: "/bookings".into(), fields: vec![Hidden::new("client_name", "Grace")] });
    page
}
