//! People and seats.

use super::Proposal;
use crate::refusal::{Code, Concern, Refusal};

/// At least one person; exactly one unless clients share the slot; never more than it has seats.
pub fn size(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let after = proposal.after;
    if !after.shared {
        if after.party_size != 1 {
            refusals.push(Refusal::of(Code::PartySize, "party_size"));
        }
        return;
    }
    let capacity = proposal.facts.service.as_ref().map_or(after.capacity_consumed, |service| service.capacity);
    if after.party_size == 0 || after.party_size > capacity {
        let seats = Concern::Seats { asked: after.party_size, left: capacity, capacity };
        refusals.push(Refusal::about(Code::PartySize, "party_size", seats));
    }
}

/// At least a seat for each person; for single-client services exactly that.
pub fn seats(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let after = proposal.after;
    let wrong = if after.shared {
        after.capacity_consumed < after.party_size
    } else {
        after.capacity_consumed != after.party_size
    };
    if wrong {
        refusals.push(Refusal::of(Code::CapacityConsumed, "capacity_consumed"));
    }
}
