//! Service and provider: there, offered, and of the booking's tenant.

use uuid::Uuid;

use super::Proposal;
use crate::ids::TenantId;
use crate::refusal::{Code, Concern, Field, Refusal};

/// The service is there, offered, and of the tenant.
pub fn service(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    match &proposal.facts.service {
        None => {
            let id = proposal.after.service_id.0;
            refusals.push(Refusal::about(Code::UnknownService, "service_id", Concern::Id(id)));
        }
        Some(service) => {
            tenant("service_id", service.id.0, service.tenant_id, proposal, refusals);
            service_is_active(proposal, refusals);
        }
    }
}

/// The service is still offered.
pub fn service_is_active(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    if proposal.facts.service.as_ref().is_some_and(|service| !service.active) {
        refusals.push(Refusal::of(Code::InactiveService, "service_id"));
    }
}

/// The provider is there, takes bookings, gives the service, and is of the tenant.
pub fn provider(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    match &proposal.facts.provider {
        None => {
            let id = proposal.after.provider_id.0;
            refusals.push(Refusal::about(Code::UnknownProvider, "provider_id", Concern::Id(id)));
        }
        Some(provider) => {
            tenant("provider_id", provider.id.0, provider.tenant_id, proposal, refusals);
            // A booking that stays with its provider is not refused because they stopped taking new ones, or such ones.
            let stays = proposal
                .before
                .is_some_and(|before| before.provider_id == proposal.after.provider_id && before.status.is_active());
            if !provider.active && !stays {
                refusals.push(Refusal::of(Code::InactiveProvider, "provider_id"));
            }
            if !provider.offers && !stays && proposal.facts.service.is_some() {
                refusals.push(Refusal::of(Code::ServiceNotOffered, "provider_id"));
            }
        }
    }
}

/// With tenancy on the thing and the booking are of one tenant; off, neither has one.
pub(super) fn tenant(field: Field, id: Uuid, of: Option<TenantId>, proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let tenancy = proposal.context.policy.tenancy;
    if of != proposal.after.tenant_id || (tenancy && of.is_none()) {
        refusals.push(Refusal::about(Code::TenantMismatch, field, Concern::Id(id)));
    }
}
