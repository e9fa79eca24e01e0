//! Sign-in and set-up.

use super::refusal::{Refusal, place};
use super::{Field, Hidden, Shell, Summary};
use askama::Template;

/// `GET/POST /login`.
#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage {
    /// Frame, signed out.
    pub shell: Shell,
    /// Refusals: "Name or password is wrong".
    pub summary: Option<Summary>,
    /// Said above the form: "Your session has ended. Sign in to go on."; may be empty.
    pub notice: String,
    /// Name, `username`.
    pub username: Field,
    /// Password; never filled in.
    pub password: Field,
    /// `next` and whatever must survive the sign-in.
    pub hidden: Vec<Hidden>,
}

impl LoginPage {
    /// The form; `next` is a local path.
    pub fn new(shell: Shell, username: &str, next: &str) -> Self {
        Self {
            shell,
            summary: None,
            notice: String::new(),
            username: Field::text("username", "Name").autocomplete("username").required().value(username),
            password: password("password", "Password").autocomplete("current-password"),
            hidden: vec![Hidden::new("next", next)],
        }
    }

    /// Shows it again with refusals.
    pub fn refuse(mut self, refusals: Vec<Refusal>) -> Self {
        self.summary = place("Not signed in", refusals, &mut [self.username.slot(), self.password.slot()]);
        self
    }
}

/// `GET/POST /login/code`: the second step of a sign-in.
#[derive(Template)]
#[template(path = "login_code.html")]
pub struct CodePage {
    /// Frame, signed out.
    pub shell: Shell,
    /// Refusals.
    pub summary: Option<Summary>,
    /// The app's code, or a recovery code.
    pub code: Field,
    /// `next` and whatever must survive the sign-in.
    pub hidden: Vec<Hidden>,
}

impl CodePage {
    /// The form, with what it carries on.
    pub fn new(shell: Shell, hidden: Vec<Hidden>) -> Self {
        let code = Field::text("code", "Code").required().autocomplete("one-time-code").maxlength(100);
        let code = code.hint("The six digits your app shows now, or one of your recovery codes");
        Self { shell, summary: None, code, hidden }
    }

    /// Shows it again with the refusal.
    pub fn refuse(mut self, refusal: Refusal) -> Self {
        self.summary = place("Not signed in", vec![refusal], &mut [self.code.slot()]);
        self
    }
}

/// `GET/POST /setup`: the first owner.
#[derive(Template)]
#[template(path = "setup.html")]
pub struct SetupPage {
    /// Frame, signed out.
    pub shell: Shell,
    /// Refusals.
    pub summary: Option<Summary>,
    /// The one-time token, sent along.
    pub token: String,
    /// Name, `username`.
    pub username: Field,
    /// Password.
    pub password: Field,
}

impl SetupPage {
    /// The form; `least` is the shortest accepted password, in characters.
    pub fn new(shell: Shell, token: &str, username: &str, least: u32) -> Self {
        Self {
            shell,
            summary: None,
            token: token.into(),
            username: Field::text("username", "Name").autocomplete("username").required().value(username),
            password: password("password", "Password")
                .autocomplete("new-password")
                .hint(format!("At least {least} characters")),
        }
    }

    /// Shows it again with refusals.
    pub fn refuse(mut self, refusals: Vec<Refusal>) -> Self {
        self.summary = place("No account was made", refusals, &mut [self.username.slot(), self.password.slot()]);
        self
    }
}

fn password(name: &str, label: &str) -> Field {
    Field::text(name, label).kind("password").required()
}
