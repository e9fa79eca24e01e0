//! Tenancy on and off: everything matches or is refused, and what is missing never passes.

use bookings_core::*;

use crate::support::*;

/// Creates with the policy and the tenants of command, service, provider and add-on.
fn create(tenancy: bool, tenants: [Option<TenantId>; 4]) -> Decided {
    let [asked, service, provider, addon] = tenants;
    let mut world = World::new();
    world.policy.tenancy = tenancy;
    world.service().tenant_id = service;
    world.provider().tenant_id = provider;
    world.facts.addons[0].tenant_id = addon;
    world.create(&CreateBooking { tenant_id: asked, addon_ids: vec![ADDON], ..wish(at(60)) })
}

/// All 81 ways to have a tenant, another or none: with tenancy on the one where all are of it, off the one without any.
#[test]
fn all_match_or_it_is_refused() {
    let choices = [None, Some(TENANT), Some(OTHER_TENANT)];
    for tenancy in [false, true] {
        let mut accepted = Vec::new();
        for asked in choices {
            for service in choices {
                for provider in choices {
                    for addon in choices {
                        let tenants = [asked, service, provider, addon];
                        match create(tenancy, tenants) {
                            Ok(decision) => {
                                assert_eq!(decision.booking().tenant_id, asked);
                                accepted.push(tenants);
                            }
                            Err(refusals) => {
                                let tenants_only =
                                    |code: &Code| matches!(code, Code::TenantRequired | Code::TenantMismatch);
                                assert!(refusals.codes().iter().all(tenants_only), "{refusals}");
                            }
                        }
                    }
                }
            }
        }
        let expect = if tenancy { vec![[Some(TENANT); 4], [Some(OTHER_TENANT); 4]] } else { vec![[None; 4]] };
        assert_eq!(accepted, expect);
    }
}

#[test]
fn refusals_name_what_is_of_another_tenant() {
    let (mine, theirs) = (Some(TENANT), Some(OTHER_TENANT));
    check(create(true, [mine, theirs, mine, mine]), "tenant_mismatch service_id");
    check(create(true, [mine, mine, theirs, mine]), "tenant_mismatch provider_id");
    check(create(true, [mine, mine, mine, theirs]), "tenant_mismatch addon_ids");
    check(create(true, [mine, mine, mine, None]), "tenant_mismatch addon_ids");
    check(
        create(true, [None, None, None, None]),
        "tenant_required tenant_id, tenant_mismatch service_id, tenant_mismatch provider_id, tenant_mismatch addon_ids",
    );
    check(create(false, [mine, mine, mine, mine]), "tenant_mismatch tenant_id");
}

/// A booking never goes to another tenant's provider, nor one without a tenant to anybody's once tenancy is on.
#[test]
fn moves_stay_within_the_tenant() {
    let table = [
        (Some(TENANT), Some(TENANT), "RESCHEDULED CONFIRMED"),
        (Some(TENANT), Some(OTHER_TENANT), "tenant_mismatch provider_id"),
        (Some(TENANT), None, "tenant_mismatch provider_id"),
        (None, Some(TENANT), "tenant_mismatch provider_id"),
        (None, None, "tenant_mismatch provider_id"),
    ];
    for (of_booking, of_provider, expect) in table {
        let mut world = World::new();
        world.policy.tenancy = true;
        world.provider().tenant_id = of_provider;
        world.provider().id = OTHER_PROVIDER;
        let booking = Booking { tenant_id: of_booking, ..booking(Status::Confirmed) };
        let reassign = RescheduleBooking { provider_id: Some(OTHER_PROVIDER), ..moving(&booking, at(9000)) };
        check(world.reschedule(&booking, &reassign), expect);
    }
}

#[test]
fn a_provider_is_busy_whatever_the_tenant() {
    let mut world = World::new();
    let other = Booking { tenant_id: Some(OTHER_TENANT), ..booking(Status::Confirmed) };
    world.keep(&other);
    world.next = 2;
    check(world.create(&wish(other.start_at)), "overlap start_at");
}
