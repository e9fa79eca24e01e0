//! What stands around the bookings, broken by hand.

use bookings_core::{Booking, Overrides};
use bookings_db::Scope;
use bookings_db::doctor::Kind::*;
use bookings_db::selection::{FileRow, Order, What, keep_import, select_listed};

use crate::broken::Business;
use crate::cases::{Case, case};

/// Runs a statement that ends in a SELECT, over one service, whose id stands for that of whatever is not there.
fn owned(business: &Business, sql: &str) -> Option<Booking> {
    business.break_by(&format!("{sql} FROM service WHERE id = (SELECT id FROM service ORDER BY id LIMIT 1)"));
    None
}

fn view(business: &Business, staff: &str, tenant: &str) -> Option<Booking> {
    owned(
        business,
        &format!(
            "INSERT INTO saved_view (id, staff_id, tenant_id, name, name_key, query, created_at, updated_at) \
             SELECT id, {staff}, {tenant}, 'Late', 'late', '', created_at, updated_at"
        ),
    )
}

/// An account that is called by the service's id.
fn account(business: &Business, tenant: &str) -> Option<Booking> {
    owned(
        business,
        &format!(
            "INSERT INTO staff (id, name, name_key, password_hash, role, tenant_id, active, version, created_at, \
             updated_at) SELECT id, 'Ann', 'ann', 'none', 'staff', {tenant}, TRUE, 1, created_at, updated_at"
        ),
    )
}

/// The second factor of that account, with so many bytes for a secret.
fn factor(business: &Business, bytes: usize) -> Option<Booking> {
    let hex = "ab".repeat(bytes);
    let secret = if business.is_postgres() { format!("'\\x{hex}'::bytea") } else { format!("x'{hex}'") };
    owned(
        business,
        &format!(
            "INSERT INTO second_factor (staff_id, sealed_secret, confirmed_at, last_step) SELECT id, {secret}, created_at, 0"
        ),
    )
}

/// A bulk run over one booking that was not begun.
fn selection(business: &Business) {
    let order = Order { what: What::Note { message: "Storm".into() }, overrides: Overrides::default() };
    let chosen = [business.party.reference.clone()];
    select_listed(&business.fx.store.pools, None, &order, &chosen, Scope::All, business.fx.now).unwrap();
}

/// An import of two rows that was not begun.
fn import(business: &Business) {
    let what = What::Import { file: "visits.csv".into(), columns: vec!["client_name".into()], dry: false };
    let rows: Vec<FileRow> = (2..4).map(|line| FileRow { line, holds: true, record: "Ann\r\n".into() }).collect();
    let order = Order { what, overrides: Overrides::default() };
    keep_import(&business.fx.store.pools, None, &order, &rows, business.fx.now).unwrap();
}

