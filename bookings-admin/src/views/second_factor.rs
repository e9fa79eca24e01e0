//! One's own second factor, and its recovery codes.

use super::refusal::{Refusal, place};
use super::{Field, Shell, Summary};
use askama::Template;

/// How far it is.
#[derive(Clone, Debug)]
pub enum State {
    /// There is none.
    Off,
    /// An app has to be shown the secret, and a first code entered.
    Waiting {
        /// The secret as a `data:` address of a picture; empty where it was too long for one.
        picture: String,
        /// The same as an address that an app on this very device opens.
        address: String,
        /// The secret to type.
        secret: String,
    },
    /// It is asked for at sign-in.
    On {
        /// When it was set up.
        since: String,
        /// Recovery codes that are left.
        codes_left: usize,
    },
}

/// `GET /profile/second-factor`.
#[derive(Template)]
#[template(path = "staff/second_factor.html")]
pub struct SecondFactorPage {
    /// Frame.
    pub shell: Shell,
    /// Refusals.
    pub summary: Option<Summary>,
    /// Whether nothing else can be done before it is set up.
    pub needed: bool,
    /// Whether one's role may not be without.
    pub required: bool,
    /// How far it is.
    pub state: State,
    /// Where to go after.
    pub next: String,
    /// The password, asked again.
    pub password: Field,
    /// The first code.
    pub code: Field,
}

impl SecondFactorPage {
    /// The field for the first code.
    pub fn code_field() -> Field {
        Field::text("code", "Code")
            .required()
            .autocomplete("one-time-code")
            .maxlength(10)
            .hint("The six digits the app shows now")
    }

    /// Shows it again with the refusal.
    pub fn refuse(mut self, refusal: Refusal) -> Self {
        let mut fields = [self.password.slot(), self.code.slot()];
        self.summary = place("Nothing was changed", vec![refusal], &mut fields);
        self
    }
}

/// New recovery codes: the only page that shows them.
#[derive(Template)]
#[template(path = "staff/recovery_codes.html")]
pub struct RecoveryCodesPage {
    /// Frame.
    pub shell: Shell,
    /// What was done.
    pub notice: &'static str,
    /// The codes.
    pub codes: Vec<String>,
    /// Where to go on.
    pub next: String,
}
