//! Accounts: one's page with what an owner may do to it, one's own, and the page that an invitation opens.

use super::bookings::Fact;
use super::refusal::{Refusal, place};
use super::{Choice, Field, Link, Shell, Summary};
use askama::Template;

/// A form of one button.
#[derive(Clone, Debug)]
pub struct PostButton {
    /// Where it posts to.
    pub action: String,
    /// Words on it.
    pub label: &'static str,
    /// What pressing it does, beside it.
    pub help: &'static str,
    /// Whether it takes something away.
    pub danger: bool,
}

/// `GET /staff/{id}`.
#[derive(Template)]
#[template(path = "staff/show.html")]
pub struct StaffShowPage {
    /// Frame; its title is the account's name.
    pub shell: Shell,
    /// The list.
    pub back: Link,
    /// The form for the role; not for one's own account.
    pub edit: Option<Link>,
    /// Whether it is disabled.
    pub inactive: bool,
    /// What is known about it.
    pub facts: Vec<Fact>,
    /// Sent with every button.
    pub version: String,
    /// What can be done.
    pub buttons: Vec<PostButton>,
    /// Why something was not done.
    pub summary: Option<Summary>,
}

/// One of one's own sessions.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Names it in the form.
    pub id: String,
    /// The browser.
    pub agent: String,
    /// Where it was opened from.
    pub address: String,
    /// When it was opened.
    pub since: String,
    /// Whether it is this one.
    pub current: bool,
}

/// A person's own choices.
#[derive(Clone, Debug)]
pub struct PreferencesForm {
    /// Zone of the times shown and typed.
    pub time_zone: Field,
    /// Colours, as radios `theme`.
    pub themes: Vec<Choice>,
    /// The box `shortcuts`.
    pub shortcuts: Choice,
}

/// `GET /profile`.
#[derive(Template)]
#[template(path = "staff/profile.html")]
pub struct ProfilePage {
    /// Frame.
    pub shell: Shell,
    /// Name, role, tenant, zone.
    pub facts: Vec<Fact>,
    /// Refusals.
    pub summary: Option<Summary>,
    /// Zone, colours, shortcuts.
    pub preferences: PreferencesForm,
    /// Whether there is a second factor.
    pub second_factor: bool,
    /// The password so far.
    pub current: Field,
    /// The one from now on.
    pub new: Field,
    /// The password, to end sessions with.
    pub end: Field,
    /// One's sessions.
    pub sessions: Vec<SessionRow>,
}

impl ProfilePage {
    /// Shows it again with refusals; no password is filled in.
    pub fn refuse(mut self, heading: &str, refusals: Vec<Refusal>) -> Self {
        let mut fields = [self.preferences.time_zone.slot(), self.current.slot(), self.new.slot()];
        self.summary = place(heading, refusals, &mut fields);
        self
    }
}

/// `GET/POST /welcome`: whoever was invited, or forgot, sets a password.
#[derive(Template)]
#[template(path = "staff/welcome.html")]
pub struct WelcomePage {
    /// Frame, signed out.
    pub shell: Shell,
    /// Refusals.
    pub summary: Option<Summary>,
    /// The one-time token, sent along.
    pub token: String,
    /// Whose account it is.
    pub name: String,
    /// The new password.
    pub password: Field,
}

impl WelcomePage {
    /// Shows it again with refusals.
    pub fn refuse(mut self, refusals: Vec<Refusal>) -> Self {
        self.summary = place("The password was not set", refusals, &mut [self.password.slot()]);
        self
    }
}

/// A field for a new password of at least so many characters.
pub fn new_password(label: &str, least: usize) -> Field {
    Field::text("new_password", label)
        .kind("password")
        .required()
        .autocomplete("new-password")
        .hint(format!("At least {least} characters"))
}
