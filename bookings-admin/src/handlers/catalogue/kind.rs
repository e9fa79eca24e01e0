//! What the pages of services, add-ons, providers and tenants have in common, and where they differ.

use bookings_core::{Code, Currency, Refusal};
use bookings_db::catalogue::tables::{
    Addon, AddonData, Provider, ProviderData, Service, ServiceData, Tenant, TenantData, Updated, addons, providers,
    services, tenants,
};
use bookings_db::connection::Conn;
use bookings_db::types::Id;
use bookings_db::{Scope, StoreError};
use chrono::{DateTime, Utc};

use crate::auth::Action;
use crate::forms;
use crate::present::minutes;
use crate::raw_form::RawForm;
use crate::views::Section;

/// A kind of catalogue record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Service,
    Addon,
    Provider,
    Tenant,
}

/// A record of any kind, as pages show it.
#[derive(Debug, Clone)]
pub struct Record {
    pub id: Id,
    pub name: String,
    pub active: bool,
    pub version: i64,
    /// Form fields with their values; a box that is ticked is `on`, one that is not is left out.
    pub fields: Vec<(&'static str, String)>,
    /// The columns of the list behind the name.
    pub cells: Vec<String>,
}

impl Record {
    /// A field's value; empty where it has none.
    pub fn get(&self, field: &str) -> &str {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// A parsed form of any kind.
#[derive(Debug, Clone)]
pub enum Data {
    Service(ServiceData),
    Addon(AddonData),
    Provider(ProviderData),
    Tenant(TenantData),
}

/// What saving came to.
pub enum Saved {
    Done(Box<Record>),
    /// Somebody was quicker; the record as it is now.
    Stale(Box<Record>),
    Gone,
}

impl Kind {
    /// The kind that an address names.
    pub fn of_path(path: &str) -> Option<Kind> {
        let all = [Kind::Service, Kind::Addon, Kind::Provider, Kind::Tenant];
        all.into_iter().find(|kind| path == kind.path() || path.starts_with(&format!("{}/", kind.path())))
    }

    /// Where its pages are.
    pub const fn path(self) -> &'static str {
        match self {
            Kind::Service => "/catalogue/services",
            Kind::Addon => "/catalogue/addons",
            Kind::Provider => "/catalogue/providers",
            Kind::Tenant => "/tenants",
        }
    }

    /// One of it, several of it.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Kind::Service => ("service", "Services"),
            Kind::Addon => ("add-on", "Add-ons"),
            Kind::Provider => ("provider", "Providers"),
            Kind::Tenant => ("tenant", "Tenants"),
        }
    }

    pub const fn section(self) -> Section {
        match self {
            Kind::Service => Section::Services,
            Kind::Addon => Section::Addons,
            Kind::Provider => Section::Providers,
            Kind::Tenant => Section::Tenants,
        }
    }

    /// Who may see it.
    pub const fn read(self) -> Action {
        match self {
            Kind::Tenant => Action::ManageTenants,
            _ => Action::Read,
        }
    }

    /// Who may change it.
    pub const fn write(self) -> Action {
        match self {
            Kind::Tenant => Action::ManageTenants,
            _ => Action::EditCatalogue,
        }
    }

    /// Heads of the list's columns; the first is the name.
    pub fn columns(self) -> Vec<&'static str> {
        match self {
            Kind::Service => vec!["Service", "Length", "Price", "Clients", "Approval"],
            Kind::Addon => vec!["Add-on", "Adds", "Price"],
            Kind::Provider => vec!["Provider"],
            Kind::Tenant => vec!["Tenant", "Slug", "Zone", "Currency"],
        }
    }

    /// The form's data, or every refusal.
    pub fn parse(self, form: &RawForm, tenancy: bool, own: Option<Id>) -> Result<Data, Vec<Refusal>> {
        Ok(match self {
            Kind::Service => Data::Service(forms::catalogue::service(form, tenancy, own)?),
            Kind::Addon => Data::Addon(forms::catalogue::addon(form, tenancy, own)?),
            Kind::Provider => Data::Provider(forms::catalogue::provider(form, tenancy, own)?),
            Kind::Tenant => Data::Tenant(forms::catalogue::tenant(form)?),
        })
    }

    /// Records by name, from behind one; at most `limit`.
    pub fn list(
        self,
        conn: &mut Conn,
        scope: Scope,
        after: Option<(&str, Id)>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        Ok(match self {
            Kind::Service => services::list(conn, scope, after, limit)?.into_iter().map(Record::from).collect(),
            Kind::Addon => addons::list(conn, scope, after, limit)?.into_iter().map(Record::from).collect(),
            Kind::Provider => providers::list(conn, scope, after, limit)?.into_iter().map(Record::from).collect(),
            Kind::Tenant => tenants::list(conn, scope, after, limit)?.into_iter().map(Record::from).collect(),
        })
    }

    pub fn get(self, conn: &mut Conn, scope: Scope, id: Id) -> Result<Option<Record>, StoreError> {
        Ok(match self {
            Kind::Service => services::get(conn, scope, id)?.map(Record::from),
            Kind::Addon => addons::get(conn, scope, id)?.map(Record::from),
            Kind::Provider => providers::get(conn, scope, id)?.map(Record::from),
            Kind::Tenant => tenants::get(conn, scope, id)?.map(Record::from),
        })
    }
}

impl Data {
    pub const fn kind(&self) -> Kind {
        match self {
            Data::Service(_) => Kind::Service,
            Data::Addon(_) => Kind::Addon,
            Data::Provider(_) => Kind::Provider,
            Data::Tenant(_) => Kind::Tenant,
        }
    }

