//! Who is signed in, what they may do, and the frame of the pages they see.

pub mod action;
pub mod address;
pub mod password;
pub mod throttle;

use std::future::{Ready, ready};

use actix_session::{Session, SessionExt};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use bookings_core::{Actor, Currency, Role, StaffId, TenantId};
use bookings_db::Scope;
use chrono::Utc;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

pub use action::{Action, may};

use crate::app::AppState;
use crate::error::PageError;
use crate::present::zone_line;
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
    /// The time zone of their tenant, where it has one of its own.
    pub time_zone: Option<String>,
    /// The currency of their tenant, where it has one of its own.
    pub currency: Option<String>,
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
    theme: Theme,
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
        let mut shell = frame(&self.staff, &self.session, &self.state, self.theme, section);
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
            Ok(Signed { staff, session, state, theme: theme(request) })
        }))
    }
}

/// The frame for whoever asks, without the one-time message: that waits for the page it was meant for.
pub(crate) fn shell(request: &HttpRequest) -> Shell {
    let session = request.get_session();
    let mut shell = match (account(&session), AppState::of(request)) {
        (Some(staff), Ok(state)) => frame(&staff, &session, &state, theme(request), None),
        _ => Shell::default(),
    };
    shell.theme = theme(request);
    shell
}

/// The frame of a form for the signed-out.
pub(crate) fn signed_out_shell(request: &HttpRequest, title: &str) -> Shell {
    let token = csrf::token(&request.get_session());
    Shell { theme: theme(request), ..Shell::signed_out(title, &token) }
}

fn zone(staff: &Account, state: &AppState) -> Tz {
    let own = staff.time_zone.as_deref().and_then(|zone| zone.parse().ok());
    own.unwrap_or(state.settings.time_zone)
}

fn frame(staff: &Account, session: &Session, state: &AppState, theme: Theme, section: Option<Section>) -> Shell {
    Shell {
        nav: nav(staff, state.settings.policy.tenancy, section),
        account: Some(views::Account { name: staff.name.clone(), role: staff.role.as_str().into() }),
        csrf_token: csrf::token(session),
        zone: zone_line(zone(staff, state), Utc::now()),
        theme,
        can_book: may(staff, Action::Book),
        ..Shell::default()
    }
}

fn theme(request: &HttpRequest) -> Theme {
    Theme::from_cookie(request.cookie(Theme::COOKIE).as_ref().map(|cookie| cookie.value()))
}

/// The pages there are, for those who may see them.
fn nav(staff: &Account, tenancy: bool, current: Option<Section>) -> Vec<NavItem> {
    const SECTIONS: [(Section, Action); 9] = [
        (Section::Today, Action::Read),
        (Section::Bookings, Action::Read),
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
