use bookings_db::connection::Conn;
use bookings_db::testing::each_database;
use bookings_db::types::{DbInstant, DbJson, DbUuid, Id, Instant, Json};
use chrono::DateTime;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use uuid::Uuid;

diesel::table! {
    use diesel::sql_types::*;
    use super::{DbInstant, DbJson, DbUuid};

    sample (n) {
        n -> Integer,
        id -> Nullable<DbUuid>,
        at -> Nullable<DbInstant>,
        data -> Nullable<DbJson>,
    }
}

type Row = (i32, Option<Id>, Option<Instant>, Option<Json>);

fn instant(text: &str) -> Instant {
    Instant(text.parse().unwrap())
}

#[test]
fn values_come_back_as_they_went() {
    each_database(|db| {
        let mut conn = db.url().connect().unwrap();
        conn.batch_execute("CREATE TABLE sample (n integer NOT NULL PRIMARY KEY, id uuid, at timestamptz, data jsonb)")
            .unwrap();
        let rows: Vec<Row> = vec![
            (1, Some(Id(Uuid::nil())), Some(instant("1969-12-31T23:59:59.999999Z")), Some(Json(serde_json::json!({})))),
            (2, Some(Id(Uuid::max())), Some(instant("0001-01-01T00:00:00Z")), Some(Json(serde_json::json!("é\"\\ 5")))),
            (3, None, None, None),
            (
                4,
                Some(Id(Uuid::from_u128(5))),
                Some(instant("9999-12-31T23:59:59.999999Z")),
                Some(Json(serde_json::json!([1, null, {"a": 1.5}]))),
            ),
            (5, None, Some(instant("2000-01-01T00:00:00Z")), Some(Json(serde_json::json!(1e300)))),
        ];
        for (n, id, at, data) in rows.clone() {
            let row = (sample::n.eq(n), sample::id.eq(id), sample::at.eq(at), sample::data.eq(data));
            diesel::insert_into(sample::table).values(row).execute(&mut conn).unwrap();
        }
        assert_eq!(sample::table.order(sample::n).load::<Row>(&mut conn).unwrap(), rows);

        let found = |conn: &mut Conn, from: &str| -> Vec<i32> {
            let query = sample::table.filter(sample::at.ge(instant(from))).order(sample::at).select(sample::n);
            query.load(conn).unwrap()
        };
        assert_eq!(found(&mut conn, "1969-12-31T23:59:59.999999Z"), [1, 5, 4]);
        let latest: Option<Instant> = sample::table.select(diesel::dsl::max(sample::at)).first(&mut conn).unwrap();
        assert_eq!(latest, rows[3].2);
        let ids = [Id(Uuid::max()), Id(Uuid::from_u128(5))];
        let listed: Vec<i32> =
            sample::table.filter(sample::id.eq_any(ids)).order(sample::n).select(sample::n).load(&mut conn).unwrap();
        assert_eq!(listed, [2, 4]);
    });
}

#[test]
fn instants_are_cut_to_microseconds() {
    each_database(|db| {
        let mut conn = db.url().connect().unwrap();
        let fine = Instant(DateTime::from_timestamp_nanos(1_999));
        let kept: Instant =
            diesel::select(diesel::dsl::sql::<DbInstant>("").bind::<DbInstant, _>(fine)).get_result(&mut conn).unwrap();
        assert_eq!(kept, Instant(DateTime::from_timestamp_nanos(1_000)));
    });
}
