//! Events: what each keeps, and a chain that shows tampering and outlives erasure.

use bookings_core::booking::PERSONAL_FIELDS;
use bookings_core::history::{first_broken_link, link, replay};
use bookings_core::*;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::support::*;

fn told(changes: &bookings_core::event::Changes) -> Value {
    let pairs = changes.iter().map(|(field, change)| (field.clone(), json!([change.old, change.new])));
    Value::Object(pairs.collect())
}

/// A booking's fields without those that have no value: what a history, which never mentions them, leads to.
pub fn given(fields: Map<String, Value>) -> Map<String, Value> {
    fields.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

#[test]
fn a_move_tells_old_and_new_and_nothing_else() {
    let booking = booking(Status::Confirmed);
    let (_, event) = changed(World::new().reschedule(&booking, &moving(&booking, at(9000))));
    let expect = json!({
        "start_at": ["2026-11-24T12:00:00Z", "2026-11-29T18:00:00Z"],
        "end_at": ["2026-11-24T13:00:00Z", "2026-11-29T19:00:00Z"],
    });
    assert_eq!((told(&event.data.changes), told(&event.personal)), (expect, json!({})));
    assert_eq!((event.personal_digest, event.message.as_str()), (None, ""));
}

#[test]
fn what_names_a_person_stands_apart() {
    let booking = booking(Status::Confirmed);
    let edit = EditBooking {
        client: Client {
            name: "Augusta".into(),
            email: String::new(),
            phone: "112".into(),
            user_id: Some(UserId(Uuid::from_u128(5))),
        },
        notes_internal: "Owes us".into(),
        notes_client: "Thanks".into(),
        metadata: Some(json!({"room": 4})),
        ..EditBooking::of(&booking)
    };
    let (_, event) = changed(World::new().edit(&booking, &edit));
    let personal = json!({
        "client_name": ["Ada", "Augusta"],
        "client_email": ["ada@example.com", ""],
        "client_phone": ["+1 868 555-0100", "112"],
        "notes_internal": ["", "Owes us"],
        "notes_client": ["", "Thanks"],
    });
    assert_eq!(told(&event.personal), personal);
    assert_eq!(event.personal.keys().len(), PERSONAL_FIELDS.len());
    let plain = json!({
        "client_user_id": [null, "00000000-0000-0000-0000-000000000005"],
        "metadata": [{}, {"room": 4}],
    });
    assert_eq!(told(&event.data.changes), plain);
}

#[test]
fn creation_tells_everything_that_has_a_value() {
    let (booking, event) = changed(World::new().create(&wish(at(60))));
    assert_eq!(replay([&event]), given(booking.fields()));
    assert!(event.data.changes.values().chain(event.personal.values()).all(|change| change.old.is_null()));
}

#[test]
fn who_when_why() {
    let mut world = World::new();
    world.actor.role = Role::Admin;
    let mut booking = booking(Status::Confirmed);
    booking.snapshot.cancellation_allowed = false;
    let overrides = overriding(&[Code::CancellationNotAllowed], "Flood");
    let command = CancelBooking { reason: "  Rain ".into(), overrides, ..cancelling(&booking) };
    let batch_id = Some(Uuid::from_u128(0xba));
    let context = Context { batch_id, ..world.context() };
    let (after, event) = changed(cancel_booking(&booking, &command, &context));
    assert_eq!((event.actor_id, event.actor_name.as_str()), (world.actor.id, "Grace"));
    assert_eq!((event.at, after.updated_at, after.created_at), (now(), now(), booking.created_at));
    assert_eq!(event.message, "Rain");
    let data = json!({
        "changes": {
            "status": {"old": "CONFIRMED", "new": "CANCELLED"},
            "status_before_cancel": {"old": null, "new": "CONFIRMED"},
        },
        "overrides": ["cancellation_not_allowed"],
        "override_reason": "Flood",
        "batch_id": "00000000-0000-0000-0000-0000000000ba",
    });
    assert_eq!(json!(event.data), data);
    assert_eq!(changed(world.note(&booking, " Called \n")).1.message, "Called");
}

/// A life with each kind of event, the last of them a note.
fn history() -> (Booking, Vec<Event>) {
    let mut world = World::new();
    world.terms().requires_approval = true;
    let (mut booking, created) = changed(world.create(&CreateBooking { notes_client: "Hello".into(), ..wish(at(60)) }));
    let mut events = vec![created];
    let verbs: [fn(&World, &Booking) -> Decided; 8] = [
        |w, b| w.confirm(b),
        |w, b| w.reschedule(b, &moving(b, at(120))),
        |w, b| w.edit(b, &EditBooking { notes_internal: "x".into(), ..EditBooking::of(b) }),
        |w, b| w.cancel(b, &cancelling(b)),
        |w, b| w.reinstate(b, &on(b)),
        |w, b| World { now: at(200), ..w.clone() }.complete(b, &on(b)),
        |w, b| mark_no_show(b, &on(b), &World { now: at(200), ..w.clone() }.context()),
        |w, b| w.note(b, "Called"),
    ];
    for verb in verbs {
        let (after, event) = changed(verb(&world, &booking));
        booking = after;
        events.push(event);
    }
    (booking, events)
}

#[test]
fn a_life_is_replayed_and_sound() {
    let (booking, events) = history();
    let types: Vec<_> = events.iter().map(|event| event.event_type).collect();
    let expect = [
        "CREATED",
        "CONFIRMED",
        "RESCHEDULED",
        "EDITED",
        "CANCELLED",
        "REINSTATED",
        "COMPLETED",
        "NO_SHOW",
        "NOTE_ADDED",
    ];
    assert_eq!(types.iter().map(|event_type| event_type.as_str()).collect::<Vec<_>>(), expect);
    assert_eq!(given(replay(&events)), given(booking.fields()));
    assert_eq!(first_broken_link(&events), None);
    assert_eq!(booking.chain_hash, events[8].hash);
    assert_eq!(first_broken_link(&[]), None);
}

/// The value with one of its parts changed, whatever it is.
fn altered(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(format!("{text}!")),
        Value::Null => json!(false),
        Value::Bool(yes) => json!(!yes),
        Value::Number(number) => json!(format!("{number}")),
        Value::Array(_) | Value::Object(_) => Value::Null,
    }
}

