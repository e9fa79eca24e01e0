//! What the pages of services, add-ons, providers and tenants have in common, and where they differ.

use bookings_core::{Code, Refusal};
use bookings_db::catalogue::tables::{
    AddonData, ProviderData, ServiceData, TenantData, Updated, addons, providers, services, tenants,
};
use bookings_db::catalogue::{RecordKind, offers};
use bookings_db::connection::Conn;
use bookings_db::types::Id;
use bookings_db::{Scope, StoreError};
use chrono::{DateTime, Utc};

use super::record::Record;
use crate::auth::Action;
use crate::forms;
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

/// A parsed form of any kind.
#[derive(Debug, Clone)]
pub enum Data {
    Service(ServiceData),
    Addon(AddonData),
    /// With the services it offers; none for all.
    Provider(ProviderData, Vec<Id>),
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

    /// As the store names it.
    pub const fn record(self) -> RecordKind {
        match self {
            Kind::Service => RecordKind::Service,
            Kind::Addon => RecordKind::Addon,
            Kind::Provider => RecordKind::Provider,
            Kind::Tenant => RecordKind::Tenant,
        }
    }

    /// The kind that the store names so.
    pub const fn of_record(kind: RecordKind) -> Kind {
        match kind {
            RecordKind::Service => Kind::Service,
            RecordKind::Addon => Kind::Addon,
            RecordKind::Provider => Kind::Provider,
            RecordKind::Tenant => Kind::Tenant,
        }
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
            Kind::Provider => vec!["Provider", "Offers"],
            Kind::Tenant => vec!["Tenant", "Slug", "Zone", "Currency"],
        }
    }

    /// The form's data, or every refusal.
    pub fn parse(self, form: &RawForm, tenancy: bool, own: Option<Id>) -> Result<Data, Vec<Refusal>> {
        Ok(match self {
            Kind::Service => Data::Service(forms::catalogue::service(form, tenancy, own)?),
            Kind::Addon => Data::Addon(forms::catalogue::addon(form, tenancy, own)?),
            Kind::Provider => {
                let (data, services) = forms::catalogue::provider(form, tenancy, own)?;
                Data::Provider(data, services)
            }
            Kind::Tenant => Data::Tenant(forms::catalogue::tenant(form)?),
        })
    }

    /// Records by name, those containing `search`, from behind one; at most `limit`.
    pub fn list(
        self,
        conn: &mut Conn,
        scope: Scope,
        search: &str,
        after: Option<(&str, Id)>,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        Ok(match self {
            Kind::Service => services::list(conn, scope, search, after, limit)?.into_iter().map(Record::from).collect(),
            Kind::Addon => addons::list(conn, scope, search, after, limit)?.into_iter().map(Record::from).collect(),
            Kind::Provider => {
                let rows = providers::list(conn, scope, search, after, limit)?;
                let offers = offers::of(conn, &rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
                rows.into_iter().map(|row| Record::from(row).offering(&offers)).collect()
            }
            Kind::Tenant => tenants::list(conn, scope, search, after, limit)?.into_iter().map(Record::from).collect(),
        })
    }

    pub fn get(self, conn: &mut Conn, scope: Scope, id: Id) -> Result<Option<Record>, StoreError> {
        Ok(match self {
            Kind::Service => services::get(conn, scope, id)?.map(Record::from),
            Kind::Addon => addons::get(conn, scope, id)?.map(Record::from),
            Kind::Provider => match providers::get(conn, scope, id)? {
                Some(row) => Some(Record::from(row).offering(&offers::of(conn, &[id])?)),
                None => None,
            },
            Kind::Tenant => tenants::get(conn, scope, id)?.map(Record::from),
        })
    }

    /// Deletes the record that was seen at version `seen`; whether anything holds it is asked before.
    pub fn delete(self, conn: &mut Conn, scope: Scope, id: Id, seen: i64) -> Result<Saved, StoreError> {
        Ok(match self {
            Kind::Service => services::delete(conn, scope, id, seen)?.into(),
            Kind::Addon => addons::delete(conn, scope, id, seen)?.into(),
            Kind::Provider => {
                offers::set(conn, id, &[])?;
                providers::delete(conn, scope, id, seen)?.into()
            }
            Kind::Tenant => tenants::delete(conn, scope, id, seen)?.into(),
        })
    }
}

impl Data {
    pub const fn kind(&self) -> Kind {
        match self {
            Data::Service(_) => Kind::Service,
            Data::Addon(_) => Kind::Addon,
            Data::Provider(..) => Kind::Provider,
            Data::Tenant(_) => Kind::Tenant,
        }
    }

    pub const fn tenant(&self) -> Option<Id> {
        match self {
            Data::Service(data) => data.tenant_id,
            Data::Addon(data) => data.tenant_id,
            Data::Provider(data, _) => data.tenant_id,
            Data::Tenant(_) => None,
        }
    }

    /// The services that it refers to.
    pub fn services(&self) -> &[Id] {
        match self {
            Data::Addon(data) => data.service_id.as_slice(),
            Data::Provider(_, services) => services,
            Data::Service(_) | Data::Tenant(_) => &[],
        }
    }

    /// What can only be seen beside other records: services are there and of the same tenant, an add-on's priced in the same
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
        let field = if self.kind() == Kind::Addon { "service_id" } else { "service_ids" };
        for service in self.services() {
            match services::get(conn, scope, *service)? {
                None => refusals.push(Refusal::of(Code::UnknownService, field)),
                Some(service) if service.data.tenant_id != tenant => {
                    refusals.push(Refusal::of(Code::TenantMismatch, field));
                }
                Some(service) => {
                    if matches!(self, Data::Addon(own) if own.currency != service.data.currency) {
                        refusals.push(Refusal::of(Code::CurrencyMismatch, "currency"));
                    }
                }
            }
        }
        refusals.dedup();
        Ok(refusals)
    }

    pub fn insert(&self, conn: &mut Conn, id: Id, now: DateTime<Utc>) -> Result<Record, StoreError> {
        Ok(match self {
            Data::Service(data) => services::insert(conn, id, data, now)?.into(),
            Data::Addon(data) => addons::insert(conn, id, data, now)?.into(),
            Data::Provider(data, services) => {
                let made = providers::insert(conn, id, data, now)?;
                offers::set(conn, id, services)?;
                Record::from(made).offering(&offers::of(conn, &[id])?)
            }
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
            Data::Provider(data, services) => match providers::update(conn, scope, id, seen, data, now)?.into() {
                Saved::Done(record) => {
                    offers::set(conn, id, services)?;
                    Saved::Done(Box::new(record.offering(&offers::of(conn, &[id])?)))
                }
                Saved::Stale(record) => Saved::Stale(Box::new(record.offering(&offers::of(conn, &[id])?))),
                Saved::Gone => Saved::Gone,
            },
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
