//! `POST /profile/preferences`: a person's own zone, colours and shortcuts. The profile sends all of them, the menu one.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use bookings_db::staff::{self, Preferences};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::app::AppState;
use crate::auth::Signed;
use crate::error::PageError;
use crate::flash;
use crate::handlers::auth::see;
use crate::handlers::profile::profile_page;
use crate::handlers::run::run;
use crate::raw_form::RawForm;
use crate::views::{Refusal, Theme, page_with_status};

/// Keeps what was sent; what was not stays as it is.
///
/// # Errors
/// The store's.
pub async fn keep(state: web::Data<AppState>, signed: Signed, form: RawForm) -> Result<HttpResponse, PageError> {
    let chosen = match chosen(&form, signed.staff.preferences.clone()) {
        Ok(chosen) => chosen,
        Err(refusals) => {
            let mut again = profile_page(&state, &signed).await?;
            again.preferences.time_zone.value = form.get("time_zone").into();
            let again = again.refuse("Your choices were not kept", refusals);
            return Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &again));
        }
    };
    let id = signed.staff.id;
    run(&state.store, move |store| staff::keep_preferences(&store.pools, id, &chosen)).await?;
    if form.has("time_zone") {
        flash::set(&signed.session, "Your choices are kept.", None);
    }
    Ok(see("/profile"))
}

fn chosen(form: &RawForm, mut chosen: Preferences) -> Result<Preferences, Vec<Refusal>> {
    let mut refusals = Vec::new();
    // The last one counts: behind "off" there is a box that says "on".
    match form.all("shortcuts").next_back() {
        None => {}
        Some(typed @ ("on" | "off")) => chosen.shortcuts = typed == "on",
        Some(_) => refusals.push(Refusal::new("invalid", "shortcuts", "Shortcuts are on or off.")),
    }
    if form.has("theme") {
        match Theme::parse(form.get("theme")) {
            Some(theme) => chosen.theme = theme.as_str().into(),
            None => refusals.push(Refusal::new("invalid", "theme", "Choose light, dark or as the system.")),
        }
    }
    if form.has("time_zone") {
        match form.get("time_zone").trim() {
            "" => chosen.time_zone = None,
            typed => match zone(typed) {
                Some(zone) => chosen.time_zone = Some(zone.name().into()),
                None => {
                    let sentence = "This is no IANA time zone such as America/Port_of_Spain.";
                    refusals.push(Refusal::new("invalid", "time_zone", sentence));
                }
            },
        }
    }
    if refusals.is_empty() { Ok(chosen) } else { Err(refusals) }
}

/// Whatever its case, and with spaces for its underscores.
fn zone(typed: &str) -> Option<Tz> {
    let typed = typed.replace(' ', "_");
    TZ_VARIANTS.iter().copied().find(|zone| zone.name().eq_ignore_ascii_case(&typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Result<Preferences, Vec<Refusal>> {
        chosen(&RawForm::parse(query.as_bytes()).unwrap(), Preferences::default())
    }

    #[test]
    fn what_is_not_sent_stays() {
        assert_eq!(of(""), Ok(Preferences::default()));
        assert_eq!(of("theme=dark"), Ok(Preferences { theme: "dark".into(), ..Preferences::default() }));
        assert!(of("shortcuts=off&shortcuts=on").unwrap().shortcuts);
        assert!(!of("shortcuts=off").unwrap().shortcuts);
    }

    #[test]
    fn zones_are_found_as_people_type_them() {
        for typed in ["America/Port_of_Spain", "america/port+of+spain", "+AMERICA/PORT_OF_SPAIN+"] {
            assert_eq!(of(&format!("time_zone={typed}")).unwrap().time_zone.as_deref(), Some("America/Port_of_Spain"));
        }
        assert_eq!(of("time_zone=").unwrap().time_zone, None);
        for wrong in ["time_zone=Port of Spain", "time_zone=UTC%2B4", "theme=pink", "shortcuts=maybe"] {
            assert_eq!(of(wrong).unwrap_err().len(), 1, "{wrong}");
        }
    }
}
