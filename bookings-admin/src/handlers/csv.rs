//! `GET /bookings.csv`, and how any file is sent.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header;
use actix_web::rt::task::{JoinHandle, spawn_blocking};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use bookings_db::audit::{self, AuditKind, Entry};
use bookings_db::{Store, StoreError};
use chrono::Utc;

use crate::app::AppState;
use crate::auth::{Action, Signed};
use crate::error::PageError;
use crate::export::Export;
use crate::forms;
use crate::handlers::run::run;
use crate::raw_form::{RawForm, encode};

/// The list's filter as a file; nothing is held in memory but the batch on its way.
///
/// # Errors
/// Forbidden to those who may not export; a filter that is not understood; the store's, until the file begins.
pub async fn bookings(
    request: HttpRequest,
    state: web::Data<AppState>,
    signed: Signed,
) -> Result<HttpResponse, PageError> {
    signed.require(Action::Export)?;
    let form = RawForm::parse(request.query_string().as_bytes()).map_err(PageError::BadRequest)?;
    let zone = signed.zone();
    let query = match forms::list::query(&form, zone, signed.scope()) {
        Ok(query) => query,
        Err(refusals) => {
            let line =
                |one: &bookings_core::Refusal| format!("{}: {}\n", one.field.unwrap_or_default(), one.sentence(zone));
            let text: String = refusals.iter().map(line).collect();
            return Ok(HttpResponse::UnprocessableEntity().content_type("text/plain; charset=utf-8").body(text));
        }
    };
    let (actor, tenant) = (signed.actor(), signed.staff.tenant_id);
    // The search may name a client, and the audit is for ever.
    let filter: Vec<_> = form.fields().iter().filter(|(name, _)| name != "q" && name != "client").cloned().collect();
    let filter = encode(&filter);
    run(&state.store, move |store| {
        let entry = Entry::new(AuditKind::Exported, &actor, tenant, "bookings");
        audit::record(&store.pools, &entry, &serde_json::json!({ "filter": filter }), Utc::now())
    })
    .await?;
    let day = Utc::now().with_timezone(&zone).format("%Y-%m-%d");
    download(&state, Export::new(query, zone), &format!("bookings-{day}.csv")).await
}

/// A file made piece by piece.
pub trait Piecewise: Send + Unpin + 'static {
    /// The next piece; `None` at its end.
    ///
    /// # Errors
    /// The store's.
    fn next_piece(&mut self, store: &Store) -> Result<Option<String>, StoreError>;
}

impl Piecewise for Export {
    fn next_piece(&mut self, store: &Store) -> Result<Option<String>, StoreError> {
        Export::next_piece(self, store)
    }
}

/// Answers with a file of that name.
///
/// # Errors
/// The store's, until the file begins.
pub async fn download(state: &AppState, file: impl Piecewise, name: &str) -> Result<HttpResponse, PageError> {
    let store = Arc::new(state.store.clone());
    let mut body = Pieces { next: Some(read(store.clone(), Box::new(file))), store };
    // The first piece is waited for, so that a database that is away is an answer and not half a file.
    let first = std::future::poll_fn(|context| Pin::new(&mut body).poll_next(context)).await.transpose()?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8; header=present")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(Whole { first, rest: body }))
}

type Read<E> = Result<(Box<E>, Option<String>), StoreError>;

/// Begins at once, on a thread that may wait.
fn read<E: Piecewise>(store: Arc<Store>, mut file: Box<E>) -> JoinHandle<Read<E>> {
    spawn_blocking(move || {
        let piece = file.next_piece(&store)?;
        Ok((file, piece))
    })
}

/// A body that reads one batch while the one before goes out, and holds no more.
struct Pieces<E> {
    store: Arc<Store>,
    next: Option<JoinHandle<Read<E>>>,
}

impl<E: Piecewise> MessageBody for Pieces<E> {
    type Error = PageError;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, PageError>>> {
        let this = self.get_mut();
        let Some(next) = &mut this.next else { return Poll::Ready(None) };
        let done = ready!(Pin::new(next).poll(context));
        this.next = None;
        let broke = match done {
            Ok(Ok((file, Some(piece)))) => {
                this.next = Some(read(this.store.clone(), file));
                return Poll::Ready(Some(Ok(piece.into())));
            }
            Ok(Ok((_, None))) => return Poll::Ready(None),
            Ok(Err(error)) => PageError::from(error),
            Err(_) => PageError::Internal("the reading of a file panicked".into()),
        };
        tracing::error!("an export broke off: {broke}");
        Poll::Ready(Some(Err(broke)))
    }
}

/// A body whose first piece is there already.
struct Whole<E> {
    first: Option<Bytes>,
    rest: Pieces<E>,
}

impl<E: Piecewise> MessageBody for Whole<E> {
    type Error = PageError;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, PageError>>> {
        let this = self.get_mut();
        match this.first.take() {
            Some(piece) => Poll::Ready(Some(Ok(piece))),
            None => Pin::new(&mut this.rest).poll_next(context),
        }
    }
}
