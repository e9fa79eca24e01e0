//! A business with something of everything that an address or a form can name.

use bookings_admin::settings::Settings;
use bookings_core::{
    Actor, AddonId, Client, CreateBooking, Policy, ProviderId, Reference, Role, ServiceId, StaffId, TenantId,
};
use bookings_db::catalogue::tables::{AddonData, ServiceData};
use bookings_db::selection::{Order, State, What, begin, keep_import, select_listed, selection_of};
use bookings_db::staff::{NewStaff, add_staff};
use bookings_db::testing::TestDatabase;
use bookings_db::types::Id;
use bookings_db::views::{self, Viewer};
use bookings_db::{By, Scope, Store};
use chrono::{Days, Utc};
use uuid::Uuid;

use crate::common::{PASSWORD, settings};
use crate::desk::ZONE;
use crate::office;

pub const ROLES: [Role; 4] = [Role::Viewer, Role::Staff, Role::Admin, Role::Owner];

/// Everything of one business that an address or a form can name.
#[derive(Clone)]
pub struct Business {
    pub word: &'static str,
    pub tenant: String,
    pub service: String,
    pub addon: String,
    pub provider: String,
    pub staff: String,
    admin: StaffId,
    pub reference: String,
    pub client: String,
    selection: String,
    /// A run that is done: the booking was so already.
    ran: String,
    import: String,
    /// A shared one, and the admin's own.
    views: [String; 2],
}

/// Where everything belongs to a tenant.
pub fn tenancy(db: &TestDatabase) -> Settings {
    let mut settings = settings(db);
    settings.policy.tenancy = true;
    settings
}

fn parsed(id: &str) -> Uuid {
    Uuid::parse_str(id).unwrap()
}

impl Business {
    /// Two side by side.
    pub fn two(db: &TestDatabase) -> (Business, Business) {
        let (mut acme, mut bravo) = (Business::open(db, "acme"), Business::open(db, "bravo"));
        acme.book(db);
        bravo.book(db);
        acme.keep(db);
        bravo.keep(db);
        (acme, bravo)
    }

    /// One with bookings and people of every role, whose every text holds `word`.
    fn open(db: &TestDatabase, word: &'static str) -> Business {
        let pools = db.pools();
        let tenant = office::tenant(pools, word);
        let own = Some(Id(tenant.0));
        let hash = bookings_admin::auth::password::hash(PASSWORD).unwrap();
        let people = ROLES.map(|role| {
            let name = format!("{word} {}", role.as_str());
            let new = NewStaff { name: &name, role, tenant_id: Some(tenant), password_hash: &hash };
            add_staff(pools, new, Utc::now()).unwrap().id
        });
        let service = ServiceData { tenant_id: own, ..office::an_hour(&format!("Cut at {word}")) };
        let addon = AddonData { tenant_id: own, ..office::a_quarter(&format!("Oil at {word}")) };
        Business {
            word,
            tenant: tenant.to_string(),
            service: office::service(pools, service).to_string(),
            addon: office::addon(pools, addon).to_string(),
            provider: office::provider(pools, &format!("Chair at {word}"), Some(tenant)).to_string(),
            staff: people[1].to_string(),
            admin: people[2],
            reference: String::new(),
            client: format!("someone@{word}.example"),
            selection: String::new(),
            ran: String::new(),
            import: String::new(),
            views: Default::default(),
        }
    }

    fn viewer(&self) -> Viewer {
        Viewer { staff: self.admin, tenant: Some(TenantId(parsed(&self.tenant))) }
    }