    pub const fn tenant(&self) -> Option<Id> {
        match self {
            Data::Service(data) => data.tenant_id,
            Data::Addon(data) => data.tenant_id,
            Data::Provider(data) => data.tenant_id,
            Data::Tenant(_) => None,
        }
    }

    /// What can only be seen beside other records: an add-on's service is there, of the same tenant and priced in the same
    /// currency; a tenant is there, and is the one that the record had before.
    pub fn misfits(&self, conn: &mut Conn, scope: Scope, before: Option<&Record>) -> Result<Vec<Refusal>, StoreError> {
        let mut refusals = Vec::new();
        let tenant = self.tenant();
        if let Some(tenant) = tenant
            && tenants::get(conn, scope, tenant)?.is_none()
        {
            refusals.push(Refusal::of(Code::TenantMismatch, "tenant_id"));
        }
        // Its bookings stay with the tenant that they were made for.
        let had = before.map(|before| before.get("tenant_id")).filter(|had| !had.is_empty());
        if had.is_some_and(|had| tenant.is_none_or(|tenant| tenant.0.to_string() != had)) {
            refusals.push(Refusal::of(Code::TenantMismatch, "tenant_id"));
        }
        refusals.dedup();
        if let Data::Addon(AddonData { service_id: Some(service), tenant_id, currency, .. }) = self {
            match services::get(conn, scope, *service)? {
                None => refusals.push(Refusal::of(Code::UnknownService, "service_id")),
                Some(service) if service.data.tenant_id != *tenant_id => {
                    refusals.push(Refusal::of(Code::TenantMismatch, "service_id"));
                }
                Some(service) if service.data.currency != *currency => {
                    refusals.push(Refusal::of(Code::CurrencyMismatch, "currency"));
                }
                Some(_) => {}
            }
        }
        Ok(refusals)
    }

    pub fn insert(&self, conn: &mut Conn, id: Id, now: DateTime<Utc>) -> Result<Record, StoreError> {
        Ok(match self {
            Data::Service(data) => services::insert(conn, id, data, now)?.into(),
            Data::Addon(data) => addons::insert(conn, id, data, now)?.into(),
            Data::Provider(data) => providers::insert(conn, id, data, now)?.into(),
            Data::Tenant(data) => tenants::insert(conn, id, data, now)?.into(),
        })
    }

    pub fn update(
        &self,
        conn: &mut Conn,
        scope: Scope,
        id: Id,
        seen: i64,
        now: DateTime<Utc>,
    ) -> Result<Saved, StoreError> {
        Ok(match self {
            Data::Service(data) => services::update(conn, scope, id, seen, data, now)?.into(),
            Data::Addon(data) => addons::update(conn, scope, id, seen, data, now)?.into(),
            Data::Provider(data) => providers::update(conn, scope, id, seen, data, now)?.into(),
            Data::Tenant(data) => tenants::update(conn, scope, id, seen, data, now)?.into(),
        })
    }
}

impl<R> From<Updated<R>> for Saved
where
    Record: From<R>,
{
    fn from(updated: Updated<R>) -> Saved {
        match updated {
            Updated::Done(row) => Saved::Done(Box::new(row.into())),
            Updated::Stale(row) => Saved::Stale(Box::new(row.into())),
            Updated::Gone => Saved::Gone,
        }
    }
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
                ("active", data.active),
            ],
        );
        let clients = match data.allow_multiple_clients {
            true => format!("up to {}", data.capacity),
            false => "one".into(),
        };
        Record {
            id: row.id,
            active: data.active,
            version: row.version,
            cells: vec![
                minutes(i64::from(data.duration_minutes)),
                price_cell(data.price_minor, &data.currency),
                clients,
                if data.requires_approval { "needed" } else { "" }.into(),
            ],
            name: data.name,
            fields,
        }
    }
}

impl From<Addon> for Record {
    fn from(row: Addon) -> Record {
        let data = row.data;
        let mut fields = vec![
            ("name", data.name.clone()),
            ("service_id", data.service_id.map(|id| id.0.to_string()).unwrap_or_default()),
            ("extra_duration_minutes", data.extra_duration_minutes.to_string()),
            ("price", price_field(data.price_minor, &data.currency)),
            ("currency", data.currency.clone()),
            ("tenant_id", data.tenant_id.map(|id| id.0.to_string()).unwrap_or_default()),
        ];
        boxes(&mut fields, &[("active", data.active)]);
        Record {
            id: row.id,
            active: data.active,
            version: row.version,
            cells: vec![minutes(i64::from(data.extra_duration_minutes)), price_cell(data.price_minor, &data.currency)],
            name: data.name,
            fields,
        }
    }
}

impl From<Provider> for Record {
    fn from(row: Provider) -> Record {
        let data = row.data;
        let mut fields = vec![
            ("name", data.name.clone()),
            ("tenant_id", data.tenant_id.map(|id| id.0.to_string()).unwrap_or_default()),
        ];
        boxes(&mut fields, &[("active", data.active)]);
        Record { id: row.id, active: data.active, version: row.version, cells: Vec::new(), name: data.name, fields }
    }
}

impl From<Tenant> for Record {
    fn from(row: Tenant) -> Record {
        let data = row.data;
        let mut fields = vec![
            ("name", data.name.clone()),
            ("slug", data.slug.clone()),
            ("time_zone", data.time_zone.clone().unwrap_or_default()),
            ("currency", data.currency.clone().unwrap_or_default()),
        ];
        boxes(&mut fields, &[("active", data.active)]);
        Record {
            id: row.id,
            active: data.active,
            version: row.version,
            cells: vec![data.slug, data.time_zone.unwrap_or_default(), data.currency.unwrap_or_default()],
            name: data.name,
            fields,
        }
    }
}
