//! A record of any kind, as pages show it and forms fill it in.

use std::collections::BTreeMap;

use bookings_core::Currency;
use bookings_core::event::{Change, Changes};
use bookings_db::catalogue::offers::Offer;
use bookings_db::catalogue::tables::{Addon, Provider, Service, Tenant};
use bookings_db::types::Id;
use serde_json::Value;

use crate::present::minutes;

/// A record of any kind, as pages show it.
#[derive(Debug, Clone)]
pub struct Record {
    pub id: Id,
    pub name: String,
    pub active: bool,
    pub version: i64,
    /// Form fields with their values; a box that is ticked is `on`, one that is not is left out.
    pub fields: Vec<(&'static str, String)>,
    /// Of a provider: the services it offers, by name; none where it offers all.
    pub offers: Vec<(Id, String)>,
    /// The columns of the list behind the name.
    pub cells: Vec<String>,
}

/// Names of offered services that a list shows before it only counts.
const NAMED: usize = 3;

impl Record {
    /// One of these fields, of which the first is its name.
    fn of(id: Id, version: i64, active: bool, mut fields: Vec<(&'static str, String)>, cells: Vec<String>) -> Record {
        let name = fields.first().map(|(_, name)| name.clone()).unwrap_or_default();
        boxes(&mut fields, &[("active", active)]);
        Record { id, name, active, version, fields, offers: Vec::new(), cells }
    }

    /// A field's value; empty where it has none.
    pub fn get(&self, field: &str) -> &str {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// With those of the offers that are this provider's.
    pub fn offering(mut self, all: &[Offer]) -> Record {
        let own = all.iter().filter(|offer| offer.provider_id == self.id);
        self.offers = own.map(|offer| (offer.service_id, offer.service.clone())).collect();
        let named: Vec<&str> = self.offers.iter().take(NAMED).map(|(_, name)| name.as_str()).collect();
        self.cells = vec![match self.offers.len() {
            0 => "every service".into(),
            some if some > NAMED => format!("{} and {} more", named.join(", "), some - NAMED),
            _ => named.join(", "),
        }];
        self
    }

    /// Every field as its form sends it.
    pub fn form_fields(&self) -> Vec<(String, String)> {
        let plain = self.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        plain.chain(self.offers.iter().map(|(id, _)| ("service_ids".to_owned(), id.0.to_string()))).collect()
    }

    /// Every field as its history keeps it; what is empty is left out.
    fn values(&self) -> BTreeMap<String, Value> {
        let filled = self.fields.iter().filter(|(_, value)| !value.is_empty());
        let mut values: BTreeMap<String, Value> =
            filled.map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
        if !self.offers.is_empty() {
            let names: Vec<&str> = self.offers.iter().map(|(_, name)| name.as_str()).collect();
            values.insert("service_ids".into(), names.into());
        }
        values
    }
}

/// Old -> new of every field that differs.
pub fn changes(before: Option<&Record>, after: Option<&Record>) -> Changes {
    let (mut old, mut new) =
        (before.map(Record::values).unwrap_or_default(), after.map(Record::values).unwrap_or_default());
    let names: Vec<String> = old.keys().chain(new.keys()).cloned().collect();
    let mut changes = Changes::new();
    for name in names {
        let change = Change { old: old.remove(&name).unwrap_or_default(), new: new.remove(&name).unwrap_or_default() };
        if change.old != change.new {
            changes.insert(name, change);
        }
    }
    changes
}

/// A price as its form field has it.
fn price_field(minor: Option<i64>, currency: &str) -> String {
    minor.zip(Currency::parse(currency)).map(|(minor, currency)| currency.major_units(minor)).unwrap_or_default()
}

fn price_cell(minor: Option<i64>, currency: &str) -> String {
    let price = price_field(minor, currency);
    if price.is_empty() { price } else { format!("{currency} {price}") }
}

/// Ticked boxes among the fields.
fn boxes(fields: &mut Vec<(&'static str, String)>, boxes: &[(&'static str, bool)]) {
    fields.extend(boxes.iter().filter(|(_, ticked)| *ticked).map(|(name, _)| (*name, "on".to_owned())));
}

impl From<Service> for Record {
    fn from(row: Service) -> Record {
        let data = row.data;
        let mut fields = vec![
            ("name", data.name.clone()),
            ("duration_minutes", data.duration_minutes.to_string()),
            ("buffer_before_minutes", data.buffer_before_minutes.to_string()),
            ("buffer_after_minutes", data.buffer_after_minutes.to_string()),
            ("capacity", data.capacity.to_string()),
            ("cancellation_notice_minutes", data.cancellation_notice_minutes.to_string()),
            ("reschedule_notice_minutes", data.reschedule_notice_minutes.to_string()),
            ("pricing_type", data.pricing_type.clone()),
            ("price", price_field(data.price_minor, &data.currency)),
            ("currency", data.currency.clone()),
            ("tenant_id", data.tenant_id.map(|id| id.0.to_string()).unwrap_or_default()),
        ];
        boxes(
            &mut fields,
            &[
                ("requires_approval", data.requires_approval),
                ("allow_multiple_clients", data.allow_multiple_clients),
                ("cancellation_allowed", data.cancellation_allowed),
                ("reschedule_allowed", data.reschedule_allowed),
            ],
        );
        let clients = match data.allow_multiple_clients {
            true => format!("up to {}", data.capacity),
            false => "one".into(),
        };
        let cells = vec![
            minutes(i64::from(data.duration_minutes)),
            price_cell(data.price_minor, &data.currency),
            clients,
            if data.requires_approval { "needed" } else { "" }.into(),
        ];
        Record::of(row.id, row.version, data.active, fields, cells)
    }
}

impl From<Addon> for Record {
    fn from(row: Addon) -> Record {
        let data = row.data;
        let fields = vec![
            ("name", data.name.clone()),
            ("service_id", data.service_id.map(|id| id.0.to_string()).unwrap_or_default()),
            ("extra_duration_minutes", data.extra_duration_minutes.to_string()),
            ("price", price_field(data.price_minor, &data.currency)),
            ("currency", data.currency.clone()),
            ("tenant_id", data.tenant_id.map(|id| id.0.to_string()).unwrap_or_default()),
        ];
        let cells = vec![minutes(i64::from(data.extra_duration_minutes)), price_cell(data.price_minor, &data.currency)];
        Record::of(row.id, row.version, data.active, fields, cells)
    }
}

impl From<Provider> for Record {
    fn from(row: Provider) -> Record {
        let data = row.data;
        let fields = vec![
            ("name", data.name.clone()),
            ("tenant_id", data.tenant_id.map(|id| id.0.to_string()).unwrap_or_default()),
        ];
        Record::of(row.id, row.version, data.active, fields, Vec::new())
    }
}

impl From<Tenant> for Record {
    fn from(row: Tenant) -> Record {
        let data = row.data;
        let fields = vec![
            ("name", data.name.clone()),
            ("slug", data.slug.clone()),
            ("time_zone", data.time_zone.clone().unwrap_or_default()),
            ("currency", data.currency.clone().unwrap_or_default()),
        ];
        let cells = vec![data.slug, data.time_zone.unwrap_or_default(), data.currency.unwrap_or_default()];
        Record::of(row.id, row.version, data.active, fields, cells)
    }
}
