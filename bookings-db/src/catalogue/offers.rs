//! Who offers what. A provider of whom nothing is said offers every service.

use diesel::prelude::*;

use crate::condition::AnyOf;
use crate::connection::Conn;
use crate::error::StoreError;
use crate::schema::{provider_service, service};
use crate::types::Id;

/// One service that a provider offers.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Offer {
    /// Who.
    pub provider_id: Id,
    /// What.
    pub service_id: Id,
    /// Its name.
    pub service: String,
}

/// What these providers offer, by the services' names; who offers everything is not among them.
///
/// # Errors
/// The database's.
pub fn of(conn: &mut Conn, providers: &[Id]) -> Result<Vec<Offer>, StoreError> {
    if providers.is_empty() {
        return Ok(Vec::new());
    }
    Ok(provider_service::table
        .inner_join(service::table)
        .filter(AnyOf::new("provider_service.provider_id", providers.iter().copied()))
        .order((service::name, service::id))
        .select((provider_service::provider_id, provider_service::service_id, service::name))
        .load(conn)?)
}

/// Sets what a provider offers; nothing means everything.
///
/// # Errors
/// The database's.
pub fn set(conn: &mut Conn, provider: Id, services: &[Id]) -> Result<(), StoreError> {
    diesel::delete(provider_service::table.filter(provider_service::provider_id.eq(provider))).execute(conn)?;
    for service in services {
        let row = (provider_service::provider_id.eq(provider), provider_service::service_id.eq(*service));
        diesel::insert_into(provider_service::table).values(row).execute(conn)?;
    }
    Ok(())
}
