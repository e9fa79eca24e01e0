//! The hooks that scripts, tests and assistive technology rely on, page by page.

#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

#[path = "../examples/gallery/samples/mod.rs"]
mod samples;

use askama::Template;
use bookings_admin::assets::asset_body;
use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeSet;

fn parse(page: &impl Template) -> Html {
    Html::parse_document(&page.render().expect("renders"))
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).expect("a selector")
}

fn all<'a>(html: &'a Html, css: &str) -> Vec<ElementRef<'a>> {
    html.select(&selector(css)).collect()
}

fn one<'a>(html: &'a Html, css: &str) -> ElementRef<'a> {
    let found = all(html, css);
    assert_eq!(found.len(), 1, "{css}");
    found[0]
}

fn text(element: ElementRef) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs `check` over every sample page.
fn every_page(check: impl Fn(&str, &Html)) {
    let pages = samples::pages().expect("every page renders");
    assert!(pages.len() > 20);
    for (name, html) in pages {
        check(name, &Html::parse_document(&html));
    }
}

#[test]
fn no_inline_style_or_script() {
    every_page(|name, html| {
        assert!(all(html, "[style], style").is_empty(), "{name}: inline style");
        for script in all(html, "script") {
            assert!(script.attr("src").is_some() && text(script).is_empty(), "{name}: inline script");
        }
        for element in all(html, "*") {
            let handler = element.value().attrs().find(|(key, _)| key.starts_with("on"));
            assert!(handler.is_none(), "{name}: {handler:?}");
        }
    });
}

#[test]
fn every_post_form_carries_the_token() {
    every_page(|name, html| {
        for form in all(html, "form[method=post]") {
            let tokens = form.select(&selector("input[type=hidden][name=csrf_token]")).count();
            assert_eq!(tokens, 1, "{name}: {:?}", form.attr("action"));
        }
    });
}

#[test]
fn every_control_has_a_label() {
    every_page(|name, html| {
        for control in all(html, "input:not([type=hidden]), select, textarea") {
            let wrapped =
                control.ancestors().filter_map(ElementRef::wrap).any(|parent| parent.value().name() == "label");
            let tied = control.attr("id").is_some_and(|id| !all(html, &format!("label[for=\"{id}\"]")).is_empty());
            assert!(wrapped || tied, "{name}: {}", control.html());
        }
    });
}

#[test]
fn ids_are_unique_and_references_to_them_hold() {
    every_page(|name, html| {
        let mut ids = BTreeSet::new();
        for element in all(html, "[id]") {
            let id = element.attr("id").unwrap_or_default();
            assert!(ids.insert(id), "{name}: #{id} twice");
        }
        for attribute in ["aria-describedby", "aria-labelledby", "for", "form"] {
            for element in all(html, &format!("[{attribute}]")) {
                for id in element.attr(attribute).unwrap_or_default().split(' ') {
                    assert!(ids.contains(id), "{name}: {attribute} names #{id}");
                }
            }
        }
        for link in all(html, "a[href^='#']") {
            let id = link.attr("href").unwrap_or_default().trim_start_matches('#');
            assert!(ids.contains(id), "{name}: a link to #{id}");
        }
    });
}

#[test]
fn every_page_has_title_language_heading_and_skip_link() {
    every_page(|name, html| {
        assert_eq!(one(html, "html").attr("lang"), Some("en"));
        assert!(!text(one(html, "title")).starts_with('·'), "{name}: title");
        assert_eq!(all(html, "h1").len(), 1, "{name}: h1");
        assert_eq!(one(html, "a.skip").attr("href"), Some("#main"), "{name}");
        assert_eq!(one(html, "main").attr("id"), Some("main"), "{name}");
    });
}

#[test]
fn tables_have_captions_and_scopes() {
    every_page(|name, html| {
        for table in all(html, "table") {
            assert_eq!(table.select(&selector("caption")).count(), 1, "{name}");
            for head in table.select(&selector("th")) {
                assert!(head.attr("scope").is_some(), "{name}: {}", head.html());
            }
        }
    });
}

#[test]
fn a_status_is_a_word_not_only_a_colour() {
    every_page(|name, html| {
        for chip in all(html, ".chip") {
            assert!(!text(chip).is_empty(), "{name}");
        }
    });
}

