//! Every promise of the data, checked by plain SQL and comparison: no code of the store is used.

use std::collections::{BTreeMap, HashMap};

use bookings_core::event::{Changes, Event, EventData, EventType};
use bookings_core::history::{first_broken_link, replay};
use bookings_core::{BookingId, StaffId};
use bookings_db::connection::Conn;
use bookings_db::types::{DbInstant, DbJson, DbUuid, Id, Instant, Json};
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
use diesel::{QueryableByName, RunQueryDsl};
use serde_json::{Map, Value, json};

macro_rules! row {
    ($name:ident from $table:literal { $($field:ident: $rust:ty = $sql:ty),* $(,)? }) => {
        #[derive(Debug, Clone, QueryableByName)]
        struct $name {
            $(#[diesel(sql_type = $sql)] $field: $rust),*
        }

        impl $name {
            fn all(conn: &mut Conn) -> Vec<$name> {
                let columns = [$(stringify!($field)),*].join(", ");
                diesel::sql_query(format!("SELECT {columns} FROM {}", $table)).load(conn).unwrap()
            }
        }
    };
}

row!(Booked from "booking" {
    seq: i64 = BigInt,
    id: Id = DbUuid,
    reference: String = Text,
    tenant_id: Option<Id> = Nullable<DbUuid>,
    service_id: Id = DbUuid,
    provider_id: Id = DbUuid,
    client_name: String = Text,
    client_email: String = Text,
    client_phone: String = Text,
    client_user_id: Option<Id> = Nullable<DbUuid>,
    start_at: Instant = DbInstant,
    end_at: Instant = DbInstant,
    busy_start: Instant = DbInstant,
    busy_end: Instant = DbInstant,
    duration_minutes: i32 = Integer,
    buffer_before_minutes: i32 = Integer,
    buffer_after_minutes: i32 = Integer,
    status: String = Text,
    status_before_cancel: Option<String> = Nullable<Text>,
    shared: bool = Bool,
    requires_approval: bool = Bool,
    cancellation_allowed: bool = Bool,
    cancellation_notice_minutes: i32 = Integer,
    reschedule_allowed: bool = Bool,
    reschedule_notice_minutes: i32 = Integer,
    party_size: i32 = Integer,
    capacity_consumed: i32 = Integer,
    pricing_type: String = Text,
    price_minor: Option<i64> = Nullable<BigInt>,
    currency: String = Text,
    notes_internal: String = Text,
    notes_client: String = Text,
    metadata: Json = DbJson,
    search_text: String = Text,
    version: i64 = BigInt,
    chain_hash: Vec<u8> = Binary,
});

row!(Added from "booking_addon ORDER BY booking_id, position" {
    booking_id: Id = DbUuid,
    addon_id: Id = DbUuid,
    name: String = Text,
    extra_duration_minutes: i32 = Integer,
    price_minor: Option<i64> = Nullable<BigInt>,
    currency: String = Text,
});

row!(Happened from "booking_event ORDER BY booking_id, version" {
    booking_id: Id = DbUuid,
    version: i64 = BigInt,
    event_type: String = Text,
    actor_id: Option<Id> = Nullable<DbUuid>,
    actor_name: String = Text,
    at: Instant = DbInstant,
    data: Json = DbJson,
    personal_digest: Option<Vec<u8>> = Nullable<Binary>,
    hash: Vec<u8> = Binary,
});

row!(Personal from "booking_event_personal" {
    booking_id: Id = DbUuid,
    version: i64 = BigInt,
    salt: Vec<u8> = Binary,
    data: Json = DbJson,
});

row!(Seats from "service" { id: Id = DbUuid, capacity: i32 = Integer });

/// Panics with the first promise that is broken.
pub fn check_everything(conn: &mut Conn) {
    let booked = Booked::all(conn);
    no_double_booking(&booked);
    no_slot_oversold(&booked, &Seats::all(conn));
    history(&booked, Added::all(conn), Happened::all(conn), Personal::all(conn));
    found_by_search(conn, &booked);
}

fn active(booked: &[Booked]) -> impl Iterator<Item = &Booked> {
    booked.iter().filter(|row| row.status == "PENDING" || row.status == "CONFIRMED")
}

/// Every pair, not just neighbours: the store's own shortcut is not trusted here.
fn no_double_booking(booked: &[Booked]) {
    let mut by_provider: BTreeMap<Id, Vec<&Booked>> = BTreeMap::new();
    for row in active(booked) {
        by_provider.entry(row.provider_id).or_default().push(row);
    }
    for rows in by_provider.into_values() {
        for (place, one) in rows.iter().enumerate() {
            for two in &rows[place + 1..] {
                let overlap = one.busy_start < two.busy_end && two.busy_start < one.busy_end;
                let shared =
                    one.shared && two.shared && one.service_id == two.service_id && one.start_at == two.start_at;
                assert!(!overlap || shared, "double booking: {one:#?} and {two:#?}");
            }
        }
    }
}

fn no_slot_oversold(booked: &[Booked], services: &[Seats]) {
    let capacity: HashMap<Id, i32> = services.iter().map(|service| (service.id, service.capacity)).collect();
    let mut taken: BTreeMap<_, i32> = BTreeMap::new();
    for row in active(booked).filter(|row| row.shared) {
        *taken.entry((row.provider_id, row.service_id, row.start_at)).or_default() += row.capacity_consumed;
    }
    for ((provider, service, start), taken) in taken {
        let capacity = capacity[&service];
        assert!(taken <= capacity, "{taken} of {capacity} seats sold of {service:?} at {start:?} with {provider:?}");
    }
}

/// Exactly the events 1..=version of every booking, chained, and leading to the row as it is.
fn history(booked: &[Booked], addons: Vec<Added>, events: Vec<Happened>, personal: Vec<Personal>) {
    let mut personal: HashMap<(Id, i64), Personal> =
        personal.into_iter().map(|row| ((row.booking_id, row.version), row)).collect();
    let mut of_booking: HashMap<Id, Vec<Event>> = HashMap::new();
    for event in events {
        let own = personal.remove(&(event.booking_id, event.version));
        of_booking.entry(event.booking_id).or_default().push(read(event, own));
    }
    assert!(personal.is_empty(), "personal values without their event: {personal:?}");
    let mut chosen: HashMap<Id, Vec<Value>> = HashMap::new();
    for row in addons {
        chosen.entry(row.booking_id).or_default().push(json!({
            "addon_id": row.addon_id.0,
            "name": row.name,
            "extra_duration_minutes": row.extra_duration_minutes,
            "price_minor": row.price_minor,
            "currency": row.currency,
        }));
    }
    for row in booked {
        let events = of_booking.remove(&row.id).unwrap_or_default();
        let versions: Vec<i64> = events.iter().map(|event| event.version).collect();
        assert_eq!(versions, (1..=row.version).collect::<Vec<_>>(), "events of {}", row.reference);
        assert_eq!(events[0].event_type, EventType::Created, "{}", row.reference);
        assert_eq!(first_broken_link(&events), None, "the chain of {}", row.reference);
        assert_eq!(events[events.len() - 1].hash.to_vec(), row.chain_hash, "the last hash of {}", row.reference);
        let own = chosen.remove(&row.id).unwrap_or_default();
        same(&row.reference, &replay(&events), &fields(row, own));
    }
    assert!(of_booking.is_empty(), "events without their booking");
    assert!(chosen.is_empty(), "add-ons without their booking");
}

fn same(reference: &str, replayed: &Map<String, Value>, stored: &Map<String, Value>) {
    for (field, value) in stored {
        // What was never anything else than nothing is in no event.
        let replayed = replayed.get(field).unwrap_or(&Value::Null);
        assert_eq!(replayed, value, "{field} of {reference}: its history leads elsewhere");
    }
}

fn read(row: Happened, personal: Option<Personal>) -> Event {
    let (message, changes, salt) = match personal {
        None => (String::new(), Changes::new(), [0; 16]),
        Some(personal) => (
            personal.data.0["message"].as_str().unwrap().to_owned(),
            serde_json::from_value(personal.data.0["changes"].clone()).unwrap(),
            personal.salt.try_into().unwrap(),
        ),
    };
    Event {
        booking_id: BookingId(row.booking_id.0),
        version: row.version,
        event_type: EventType::parse(&row.event_type).unwrap(),
        actor_id: row.actor_id.map(|id| StaffId(id.0)),
        actor_name: row.actor_name,
        at: row.at.0,
        message,
        data: serde_json::from_value::<EventData>(row.data.0).unwrap(),
        personal: changes,
        personal_salt: salt,
        personal_digest: row.personal_digest.map(|digest| digest.try_into().unwrap()),
        hash: row.hash.try_into().unwrap(),
    }
}

fn fields(row: &Booked, addons: Vec<Value>) -> Map<String, Value> {
    let extra: i64 = addons.iter().map(|addon| addon["extra_duration_minutes"].as_i64().unwrap()).sum();
    let lasts = (row.end_at.0 - row.start_at.0).num_minutes();
    assert_eq!(lasts, i64::from(row.duration_minutes) + extra, "how long {} lasts", row.reference);
    let fields = json!({
        "reference": row.reference,
        "tenant_id": row.tenant_id.map(|id| id.0),
        "service_id": row.service_id.0,
        "provider_id": row.provider_id.0,
        "client_user_id": row.client_user_id.map(|id| id.0),
        "start_at": row.start_at.0,
        "end_at": row.end_at.0,
        "status": row.status,
        "status_before_cancel": row.status_before_cancel,
        "shared": row.shared,
        "party_size": row.party_size,
        "capacity_consumed": row.capacity_consumed,
        "duration_minutes": row.duration_minutes,
        "buffer_before_minutes": row.buffer_before_minutes,
        "buffer_after_minutes": row.buffer_after_minutes,
        "requires_approval": row.requires_approval,
        "cancellation_allowed": row.cancellation_allowed,
        "cancellation_notice_minutes": row.cancellation_notice_minutes,
        "reschedule_allowed": row.reschedule_allowed,
        "reschedule_notice_minutes": row.reschedule_notice_minutes,
        "pricing_type": row.pricing_type,
        "price_minor": row.price_minor,
        "currency": row.currency,
        "metadata": row.metadata.0,
        "client_name": row.client_name,
        "client_email": row.client_email,
        "client_phone": row.client_phone,
        "notes_internal": row.notes_internal,
        "notes_client": row.notes_client,
        "addons": addons,
    });
    match fields {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    }
}

/// The text holds what a booking is found by, and SQLite's index of it holds the text.
fn found_by_search(conn: &mut Conn, booked: &[Booked]) {
    for row in booked {
        let digits: String = row.client_phone.chars().filter(char::is_ascii_digit).collect();
        for part in [row.reference.to_lowercase(), row.client_email.to_lowercase(), digits] {
            assert!(row.search_text.contains(&part), "{part:?} is not in the text of {}", row.reference);
        }
    }
    if matches!(conn, Conn::Pg(_)) {
        return;
    }
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        seq: i64,
    }
    for row in booked {
        let end: String = row.reference[row.reference.len() - 3..].to_lowercase();
        let query = "SELECT seq FROM booking_search JOIN booking ON search_place = booking_search.rowid \
                     AND seq = booking_search.rowid & 2147483647 WHERE booking_search MATCH $1";
        let found: Vec<Found> = diesel::sql_query(query).bind::<Text, _>(format!("\"{end}\"")).load(conn).unwrap();
        assert!(found.iter().any(|found| found.seq == row.seq), "{} is not in the index", row.reference);
    }
}
