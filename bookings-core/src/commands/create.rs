//! create: a new booking from a service, a provider, a start and a client.

use chrono::{DateTime, Datelike, Utc};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Surroundings;
use super::overrides::Overrides;
use super::record::{Why, record};
use super::reschedule::end_of;
use crate::booking::{Booking, Client};
use crate::catalogue::Facts;
use crate::context::{Context, Decision};
use crate::event::EventType;
use crate::ids::{AddonId, ProviderId, ServiceId, TenantId};
use crate::reference::Reference;
use crate::refusal::{Code, Concern, Refusal, Refusals};
use crate::rules::{self, Proposal, choose_addons, fields};
use crate::status::Status;

/// A booking to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreateBooking {
    /// What.
    pub service_id: ServiceId,
    /// With whom.
    pub provider_id: ProviderId,
    /// Whose business; needed with tenancy on, refused with it off.
    pub tenant_id: Option<TenantId>,
    /// When, UTC. Cut to whole microseconds.
    pub start_at: DateTime<Utc>,
    /// Add-ons, in order.
    pub addon_ids: Vec<AddonId>,
    /// For whom.
    pub client: Client,
    /// People, at least 1.
    pub party_size: u32,
    /// Seats held; `None` for as many as people.
    pub capacity_consumed: Option<u32>,
    /// For staff only.
    pub notes_internal: String,
    /// From or for the client.
    pub notes_client: String,
    /// The installation's own data.
    pub metadata: Value,
    /// Made by the client once per booking: the same key again answers with the first booking.
    pub idempotency_key: Option<String>,
    /// Soft refusals to override.
    pub overrides: Overrides,
}

impl CreateBooking {
    /// A command with what every booking has; set the rest by struct update.
    #[must_use]
    pub fn new(service_id: ServiceId, provider_id: ProviderId, start_at: DateTime<Utc>, client: Client) -> Self {
        CreateBooking {
            service_id,
            provider_id,
            tenant_id: None,
            start_at,
            addon_ids: Vec::new(),
            client,
            party_size: 1,
            capacity_consumed: None,
            notes_internal: String::new(),
            notes_client: String::new(),
            metadata: Value::Object(serde_json::Map::new()),
            idempotency_key: None,
            overrides: Overrides::default(),
        }
    }

    /// Tells two bodies under one idempotency key apart: a hash of what is booked. Overrides are left out, since they
    /// say how it was allowed, not what it is.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let body = CreateBooking { overrides: Overrides::default(), ..self.clone() };
        Sha256::digest(serde_json::to_vec(&body).unwrap_or_default()).into()
    }
}

/// Makes a booking: PENDING where the service requires approval, else CONFIRMED.
///
/// # Errors
/// Every refusal of the fields and of [`rules::CREATE`] that is not overridden.
pub fn create_booking(command: &CreateBooking, around: Surroundings, context: &Context) -> Result<Decision, Refusals> {
    let mut refusals = field_refusals(command, context);
    let Some(after) = propose_booking(command, around.facts, context) else {
        refusals.extend(unknown(command, around));
        return Err(refusals.into());
    };
    let proposal = Proposal {
        before: None,
        after: &after,
        facts: around.facts,
        addon_ids: &command.addon_ids,
        schedule: around.schedule,
        slots: around.slots,
        context,
    };
    refusals.extend(rules::judge(rules::CREATE, &proposal));
    let overridden = command.overrides.settle(refusals, context.actor)?;
    let why = Why { overridden, override_reason: &command.overrides.reason, ..Why::default() };
    Ok(record(None, after, EventType::Created, why, context))
}

fn field_refusals(command: &CreateBooking, context: &Context) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    fields::client(&trimmed(&command.client), &mut refusals);
    fields::notes(&command.notes_internal, &command.notes_client, &mut refusals);
    fields::metadata(&command.metadata, &mut refusals);
    fields::start(command.start_at, &mut refusals);
    if let Some(key) = &command.idempotency_key {
        fields::length("idempotency_key", key, fields::NAME_LENGTH, &mut refusals);
    }
    match (context.policy.tenancy, command.tenant_id) {
        (true, None) => refusals.push(Refusal::of(Code::TenantRequired, "tenant_id")),
        (false, Some(_)) => refusals.push(Refusal::of(Code::TenantMismatch, "tenant_id")),
        _ => {}
    }
    refusals
}

/// Without its service nothing can be built to judge, but the provider can still be named.
fn unknown(command: &CreateBooking, around: Surroundings) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if around.facts.service.is_none() {
        let id = Concern::Id(command.service_id.0);
        refusals.push(Refusal::about(Code::UnknownService, "service_id", id));
    }
    if around.facts.provider.is_none() {
        let id = Concern::Id(command.provider_id.0);
        refusals.push(Refusal::about(Code::UnknownProvider, "provider_id", id));
    }
    refusals
}

/// The booking as asked for, before it is judged: what the store needs to know which time to look at.
/// `None` without its service or where the calendar ends.
#[must_use]
pub fn propose_booking(command: &CreateBooking, facts: &Facts, context: &Context) -> Option<Booking> {
    let service = facts.service.as_ref()?;
    let start_at = crate::window::whole_micros(command.start_at);
    let addons = choose_addons(None, facts, &command.addon_ids);
    let end_at = end_of(start_at, &service.snapshot, &addons)?;
    Some(Booking {
        id: context.ids.booking_id,
        reference: Reference::new(context.now.year(), context.ids.reference),
        tenant_id: command.tenant_id,
        service_id: command.service_id,
        provider_id: command.provider_id,
        client: trimmed(&command.client),
        start_at,
        end_at,
        status: if service.snapshot.requires_approval { Status::Pending } else { Status::Confirmed },
        status_before_cancel: None,
        shared: service.allow_multiple_clients,
        party_size: command.party_size,
        capacity_consumed: command.capacity_consumed.unwrap_or(command.party_size),
        snapshot: service.snapshot.clone(),
        addons,
        notes_internal: command.notes_internal.clone(),
        notes_client: command.notes_client.clone(),
        metadata: command.metadata.clone(),
        version: 0,
        chain_hash: [0; 32],
        created_at: context.now,
        updated_at: context.now,
        created_by: context.actor.id,
    })
}

/// Spaces around a name, address or number are typing, not data.
pub(super) fn trimmed(client: &Client) -> Client {
    Client {
        name: client.name.trim().into(),
        email: client.email.trim().into(),
        phone: client.phone.trim().into(),
        user_id: client.user_id,
    }
}
