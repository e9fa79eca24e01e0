//! Overrides: soft refusals a person takes upon themselves, by name and with a reason.

use serde::{Deserialize, Serialize};

use crate::refusal::{Code, Concern, Refusal, Refusals};
use crate::role::Actor;
use crate::rules::fields::{REASON_LENGTH, length};

/// Which refusals to override, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Overrides {
    /// By code.
    pub codes: Vec<Code>,
    /// Why; needed where any applies.
    pub reason: String,
}

impl Overrides {
    /// What remains of `refusals`; where nothing does, the codes that were overridden.
    ///
    /// # Errors
    /// Every refusal that stands, with `override_not_allowed` and `override_reason_required` where they apply.
    pub(super) fn settle(&self, refusals: Vec<Refusal>, actor: &Actor) -> Result<Vec<Code>, Refusals> {
        let mut standing = Vec::new();
        let mut used: Vec<Code> = Vec::new();
        for refusal in refusals {
            let code = refusal.code;
            if !self.codes.contains(&code) {
                standing.push(refusal);
            } else if actor.role.may_override(code) {
                if !used.contains(&code) {
                    used.push(code);
                }
            } else {
                standing.push(refusal);
                let about = Concern::Override(code.as_str().into());
                let not_allowed = Refusal::about(Code::OverrideNotAllowed, "override", about);
                if !standing.contains(&not_allowed) {
                    standing.push(not_allowed);
                }
            }
        }
        if let Some(code) = used.first() {
            if self.reason.trim().is_empty() {
                let about = Concern::Override(code.as_str().into());
                standing.push(Refusal::about(Code::OverrideReasonRequired, "override_reason", about));
            }
            length("override_reason", &self.reason, REASON_LENGTH, &mut standing);
        }
        Refusals::none_or_all(standing).map(|()| used)
    }
}