pub const AROUND: &[Case] = &[
    case(&[OrphanRow], "1 saved views of an account", |b| view(b, "id", "NULL")),
    case(&[OrphanRow], "1 saved views of a tenant", |b| view(b, "NULL", "id")),
    case(&[OrphanRow], "1 choices of columns", |b| {
        owned(b, "INSERT INTO list_preference (staff_id, view_id, shown) SELECT id, NULL, ''")
    }),
    case(&[OrphanRow], "1 preferences of an account", |b| {
        owned(b, "INSERT INTO staff_preference (staff_id, time_zone, theme, shortcuts) SELECT id, NULL, 'dark', TRUE")
    }),
    case(&[OrphanRow], "1 second factors of an account", |b| factor(b, 64)),
    case(&[OrphanRow], "1 accounts of a tenant", |b| account(b, "id")),
    case(&[OrphanRow], "1 offers of a provider", |b| {
        owned(b, "INSERT INTO provider_service (provider_id, service_id) SELECT id, id")
    }),
    case(&[OrphanRow], "1 offers of a service", |b| {
        b.break_by(
            "INSERT INTO provider_service (provider_id, service_id) SELECT id, id FROM provider ORDER BY id LIMIT 1",
        );
        None
    }),
    case(&[OrphanRow], "add-ons of a service", |b| {
        b.break_by("UPDATE addon SET service_id = id");
        None
    }),
    case(&[OrphanRow], "1 rows of a bulk run", |b| {
        selection(b);
        b.break_by("DELETE FROM selection");
        None
    }),
    case(&[OrphanRow], "2 rows of an import", |b| {
        import(b);
        b.break_by("DELETE FROM selection");
        None
    }),
    case(&[TenantMismatch], "services of another tenant are offered", |b| {
        b.break_by(
            "INSERT INTO provider (id, tenant_id, name, name_key, active, version, created_at, updated_at) \
             SELECT id, (SELECT id FROM provider ORDER BY id LIMIT 1), name, name_key, active, version, created_at, updated_at FROM service \
             WHERE id = (SELECT id FROM service ORDER BY id LIMIT 1)",
        );
        owned(b, "INSERT INTO provider_service (provider_id, service_id) SELECT id, id")
    }),
    case(&[TenantMismatch], "services of another tenant have add-on", |b| {
        b.break_by("UPDATE addon SET tenant_id = (SELECT id FROM provider ORDER BY id LIMIT 1), service_id = (SELECT id FROM service ORDER BY id LIMIT 1)");
        None
    }),
    case(&[SelectionRows], "it has 1 rows, and was begun with 5", |b| {
        selection(b);
        b.break_by("UPDATE selection SET items = 5");
        None
    }),
    case(&[SelectionRows], "it is done, and 1 of its rows", |b| {
        selection(b);
        b.break_by("UPDATE selection SET state = 'DONE'");
        None
    }),
    case(&[SelectionRows], "it was not begun, and 1 of its rows", |b| {
        selection(b);
        b.break_by("UPDATE selection_item SET outcome = 'CHANGED'");
        None
    }),
    case(&[SelectionRows], "it has 1 rows, and was begun with 2", |b| {
        import(b);
        b.break_by("DELETE FROM import_row WHERE line = 2");
        None
    }),
    case(&[SelectionRows], "became bookings that are not there", |b| {
        import(b);
        b.break_by("UPDATE import_row SET outcome = 'CHANGED', reference = 'BK-2001-00000000'; UPDATE selection SET state = 'DONE'");
        None
    }),
    case(&[LeftRunning], "nobody has worked on it since 2001", |b| {
        selection(b);
        let long_ago = "2001-01-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        let at = if b.is_postgres() { format!("'{long_ago}'") } else { long_ago.timestamp_micros().to_string() };
        b.break_by(&format!("UPDATE selection SET state = 'RUNNING', beat_at = {at}"));
        None
    }),
    case(&[Unreadable], "what it does can't be read", |b| {
        selection(b);
        b.break_by("UPDATE selection SET what = (SELECT metadata FROM booking LIMIT 1)");
        None
    }),
    case(&[SecondFactor], "too short", |b| {
        account(b, "NULL");
        factor(b, 36)
    }),
    case(&[SecondFactor], "1 recovery codes without", |b| {
        account(b, "NULL");
        owned(
            b,
            "INSERT INTO recovery_code (staff_id, code_digest) SELECT id, (SELECT chain_hash FROM booking LIMIT 1)",
        )
    }),
    case(&[Preference], "time zone \"Mars/Base\"", |b| {
        account(b, "NULL");
        owned(
            b,
            "INSERT INTO staff_preference (staff_id, time_zone, theme, shortcuts) SELECT id, 'Mars/Base', 'dark', TRUE",
        )
    }),
    case(&[ImpossibleValue], "currency \"TTT\" of tenant", |b| {
        owned(
            b,
            "INSERT INTO tenant (id, slug, name, name_key, time_zone, currency, active, version, created_at, updated_at) \
             SELECT id, 'a', 'A', 'a', NULL, 'TTT', TRUE, 1, created_at, updated_at",
        )
    }),
    case(&[CatalogueHistory], "at another version than their last event: service", |b| {
        owned(
            b,
            "INSERT INTO catalogue_event (record_id, version, kind, event_type, name, actor_name, at, data) \
             SELECT id, 7, 'service', 'CHANGED', name, 'Ann', created_at, (SELECT metadata FROM booking LIMIT 1)",
        )
    }),
];
