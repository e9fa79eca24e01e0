//! What each role may do, in one place: handlers refuse by it and pages leave out by it.

use bookings_core::Role;

use super::Account;

/// Something a member of staff may or may not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See bookings, the board and the catalogue.
    Read,
    /// Make and edit bookings, and every verb and note on them.
    Book,
    /// Change services, add-ons and providers.
    EditCatalogue,
    /// A verb over many bookings.
    Bulk,
    /// Save views for everybody.
    ShareViews,
    /// Take data out.
    Export,
    /// Bring data in.
    Import,
    /// Staff accounts.
    ManageStaff,
    /// Tenants.
    ManageTenants,
    /// Who signed in, what was taken out, who changed what may be done.
    ReadAudit,
}

impl Action {
    /// For "you may not ...".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Action::Read => "see this",
            Action::Book => "change bookings",
            Action::EditCatalogue => "change the catalogue",
            Action::Bulk => "change many bookings at once",
            Action::ShareViews => "share views",
            Action::Export => "export",
            Action::Import => "import",
            Action::ManageStaff => "manage staff accounts",
            Action::ManageTenants => "manage tenants",
            Action::ReadAudit => "read the audit",
        }
    }

    const fn least(self) -> Role {
        match self {
            Action::Read => Role::Viewer,
            Action::Book => Role::Staff,
            Action::EditCatalogue | Action::Bulk | Action::ShareViews | Action::Export | Action::Import => Role::Admin,
            Action::ManageStaff | Action::ManageTenants | Action::ReadAudit => Role::Owner,
        }
    }
}

/// Whether that person may do that. Tenants stand above all tenants, so whoever belongs to one manages none.
#[must_use]
pub fn may(staff: &Account, action: Action) -> bool {
    staff.role >= action.least() && !(action == Action::ManageTenants && staff.tenant_id.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bookings_core::{StaffId, TenantId};
    use uuid::Uuid;

    #[test]
    fn each_role_may_what_the_one_before_may_and_more() {
        let all = [
            Action::Read,
            Action::Book,
            Action::EditCatalogue,
            Action::Bulk,
            Action::ShareViews,
            Action::Export,
            Action::Import,
            Action::ManageStaff,
            Action::ManageTenants,
            Action::ReadAudit,
        ];
        let allowed = |role, tenant_id| {
            let staff = Account {
                id: StaffId(Uuid::nil()),
                name: String::new(),
                role,
                tenant_id,
                time_zone: None,
                currency: None,
                second_factor: false,
                preferences: bookings_db::staff::Preferences::default(),
            };
            all.iter().filter(|action| may(&staff, **action)).count()
        };
        assert_eq!(Role::ALL.map(|role| allowed(role, None)), [1, 2, 7, 10]);
        assert_eq!(allowed(Role::Owner, Some(TenantId(Uuid::nil()))), 9);
    }
}
