//! Bookings as CSV: exactly those of a list's filter, batch by batch, so that any number takes the same memory.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;

use bookings_core::{Actor, Booking, BookingAddon};
use bookings_db::audit::{self, AuditKind, Entry};
use bookings_db::bookings::{Cursor, ListQuery};
use bookings_db::{Scope, Store, StoreError};
use chrono::{Timelike, Utc};
use chrono_tz::Tz;
use clap::Args;
use serde_json::Value;
use uuid::Uuid;

use crate::cli::Failure;
use crate::csv;
use crate::forms;
use crate::present;
use crate::raw_form::RawForm;
use crate::settings::Settings;

/// Rows of a batch.
const BATCH: u32 = 2_000;

/// The columns, in order. `import` reads the same names.
pub const COLUMNS: [&str; 29] = [
    "reference",
    "external_reference",
    "status",
    "start_at",
    "end_at",
    "zone",
    "start_local",
    "end_local",
    "service",
    "provider",
    "client_name",
    "client_email",
    "client_phone",
    "party_size",
    "capacity_consumed",
    "addons",
    "price",
    "currency",
    "notes_client",
    "notes_internal",
    "created_at",
    "updated_at",
    "version",
    "service_id",
    "provider_id",
    "tenant_id",
    "client_user_id",
    "addon_ids",
    "metadata",
];

/// An export under way.
pub struct Export {
    query: ListQuery,
    zone: Tz,
    begun: bool,
    after: Option<Cursor>,
    names: HashMap<Uuid, String>,
}

impl Export {
    /// Of what `query` finds, times also on the clocks of `zone`.
    #[must_use]
    pub fn new(query: ListQuery, zone: Tz) -> Export {
        Export { query, zone, begun: false, after: None, names: HashMap::new() }
    }

    /// The next piece of the file; `None` at its end.
    ///
    /// # Errors
    /// The store's.
    pub fn next_piece(&mut self, store: &Store) -> Result<Option<String>, StoreError> {
        let mut text = String::new();
        if !self.begun {
            csv::write(&mut text, COLUMNS);
        } else if self.after.is_none() {
            return Ok(None);
        }
        let after = self.after.take();
        let (bookings, end) = store.pools.read(|conn| {
            let batch = self.query.whole(conn, after.clone(), BATCH)?;
            let unknown = |id: &Uuid| !self.names.contains_key(id);
            let mut services: Vec<_> = batch.0.iter().map(|one| one.service_id).filter(|id| unknown(&id.0)).collect();
            let mut providers: Vec<_> = batch.0.iter().map(|one| one.provider_id).filter(|id| unknown(&id.0)).collect();
            services.sort();
            services.dedup();
            providers.sort();
            providers.dedup();
            if !services.is_empty() || !providers.is_empty() {
                let names = store.catalogue.names(conn, Scope::All, &services, &providers, &[])?;
                self.names.extend(services.iter().map(|id| (id.0, String::new())));
                self.names.extend(providers.iter().map(|id| (id.0, String::new())));
                self.names.extend(names.by_id());
            }
            Ok(batch)
        })?;
        self.begun = true;
        self.after = end;
        for booking in &bookings {
            self.row(&mut text, booking);
        }
        Ok(Some(text))
    }