#[test]
fn refusals_stand_at_their_fields_and_in_the_summary() {
    let html = parse(&samples::form::new_refused());
    let overlap = one(&html, "#start_at-error[data-code=overlap]");
    assert!(text(overlap).contains("Dr. Indra Persad is busy"));
    let clash = one(&html, "#start_at-error a");
    assert_eq!(clash.attr("href"), Some("/bookings/BK-2026-7K3M9QXZ"));
    one(&html, "#start_at-error-2[data-code=start_in_past]");
    let start = one(&html, "input#start_at");
    assert_eq!(start.attr("aria-describedby"), Some("start_at-error start_at-error-2 start_at-hint"));
    assert_eq!(start.attr("aria-invalid"), Some("true"));
    let links: Vec<_> = all(&html, "[role=alert] a").iter().filter_map(|link| link.attr("href")).collect();
    assert_eq!(links, ["#start_at-error", "#start_at-error-2", "#client_email-error"]);
    assert!(
        text(one(&html, "[role=alert] a[href='#client_email-error']")).starts_with("E-mail: "),
        "it says which field"
    );
    one(&html, "[role=alert] li[data-code=tenant_required]");
    assert_eq!(text(one(&html, "[role=alert] h2")), "Not booked, for 4 reasons");
}

#[test]
fn nothing_typed_is_lost_in_a_refusal() {
    let html = parse(&samples::form::new_refused());
    assert_eq!(one(&html, "#client_name").attr("value"), Some("Grace <Adeyemi>"));
    assert_eq!(one(&html, "#client_email").attr("value"), Some("grace@example"));
    // The parser eats one line break after <textarea>; the template adds it, so that a typed one survives.
    assert_eq!(one(&html, "#notes_internal").text().collect::<String>(), "\nReferred by Dr. Ali");
    assert_eq!(one(&html, "#service_id option[selected]").attr("value"), Some("4"));
    assert_eq!(one(&html, "[name=addon_ids][checked]").attr("value"), Some("a1"));
    assert_eq!(one(&html, "[name=idempotency_key]").attr("value"), Some("0192f1c4-key"));
    assert_eq!(one(&html, "[name=override][checked]").attr("value"), Some("duplicate"));
    assert_eq!(one(&html, "#override_reason").attr("value"), Some("Walk-in, wrote it down late"));
}

#[test]
fn typed_text_is_escaped() {
    let html = samples::form::new_refused().render().expect("renders");
    assert!(!html.contains("<Adeyemi>"));
}

#[test]
fn a_suggestion_sends_its_start_after_the_typed_one() {
    let html = parse(&samples::form::new_refused());
    let names: Vec<_> =
        all(&html, "form.booking-form [name=start_at]").iter().map(|control| control.value().name()).collect();
    assert_eq!(names, ["input", "button", "button", "button", "button"]);
    for button in all(&html, "[data-suggested-start]") {
        assert_eq!(button.attr("value"), button.attr("data-suggested-start"));
    }
}

#[test]
fn enter_in_a_field_books_and_does_not_take_a_suggestion() {
    for page in [samples::form::new_refused(), samples::form::new_search()] {
        let html = parse(&page);
        let first = all(&html, "form.booking-form button")[0];
        assert_eq!(first.attr("name"), None);
        assert_eq!(first.attr("type"), None);
    }
}

#[test]
fn a_repeated_hour_asks_which() {
    let html = parse(&samples::form::new_fold());
    let values: Vec<_> =
        all(&html, "input[type=radio][name=start_at_fold]").iter().filter_map(|radio| radio.attr("value")).collect();
    assert_eq!(values, ["earlier", "later"]);
    assert!(all(&parse(&samples::form::new()), "[name=start_at_fold]").is_empty());
}

#[test]
fn a_choice_among_thousands_is_a_search_without_script() {
    let html = parse(&samples::form::new_search());
    assert!(all(&html, "select#provider_id").is_empty());
    one(&html, "input[type=search]#provider_id_q[name=provider_id_q]");
    assert_eq!(one(&html, "button[name=find]").attr("value"), Some("provider_id"));
    assert_eq!(all(&html, "input[type=radio][name=provider_id]").len(), 3);
}

#[test]
fn an_edit_states_the_version_and_no_key() {
    let html = parse(&samples::form::edit());
    assert_eq!(one(&html, "input[type=hidden][name=version]").attr("value"), Some("4"));
    assert!(all(&html, "[name=idempotency_key]").is_empty());
    assert!(all(&html, "[name=service_id]").is_empty());
}

#[test]
fn rows_of_the_list_carry_reference_and_status() {
    let html = parse(&samples::list::list());
    assert_eq!(all(&html, "tr[data-reference][data-status]").len(), 24);
    let row = all(&html, "tr[data-reference]")[5];
    assert_eq!(row.attr("data-status"), Some("PENDING"));
    assert_eq!(text(row.select(&selector(".chip")).next().expect("a chip")), "Pending");
    assert_eq!(text(one(&html, "th[aria-sort=ascending]")), "When");
    assert_eq!(one(&html, "th[aria-sort=ascending] a").attr("href"), Some("/bookings?sort=-start_at"));
    assert!(
        all(&html, "th[scope=row] a:first-child")
            .iter()
            .all(|link| link.attr("href").is_some_and(|href| href.starts_with("/bookings/BK-")))
    );
}

