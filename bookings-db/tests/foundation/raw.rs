//! Rows written past every rule, as a careless script would.

use bookings_db::connection::Conn;
use bookings_db::error::StoreError;
use bookings_db::schema::{booking, booking_event};
use bookings_db::types::{Id, Instant, Json};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

pub const PROVIDER: Id = Id(Uuid::from_u128(7));

/// 2026-11-23 and minutes.
pub fn at(minutes: i64) -> Instant {
    let start: DateTime<Utc> = "2026-11-23T00:00:00Z".parse().unwrap();
    Instant(start + TimeDelta::minutes(minutes))
}

#[derive(Clone)]
pub struct Raw {
    pub id: Id,
    pub provider_id: Id,
    pub start: i64,
    pub end: i64,
    pub buffers: (i32, i32),
    /// How far the stored window is off from what the buffers say.
    pub busy_off: i64,
    pub status: &'static str,
    pub shared: bool,
    pub slot_key: Option<Id>,
    pub party_size: i32,
    pub capacity_consumed: i32,
    pub search_text: &'static str,
    pub version: i64,
    pub currency: &'static str,
}

impl Raw {
    pub fn new(id: u128, start: i64, end: i64) -> Raw {
        Raw {
            id: Id(Uuid::from_u128(id)),
            provider_id: PROVIDER,
            start,
            end,
            buffers: (0, 0),
            busy_off: 0,
            status: "CONFIRMED",
            shared: false,
            slot_key: None,
            party_size: 1,
            capacity_consumed: 1,
            search_text: "ann onymous",
            version: 1,
            currency: "TTD",
        }
    }

    pub fn insert(&self, conn: &mut Conn) -> Result<(), StoreError> {
        use booking as b;
        let row = (
            (
                b::id.eq(self.id),
                b::reference.eq(format!("BK-{}", self.id.0)),
                b::service_id.eq(Id(Uuid::from_u128(1))),
                b::provider_id.eq(self.provider_id),
                b::client_name.eq("Ann"),
                b::client_email.eq(""),
                b::client_phone.eq(""),
                b::start_at.eq(at(self.start)),
                b::end_at.eq(at(self.end)),
                b::busy_start.eq(at(self.start - i64::from(self.buffers.0) + self.busy_off)),
                b::busy_end.eq(at(self.end + i64::from(self.buffers.1) + self.busy_off)),
                b::duration_minutes.eq(30),
                b::buffer_before_minutes.eq(self.buffers.0),
                b::buffer_after_minutes.eq(self.buffers.1),
                b::status.eq(self.status),
                b::status_before_cancel.eq((self.status == "CANCELLED").then_some("CONFIRMED")),
            ),
            (
                b::shared.eq(self.shared),
                b::slot_key.eq(self.slot_key.unwrap_or(self.id)),
                b::requires_approval.eq(false),
                b::cancellation_allowed.eq(true),
                b::cancellation_notice_minutes.eq(0),
                b::reschedule_allowed.eq(true),
                b::reschedule_notice_minutes.eq(0),
                b::party_size.eq(self.party_size),
                b::capacity_consumed.eq(self.capacity_consumed),
                b::pricing_type.eq("fixed"),
                b::price_minor.eq(Some(100_i64)),
                b::currency.eq(self.currency),
                b::notes_internal.eq(""),
                b::notes_client.eq(""),
                b::metadata.eq(Json(serde_json::json!({"a": [1, "x"]}))),
            ),
            (
                b::search_text.eq(self.search_text),
                b::version.eq(self.version),
                b::chain_hash.eq(vec![0_u8; 32]),
                b::created_at.eq(at(0)),
                b::updated_at.eq(at(0)),
            ),
        );
        diesel::insert_into(booking::table).values(row).execute(conn)?;
        Ok(())
    }
}

pub fn insert_event(conn: &mut Conn, version: i64, event_type: &str) -> Result<(), StoreError> {
    use booking_event as e;
    let row = (
        e::booking_id.eq(Id(Uuid::from_u128(1))),
        e::version.eq(version),
        e::event_type.eq(event_type),
        e::actor_name.eq("Olga"),
        e::at.eq(at(0)),
        e::data.eq(Json(serde_json::json!({}))),
        e::hash.eq(vec![0_u8; 32]),
    );
    diesel::insert_into(e::table).values(row).execute(conn)?;
    Ok(())
}
