//! Add-ons: refused by id, never dropped.

use super::{Proposal, catalogue};
use crate::booking::{Booking, BookingAddon};
use crate::catalogue::{AddonFacts, Facts};
use crate::ids::AddonId;
use crate::refusal::{Code, Concern, Refusal};

/// The most add-ons one booking takes.
const MOST: usize = 100;

/// Every add-on asked for is there, offered, asked for once, of the service, tenant and currency.
/// One the booking has already is not judged again: its snapshot stands.
pub fn fit(proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let asked = proposal.addon_ids;
    if asked.len() > MOST {
        let accepted = format!("at most {MOST} add-ons");
        refusals.push(Refusal::about(Code::Invalid, "addon_ids", Concern::Accepted(accepted)));
        return;
    }
    for (place, id) in asked.iter().enumerate() {
        if asked[..place].contains(id) {
            refusals.push(Refusal::about(Code::RepeatedAddon, "addon_ids", Concern::Id(id.0)));
        } else if kept(proposal.before, *id).is_none() {
            match find(proposal.facts, *id) {
                None => refusals.push(Refusal::about(Code::UnknownAddon, "addon_ids", Concern::Id(id.0))),
                Some(addon) => new_addon(addon, proposal, refusals),
            }
        }
    }
}

fn new_addon(addon: &AddonFacts, proposal: &Proposal, refusals: &mut Vec<Refusal>) {
    let mut refuse = |code| refusals.push(Refusal::about(code, "addon_ids", Concern::Id(addon.id.0)));
    if !addon.active {
        refuse(Code::InactiveAddon);
    }
    if addon.service_id.is_some_and(|service| service != proposal.after.service_id) {
        refuse(Code::AddonOfOtherService);
    }
    if addon.currency != proposal.after.snapshot.currency {
        refuse(Code::CurrencyMismatch);
    }
    catalogue::tenant("addon_ids", addon.id.0, addon.tenant_id, proposal, refusals);
}

/// The snapshots of the add-ons asked for, in that order: the booking's own where it has them, today's for new ones.
/// Unknown and repeated ones are left out here and refused by [`fit`].
pub(crate) fn choose_addons(before: Option<&Booking>, facts: &Facts, asked: &[AddonId]) -> Vec<BookingAddon> {
    let mut chosen: Vec<BookingAddon> = Vec::new();
    for id in asked {
        if chosen.iter().any(|addon| addon.addon_id == *id) {
            continue;
        }
        let today = || find(facts, *id).map(snapshot);
        chosen.extend(kept(before, *id).cloned().or_else(today));
    }
    chosen
}

fn snapshot(addon: &AddonFacts) -> BookingAddon {
    BookingAddon {
        addon_id: addon.id,
        name: addon.name.clone(),
        extra_duration_minutes: addon.extra_duration_minutes,
        price_minor: addon.price_minor,
        currency: addon.currency,
    }
}

fn kept(before: Option<&Booking>, id: AddonId) -> Option<&BookingAddon> {
    before?.addons.iter().find(|addon| addon.addon_id == id)
}

fn find(facts: &Facts, id: AddonId) -> Option<&AddonFacts> {
    facts.addons.iter().find(|addon| addon.id == id)
}