    /// In the order of [`COLUMNS`].
    fn row(&self, text: &mut String, booking: &Booking) {
        let name = |id: Uuid| self.names.get(&id).map_or("", String::as_str);
        let mut line = csv::Line::begin(text);
        line.text(booking.reference.as_str());
        line.text(booking.metadata.get(EXTERNAL).and_then(Value::as_str).unwrap_or_default());
        line.text(booking.status.as_str());
        line.plain(present::iso(booking.start_at));
        line.plain(present::iso(booking.end_at));
        line.text(self.zone.name());
        for at in [booking.start_at, booking.end_at].map(|at| at.with_timezone(&self.zone).naive_local()) {
            line.plain(format_args!("{} {:02}:{:02}", at.date(), at.hour(), at.minute()));
        }
        line.text(name(booking.service_id.0));
        line.text(name(booking.provider_id.0));
        line.text(&booking.client.name);
        line.text(&booking.client.email);
        line.text(&booking.client.phone);
        line.plain(booking.party_size);
        line.plain(booking.capacity_consumed);
        line.text(&joined(&booking.addons, "; ", |addon| addon.name.as_str().into()));
        line.text(&booking.total().map(|total| total.currency.major_units(total.minor)).unwrap_or_default());
        line.text(booking.snapshot.currency.as_str());
        line.text(&booking.notes_client);
        line.text(&booking.notes_internal);
        line.plain(present::iso(booking.created_at));
        line.plain(present::iso(booking.updated_at));
        line.plain(booking.version);
        line.plain(booking.service_id);
        line.plain(booking.provider_id);
        for id in [booking.tenant_id.map(|id| id.0), booking.client.user_id.map(|id| id.0)] {
            line.text(&id.map(|id| id.to_string()).unwrap_or_default());
        }
        line.text(&joined(&booking.addons, " ", |addon| addon.addon_id.to_string().into()));
        match booking.metadata.as_object() {
            Some(empty) if empty.is_empty() => line.text(""),
            _ => line.text(&booking.metadata.to_string()),
        }
        line.end();
    }
}

/// Something of each add-on, in their order.
fn joined<'a>(
    addons: &'a [BookingAddon],
    between: &str,
    each: impl Fn(&'a BookingAddon) -> Cow<'a, str>,
) -> Cow<'a, str> {
    match addons {
        [] => "".into(),
        [one] => each(one),
        many => many.iter().map(each).collect::<Vec<_>>().join(between).into(),
    }
}

/// The key in a booking's metadata that holds the reference it came in with.
pub const EXTERNAL: &str = "external_reference";

/// The filters of a list, as its address has them.
#[derive(Debug, Clone, Default, Args)]
pub struct ExportArgs {
    /// Words, phone, e-mail or reference to find
    #[arg(long, default_value = "")]
    q: String,
    /// PENDING, CONFIRMED, CANCELLED, COMPLETED or NO_SHOW; may be repeated
    #[arg(long)]
    status: Vec<String>,
    /// Id of a provider; may be repeated
    #[arg(long)]
    provider: Vec<String>,
    /// Id of a service; may be repeated
    #[arg(long)]
    service: Vec<String>,
    /// Id of a tenant; may be repeated
    #[arg(long)]
    tenant: Vec<String>,
    /// First day, in the shown zone
    #[arg(long, default_value = "", value_name = "YYYY-MM-DD")]
    from: String,
    /// Last day, included
    #[arg(long, default_value = "", value_name = "YYYY-MM-DD")]
    to: String,
    /// Order: start_at, -start_at, created_at, -created_at, client_name or reference
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    sort: String,
}

/// Writes the file to standard output.
///
/// # Errors
/// A filter that is not understood; the store's; a reader that went away is none.
pub fn run(store: &Store, settings: &Settings, args: &ExportArgs) -> Result<(), Failure> {
    let singles = [("q", &args.q), ("from", &args.from), ("to", &args.to), ("sort", &args.sort)];
    let repeated =
        [("status", &args.status), ("provider", &args.provider), ("service", &args.service), ("tenant", &args.tenant)];
    let singles = singles.into_iter().map(|(name, value)| (name.to_owned(), value.clone()));
    let repeated = repeated
        .into_iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name.to_owned(), value.clone())));
    let form = RawForm::of(singles.chain(repeated).collect());
    let query = forms::list::query(&form, settings.time_zone, Scope::All).map_err(|refusals| {
        let sentences: Vec<String> = refusals
            .iter()
            .map(|refusal| format!("--{}: {}", refusal.field.unwrap_or_default(), refusal.sentence(settings.time_zone)))
            .collect();
        Failure::Usage(sentences.join(" "))
    })?;
    let by = Actor::program("command line");
    audit::record(&store.pools, &Entry::new(AuditKind::Exported, &by, None, "bookings"), &Value::Null, Utc::now())?;
    let mut export = Export::new(query, settings.time_zone);
    let mut out = std::io::stdout().lock();
    while let Some(piece) = export.next_piece(store)? {
        match out.write_all(piece.as_bytes()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            done => done?,
        }
    }
    Ok(out.flush()?)
}