/// One way to tamper with an event; `None` where it has no such part. The salt is left out: the digest is over it.
fn tampered(event: &Event, way: usize) -> Option<Event> {
    let mut event = event.clone();
    let first = |changes: &mut bookings_core::event::Changes, new: bool| {
        let change = changes.values_mut().next()?;
        let side = if new { &mut change.new } else { &mut change.old };
        *side = altered(side);
        Some(())
    };
    match way {
        0 => event.booking_id = BookingId(Uuid::from_u128(99)),
        1 => event.version += 1,
        2 => {
            event.event_type =
                if event.event_type == EventType::Edited { EventType::Created } else { EventType::Edited }
        }
        3 => event.actor_id = None,
        4 => event.actor_name.push('!'),
        5 => event.at += micros(1),
        6 => event.message.push('!'),
        7 => first(&mut event.data.changes, false)?,
        8 => first(&mut event.data.changes, true)?,
        9 => drop(event.data.changes.pop_first()?),
        10 => drop(event.data.changes.insert("party_size".into(), Change { old: json!(9), new: json!(9) })),
        11 => event.data.overrides.push(Code::Duplicate),
        12 => event.data.override_reason.push('!'),
        13 => event.data.batch_id = Some(Uuid::from_u128(1)),
        14 => first(&mut event.personal, false)?,
        15 => first(&mut event.personal, true)?,
        16 => drop(event.personal.insert("client_name".into(), Change { old: json!("Eve"), new: json!("Mallory") })),
        17 => event.personal_digest = if event.personal_digest.is_some() { None } else { Some([1; 32]) },
        18 => event.personal_digest.as_mut()?[31] ^= 1,
        19 => event.hash[0] ^= 1,
        _ => drop((!event.personal.is_empty()).then(|| event.personal_salt[15] ^= 1)?),
    }
    Some(event)
}
const WAYS: usize = 21;

