//! A row becomes the command it asks for, or every reason why it can't be understood.

use bookings_core::{Client, Code, Concern, CreateBooking, Overrides, Refusal, Status, TenantId};
use bookings_db::connection::Conn;
use bookings_db::{Store, StoreError};
use chrono_tz::Tz;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::cells::{Cells, REASON};
use super::names::Names;
use crate::export::EXTERNAL;
use crate::forms::parse_start;

/// Why a row was cancelled, where the file does not say.
const CANCELLED: &str = "Imported as cancelled";

/// A row as it was understood.
pub struct Wanted {
    pub command: CreateBooking,
    pub status: Option<Status>,
    pub reason: String,
}

/// What rows are read with.
pub struct Reading<'a> {
    pub store: &'a Store,
    /// Of times that name no zone.
    pub zone: Tz,
    /// The tenant of rows that name none.
    pub tenant: Option<TenantId>,
    pub overrides: &'a Overrides,
}

impl Reading<'_> {
    pub fn read(
        &self,
        conn: &mut Conn,
        cells: &Cells,
        names: &mut Names,
    ) -> Result<Result<Wanted, Vec<Refusal>>, StoreError> {
        let mut refusals = Vec::new();
        if cells.overflows() {
            refusals.push(Refusal::whole(
                Code::Invalid,
                Concern::Accepted("it has more cells than there are columns; is a quote missing?".into()),
            ));
        }
        let service_id = names.service(self.store, conn, cells, &mut refusals)?;
        let provider_id = names.provider(self.store, conn, cells, &mut refusals)?;
        let (start, zone) = cells.start(self.zone, &mut refusals);
        let start_at =
            start.and_then(|typed| parse_start(typed, None, zone).map_err(|refusal| refusals.push(*refusal)).ok());
        let mut fields = Fields { cells, refusals };
        let party_size = fields.number("party_size").unwrap_or(1);
        let capacity_consumed = fields.number("capacity_consumed");
        let (tenant_id, user_id) = (fields.id("tenant_id"), fields.id("client_user_id"));
        let addon_ids = fields.addons().into_iter().map(Into::into).collect();
        let metadata = fields.metadata();
        let status = fields.status();
        let refusals = fields.refusals;
        let (Some(service_id), Some(provider_id), Some(start_at), true) =
            (service_id, provider_id, start_at, refusals.is_empty())
        else {
            return Ok(Err(refusals));
        };
        let client = Client {
            name: cells.get("client_name").into(),
            email: cells.get("client_email").into(),
            phone: cells.get("client_phone").into(),
            user_id: user_id.map(Into::into),
        };
        let command = CreateBooking {
            tenant_id: tenant_id.map(Into::into).or(self.tenant),
            addon_ids,
            party_size,
            capacity_consumed,
            notes_client: cells.raw("notes_client").into(),
            notes_internal: cells.raw("notes_internal").into(),
            metadata,
            idempotency_key: Some(format!("import:{}", cells.external())),
            overrides: self.overrides.clone(),
            ..CreateBooking::new(service_id, provider_id, start_at, client)
        };
        let reason = match cells.get(REASON) {
            "" => CANCELLED,
            reason => reason,
        };
        Ok(Ok(Wanted { command, status, reason: reason.into() }))
    }
}

fn invalid(field: &'static str, accepted: &str) -> Refusal {
    Refusal::about(Code::Invalid, field, Concern::Accepted(accepted.into()))
}

/// Cells that are more than text, with what is wrong in them.
struct Fields<'a> {
    cells: &'a Cells<'a>,
    refusals: Vec<Refusal>,
}

impl Fields<'_> {
    fn number(&mut self, field: &'static str) -> Option<u32> {
        match self.cells.get(field) {
            "" => None,
            text => text.parse().map_err(|_| self.refusals.push(invalid(field, "a whole number, such as 2"))).ok(),
        }
    }

    fn id(&mut self, field: &'static str) -> Option<Uuid> {
        match self.cells.get(field) {
            "" => None,
            text => self.parsed(field, text),
        }
    }

    fn parsed(&mut self, field: &'static str, text: &str) -> Option<Uuid> {
        Uuid::try_parse(text).map_err(|_| self.refusals.push(invalid(field, "an id"))).ok()
    }

    fn addons(&mut self) -> Vec<Uuid> {
        let ids = self.cells.get("addon_ids");
        // The first that is none is refused; thousands of refusals would say no more.
        let ids: Vec<Uuid> = ids.split_whitespace().map_while(|text| self.parsed("addon_ids", text)).collect();
        if ids.is_empty() && !self.cells.get("addons").is_empty() {
            self.refusals.push(invalid("addon_ids", "the ids of the add-ons that column addons names"));
        }
        ids
    }

    fn metadata(&mut self) -> Value {
        let read = match self.cells.get("metadata") {
            "" => Ok(Map::new()),
            text => serde_json::from_str(text),
        };
        let mut metadata = read.unwrap_or_else(|_| {
            self.refusals.push(invalid("metadata", "a JSON object"));
            Map::new()
        });
        let external = self.cells.external();
        if external.is_empty() {
            self.refusals.push(Refusal::of(Code::Required, EXTERNAL));
        }
        metadata.insert(EXTERNAL.into(), external.into());
        Value::Object(metadata)
    }

    fn status(&mut self) -> Option<Status> {
        let text = self.cells.get("status");
        let status = Status::parse(text);
        if status.is_none() && !text.is_empty() {
            self.refusals.push(invalid("status", "PENDING, CONFIRMED, CANCELLED, COMPLETED or NO_SHOW"));
        }
        status
    }
}
