//! A slot engine that says anything at all: a booking is made where it offers the start, and refused in every other case.

use bookings_core::Policy;
use bookings_core::context::SlotValidation;
use bookings_db::bookings::ListQuery;
use bookings_db::{Scope, Store, doctor};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{Browser, on_each_database, serving, settings, state};
use crate::desk::{Desk, all};
use crate::engine::Engine;
use crate::nasty::{Draw, value};

/// An answer made of an honest one.
#[derive(Debug, Clone)]
enum Said {
    /// JSON that may be as agreed.
    Json(Value),
    /// As offered, with bytes put in, cut off behind the last.
    Broken(Vec<(prop::sample::Index, u8)>, bool),
    /// Any status.
    Status(u16),
    /// Chunks whose sizes are lies.
    Chunked(String),
    Bytes(Vec<u8>),
}

/// Starts as JSON: instants near and far from the one that is wanted, by minutes, and what is none.
fn start() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (-3_i64..4).prop_map(|quarters| json!({ "in": quarters * 15 })),
        1 => value().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(json!("9999-12-31T23:59:59.999999999Z")),
        1 => Just(json!("-262143-01-01T00:00:00Z")),
        1 => Just(Value::Null),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let starts = || prop::collection::vec(start(), 0..4).prop_map(Value::from);
    let near = prop::collection::vec((-1_i64..2).prop_map(|quarters| json!({ "in": quarters * 15 })), 1..4);
    let body = prop_oneof![
        6 => near.prop_map(|starts| json!({ "available_starts": starts })),
        4 => starts().prop_map(|starts| json!({ "available_starts": starts })),
        1 => starts(),
        1 => value().prop_map(|name| json!({ name: [] })),
        1 => any::<bool>().prop_map(|said| json!({ "available_starts": said })),
    ];
    let places = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
    prop_oneof![
        4 => body.prop_map(Said::Json),
        2 => (places, any::<bool>()).prop_map(|(places, cut)| Said::Broken(places, cut)),
        1 => (0_u16..1000).prop_map(Said::Status),
        1 => "[0-9a-fA-F\\r\\n;]{0,12}".prop_map(Said::Chunked),
        1 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Said::Bytes),
    ]
}

/// The instants that were drawn as minutes from the wanted start.
fn placed(value: &Value, wanted: DateTime<Utc>) -> Value {
    match value {
        Value::Object(map) => match map.get("in").and_then(Value::as_i64) {
            Some(minutes) => (wanted + TimeDelta::minutes(minutes)).to_rfc3339().into(),
            None => map.iter().map(|(key, value)| (key.clone(), placed(value, wanted))).collect(),
        },
        Value::Array(values) => values.iter().map(|value| placed(value, wanted)).collect(),
        other => other.clone(),
    }
}

fn framed(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The starts of an answer as agreed; `None` where it is none.
fn agreed(body: &Value) -> Option<Vec<DateTime<Utc>>> {
    let starts = body.as_object()?.get("available_starts")?.as_array()?;
    starts.iter().map(|start| start.as_str()?.parse().ok()).collect()
}

#[test]
fn whatever_the_engine_says_only_what_it_offers_is_booked() {
    const CASES: usize = 120;
    on_each_database(|db| async move {
        let desk = Desk::open(&db);
        let engine = Engine::start();
        let mut settings = settings(&db);
        settings.policy.slot_validation = SlotValidation::Engine;
        settings.slots_url = Some(engine.url());
        let app = serving(state(&db, settings)).await;
        let mut sam = Browser::signed_in(&app, "Sam").await;
        let (mut draw, said) = (Draw::new(), said());
        let (mut booked, mut without, mut unheard) = (0, 0, 0);
        for case in 0..CASES {
            let wanted = desk.instant(3 + case as u64, "12:00");
            let honest = json!({ "available_starts": [wanted.to_rfc3339()] });
            let drawn = draw.one(&said);
            let (bytes, sure) = match &drawn {
                Said::Json(body) => {
                    let body = placed(body, wanted);
                    (framed(&body.to_string()), Some(agreed(&body)))
                }
                Said::Broken(places, cut) => {
                    let mut bytes = framed(&honest.to_string());
                    for (place, byte) in places {
                        let place = place.index(bytes.len());
                        bytes[place] = *byte;
                        if *cut {
                            bytes.truncate(place);
                            break;
                        }
                    }
                    (bytes, None)
                }
                Said::Status(200) => (framed(&honest.to_string()), Some(Some(vec![wanted]))),
                Said::Status(status) => {
                    let body = honest.to_string();
                    let head = format!("HTTP/1.1 {status:03} So\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                    (head.into_bytes(), Some(None))
                }
                Said::Chunked(size) => {
                    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                    (format!("{head}{size}\r\n{honest}\r\n0\r\n\r\n").into_bytes(), None)
                }
                Said::Bytes(bytes) => (bytes.clone(), Some(None)),
            };
            engine.says(bytes);
            let typed = desk.booking(desk.massage, desk.room, &desk.at(3 + case as u64, "12:00"), "Zoë");
            let page = sam.try_to_book(&typed).await;
            let codes = all(&page.html(), "[data-code]", "data-code");
            let expected = match &sure {
                Some(Some(starts)) if starts.contains(&wanted) => "",
                Some(Some(_)) => "slot_unavailable",
                Some(None) => "slot_engine_unavailable",
                // What is left of an answer may still be one.
                None => codes.first().map_or("", String::as_str),
            };
            match expected {
                "" => {
                    assert_eq!((page.status, codes.len()), (303, 0), "{drawn:?}: {codes:?}");
                    booked += 1;
                }
                code => {
                    assert_eq!((page.status, codes.first().map(String::as_str)), (422, Some(code)), "{drawn:?}");
                    assert!(code.starts_with("slot_"), "{drawn:?}: {codes:?}");
                    assert!(page.body.len() < 100_000, "{drawn:?}: a page of {} bytes", page.body.len());
                    if code == "slot_unavailable" { without += 1 } else { unheard += 1 }
                }
            }
        }
        assert!(booked > 5 && without > 5 && unheard > 20, "{booked} booked, {without} not offered, {unheard} unheard");
        let kept = db.pools().read(|conn| ListQuery::new(Scope::All).whole(conn, None, 1_000)).unwrap().0.len();
        assert_eq!(kept, booked, "what was refused left nothing");
        let mut found = Vec::new();
        doctor::examine(&Store::new(db.pools().clone(), Policy::default()), &mut |one| found.push(one)).unwrap();
        assert_eq!(found, []);
    });
}
