//! Pages that read.

use bookings_admin::raw_form::escape;

use crate::client::Client;
use crate::facts::Facts;
use crate::table::{Table, Times, timed};

const SORTS: [&str; 6] = ["start_at", "-start_at", "created_at", "-created_at", "client_name", "reference"];
const LIST: Option<f64> = Some(10.0);
const SEARCH: Option<f64> = Some(20.0);

/// Measures every page; says what the first page of the list took.
pub fn all(client: &mut Client, facts: &Facts, samples: usize, table: &mut Table) -> Times {
    let mut page = |path: &str| {
        (0..3).for_each(|_| drop(client.open(path)));
        Times::of(samples, || timed(|| client.open(path)))
    };
    let first = page("/bookings");
    table.row("list, first page", LIST, first);
    table.row("list, a page of the middle", LIST, page(&format!("/bookings?after={}", facts.middle_place.encode())));
    table.row("list, last page", LIST, page(&format!("/bookings?before={}", facts.last_place.encode())));
    for sort in &SORTS[1..] {
        table.row(&format!("list by `{sort}`"), LIST, page(&format!("/bookings?sort={sort}")));
    }
    for (name, filter) in filters(facts) {
        let worst = SORTS.map(|sort| (page(&format!("/bookings?{filter}&sort={sort}")), sort));
        let (worst, sort) = worst.into_iter().max_by(|one, two| one.0.late.total_cmp(&two.0.late)).unwrap();
        table.row_with(&format!("list: {name}, worst order"), LIST, worst, sort);
    }
    for (name, words) in searches(facts) {
        let by_start = page(&format!("/bookings?q={}", escape(&words)));
        let newest = page(&format!("/bookings?q={}&sort=-start_at", escape(&words)));
        let worst = if by_start.late > newest.late { by_start } else { newest };
        table.row(&format!("search: {name}"), SEARCH, worst);
    }
    let reference = &facts.middle.reference;
    table.row("a booking", Some(8.0), page(&format!("/bookings/{reference}")));
    table.row("its edit form", None, page(&format!("/bookings/{reference}/edit")));
    table.row("new booking", None, page("/bookings/new"));
    table.row("today", None, page("/"));
    let email = &facts.middle.client.email;
    table.row("clients, by e-mail", SEARCH, page(&format!("/clients?q={}", escape(email))));
    table.row("a client", LIST, page(&format!("/clients/{}", escape(email))));
    first
}

/// Every filter and every pair of filters.
fn filters(facts: &Facts) -> Vec<(String, String)> {
    let booking = &facts.middle;
    let day = |at: chrono::DateTime<chrono::Utc>| at.date_naive().to_string();
    let single = [
        ("status (rare)", "status=PENDING".to_owned()),
        ("status (common)", "status=COMPLETED".to_owned()),
        ("provider", format!("provider={}", booking.provider_id)),
        ("service", format!("service={}", booking.service_id)),
        ("a week", format!("from={}&to={}", day(booking.start_at), day(booking.start_at + chrono::TimeDelta::days(6)))),
    ];
    let mut filters: Vec<(String, String)> =
        single.iter().map(|(name, query)| ((*name).to_owned(), query.clone())).collect();
    for (place, (name, query)) in single.iter().enumerate() {
        let others =
            single[place + 1..].iter().filter(|(other, _)| !(name.starts_with("st") && other.starts_with("st")));
        filters.extend(others.map(|(other, more)| (format!("{name} and {other}"), format!("{query}&{more}"))));
    }
    filters
}

/// Every shape of a search.
fn searches(facts: &Facts) -> Vec<(&'static str, String)> {
    let client = &facts.middle.client;
    let reference = facts.middle.reference.as_str();
    let digits: String = client.phone.chars().filter(char::is_ascii_digit).collect();
    let last = |count: usize| digits[digits.len().saturating_sub(count)..].to_owned();
    let (first_name, last_name) = client.name.split_once(' ').unwrap_or((&client.name, &client.name));
    vec![
        ("a whole reference", reference.into()),
        ("the beginning of one", reference[..11.min(reference.len())].into()),
        ("seven digits", last(7)),
        ("three digits", last(3)),
        ("a whole e-mail", client.email.clone()),
        ("part of every e-mail", "@example".into()),
        ("a first name", first_name.into()),
        ("a last name", last_name.into()),
        ("a whole name", client.name.clone()),
        ("a phrase in quotes", format!("\"{}\"", client.name)),
        ("two letters", first_name.chars().take(2).collect()),
        ("one letter", first_name.chars().take(1).collect()),
        ("two rare letters", "xq".into()),
        ("a word that is nowhere", "zzyzx".into()),
        ("two words, one nowhere", format!("{first_name} zzyzx")),
    ]
}
