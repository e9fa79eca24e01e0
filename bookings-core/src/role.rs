//! Roles and what each may override.

use serde::{Deserialize, Serialize};

use crate::ids::StaffId;
use crate::refusal::Code;

/// A staff member's role; each may all that the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Books, moves, notes; may override a start in the past and the duplicate guard.
    Staff,
    /// Overrides every soft rule; catalogue, bulk, export and import.
    Admin,
    /// Staff accounts, tenants and settings.
    Owner,
}

impl Role {
    /// All roles, lowest first.
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Staff, Role::Admin, Role::Owner];

    /// The role's name as stored and typed: `viewer`, `staff`, `admin` or `owner`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Staff => "staff",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }

    /// The role of that name, or `None`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Whether this role may override refusals of `code`. Hard rules are nobody's to override.
    #[must_use]
    pub fn may_override(self, code: Code) -> bool {
        code.is_soft()
            && match self {
                Role::Viewer => false,
                Role::Staff => matches!(code, Code::StartInPast | Code::Duplicate),
                Role::Admin | Role::Owner => true,
            }
    }
}

/// Who gives a command; the event keeps the id and the name as they were then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The staff account, or `None` for a program.
    pub id: Option<StaffId>,
    /// A name for people to read.
    pub name: String,
    /// Decides which refusals may be overridden.
    pub role: Role,
}

impl Actor {
    /// A program acting by itself (an import, a client-facing page): overrides nothing.
    #[must_use]
    pub fn program(name: &str) -> Actor {
        Actor { id: None, name: name.into(), role: Role::Viewer }
    }
}
