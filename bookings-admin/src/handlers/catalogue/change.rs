//! Writing a record: the change, its event and its line in the audit are one transaction.

use bookings_core::event::Changes;
use bookings_core::{Actor, Code, Concern, Refusal, TenantId};
use bookings_db::audit::{self, AuditKind, Entry};
use bookings_db::catalogue::history::{self, Deed, NewEvent};
use bookings_db::catalogue::uses::{self, Use};
use bookings_db::connection::Conn;
use bookings_db::transaction::write;
use bookings_db::types::Id;
use bookings_db::{Scope, Store, StoreError};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::kind::{Data, Kind, Saved};
use super::record::{Record, changes};
use super::show::label;
use crate::app::AppState;
use crate::auth::Signed;
use crate::error::PageError;
use crate::handlers::run::run;
use crate::raw_form::RawForm;

/// Uses of each sort that a refusal names.
const NAMED_USES: u32 = 5;

/// What saving came to, or why it was refused.
pub type Answer = Result<Saved, Vec<Refusal>>;

/// Makes a record, or changes that of `id`; the form says at which version it was opened.
pub async fn save(
    state: &AppState,
    signed: &Signed,
    kind: Kind,
    form: &RawForm,
    id: Option<Id>,
) -> Result<Answer, PageError> {
    let (tenancy, scope) = (state.settings.policy.tenancy, signed.scope());
    let own = signed.staff.tenant_id.map(|id| Id(id.0));
    let version: Option<i64> = form.get("version").parse().ok();
    let (data, seen) = match (kind.parse(form, tenancy, own), id, version) {
        (Err(refusals), ..) => return Ok(Err(refusals)),
        (Ok(_), Some(_), None) => {
            let accepted = Concern::Accepted("the version that the form was opened with".into());
            return Ok(Err(vec![Refusal::about(Code::Invalid, "version", accepted)]));
        }
        (Ok(data), _, seen) => (data, seen.unwrap_or(0)),
    };
    let actor = signed.actor();
    run(&state.store, move |store| written(store, &actor, &data, scope, id, seen)).await
}

fn written(
    store: &Store,
    actor: &Actor,
    data: &Data,
    scope: Scope,
    id: Option<Id>,
    seen: i64,
) -> Result<Answer, StoreError> {
    let tenant = data.tenant().map(|id| TenantId(id.0));
    let done = write(&store.pools, &uses::lock_to_refer(tenant, data.services()), |conn| {
        let before = match id {
            Some(id) => match data.kind().get(conn, scope, id)? {
                None => return Ok(Ok(Saved::Gone)),
                found => found,
            },
            None => None,
        };
        let misfits = data.misfits(conn, scope, before.as_ref())?;
        if !misfits.is_empty() {
            return Ok(Err(misfits));
        }
        let now = Utc::now();
        let saved = match id {
            Some(id) => data.update(conn, scope, id, seen, now)?,
            None => Saved::Done(Box::new(data.insert(conn, Id(Uuid::new_v4()), now)?)),
        };
        if let Saved::Done(record) = &saved {
            let deed = if before.is_some() { Deed::Changed } else { Deed::Made };
            keep(conn, data.kind(), actor, deed, before.as_ref(), record, now)?;
        }
        Ok::<_, StoreError>(Ok(saved))
    });
    match done {
        Err(StoreError::Wall(wall)) if wall.contains("slug") => {
            let accepted = Concern::Accepted("a slug that no other tenant has".into());
            Ok(Err(vec![Refusal::about(Code::Invalid, "slug", accepted)]))
        }
        done => done,
    }
}

/// What deleting came to.
pub enum Deleted {
    Done(Box<Record>),
    /// Somebody changed it since; the record as it is now.
    Stale(Box<Record>),
    /// What refers to it.
    Held(Vec<Use>),
    Gone,
}

/// Deletes what nothing refers to.
pub async fn delete(state: &AppState, signed: &Signed, kind: Kind, id: Id, seen: i64) -> Result<Deleted, PageError> {
    let (actor, scope) = (signed.actor(), signed.scope());
    run(&state.store, move |store| {
        write(&store.pools, &uses::lock_to_delete(kind.record(), id), |conn| {
            let before = match kind.get(conn, scope, id)? {
                None => return Ok(Deleted::Gone),
                Some(found) if found.version != seen => return Ok(Deleted::Stale(Box::new(found))),
                Some(found) => found,
            };
            let uses = uses::of(conn, kind.record(), id, NAMED_USES)?;
            if !uses.is_empty() {
                return Ok(Deleted::Held(uses));
            }
            kind.delete(conn, scope, id, seen)?;
            let after = Record { version: seen + 1, ..before.clone() };
            keep(conn, kind, &actor, Deed::Deleted, Some(&before), &after, Utc::now())?;
            Ok::<_, StoreError>(Deleted::Done(Box::new(before)))
        })
    })
    .await
}

/// The event and the line in the audit.
fn keep(
    conn: &mut Conn,
    kind: Kind,
    actor: &Actor,
    deed: Deed,
    before: Option<&Record>,
    after: &Record,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let changes = changes(before, Some(after).filter(|_| deed != Deed::Deleted));
    let tenant = Uuid::try_parse(after.get("tenant_id")).ok();
    let event = NewEvent {
        kind: kind.record(),
        record: after.id,
        version: after.version,
        name: &after.name,
        tenant: tenant.map(Id),
        deed,
        actor,
        changes: &changes,
    };
    history::append(conn, &event, now)?;
    let subject = format!("{} {}", kind.words().0, after.name);
    let entry = Entry::new(AuditKind::CatalogueChanged, actor, tenant.map(TenantId), &subject);
    audit::append(conn, &entry, told(deed, &changes), now)
}

/// What the audit says of it: old and new of what changed; of a new or deleted one only that.
fn told(deed: Deed, changes: &Changes) -> Value {
    match deed {
        Deed::Made => serde_json::json!({ "new": "made" }),
        Deed::Deleted => serde_json::json!({ "new": "deleted" }),
        Deed::Changed => {
            let plain = |value: &Value| match value {
                Value::Null => String::new(),
                Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
                other => other.as_str().map_or_else(|| other.to_string(), str::to_owned),
            };
            let line = |(field, change): (&String, &bookings_core::event::Change)| {
                (label(field), format!("{} \u{2192} {}", plain(&change.old), plain(&change.new)).into())
            };
            changes.iter().map(line).collect::<Map<_, _>>().into()
        }
    }
}
