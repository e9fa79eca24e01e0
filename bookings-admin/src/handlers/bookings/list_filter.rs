//! The filter bar of the list: what can be chosen, what is.

use std::collections::HashMap;

use bookings_db::bookings;
use uuid::Uuid;

use super::list::Offer;
use super::list_page::View;
use crate::forms::list::{FROM_TODAY, RANGES, range, searches};
use crate::present;
use crate::views::bookings::{AppliedFilter, FilterBar, MultiFilter, QuickRange, Shown};
use crate::views::{self, StatusChip};

impl View<'_> {
    pub(super) fn filter(&self, sort: &str) -> FilterBar {
        let mut bar = FilterBar::new(self.form.get("q"), self.form.get("from"), self.form.get("to"), sort);
        let statuses: Vec<String> = self.form.all("status").map(str::to_owned).collect();
        let facets = self.loaded.facets.as_ref();
        let mut status = FilterBar::statuses(&statuses);
        for choice in status.choices.iter_mut().filter(|_| facets.is_some()) {
            let count =
                facets.zip(bookings_core::Status::parse(&choice.value)).map(|(all, one)| all.statuses.get(&one));
            choice.detail = present::counted(count.flatten().copied().unwrap_or(0));
        }
        bar.multi.push(status);
        let counts = |of: fn(&bookings::Facets) -> &HashMap<Uuid, u64>| facets.map(of);
        bar.multi.push(self.multi("provider", "Provider", &self.loaded.providers, counts(|all| &all.providers)));
        bar.multi.push(self.multi("service", "Service", &self.loaded.services, counts(|all| &all.services)));
        if self.tenancy {
            bar.multi.push(self.multi("tenant", "Tenant", &self.loaded.tenants, None));
        }
        bar.quick = self.quick();
        let kept =
            |name: &'static str| self.form.all(name).filter(|value| !value.is_empty()).map(move |value| (name, value));
        let dated = kept("from").chain(kept("to")).next().is_some();
        let hidden = ["per_page", "client", "column", "view"].into_iter().flat_map(kept);
        let hidden = hidden.chain(kept("range").filter(|_| !dated));
        bar.kept = hidden.map(|(name, value)| views::Hidden::new(name, value)).collect();
        bar
    }

    fn multi(
        &self,
        name: &'static str,
        label: &'static str,
        offer: &Offer,
        counts: Option<&HashMap<Uuid, u64>>,
    ) -> MultiFilter {
        let ticked: Vec<Uuid> = self.form.all(name).filter_map(|id| Uuid::try_parse(id).ok()).collect();
        let shown = match (offer.asked, offer.more) {
            (true, more) => Shown::Menu {
                words: self.menu.words.clone(),
                message: match (offer.choices.len(), more) {
                    (many, true) => format!("The first {many} by name: type more of it"),
                    (0, false) => "Nothing matches".into(),
                    (some, false) => format!("{some} found"),
                },
            },
            (false, true) => Shown::Ticked,
            (false, false) => Shown::All,
        };
        let counts = counts.filter(|_| offer.is_shown());
        let choice = |id: Uuid, name: &str, selected| {
            let count = counts.map(|counts| present::counted(counts.get(&id).copied().unwrap_or(0)));
            views::Choice::new(id.to_string(), name, selected).detail(count.unwrap_or_default())
        };
        let elsewhere = ticked.iter().filter(|id| !offer.choices.iter().any(|one| one.id == **id));
        let elsewhere = elsewhere.map(|id| choice(*id, &self.name(&id.to_string()), true));
        let offered = offer.choices.iter().map(|one| choice(one.id, &one.name, ticked.contains(&one.id)));
        MultiFilter { name, label, choices: elsewhere.chain(offered).collect(), shown }
    }

    fn name(&self, id: &str) -> String {
        let known = Uuid::try_parse(id).ok().and_then(|id| self.loaded.names.get(&id).cloned());
        known.unwrap_or_else(|| id.to_owned())
    }

    fn quick(&self) -> Vec<QuickRange> {
        let today = self.now.with_timezone(&self.zone).date_naive();
        let quick = |(name, label): (&str, &str)| {
            let (first, last) = range(name, today).unwrap_or((today, None));
            let (first, last) = (first.to_string(), last.map(|last| last.to_string()).unwrap_or_default());
            let typed = (self.form.get("from"), self.form.get("to"));
            let current = self.form.get("range") == name || typed == (first.as_str(), last.as_str());
            // A search looks before today too, unless the day is said.
            let said = name == FROM_TODAY && searches(self.form);
            let days = if said { ("from", first.as_str()) } else { ("range", name) };
            QuickRange { label: label.into(), href: self.href(&["from", "to", "range"], &[days]), current }
        };
        RANGES.into_iter().map(quick).collect()
    }

    pub(super) fn applied(&self) -> Vec<AppliedFilter> {
        let mut applied = Vec::new();
        let singles = [("q", "Search"), ("client", "Client"), ("range", "Days"), ("from", "From"), ("to", "To")];
        for (field, label) in singles {
            let value = self.form.get(field).trim();
            let value =
                RANGES.iter().find(|(name, _)| field == "range" && *name == value).map_or(value, |range| range.1);
            if !value.is_empty() {
                applied
                    .push(AppliedFilter { label: format!("{label}: {value}"), remove_href: self.href(&[field], &[]) });
            }
        }
        for (field, label) in
            [("status", "Status"), ("provider", "Provider"), ("service", "Service"), ("tenant", "Tenant")]
        {
            let values: Vec<&str> = self.form.all(field).filter(|value| !value.is_empty()).collect();
            for value in &values {
                let others: Vec<(&str, &str)> =
                    values.iter().filter(|other| *other != value).map(|other| (field, *other)).collect();
                let shown = match StatusChip::from_code(value).filter(|_| field == "status") {
                    Some(status) => status.label().to_owned(),
                    None => self.name(value),
                };
                applied.push(AppliedFilter {
                    label: format!("{label}: {shown}"),
                    remove_href: self.href(&[field], &others),
                });
            }
        }
        applied
    }
}
