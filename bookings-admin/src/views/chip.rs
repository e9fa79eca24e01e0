//! A booking's status as shape and text, never colour alone.

/// Status of a booking, as a chip. [`StatusChip::code`] is what `data-status` carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusChip {
    /// Waits for approval.
    #[default]
    Pending,
    /// Will happen.
    Confirmed,
    /// Called off.
    Cancelled,
    /// Happened.
    Completed,
    /// The client did not come.
    NoShow,
}

impl StatusChip {
    /// Every status, in the order of a booking's life.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Confirmed, Self::Completed, Self::NoShow, Self::Cancelled];

    /// From the stored code (`NO_SHOW`), if it is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
            Self::Completed => "COMPLETED",
            Self::NoShow => "NO_SHOW",
        }
    }

    /// The word people read.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Confirmed => "Confirmed",
            Self::Cancelled => "Cancelled",
            Self::Completed => "Completed",
            Self::NoShow => "No-show",
        }
    }

    /// Class that brings shape and colour.
    pub fn class(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::NoShow => "no-show",
        }
    }
}
