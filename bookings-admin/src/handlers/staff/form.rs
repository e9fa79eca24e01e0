//! The forms of accounts.

use bookings_core::{Role, TenantId};
use bookings_db::staff::{LONGEST_NAME, Staff, StaffError};
use uuid::Uuid;

use crate::auth::password;
use crate::auth::unfit::unfit;
use crate::raw_form::RawForm;
use crate::settings::Settings;
use crate::views::records::{Control, RecordFormPage};
use crate::views::staff::new_password;
use crate::views::{Choice, Field, Hidden, Link, Refusal, SelectField, Shell};

/// A new account, as typed.
pub struct New {
    pub name: String,
    pub role: Role,
    pub tenant_id: Option<TenantId>,
    /// Empty: by a link.
    pub password: String,
}

/// Above the tenants, in the select of tenants.
const ALL: &str = "all";

/// The account, or every refusal. `own` is the tenant of whoever asks: then it is theirs.
pub fn parse(form: &RawForm, own: Option<TenantId>, settings: &Settings) -> Result<New, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let name = form.get("username").trim().to_owned();
    if name.is_empty() {
        refusals.push(Refusal::new("required", "username", "A name is needed."));
    }
    let role = Role::parse(form.get("role"));
    if role.is_none() {
        refusals.push(Refusal::new("invalid", "role", "Choose viewer, staff, admin or owner."));
    }
    let tenant_id = match (own, form.get("tenant_id").trim()) {
        (Some(own), _) => Some(own),
        (None, _) if !settings.policy.tenancy => None,
        (None, ALL) => None,
        (None, chosen) => {
            let id = Uuid::try_parse(chosen).ok().map(TenantId);
            if id.is_none() {
                refusals.push(Refusal::new("tenant_required", "tenant_id", "Choose whose data they reach."));
            }
            id
        }
    };
    let password = form.get("new_password").to_owned();
    if let Some(sentence) = unfit(&password, &name, settings.public_origin.as_deref()).filter(|_| !password.is_empty())
    {
        refusals.push(Refusal::new("invalid", "new_password", sentence));
    }
    match role {
        Some(role) if refusals.is_empty() => Ok(New { name, role, tenant_id, password }),
        _ => Err(refusals),
    }
}

/// The store's refusal at its field.
pub fn refusal(error: &StaffError) -> Refusal {
    let (code, field) = match error {
        StaffError::NameTaken(_) | StaffError::InvalidName => ("invalid", "username"),
        StaffError::UnknownTenant => ("tenant_mismatch", "tenant_id"),
        StaffError::LastOwner | StaffError::OwnAccount => ("invalid", "role"),
        _ => ("invalid", ""),
    };
    let mut sentence = error.to_string();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence.push('.');
    Refusal::new(code, field, sentence)
}

fn roles(chosen: &str) -> SelectField {
    let choice = |role: Role| {
        let may = match role {
            Role::Viewer => "sees everything, changes nothing",
            Role::Staff => "books, moves, settles",
            Role::Admin => "also overrides, catalogue, bulk, export and import",
            Role::Owner => "also accounts, tenants and the audit",
        };
        Choice::new(role.as_str(), role.as_str(), role.as_str() == chosen).detail(may)
    };
    SelectField::new("role", "Role", Role::ALL.map(choice).into()).required()
}

pub fn new_page(shell: Shell, form: &RawForm, tenants: &[(TenantId, String)]) -> RecordFormPage {
    let name = Field::text("username", "Name").hint("They sign in with it").maxlength(LONGEST_NAME as u32);
    let mut password = new_password("Password", password::LEAST_CHARACTERS)
        .hint("Leave it empty for a link with which they choose their own");
    password.required = false;
    let mut controls =
        vec![Control::Field(name.required().value(form.get("username"))), Control::Select(roles(form.get("role")))];
    if !tenants.is_empty() {
        let chosen = form.get("tenant_id");
        let mut choices = vec![Choice::new(ALL, "All tenants", chosen == ALL)];
        choices.extend(tenants.iter().map(|(id, name)| {
            let id = id.to_string();
            let selected = id == chosen;
            Choice::new(id, name, selected)
        }));
        let select = SelectField::new("tenant_id", "Tenant", choices).placeholder("Choose\u{2026}").required();
        controls.push(Control::Select(select));
    }
    controls.push(Control::Field(password));
    RecordFormPage {
        shell,
        action: "/staff".into(),
        back: Link::new("Staff", "/staff"),
        summary: None,
        hidden: Vec::new(),
        controls,
        submit: "Make the account",
    }
}

pub fn edit_page(shell: Shell, account: &Staff, form: &RawForm) -> RecordFormPage {
    let address = format!("/staff/{}", account.id);
    RecordFormPage {
        shell,
        back: Link::new("Back", address.clone()),
        action: address,
        summary: None,
        hidden: vec![Hidden::new("version", form.get("version"))],
        controls: vec![Control::Select(roles(form.get("role")))],
        submit: "Change the role",
    }
}
