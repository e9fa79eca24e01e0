//! Services, providers, tenants and add-ons to choose from: a select up to 200, a search past that.

use bookings_core::{AddonId, ProviderId, ServiceId};
use bookings_db::catalogue::{AddonChoice, Choice, FactsAsked};
use bookings_db::connection::Conn;
use bookings_db::{Catalogue, Scope, StoreError};
use uuid::Uuid;

use super::form_page::Service;
use crate::views::form::{AddonGroup, SearchPicker};
use crate::views::{self, Picker, SelectField};

/// The most choices of a select.
pub const MOST: u32 = 200;
/// The most results of a search.
const RESULTS: u32 = 20;
/// The most add-ons a form shows.
const MOST_ADDONS: u32 = 500;

/// How one kind of choice is asked for: search text and limit to choices.
type Ask<'a, T> = &'a mut dyn FnMut(&mut Conn, &str, u32) -> Result<Vec<Choice<T>>, StoreError>;

/// A picker for `name`: everything where that is little enough, else what `query` finds and what is chosen already.
pub fn picker<T: Copy + Into<Uuid>>(
    conn: &mut Conn,
    name: &str,
    label: &str,
    chosen: &str,
    query: &str,
    chosen_name: impl FnOnce(&mut Conn) -> Result<Option<String>, StoreError>,
    ask: Ask<T>,
) -> Result<Picker, StoreError> {
    let all = ask(conn, "", MOST + 1)?;
    if all.len() as u32 <= MOST {
        let choices = all.iter().map(|choice| option(choice, chosen)).collect();
        return Ok(Picker::Select(SelectField::new(name, label, choices).placeholder("Choose\u{2026}").required()));
    }
    let mut results = Vec::new();
    let mut message = "Type a part of the name and press Find".to_owned();
    if !query.trim().is_empty() {
        let found = ask(conn, query, RESULTS + 1)?;
        message = match found.len() as u32 {
            0 => "Nothing matches".into(),
            more if more > RESULTS => format!("More than {RESULTS} match: type more"),
            some => format!("{some} found"),
        };
        results = found.iter().take(RESULTS as usize).map(|choice| option(choice, chosen)).collect();
    }
    if !chosen.is_empty()
        && !results.iter().any(|choice| choice.selected)
        && let Some(chosen_name) = chosen_name(conn)?
    {
        results.insert(0, views::Choice::new(chosen, chosen_name, true));
    }
    Ok(Picker::Search(SearchPicker {
        name: name.into(),
        label: label.into(),
        query: query.into(),
        results,
        message,
        required: true,
        ..SearchPicker::default()
    }))
}

fn option<T: Copy + Into<Uuid>>(choice: &Choice<T>, chosen: &str) -> views::Choice {
    let value = choice.id.into().to_string();
    let selected = value == chosen;
    let option = views::Choice::new(value, &choice.name, selected);
    if choice.active { option } else { option.detail("not offered at present") }
}

/// A service's name, where the scope sees it.
pub fn service_name(
    conn: &mut Conn,
    catalogue: &dyn Catalogue,
    scope: Scope,
    id: ServiceId,
) -> Result<Option<String>, StoreError> {
    Ok(catalogue.names(conn, scope, &[id], &[], &[])?.services.remove(&id))
}

/// A provider's name, where the scope sees it.
pub fn provider_name(
    conn: &mut Conn,
    catalogue: &dyn Catalogue,
    scope: Scope,
    id: ProviderId,
) -> Result<Option<String>, StoreError> {
    Ok(catalogue.names(conn, scope, &[], &[id], &[])?.providers.remove(&id))
}

/// So many bytes of a page at most say who gives what; past that the rules alone do.
const MOST_ONLY: usize = 40_000;

