//! Typed ids: a booking's id can't be passed where a provider's is meant.

use core::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )*};
}

ids! {
    /// A booking.
    BookingId,
    /// A service that can be booked.
    ServiceId,
    /// An add-on to a service.
    AddonId,
    /// Whoever or whatever gives the time: a person, a room, a bicycle.
    ProviderId,
    /// A business among several in one installation.
    TenantId,
    /// A staff account.
    StaffId,
    /// A client's user account, where the installation has such.
    UserId,
}