    /// What its admin has under way: chosen bookings, a file, views of the list.
    fn keep(&mut self, db: &TestDatabase) {
        let (pools, word, staff) = (db.pools(), self.word, Some(self.admin));
        let order = |what| Order { what, overrides: Default::default() };
        let references = [Reference::parse(&self.reference).unwrap()];
        let scope = Scope::Tenant(TenantId(parsed(&self.tenant)));
        let chosen = select_listed(pools, staff, &order(What::Confirm), &references, scope, Utc::now());
        self.selection = chosen.unwrap().to_string();
        let ran = select_listed(pools, staff, &order(What::Confirm), &references, scope, Utc::now()).unwrap();
        let kept = pools.read(|conn| selection_of(conn, ran, staff)).unwrap().unwrap();
        assert!(begin(pools, &kept, &order(What::Confirm), None, Utc::now()).unwrap());
        let admin = Actor { id: staff, name: format!("{word} admin"), role: Role::Admin };
        let by = By { scope, ..By::new(&admin, Utc::now()) };
        let store = Store::new(pools.clone(), Policy { tenancy: true, ..Default::default() });
        assert!(store.run_selection(ran, staff, &by, ZONE, Utc::now).unwrap());
        self.ran = ran.to_string();
        let file =
            format!("reference,service,provider,start_at,client_name\n{word},Cut at {word},,2099-01-05T10:00,Zoë\n");
        let (columns, rows) = bookings_admin::import::read(file.as_bytes()).unwrap();
        let what = What::Import { file: format!("{word}.csv"), columns, dry: true };
        self.import = keep_import(pools, staff, &order(what), &rows, Utc::now()).unwrap().to_string();
        let actor = Actor { id: staff, name: format!("{word} admin"), role: Role::Admin };
        let by = (self.viewer(), &actor);
        self.views = [true, false].map(|shared| {
            let query = format!("client=someone%40{word}.example");
            views::save(pools, by, shared, &format!("View of {word}"), &query, Utc::now()).unwrap().id.to_string()
        });
    }

    /// Whether all of that is as it was.
    pub fn keeps(&self, db: &TestDatabase) -> bool {
        let ready = |id: &str| {
            let kept = db.pools().read(|conn| selection_of(conn, parsed(id), Some(self.admin))).unwrap();
            kept.is_some_and(|kept| kept.state == State::Ready)
        };
        let seen = db.pools().read(|conn| views::views(conn, self.viewer())).unwrap();
        let named = seen
            .all
            .iter()
            .filter(|view| view.name == format!("View of {}", self.word) && view.query.contains(self.word));
        ready(&self.selection) && ready(&self.import) && named.count() == 2 && seen.default.is_none()
    }

    /// Its booking tomorrow at ten.
    fn book(&mut self, db: &TestDatabase) {
        let store = Store::new(db.pools().clone(), Policy { tenancy: true, ..Default::default() });
        let day = Utc::now().with_timezone(&ZONE).date_naive() + Days::new(1);
        let start = bookings_core::local_time::resolve(ZONE, day.and_hms_opt(10, 0, 0).unwrap(), None).unwrap();
        let client =
            Client { name: format!("Zoë of {}", self.word), email: self.client.clone(), ..Default::default() };
        let command = CreateBooking {
            tenant_id: Some(TenantId(parsed(&self.tenant))),
            notes_internal: format!("A secret of {}", self.word),
            addon_ids: vec![AddonId(parsed(&self.addon))],
            ..CreateBooking::new(ServiceId(parsed(&self.service)), ProviderId(parsed(&self.provider)), start, client)
        };
        let actor = Actor { id: None, name: format!("{} desk", self.word), role: Role::Admin };
        let by = By::new(&actor, Utc::now());
        let made = store.create_booking(&command, &by).unwrap();
        self.reference = made.booking().reference.to_string();
    }

    /// With somebody else's account.
    pub fn with_staff(&self, id: StaffId) -> Business {
        Business { staff: id.to_string(), ..self.clone() }
    }