/// Says beside providers where they don't give the service; where it is still open, leaves it to the script to say.
pub fn mark_offers(
    picker: &mut Picker,
    conn: &mut Conn,
    catalogue: &dyn Catalogue,
    service: &Service,
) -> Result<(), StoreError> {
    if matches!(service, Service::Unsaid) {
        return Ok(());
    }
    let choices = match picker {
        Picker::Select(select) => &mut select.choices,
        Picker::Search(search) => &mut search.results,
    };
    let ids: Vec<ProviderId> =
        choices.iter().filter_map(|choice| Uuid::try_parse(&choice.value).ok()).map(ProviderId).collect();
    let offers = catalogue.offers(conn, &ids)?;
    let mut said = 0;
    for choice in choices {
        let own = Uuid::try_parse(&choice.value).ok().and_then(|id| offers.get(&ProviderId(id)));
        match (own, service) {
            (None, _) | (_, Service::Unsaid) => {}
            (Some(own), Service::Fixed(service)) => {
                if !own.contains(service) {
                    choice.detail = NOT_GIVEN.into();
                }
            }
            (Some(own), Service::Open) => {
                let ids: Vec<String> = own.iter().map(|id| id.to_string().chars().take(8).collect()).collect();
                said += 9 * ids.len();
                if said <= MOST_ONLY {
                    choice.only = ids.join(" ");
                }
            }
        }
    }
    Ok(())
}

/// Beside a provider's name.
const NOT_GIVEN: &str = "does not give this service";

/// Add-ons on offer, grouped by the service they belong to; `chosen` are ticked.
pub fn addon_groups(
    conn: &mut Conn,
    catalogue: &dyn Catalogue,
    scope: Scope,
    service: Option<ServiceId>,
    chosen: &[AddonId],
) -> Result<Vec<AddonGroup>, StoreError> {
    let mut addons = catalogue.addons(conn, scope, service, MOST_ADDONS)?;
    let offered = addons.len();
    addons.extend(no_longer_offered(conn, catalogue, scope, &addons, chosen)?);
    let mut services: Vec<ServiceId> = addons.iter().filter_map(|addon| addon.service_id).collect();
    services.sort();
    services.dedup();
    let names = catalogue.names(conn, scope, &services, &[], &[])?.services;
    let mut groups: Vec<AddonGroup> = Vec::new();
    for (place, addon) in addons.iter().enumerate() {
        let (id, name) = match addon.service_id {
            Some(id) => (id.to_string(), names.get(&id).cloned().unwrap_or_default()),
            None => (String::new(), "Any service".into()),
        };
        let ticked = if place < offered {
            addon_option(addon, chosen.contains(&addon.id))
        } else {
            views::Choice::new(addon.id.to_string(), &addon.name, true).detail("not offered at present")
        };
        match groups.iter_mut().find(|group| group.service_id == id) {
            Some(group) => group.addons.push(ticked),
            None => groups.push(AddonGroup { service_id: id, service: name, addons: vec![ticked] }),
        }
    }
    groups.sort_by(|a, b| a.service.cmp(&b.service));
    Ok(groups)
}

/// Chosen ones that are not among those on offer, so that a form shown again has lost no tick.
fn no_longer_offered(
    conn: &mut Conn,
    catalogue: &dyn Catalogue,
    scope: Scope,
    offered: &[AddonChoice],
    chosen: &[AddonId],
) -> Result<Vec<AddonChoice>, StoreError> {
    let mut missing: Vec<AddonId> =
        chosen.iter().copied().filter(|id| !offered.iter().any(|addon| addon.id == *id)).collect();
    missing.sort();
    missing.dedup();
    missing.truncate(MOST as usize);
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let (service_id, provider_id) = (ServiceId(Uuid::nil()), ProviderId(Uuid::nil()));
    let facts = catalogue.facts(conn, FactsAsked { service_id, provider_id, addon_ids: &missing })?;
    let seen = facts.addons.into_iter().filter(|addon| scope.sees(addon.tenant_id));
    Ok(seen
        .map(|addon| AddonChoice {
            id: addon.id,
            service_id: addon.service_id,
            name: addon.name,
            extra_duration_minutes: addon.extra_duration_minutes,
            price: String::new(),
        })
        .collect())
}

/// An add-on as a box to tick, with what it adds.
pub fn addon_option(addon: &AddonChoice, ticked: bool) -> views::Choice {
    let mut detail = format!("+{}", crate::present::minutes(i64::from(addon.extra_duration_minutes)));
    if !addon.price.is_empty() {
        detail = format!("{detail}, {}", addon.price);
    }
    views::Choice::new(addon.id.to_string(), &addon.name, ticked).detail(detail)
}
