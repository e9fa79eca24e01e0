//! Who is signed in, what they may do, and the frame of the pages they see.

pub mod action;
pub mod address;
pub mod password;
pub mod recovery;
pub mod seal;
pub mod second_factor;
pub mod throttle;
pub mod totp;
pub mod unfit;

use std::future::{Ready, ready};

use actix_session::{Session, SessionExt};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use bookings_core::{Actor, Currency, Role, StaffId, TenantId};
use bookings_db::Scope;
use bookings_db::staff::Preferences;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use action::{Action, may};

use crate::app::AppState;
use crate::error::PageError;
use crate::present::zone_line;
use crate::session_store::EXPIRES_AT;
use crate::settings::Settings;
use crate::views::{self, NavItem, Section, Shell, Theme};
use crate::{csrf, flash};

/// In a session's state: the account's id. The store keeps it in a column of its own.
pub(crate) const STAFF_ID: &str = "staff_id";
/// In a session's state: the account as it is now. The store puts it there at each load and never keeps it.
pub(crate) const ACCOUNT: &str = "account";

/// A staff account as a request sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account's id.
    pub id: StaffId,
    /// The account's name as typed.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whose data they reach, with tenancy; none is above the tenants.
    pub tenant_id: Option<TenantId>,
    /// The time zone they chose, or that of their tenant, where there is one.
    pub time_zone: Option<String>,
    /// The currency of their tenant, where it has one of its own.
    pub currency: Option<String>,
    /// Whether they have a second factor.
    pub second_factor: bool,
    /// What they chose for themselves.
    pub preferences: Preferences,
}

impl Account {
    /// Whether their role needs a second factor that they don't have yet.
    #[must_use]
    pub fn lacks_second_factor(&self, settings: &Settings) -> bool {
        !self.second_factor && settings.operation.second_factor.contains(&self.role)
    }
}

/// What a session knows of the browser it was opened with, for whoever looks through their sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Names the session in forms; no key.
    pub id: String,
    /// What the browser calls itself.
    pub agent: String,
    /// Where it was opened from.
    pub address: String,
}

impl About {
    /// Where a session's state has it.
    pub(crate) const KEY: &str = "about";
}

/// The account of a session, if somebody is signed in and still may be.
#[must_use]
pub fn account(session: &Session) -> Option<Account> {
    session.get(ACCOUNT).ok().flatten()
}

/// Extractor: the signed-in member of staff. The gate lets nobody else through to a page, so that a handler need not ask.
pub struct Signed {
    /// Who.
    pub staff: Account,
    /// Their session, for one-time messages.
    pub session: Session,
    state: web::Data<AppState>,
}

impl Signed {
    /// Refuses whom [`may`] refuses.
    ///
    /// # Errors
    /// [`PageError::Forbidden`], which names the role.
    pub fn require(&self, action: Action) -> Result<(), PageError> {
        if may(&self.staff, action) {
            return Ok(());
        }
        let text = format!("As {} you may not {}. Nothing was changed.", self.staff.role.as_str(), action.words());
        Err(PageError::Forbidden(text))
    }

    /// Who acts, as events keep it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { id: Some(self.staff.id), name: self.staff.name.clone(), role: self.staff.role }
    }

    /// Whose data they reach.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.staff.tenant_id.map_or(Scope::All, Scope::Tenant)
    }

    /// The zone of the times they see and type: their tenant's, or the installation's.
    #[must_use]
    pub fn zone(&self) -> Tz {
        zone(&self.staff, &self.state)
    }

    /// The currency of what they price: their tenant's, or the installation's.
    #[must_use]
    pub fn currency(&self) -> Currency {
        let own = self.staff.currency.as_deref().and_then(Currency::parse);
        own.unwrap_or(self.state.settings.currency)
    }

    /// The frame of a page; takes the one-time message.
    #[must_use]
    pub fn shell(&self, title: &str, section: Option<Section>) -> Shell {
        let mut shell = frame(&self.staff, &self.session, &self.state, section);
        shell.title = title.into();
        shell.flash = flash::take(&self.session);
        shell
    }
}

impl FromRequest for Signed {
    type Error = PageError;
    type Future = Ready<Result<Signed, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.get_session();
        let staff = account(&session).ok_or(PageError::SignedOut);
        ready(staff.and_then(|staff| {
            let state = AppState::of(request)?;
            Ok(Signed { staff, session, state })
        }))
    }
}

/// The frame for whoever asks, without the one-time message: that waits for the page it was meant for.
pub(crate) fn shell(request: &HttpRequest) -> Shell {
    let session = request.get_session();
    match (account(&session), AppState::of(request)) {
        (Some(staff), Ok(state)) => frame(&staff, &session, &state, None),
        _ => Shell::default(),
    }
}

/// The frame of a form for the signed-out.
pub(crate) fn signed_out_shell(request: &HttpRequest, title: &str) -> Shell {
    Shell::signed_out(title, &csrf::token(&request.get_session()))
}

fn zone(staff: &Account, state: &AppState) -> Tz {
    let own = staff.time_zone.as_deref().and_then(|zone| zone.parse().ok());
    own.unwrap_or(state.settings.time_zone)
}

fn frame(staff: &Account, session: &Session, state: &AppState, section: Option<Section>) -> Shell {
    let ends: Option<DateTime<Utc>> = session.get(EXPIRES_AT).ok().flatten();
    Shell {
        nav: nav(staff, state.settings.policy.tenancy, section),
        account: Some(views::Account { name: staff.name.clone(), role: staff.role.as_str().into() }),
        csrf_token: csrf::token(session),
        zone: zone_line(zone(staff, state), Utc::now()),
        theme: Theme::parse(&staff.preferences.theme).unwrap_or_default(),
        shortcuts_off: !staff.preferences.shortcuts,
        session_left: ends.map(|ends| (ends - Utc::now()).num_seconds()),
        can_book: may(staff, Action::Book),
        ..Shell::default()
    }
}

/// Five bits a character, without padding; whole groups of five bytes only.
fn base32(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let bit = |n: usize| bytes.get(n / 8).is_some_and(|byte| byte >> (7 - n % 8) & 1 == 1);
    let five = |start: usize| (start..start + 5).fold(0, |value, n| value * 2 + usize::from(bit(n)));
    (0..bytes.len() * 8).step_by(5).map(|start| char::from(alphabet[five(start)])).collect()
}

/// The pages there are, for those who may see them.
fn nav(staff: &Account, tenancy: bool, current: Option<Section>) -> Vec<NavItem> {
    const SECTIONS: [(Section, Action); 10] = [
        (Section::Today, Action::Read),
        (Section::Bookings, Action::Read),
        (Section::Board, Action::Read),
        (Section::Clients, Action::Read),
        (Section::Services, Action::Read),
        (Section::Addons, Action::Read),
        (Section::Providers, Action::Read),
        (Section::Tenants, Action::ManageTenants),
        (Section::Staff, Action::ManageStaff),
        (Section::Audit, Action::ReadAudit),
    ];
    let seen: Vec<Section> = SECTIONS
        .iter()
        .filter(|(section, action)| may(staff, *action) && (tenancy || *section != Section::Tenants))
        .map(|(section, _)| *section)
        .collect();
    views::nav(&seen, current)
}