    /// What nobody has.
    pub fn nobodys() -> Business {
        let unknown = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0001).to_string();
        Business {
            word: "nobody",
            tenant: unknown.clone(),
            service: unknown.clone(),
            addon: unknown.clone(),
            provider: unknown.clone(),
            staff: unknown.clone(),
            admin: StaffId(parsed(&unknown)),
            reference: "BK-2026-ZZZZZZZZ".into(),
            client: "someone@nobody.example".into(),
            selection: unknown.clone(),
            ran: unknown.clone(),
            import: unknown.clone(),
            views: [unknown.clone(), unknown],
        }
    }

    /// A pattern's addresses of what is this business's. A pattern that names something new has to be told here what.
    pub fn addresses(&self, pattern: &str) -> Vec<String> {
        let id = match pattern {
            views if views.starts_with("/bookings/views/") => {
                return self.views.iter().map(|id| views.replace("{id}", id)).collect();
            }
            bulk if bulk.starts_with("/bookings/bulk/") => &self.selection,
            imports if imports.starts_with("/import/") => &self.import,
            services if services.starts_with("/catalogue/services") => &self.service,
            addons if addons.starts_with("/catalogue/addons") => &self.addon,
            providers if providers.starts_with("/catalogue/providers") => &self.provider,
            tenants if tenants.starts_with("/tenants") => &self.tenant,
            staff if staff.starts_with("/staff") => &self.staff,
            other => {
                assert!(!other.contains("{id}"), "{other}: say here whose id that is");
                ""
            }
        };
        let verbs: &[&str] = match pattern {
            staff if staff.starts_with("/staff") => &["disable", "enable", "link"],
            bookings if bookings.starts_with("/bookings") => {
                &["confirm", "cancel", "reschedule", "complete", "no-show", "note", "reinstate", "undo"]
            }
            _ => &["activate", "deactivate", "delete"],
        };
        let filled = pattern.replace("{reference}", &self.reference).replace("{id}", id).replace("{key}", &self.client);
        let addresses: Vec<String> = match filled.contains("{verb}") {
            true => verbs.iter().map(|verb| filled.replace("{verb}", verb)).collect(),
            false => vec![filled],
        };
        assert!(!addresses[0].contains('{'), "{pattern}: say here what it names");
        addresses
    }

    /// Every name that a query or form knows for it.
    pub fn fields(&self, number: u32) -> Vec<(&'static str, String)> {
        let text = |text: &str| text.to_owned();
        vec![
            ("service_id", self.service.clone()),
            ("service", self.service.clone()),
            ("service_ids", self.service.clone()),
            ("provider_id", self.provider.clone()),
            ("provider", self.provider.clone()),
            ("addon_ids", self.addon.clone()),
            ("addons_shown", text("1")),
            ("tenant_id", self.tenant.clone()),
            ("tenant", self.tenant.clone()),
            ("client", self.client.clone()),
            ("q", self.reference.clone()),
            ("actor", format!("{} owner", self.word)),
            ("subject", self.reference.clone()),
            ("after_id", self.provider.clone()),
            ("reference", self.reference.clone()),
            ("id", self.staff.clone()),
            ("again", self.reference.clone()),
            ("import", self.import.clone()),
            ("run", self.ran.clone()),
            ("outcome", text("same")),
            ("slot", self.reference.clone()),
            ("view", self.views[0].clone()),
            ("view_name", format!("view {number:06}")),
            ("query", format!("provider={}", self.provider)),
            // Like what is there, but for what is named above.
            ("start_at", format!("{}T10:00", Utc::now().with_timezone(&ZONE).date_naive() + Days::new(1))),
            ("username", format!("person {number:06}")),
            ("name", format!("thing {number:06}")),
            ("slug", format!("thing-{number:06}")),
            ("role", text("viewer")),
            ("new_password", text(PASSWORD)),
            ("client_name", text("Zoë")),
            ("currency", text("TTD")),
            ("duration_minutes", text("60")),
            ("version", text("1")),
            ("verb", text("confirm")),
            ("reason", text("x")),
            ("message", text("x")),
        ]
    }
}
