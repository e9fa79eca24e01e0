//! `POST /bookings/{reference}/{verb}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use bookings_core::{Booking, Code, Decision, Refusals};
use bookings_db::{By, CommandError, Store};
use chrono::Utc;
use chrono_tz::Tz;

use super::conflict::conflict;
use super::edit::load as load_booking;
use super::form_page::{start_text, wanted};
use super::show::{load, show_page};
use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::handlers::auth::{local_path, see};
use crate::handlers::run::run;
use crate::raw_form::RawForm;
use crate::views::bookings::{Verb, VerbBody};
use crate::views::{Undo, page, page_with_status};
use crate::{flash, forms, present};

/// The verbs that have an address.
const VERBS: [Verb; 8] = [
    Verb::Confirm,
    Verb::Cancel,
    Verb::Reschedule,
    Verb::Complete,
    Verb::NoShow,
    Verb::Note,
    Verb::Reinstate,
    Verb::Undo,
];

/// Does something to a booking. Refused, the booking's page comes back with every reason, as typed; stale, both versions.
///
/// # Errors
/// Forbidden to those who may not book; not found; the store's.
pub async fn verb(
    state: web::Data<AppState>,
    signed: Signed,
    path: web::Path<(String, String)>,
    form: RawForm,
) -> Result<HttpResponse, PageError> {
    let (reference, slug) = path.into_inner();
    let verb = VERBS.into_iter().find(|verb| verb.slug() == slug).ok_or(PageError::NotFound)?;
    signed.require(Action::Book)?;
    let zone = signed.zone();
    let booking = load_booking(&state, &signed, reference.clone()).await?;
    if form.has("find") {
        let loaded = load(&state, &signed, reference, None, Some(&form)).await?;
        let refused = Refusals::default();
        return Ok(page(&refuse(&signed, &loaded, verb, &refused, &form)));
    }
    let refusals = match doing(verb, &form, zone) {
        Err(unread) => unread,
        Ok(command) => {
            let (actor, scope, target) = (signed.actor(), signed.scope(), booking.clone());
            let done = run(&state.store, move |store| {
                let by = By { scope, ..By::new(&actor, Utc::now()) };
                Ok::<_, PageError>(command(store, &target, &by))
            });
            match done.await? {
                Ok(decision) => return Ok(answer(&signed, verb, &decision, &form)),
                Err(CommandError::Refused(refusals)) => refusals,
                Err(error) => return Err(error.into()),
            }
        }
    };
    let stale = refusals.has(Code::StaleVersion);
    // What came after the change that was to be taken back is nothing to put it on top of.
    if stale && verb != Verb::Undo {
        let action = format!("/bookings/{}/{slug}", booking.reference);
        let apply = format!("{} all the same", verb.label());
        return conflict(&state, &signed, &booking, &refusals, &form, action, &apply).await;
    }
    let loaded = load(&state, &signed, reference, None, Some(&form)).await?;
    let page = refuse(&signed, &loaded, verb, &refusals, &form);
    let status = if stale { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page_with_status(status, &page))
}

type Command = Box<dyn FnOnce(&Store, &Booking, &By) -> bookings_db::Outcome + Send>;

/// The form as the command it is.
fn doing(verb: Verb, form: &RawForm, zone: Tz) -> Result<Command, Refusals> {
    let simple = || forms::booking::verb(form, zone);
    Ok(match verb {
        Verb::Confirm => {
            let command = simple()?;
            Box::new(move |store, booking, by| store.confirm_booking(booking, &command, by))
        }
        Verb::Complete => {
            let command = simple()?;
            Box::new(move |store, booking, by| store.complete_booking(booking, &command, by))
        }
        Verb::NoShow => {
            let command = simple()?;
            Box::new(move |store, booking, by| store.mark_no_show(booking, &command, by))
        }
        Verb::Reinstate => {
            let command = simple()?;
            Box::new(move |store, booking, by| store.reinstate_booking(booking, &command, by))
        }
        Verb::Undo => {
            let command = simple()?;
            Box::new(move |store, booking, by| store.undo_booking(booking, &command, by))
        }
        Verb::Cancel => {
            let command = forms::booking::cancel(form, zone)?;
            Box::new(move |store, booking, by| store.cancel_booking(booking, &command, by))
        }
        Verb::Note => {
            let command = forms::booking::note(form, zone)?;
            Box::new(move |store, booking, by| store.add_note(booking, &command, by))
        }
        Verb::Reschedule => {
            let command = forms::booking::reschedule(form, zone)?;
            Box::new(move |store, booking, by| store.reschedule_booking(booking, &command, by))
        }
    })
}

fn answer(signed: &Signed, verb: Verb, decision: &Decision, form: &RawForm) -> HttpResponse {
    let booking = decision.booking();
    let reference = &booking.reference;
    let address = format!("/bookings/{reference}");
    let done = match verb {
        Verb::Confirm => "is confirmed",
        Verb::Complete => "is completed",
        Verb::NoShow => "is marked as no-show",
        Verb::Reschedule => "is moved",
        Verb::Cancel => "is cancelled",
        Verb::Reinstate => "is reinstated",
        Verb::Note => "has a new note",
        Verb::Undo => "is as it was before",
    };
    let message = match decision {
        Decision::Changed(..) => format!("{reference} ({}) {done}.", booking.client.name),
        Decision::Unchanged(_) => format!("{reference} ({}) was so already.", booking.client.name),
    };
    let next = form.has("next").then(|| local_path(form.get("next")));
    let link = next.map(|_| ("Open", address.as_str()));
    let takes_back = matches!(decision, Decision::Changed(..)) && !matches!(verb, Verb::Note | Verb::Undo);
    let undo = takes_back.then(|| Undo {
        reference: reference.to_string(),
        version: booking.version,
        next: next.unwrap_or_default().to_owned(),
    });
    flash::set_with_undo(&signed.session, message, link, undo);
    see(next.unwrap_or(&address))
}

/// The booking's page with the verb's form open, as typed, and every reason against it.
fn refuse(
    signed: &Signed,
    loaded: &super::show::Loaded,
    verb: Verb,
    refusals: &Refusals,
    form: &RawForm,
) -> crate::views::bookings::ShowPage {
    let zone = signed.zone();
    let mut page = show_page(signed, loaded, form);
    for shown in page.verbs.iter_mut().filter(|shown| shown.verb == verb) {
        match &mut shown.body {
            VerbBody::Button => {}
            VerbBody::Text(field) => field.value = form.get(&field.name).to_owned(),
            VerbBody::Reschedule(fields) => {
                fields.start.field.value = start_text(form, zone);
                present::offer_starts(&mut fields.start, refusals, wanted(form, zone), zone);
                if form.has("addons_shown") || form.has("addon_ids") {
                    let ticked: Vec<&str> = form.all("addon_ids").collect();
                    for choice in &mut fields.addons {
                        choice.selected = ticked.contains(&choice.value.as_str());
                    }
                }
            }
        }
    }
    let ticked: Vec<&str> = form.all("override").collect();
    let overrides = present::overrides(&refusals.reasons, signed.staff.role, &ticked, form.get("override_reason"));
    page.refuse(verb, present::refusals(&refusals.reasons, zone), overrides)
}
