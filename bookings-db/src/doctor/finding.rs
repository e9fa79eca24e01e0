//! What the doctor may find, and what to do about each.

use std::fmt;

/// A kind of broken data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Two active bookings hold the same time of one provider.
    Overlap,
    /// More seats of a shared slot are held than its service has.
    Oversold,
    /// The row says something else than its history leads to.
    RowAndHistory,
    /// The add-ons are others than the history leads to.
    AddonsAndHistory,
    /// An event between the first and the booking's version is not there.
    MissingEvent,
    /// An event that the booking's version doesn't count.
    ExtraEvent,
    /// An event was changed, or put where it does not belong.
    BrokenChain,
    /// A history whose booking is gone.
    MissingBooking,
    /// Add-ons whose booking is gone.
    OrphanAddon,
    /// Personal values whose event is gone.
    OrphanPersonal,
    /// A reference that nobody could type.
    ReferenceForm,
    /// The busy window is not start and end with the buffers.
    BusyWindow,
    /// The key of the slot is not what the booking's service and start make.
    SlotKey,
    /// A value that no command writes.
    ImpossibleValue,
    /// A time that no calendar of ours holds, or an end before its start.
    ImpossibleTime,
    /// The text a booking is found by is not its client's.
    SearchText,
    /// SQLite's search index disagrees with the text.
    SearchIndex,
    /// The catalogue has no such service.
    UnknownService,
    /// The catalogue has no such provider.
    UnknownProvider,
    /// Booking, service and provider are not of one tenant.
    TenantMismatch,
    /// Something of an account, a tenant, a service, a provider, a bulk run or an import that is not there.
    OrphanRow,
    /// A saved view that no list can open.
    SavedView,
    /// A bulk run or import that its rows disagree with.
    SelectionRows,
    /// A bulk run or import that counts as running, while nobody works on it.
    LeftRunning,
    /// A second factor that nobody can use, or recovery codes without one.
    SecondFactor,
    /// A person's choice that the program doesn't know.
    Preference,
    /// A record of the catalogue and its history disagree.
    CatalogueHistory,
    /// Something can't be read at all.
    Unreadable,
    /// A trigger or constraint that should refuse such data is not there.
    MissingWall,
    /// The database file itself is damaged.
    DamagedFile,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 30] = [
        Kind::Overlap,
        Kind::Oversold,
        Kind::RowAndHistory,
        Kind::AddonsAndHistory,
        Kind::MissingEvent,
        Kind::ExtraEvent,
        Kind::BrokenChain,
        Kind::MissingBooking,
        Kind::OrphanAddon,
        Kind::OrphanPersonal,
        Kind::ReferenceForm,
        Kind::BusyWindow,
        Kind::SlotKey,
        Kind::ImpossibleValue,
        Kind::ImpossibleTime,
        Kind::SearchText,
        Kind::SearchIndex,
        Kind::UnknownService,
        Kind::UnknownProvider,
        Kind::TenantMismatch,
        Kind::OrphanRow,
        Kind::SavedView,
        Kind::SelectionRows,
        Kind::LeftRunning,
        Kind::SecondFactor,
        Kind::Preference,
        Kind::CatalogueHistory,
        Kind::Unreadable,
        Kind::MissingWall,
        Kind::DamagedFile,
    ];

    /// As scripts read it: `overlap`, `broken_chain`, ...
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.words().0
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        self.words().1
    }

    const fn words(self) -> (&'static str, &'static str) {
        const EDITED: &str = "somebody wrote past the program: restore the row from a backup, or find out who did";
        // Every change writes what follows from the rest.
        const REWRITTEN: &str = "add a note to the booking: every change writes it anew";
        match self {
            Kind::Overlap => ("overlap", "move or cancel one of them"),
            Kind::Oversold => ("oversold", "move or cancel until the seats suffice, or give the service more seats"),
            Kind::RowAndHistory => ("row_and_history", EDITED),
            Kind::AddonsAndHistory => ("addons_and_history", EDITED),
            Kind::MissingEvent => ("missing_event", "restore the booking's events from a backup"),
            Kind::ExtraEvent => ("extra_event", EDITED),
            Kind::BrokenChain => (
                "broken_chain",
                "compare the history from that event on with a backup: it was changed after it was written",
            ),
            Kind::MissingBooking => {
                ("missing_booking", "restore the booking's row from a backup; no command deletes one")
            }
            Kind::OrphanAddon => ("orphan_addon", "restore the booking's row from a backup, or delete these add-ons"),
            Kind::OrphanPersonal => {
                ("orphan_personal", "restore the event from a backup, or delete these values if they were to be erased")
            }
            Kind::ReferenceForm => ("reference_form", "give the booking the reference that its first event has"),
            Kind::BusyWindow => ("busy_window", REWRITTEN),
            Kind::SlotKey => ("slot_key", REWRITTEN),
            Kind::ImpossibleValue => ("impossible_value", EDITED),
            Kind::ImpossibleTime => ("impossible_time", EDITED),
            Kind::SearchText => ("search_text", REWRITTEN),
            Kind::SearchIndex => (
                "search_index",
                "fill it anew in sqlite3: INSERT INTO booking_search (booking_search) VALUES ('delete-all'); \
                 INSERT INTO booking_search (rowid, search_text) SELECT search_place, search_text FROM booking ORDER BY start_at",
            ),
            Kind::UnknownService => ("unknown_service", "put the service back into the catalogue, inactive"),
            Kind::UnknownProvider => ("unknown_provider", "put the provider back into the catalogue, inactive"),
            Kind::TenantMismatch => ("tenant_mismatch", "set the tenant that its service and provider have"),
            Kind::OrphanRow => ("orphan_row", "restore what it belongs to from a backup, or delete it"),
            Kind::SavedView => ("saved_view", "delete the view, or save it anew from the list"),
            Kind::SelectionRows => ("selection_rows", EDITED),
            Kind::LeftRunning => {
                ("left_running", "open its page and continue it: what was done is kept and not done twice")
            }
            Kind::SecondFactor => {
                ("second_factor", "reset the account's second factor, or give back the secret key it was sealed with")
            }
            Kind::Preference => ("preference", "let the person save their preferences anew"),
            Kind::CatalogueHistory => ("catalogue_history", EDITED),
            Kind::Unreadable => ("unreadable", "restore it from a backup"),
            Kind::MissingWall => {
                ("missing_wall", "create it as the migrations do, once everything else found is mended")
            }
            Kind::DamagedFile => ("damaged_file", "restore the newest sound backup, and look at the disk"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that is broken. Names no person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub kind: Kind,
    /// Whose: the booking's reference as stored; `None` where it is no single booking's.
    pub reference: Option<String>,
    /// What exactly, as a sentence; instants are UTC.
    pub sentence: String,
}

impl Finding {
    pub(super) fn of(kind: Kind, reference: &str, sentence: impl Into<String>) -> Finding {
        Finding { kind, reference: Some(reference.into()), sentence: sentence.into() }
    }

    pub(super) fn general(kind: Kind, sentence: impl Into<String>) -> Finding {
        Finding { kind, reference: None, sentence: sentence.into() }
    }
}

/// `overlap BK-2026-7Z3K9QXA: sentence. What to do: remedy.`, on one line.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if let Some(reference) = &self.reference {
            write!(f, " {}", reference.escape_debug())?;
        }
        write!(f, ": {}. What to do: {}.", self.sentence.replace(char::is_control, " "), self.kind.remedy())
    }
}
