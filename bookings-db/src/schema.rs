//! The tables, for both databases. Written by hand: `diesel print-schema` knows one database, and not our types.

#![expect(missing_docs, reason = "columns say what they are in migrations/portable")]

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbUuid};

    /// A business among several in one installation.
    tenant (id) {
        id -> DbUuid,
        slug -> Text,
        name -> Text,
        time_zone -> Nullable<Text>,
        currency -> Nullable<Text>,
        active -> Bool,
        version -> BigInt,
        created_at -> DbInstant,
        updated_at -> DbInstant,
        name_key -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbUuid};

    /// The default catalogue: what can be booked.
    service (id) {
        id -> DbUuid,
        tenant_id -> Nullable<DbUuid>,
        name -> Text,
        name_key -> Text,
        duration_minutes -> Integer,
        buffer_before_minutes -> Integer,
        buffer_after_minutes -> Integer,
        requires_approval -> Bool,
        allow_multiple_clients -> Bool,
        capacity -> Integer,
        cancellation_allowed -> Bool,
        cancellation_notice_minutes -> Integer,
        reschedule_allowed -> Bool,
        reschedule_notice_minutes -> Integer,
        pricing_type -> Text,
        price_minor -> Nullable<BigInt>,
        currency -> Text,
        active -> Bool,
        version -> BigInt,
        created_at -> DbInstant,
        updated_at -> DbInstant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbUuid};

    /// The default catalogue: what a service can be extended by.
    addon (id) {
        id -> DbUuid,
        tenant_id -> Nullable<DbUuid>,
        service_id -> Nullable<DbUuid>,
        name -> Text,
        extra_duration_minutes -> Integer,
        price_minor -> Nullable<BigInt>,
        currency -> Text,
        active -> Bool,
        version -> BigInt,
        created_at -> DbInstant,
        updated_at -> DbInstant,
        name_key -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbUuid};

    /// The default catalogue: who or what gives the time.
    provider (id) {
        id -> DbUuid,
        tenant_id -> Nullable<DbUuid>,
        name -> Text,
        name_key -> Text,
        active -> Bool,
        version -> BigInt,
        created_at -> DbInstant,
        updated_at -> DbInstant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbJson, DbUuid};

    /// Bookings; `seq` grows with every insert, `active` is computed from the status.
    booking (id) {
        seq -> BigInt,
        id -> DbUuid,
        reference -> Text,
        tenant_id -> Nullable<DbUuid>,
        service_id -> DbUuid,
        provider_id -> DbUuid,
        client_name -> Text,
        client_email -> Text,
        client_phone -> Text,
        client_user_id -> Nullable<DbUuid>,
        start_at -> DbInstant,
        end_at -> DbInstant,
        busy_start -> DbInstant,
        busy_end -> DbInstant,
        duration_minutes -> Integer,
        buffer_before_minutes -> Integer,
        buffer_after_minutes -> Integer,
        status -> Text,
        status_before_cancel -> Nullable<Text>,
        active -> Bool,
        shared -> Bool,
        slot_key -> DbUuid,
        requires_approval -> Bool,
        cancellation_allowed -> Bool,
        cancellation_notice_minutes -> Integer,
        reschedule_allowed -> Bool,
        reschedule_notice_minutes -> Integer,
        party_size -> Integer,
        capacity_consumed -> Integer,
        pricing_type -> Text,
        price_minor -> Nullable<BigInt>,
        currency -> Text,
        notes_internal -> Text,
        notes_client -> Text,
        metadata -> DbJson,
        idempotency_key -> Nullable<Text>,
        idempotency_digest -> Nullable<Binary>,
        search_text -> Text,
        version -> BigInt,
        chain_hash -> Binary,
        created_at -> DbInstant,
        updated_at -> DbInstant,
        created_by -> Nullable<DbUuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::DbUuid;

    /// Add-ons as they were when they were booked.
    booking_addon (booking_id, addon_id) {
        booking_id -> DbUuid,
        addon_id -> DbUuid,
        position -> Integer,
        name -> Text,
        extra_duration_minutes -> Integer,
        price_minor -> Nullable<BigInt>,
        currency -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbJson, DbUuid};

    /// What happened to bookings; append-only.
    booking_event (booking_id, version) {
        booking_id -> DbUuid,
        version -> BigInt,
        event_type -> Text,
        actor_id -> Nullable<DbUuid>,
        actor_name -> Text,
        at -> DbInstant,
        data -> DbJson,
        personal_digest -> Nullable<Binary>,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbJson, DbUuid};

    /// Personal values of events, which can be erased.
    booking_event_personal (booking_id, version) {
        booking_id -> DbUuid,
        version -> BigInt,
        salt -> Binary,
        data -> DbJson,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbUuid};

    /// Staff accounts.
    staff (id) {
        id -> DbUuid,
        name -> Text,
        name_key -> Text,
        password_hash -> Text,
        role -> Text,
        tenant_id -> Nullable<DbUuid>,
        active -> Bool,
        version -> BigInt,
        created_at -> DbInstant,
        updated_at -> DbInstant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbUuid};

    /// Signed-in browsers.
    session (key_digest) {
        key_digest -> Binary,
        staff_id -> Nullable<DbUuid>,
        data -> Text,
        created_at -> DbInstant,
        expires_at -> DbInstant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbUuid};

    /// Invitations and resets that wait to be used.
    staff_link (staff_id) {
        staff_id -> DbUuid,
        token_digest -> Binary,
        expires_at -> DbInstant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::DbInstant;

    /// Wrong sign-ins of the last minutes.
    sign_in_try (key_digest) {
        key_digest -> Binary,
        tries -> Integer,
        first_at -> DbInstant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbJson, DbUuid};

    /// What people did to the installation; append-only.
    audit (id) {
        id -> DbUuid,
        at -> DbInstant,
        kind -> Text,
        actor_id -> Nullable<DbUuid>,
        actor_name -> Text,
        actor_key -> Text,
        tenant_id -> Nullable<DbUuid>,
        subject -> Text,
        address -> Text,
        data -> DbJson,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbUuid};

    /// Apps that make codes to sign in with.
    second_factor (staff_id) {
        staff_id -> DbUuid,
        sealed_secret -> Binary,
        confirmed_at -> Nullable<DbInstant>,
        last_step -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::DbUuid;

    /// Codes for whoever lost the app, once each.
    recovery_code (staff_id, code_digest) {
        staff_id -> DbUuid,
        code_digest -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::DbUuid;

    /// What people chose for themselves.
    staff_preference (staff_id) {
        staff_id -> DbUuid,
        time_zone -> Nullable<Text>,
        theme -> Text,
        shortcuts -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::DbUuid;

    /// The default catalogue: who offers what. A provider without a row offers everything.
    provider_service (provider_id, service_id) {
        provider_id -> DbUuid,
        service_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbJson, DbUuid};

    /// The default catalogue's history, append-only.
    catalogue_event (record_id, version) {
        record_id -> DbUuid,
        version -> BigInt,
        kind -> Text,
        event_type -> Text,
        name -> Text,
        tenant_id -> Nullable<DbUuid>,
        actor_id -> Nullable<DbUuid>,
        actor_name -> Text,
        at -> DbInstant,
        data -> DbJson,
    }
}

diesel::joinable!(booking_addon -> booking (booking_id));
diesel::joinable!(provider_service -> provider (provider_id));
diesel::joinable!(provider_service -> service (service_id));

diesel::allow_tables_to_appear_in_same_query!(
    tenant,
    service,
    addon,
    provider,
    booking,
    booking_addon,
    booking_event,
    booking_event_personal,
    staff,
    session,
    staff_link,
    second_factor,
    recovery_code,
    staff_preference,
    provider_service
);
