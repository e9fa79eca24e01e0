//! What surrounds every page: navigation, search, account, zone, one-time message.

use serde::{Deserialize, Serialize};

use crate::assets::asset_path;

/// The frame of a page. `title` also goes into the browser's tab.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// Page title, without the product's name.
    pub title: String,
    /// Navigation; empty when signed out. See [`nav`].
    pub nav: Vec<NavItem>,
    /// Who is signed in; none on sign-in and set-up pages.
    pub account: Option<Account>,
    /// Token for every POST form on the page.
    pub csrf_token: String,
    /// Text in the search box.
    pub search: String,
    /// Which zone the times are in, as "Times in America/Port_of_Spain (UTC-4)"; empty hides it.
    pub zone: String,
    /// One-time message of the request before.
    pub flash: Option<Flash>,
    /// Chosen colours.
    pub theme: Theme,
    /// Whether keys are no shortcuts.
    pub shortcuts_off: bool,
    /// Seconds until the session ends; none when signed out.
    pub session_left: Option<i64>,
    /// Whether "New booking" is offered (roles that may book).
    pub can_book: bool,
}

impl Shell {
    /// A frame without navigation, for pages before sign-in.
    pub fn signed_out(title: &str, csrf_token: &str) -> Self {
        Self { title: title.into(), csrf_token: csrf_token.into(), ..Self::default() }
    }

    /// The same frame under another title.
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Address of a static file by its plain name.
    pub fn asset(&self, name: &str) -> &'static str {
        asset_path(name)
    }
}

/// The signed-in member of staff.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Display name.
    pub name: String,
    /// Role as shown: "owner".
    pub role: String,
}

/// A message shown once after a redirect.
#[derive(Clone, Debug)]
pub struct Flash {
    /// One sentence.
    pub message: String,
    /// Where the thing can be seen, if elsewhere.
    pub link: Option<super::Link>,
    /// How to take it back.
    pub undo: Option<Undo>,
}

/// A booking's last change, which can still be taken back.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Undo {
    /// The booking.
    pub reference: String,
    /// The version the change made.
    pub version: i64,
    /// Where to go afterwards; empty for the booking.
    pub next: String,
}

/// Colours: as the system says, or forced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Follows the system.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The theme of that value.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == value)
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// Value of the `data-theme` attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The places navigation can lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// `/`
    Today,
    /// `/bookings`
    Bookings,
    /// `/board`
    Board,
    /// `/clients`
    Clients,
    /// `/catalogue/services`
    Services,
    /// `/catalogue/addons`
    Addons,
    /// `/catalogue/providers`
    Providers,
    /// `/tenants`
    Tenants,
    /// `/staff`
    Staff,
    /// `/audit`
    Audit,
}

impl Section {
    /// Label, address and icon class.
    pub fn entry(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Today => ("Today", "/", "i-today"),
            Self::Bookings => ("Bookings", "/bookings?view=opening", "i-list"),
            Self::Board => ("Board", "/board", "i-board"),
            Self::Clients => ("Clients", "/clients", "i-people"),
            Self::Services => ("Services", "/catalogue/services", "i-service"),
            Self::Addons => ("Add-ons", "/catalogue/addons", "i-addon"),
            Self::Providers => ("Providers", "/catalogue/providers", "i-provider"),
            Self::Tenants => ("Tenants", "/tenants", "i-tenant"),
            Self::Staff => ("Staff", "/staff", "i-staff"),
            Self::Audit => ("Audit", "/audit", "i-audit"),
        }
    }

    /// Whether it belongs to the second group, set apart from the daily work.
    fn is_setup(self) -> bool {
        !matches!(self, Self::Today | Self::Bookings | Self::Board | Self::Clients)
    }
}

/// One entry of the navigation.
#[derive(Clone, Debug)]
pub struct NavItem {
    /// Visible text.
    pub label: &'static str,
    /// Address.
    pub href: &'static str,
    /// Class of its icon.
    pub icon: &'static str,
    /// Whether the page belongs to it.
    pub current: bool,
    /// Whether a rule stands before it.
    pub first_of_group: bool,
}

/// Navigation over the sections that exist for this person, in the order given.
pub fn nav(sections: &[Section], current: Option<Section>) -> Vec<NavItem> {
    let mut in_setup = false;
    sections
        .iter()
        .map(|&section| {
            let (label, href, icon) = section.entry();
            let first_of_group = section.is_setup() && !in_setup;
            in_setup = in_setup || section.is_setup();
            NavItem { label, href, icon, current: current == Some(section), first_of_group }
        })
        .collect()
}