#[test]
fn tampering_with_any_part_of_any_event_shows_at_that_event() {
    let (_, events) = history();
    let mut tried = [0; WAYS];
    for place in 0..events.len() {
        for (way, tries) in tried.iter_mut().enumerate() {
            let Some(event) = tampered(&events[place], way) else { continue };
            let mut altered = events.clone();
            let version = event.version;
            altered[place] = event;
            assert_eq!(first_broken_link(&altered), Some(version), "way {way} at {place}");
            // One who knows how to hash still can't hide it from the event after.
            let previous = if place == 0 { [0; 32] } else { altered[place - 1].hash };
            altered[place].hash = link(&previous, &altered[place]);
            assert!(
                place == 8 || way == 19 || first_broken_link(&altered).is_some(),
                "way {way} at {place}, hashed anew"
            );
            *tries += 1;
        }
    }
    assert!(tried.iter().all(|tries| *tries > 0), "{tried:?}");
}

#[test]
fn events_left_out_swapped_or_repeated_show() {
    let (_, events) = history();
    for place in 0..events.len() - 1 {
        let mut less = events.clone();
        less.remove(place);
        assert_eq!(first_broken_link(&less), Some(less[place].version));
        let mut swapped = events.clone();
        swapped.swap(place, place + 1);
        assert_eq!(first_broken_link(&swapped), Some(swapped[place].version));
        let mut repeated = events.clone();
        repeated.insert(place, events[place].clone());
        assert_eq!(first_broken_link(&repeated), Some(events[place].version));
    }
    // Left out with the hash made good again.
    let mut skipping = events[..2].to_vec();
    skipping[1].version = 3;
    skipping[1].hash = link(&skipping[0].hash, &skipping[1]);
    assert_eq!(first_broken_link(&skipping), Some(3));
}

#[test]
fn erasing_a_person_leaves_the_chain_sound() {
    let (_, mut events) = history();
    for place in 0..events.len() {
        events[place].message.clear();
        events[place].personal.clear();
        events[place].personal_salt = [0; 16];
        assert_eq!(first_broken_link(&events), None, "erased up to {place}");
    }
    assert!(PERSONAL_FIELDS.iter().all(|field| !replay(&events).contains_key(*field)));
    // Erased in part is altered.
    let (_, mut events) = history();
    events[0].personal.pop_first();
    assert_eq!(first_broken_link(&events), Some(1));
}

/// The same words under another salt have another digest: whoever reads it can't guess at them.
#[test]
fn the_salt_counts() {
    let (_, event) = changed(World::new().create(&wish(at(60))));
    let salted = Event { personal_salt: [8; 16], ..event.clone() };
    assert_ne!(history_digest(&event), history_digest(&salted));
    assert_eq!(history_digest(&event), event.personal_digest);
}

fn history_digest(event: &Event) -> Option<[u8; 32]> {
    bookings_core::history::digest(event)
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Kept as JSON text and read back, an event still has its hash, whatever the installation's own data hold.
    #[test]
    fn what_is_stored_as_text_keeps_its_hash(metadata in json_value(), name in "\\PC{1,20}") {
        let client = Client { name, ..ada() };
        let Ok(decision) = World::new().create(&CreateBooking { metadata, client, ..wish(at(60)) }) else { return Ok(()) };
        let (_, event) = changed(Ok(decision));
        let text = (json!(event.data).to_string(), json!(event.personal).to_string());
        let read = Event {
            data: serde_json::from_str(&text.0).unwrap(),
            personal: serde_json::from_str(&text.1).unwrap(),
            ..event.clone()
        };
        prop_assert_eq!(first_broken_link(&[read]), None);
    }
}
