//! The store: a database, a catalogue, a slot engine and the installation's policy.

use std::sync::Arc;

use bookings_core::{BookingId, Decision, NewIds, Policy, ProviderId, Refusals, Window};
use uuid::Uuid;

use crate::busy::{self, Seats};
use crate::catalogue::{Catalogue, OwnCatalogue};
use crate::connection::Pools;
use crate::error::StoreError;
use crate::slots::SlotEngine;
use crate::transaction::Failure;

/// Everything a command needs. Cheap to clone; share it between threads.
#[derive(Clone)]
pub struct Store {
    /// Connections.
    pub pools: Pools,
    /// Where services, add-ons and providers are kept.
    pub catalogue: Arc<dyn Catalogue>,
    /// Who knows opening hours, where anybody does.
    pub slots: Option<Arc<dyn SlotEngine>>,
    /// The installation's choices.
    pub policy: Policy,
    /// Where fresh ids and random bits come from; [`random_ids`] unless said otherwise.
    pub ids: fn() -> Result<NewIds, StoreError>,
}

/// Fresh ids: a booking's grows with time, so that neighbours in time are neighbours on disk; the rest is random.
///
/// # Errors
/// Where the system has no random numbers.
pub fn random_ids() -> Result<NewIds, StoreError> {
    let random = |error: getrandom::Error| StoreError::Internal(format!("no random numbers: {error}"));
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(random)?;
    Ok(NewIds { booking_id: BookingId(Uuid::now_v7()), reference: getrandom::u64().map_err(random)?, salt })
}

/// Why a command did not happen. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The rules are against it.
    #[error(transparent)]
    Refused(Refusals),
    /// There is no such booking, or it is another tenant's.
    #[error("there is no such booking")]
    NotFound,
    /// The database, not the rules.
    #[error(transparent)]
    Store(StoreError),
}

impl From<Refusals> for CommandError {
    fn from(refusals: Refusals) -> Self {
        CommandError::Refused(refusals)
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        CommandError::Store(error)
    }
}

impl From<diesel::result::Error> for CommandError {
    fn from(error: diesel::result::Error) -> Self {
        CommandError::Store(error.into())
    }
}

impl Failure for CommandError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            CommandError::Store(error) => Some(error),
            CommandError::Refused(_) | CommandError::NotFound => None,
        }
    }
}

/// What a command came to; its booking is committed.
pub type Outcome = Result<Decision, CommandError>;

impl Store {
    /// A store over this crate's own catalogue tables, without a slot engine.
    #[must_use]
    pub fn new(pools: Pools, policy: Policy) -> Store {
        Store { pools, catalogue: Arc::new(OwnCatalogue), slots: None, policy, ids: random_ids }
    }

    /// The windows, buffers included, in which `provider` is busy and that touch `window`, in order.
    /// With `seats`, shared slots of that service that have as many seats left count as free.
    ///
    /// # Errors
    /// The database's.
    pub fn busy_intervals(
        &self,
        provider: ProviderId,
        window: Window,
        seats: Option<Seats>,
    ) -> Result<Vec<Window>, StoreError> {
        let schedule = self.pools.read(|conn| busy::schedule(conn, provider, window))?;
        Ok(busy::intervals(&schedule, window, seats))
    }
}
