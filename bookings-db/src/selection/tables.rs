//! The tables of selections: nothing outside knows them.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbInstant, DbJson, DbUuid};

    /// Selections.
    selection (id) {
        id -> DbUuid,
        staff_id -> Nullable<DbUuid>,
        what -> DbJson,
        state -> Text,
        items -> BigInt,
        undoes -> Nullable<DbUuid>,
        created_at -> DbInstant,
        beat_at -> Nullable<DbInstant>,
        ended_at -> Nullable<DbInstant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::DbUuid;

    /// Their bookings.
    selection_item (selection_id, place) {
        selection_id -> DbUuid,
        place -> BigInt,
        booking_seq -> BigInt,
        version -> BigInt,
        outcome -> Nullable<Text>,
        code -> Nullable<Text>,
        message -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::{DbJson, DbUuid};

    /// Rows of files.
    import_row (selection_id, line) {
        selection_id -> DbUuid,
        line -> BigInt,
        holds -> Bool,
        record -> Text,
        outcome -> Nullable<Text>,
        reference -> Nullable<Text>,
        problems -> Nullable<DbJson>,
    }
}

use crate::schema::booking;
diesel::allow_tables_to_appear_in_same_query!(booking, selection_item);
