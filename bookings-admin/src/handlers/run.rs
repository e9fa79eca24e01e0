//! Work on the store, off the threads that answer requests.

use bookings_db::Store;

use crate::app::blocking;
use crate::error::PageError;

/// Runs `work` on a thread that may wait.
///
/// # Errors
/// What the work says.
pub async fn run<T: Send + 'static, E: Send + Into<PageError> + 'static>(
    store: &Store,
    work: impl FnOnce(&Store) -> Result<T, E> + Send + 'static,
) -> Result<T, PageError> {
    let store = store.clone();
    blocking(move || work(&store)).await
}