#[test]
fn a_wrong_filter_is_named_and_kept() {
    let html = parse(&samples::list::list_refused());
    assert_eq!(one(&html, "#from").attr("value"), Some("2026-13-01"));
    one(&html, "#from-error[data-code=invalid]");
    assert!(text(one(&html, "[role=alert] li[data-code=invalid]")).contains("BOGUS"));
}

#[test]
fn filters_in_force_can_each_be_removed() {
    let html = parse(&samples::list::list_filtered());
    assert_eq!(all(&html, ".tags a:not(.clear)").len(), 4);
    assert_eq!(one(&html, "[name=status][checked]").attr("value"), Some("PENDING"));
    assert_eq!(one(&html, "a[rel=prev]").attr("href"), Some("/bookings?before=abc"));
    assert!(all(&html, "a[rel=next]").is_empty());
}

#[test]
fn verbs_are_buttons_and_those_that_are_off_say_why() {
    let html = parse(&samples::show::show_pending());
    let confirm = one(&html, "form[action$='/confirm']");
    assert_eq!(confirm.select(&selector("[name=version]")).next().and_then(|input| input.attr("value")), Some("4"));
    let off = all(&html, "button[disabled]");
    assert_eq!(off.len(), 2);
    for button in off {
        let id = button.attr("aria-describedby").expect("a reason");
        assert!(text(one(&html, &format!("#{id}"))).contains("after the start"));
    }
    assert!(all(&html, "form[action$='/complete']").is_empty());
}

#[test]
fn a_soft_refusal_opens_the_form_with_what_may_be_set_aside() {
    let html = parse(&samples::show::show_cancel_refused());
    one(&html, "details.cancel[open]");
    one(&html, "details.cancel input[name=override][value=cancellation_notice]");
    one(&html, "details.cancel input[name=override_reason]");
    one(&html, "[role=alert] [data-code=cancellation_notice]");
    assert!(all(&html, "details.reschedule[open]").is_empty());
}

#[test]
fn a_refused_reschedule_offers_free_starts_in_place() {
    let html = parse(&samples::show::show_reschedule_refused());
    one(&html, "details.reschedule[open] #start_at-error[data-code=overlap]");
    assert_eq!(all(&html, "details.reschedule [data-suggested-start]").len(), 4);
}

#[test]
fn history_shows_old_and_new() {
    let html = parse(&samples::show::show());
    let change = all(&html, "[data-event=RESCHEDULED] .changes > div")[0];
    assert_eq!(text(change), "Start Mon 23 Nov, 09:00 became Mon 23 Nov, 10:15");
    assert!(text(one(&html, ".overridden")).contains("Asked by phone"));
}

#[test]
fn a_conflict_shows_three_versions_and_states_the_new_one() {
    let html = parse(&samples::form::conflict());
    assert_eq!(all(&html, "tr.clash").len(), 1);
    assert_eq!(one(&html, "[name=version]").attr("value"), Some("5"));
    one(&html, "[data-code=stale_version]");
}

#[test]
fn quick_actions_state_version_and_way_back() {
    let html = parse(&samples::day::today());
    let form = all(&html, "td.acts form")[0];
    let value =
        |name: &str| form.select(&selector(&format!("[name={name}]"))).next().and_then(|input| input.attr("value"));
    assert_eq!((value("version"), value("next")), (Some("3"), Some("/")));
    assert!(text(one(&html, "[role=status]")).starts_with("Wei Chen was confirmed."));
}

#[test]
fn signed_out_pages_have_no_navigation() {
    let html = parse(&samples::login());
    assert!(all(&html, "nav, .account").is_empty());
    assert_eq!(one(&html, "[name=next]").attr("value"), Some("/bookings?status=PENDING"));
    assert_eq!(one(&html, "[type=password]").attr("autocomplete"), Some("current-password"));
}

#[test]
fn style_and_script_stay_small() {
    let bytes: usize = ["app.css", "app.js"].iter().filter_map(|name| asset_body(name)).map(str::len).sum();
    assert!(bytes > 10_000, "{bytes}");
    assert!(bytes < 80_000, "{bytes}");
}

#[test]
fn the_board_places_bookings_without_inline_style() {
    let html = parse(&samples::day::board());
    assert_eq!(all(&html, "table.board thead th[scope=col]").len(), 4);
    let entries = all(&html, "a.entry[data-reference][data-status]");
    assert_eq!(entries.len(), 12);
    let cell = entries
        .iter()
        .find(|entry| text(**entry).contains("Shanice"))
        .and_then(|entry| entry.ancestors().filter_map(ElementRef::wrap).find(|parent| parent.value().name() == "td"));
    assert_eq!(cell.and_then(|cell| cell.attr("rowspan")), Some("6"));
    let free = all(&html, "a.add")[0].attr("href");
    assert_eq!(free, Some("/bookings/new?provider=0&row=0"));
    assert_eq!(all(&html, "tr.now").len(), 1);
}
