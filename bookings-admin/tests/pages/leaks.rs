//! Every address there is, as every role of every tenant, aimed at what is another tenant's: the answer is the one that an
//! unknown id gets, word for word.

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use bookings_core::{AddonId, ProviderId, Role, ServiceId, TenantId};
use bookings_db::By;
use bookings_db::catalogue::tables::{AddonData, ServiceData};
use bookings_db::selection::{Order, What, select_listed};
use bookings_db::staff::{NewStaff, add_staff};
use bookings_db::testing::TestDatabase;
use bookings_db::types::Id;
use bookings_db::{Scope, Store};
use chrono::{Days, Utc};
use uuid::Uuid;

use crate::common::{Browser, PASSWORD, Page, on_each_database, serving, settings, state};
use crate::desk::{Form, ZONE, all, assert_refused};
use crate::office;
use crate::roles::{OPEN, patterns};

const ROLES: [Role; 4] = [Role::Viewer, Role::Staff, Role::Admin, Role::Owner];

/// Everything of one business that an address or a form can name.
#[derive(Clone)]
struct Business {
    word: &'static str,
    tenant: String,
    service: String,
    addon: String,
    provider: String,
    staff: String,
    reference: String,
    client: String,
    selection: String,
}

impl Business {
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
            reference: String::new(),
            client: format!("someone@{word}.example"),
            selection: String::new(),
        }
    }

    /// Its booking tomorrow at ten, and one that was chosen for bulk work.
    fn book(&mut self, db: &TestDatabase) {
        let store = Store::new(db.pools().clone(), bookings_core::Policy { tenancy: true, ..Default::default() });
        let day = Utc::now().with_timezone(&ZONE).date_naive() + Days::new(1);
        let start = bookings_core::local_time::resolve(ZONE, day.and_hms_opt(10, 0, 0).unwrap(), None).unwrap();
        let client = bookings_core::Client {
            name: format!("Zoë of {}", self.word),
            email: self.client.clone(),
            ..Default::default()
        };
        let id = |text: &str| Uuid::parse_str(text).unwrap();
        let command = bookings_core::CreateBooking {
            tenant_id: Some(TenantId(id(&self.tenant))),
            notes_internal: format!("A secret of {}", self.word),
            addon_ids: vec![AddonId(id(&self.addon))],
            ..bookings_core::CreateBooking::new(
                ServiceId(id(&self.service)),
                ProviderId(id(&self.provider)),
                start,
                client,
            )
        };
        let actor = bookings_core::Actor { id: None, name: format!("{} desk", self.word), role: Role::Admin };
        let by = By::new(&actor, Utc::now());
        let made = store.create_booking(&command, &by).unwrap();
        self.reference = made.booking().reference.to_string();
        let order = Order { what: What::Confirm, overrides: Default::default() };
        let references = [made.booking().reference.clone()];
        let scope = Scope::Tenant(TenantId(id(&self.tenant)));
        let staff = Some(bookings_core::StaffId(id(&self.staff)));
        self.selection = select_listed(db.pools(), staff, &order, &references, scope, Utc::now()).unwrap().to_string();
    }

    /// What nobody has.
    fn nobodys() -> Business {
        let unknown = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0001).to_string();
        Business {
            word: "nobody",
            tenant: unknown.clone(),
            service: unknown.clone(),
            addon: unknown.clone(),
            provider: unknown.clone(),
            staff: unknown.clone(),
            reference: "BK-2026-ZZZZZZZZ".into(),
            client: "someone@nobody.example".into(),
            selection: unknown,
        }
    }

    /// A pattern's addresses of what is this business's. A pattern that names something new has to be told here what.
    fn addresses(&self, pattern: &str) -> Vec<String> {
        let id = match pattern {
            kept if ["/bookings/bulk/", "/bookings/views/", "/import/"].iter().any(|path| kept.starts_with(path)) => {
                &self.selection
            }
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
    fn fields(&self, number: u32) -> Vec<(&'static str, String)> {
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
            ("do", text("run")),
            ("reason", text("x")),
            ("message", text("x")),
        ]
    }
}

/// An answer without what differs from one request to the next: ids, references, the number and the word that were sent.
fn plain(page: &Page, sent: &Business, number: u32) -> String {
    let mut text = format!("{} {}\n{}", page.status, page.location(), page.body);
    for (own, name) in [(&sent.client, "CLIENT"), (&format!("{number:06}"), "NUMBER")] {
        text = text
            .replace(own.as_str(), name)
            .replace(&own.replace('@', "%40"), name)
            .replace(&own.replace('@', "&#64;"), name);
    }
    text = text.replace(&format!("{} owner", sent.word), "ACTOR").replace(&format!("{}+owner", sent.word), "ACTOR");
    text = text.replace(&format!("{}%20owner", sent.word), "ACTOR");
    blot(&text)
}

/// Ids and references blotted out.
fn blot(text: &str) -> String {
    let is_id = |word: &str| word.len() == 36 && Uuid::try_parse(word).is_ok();
    let is_reference = |word: &str| word.len() == 16 && word.starts_with("BK-");
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_alphanumeric() || c == '-' {
            word.push(c);
            continue;
        }
        out.push_str(if is_id(&word) {
            "ID"
        } else if is_reference(&word) {
            "REF"
        } else {
            &word
        });
        out.push(c);
        word.clear();
    }
    // A token of its own on each page, and words about the present.
    let without = |text: &str, attribute: &str| -> String {
        let mut parts = text.split(attribute);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, rest| all + rest.split_once('"').map_or(rest, |(_, rest)| rest))
    };
    without(&without(&out, "name=\"csrf_token\" value=\""), "data-session-left=\"")
}

struct Probe<'a, 'b, S> {
    person: Browser<'a, S>,
    name: String,
    own: &'b Business,
    other: &'b Business,
    number: u32,
}

impl<S, B> Probe<'_, '_, S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    async fn get(&mut self, of: &Business, pattern: &str, address: &str, fields: &[&str]) -> String {
        self.number += 1;
        let chosen = of.fields(self.number).into_iter().filter(|(name, _)| fields.contains(name));
        let query: Vec<(String, String)> = chosen.map(|(name, value)| (name.to_owned(), value)).collect();
        let path = format!("{address}?{}", bookings_admin::raw_form::encode(&query));
        let page = self.person.get(&path).await;
        self.look(of, &format!("GET {pattern} {fields:?}"), &page)
    }

    async fn post(&mut self, of: &Business, pattern: &str, address: &str, field: Option<&str>) -> String {
        self.number += 1;
        let (number, own) = (self.number, self.own.fields(self.number));
        // One of the other's among what is mine, or nothing but the other's.
        let fields = match field {
            None => of.fields(number),
            Some(field) => {
                let theirs = of.fields(number).into_iter().filter(|(name, _)| *name == field);
                own.into_iter().filter(|(name, _)| *name != field).chain(theirs).collect()
            }
        };
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = self.person.post(address, &pairs).await;
        let seen = self.look(of, &format!("POST {pattern} {field:?}"), &page);
        if page.status == 303 {
            // The message for the page after.
            self.person.get("/profile").await;
        }
        seen
    }

    /// The answer to compare; it must hold nothing of the other business but what was sent.
    fn look(&self, of: &Business, what: &str, page: &Page) -> String {
        assert_ne!(page.status, 500, "{} {what}", self.name);
        let mut seen = plain(page, of, self.number);
        if what.contains("/audit") {
            // One's own exports are kept with the filter that was typed.
            seen = seen.lines().filter(|line| !line.contains("xported")).collect::<Vec<_>>().join("\n");
        }
        assert!(!seen.contains(self.other.word), "{} {what}: {seen}", self.name);
        seen
    }
}

/// What a list or form of each address takes that can name somebody else's.
const QUERIES: &[(&str, &[&str])] = &[
    ("/bookings", &["q", "provider", "service", "tenant", "client"]),
    ("/bookings.csv", &["q", "provider", "service", "tenant", "client"]),
    ("/bookings/new", &["provider", "service", "tenant"]),
    ("/board", &["provider"]),
    ("/clients", &["q"]),
    ("/audit", &["actor", "subject"]),
    ("/audit.csv", &["actor", "subject"]),
];
/// What a form can name.
const NAMED: [&str; 8] =
    ["service_id", "service_ids", "provider_id", "addon_ids", "tenant_id", "reference", "id", "client"];
/// Would sign the person out, or is about them alone: tested with sign-in and profile.
fn is_own(pattern: &str) -> bool {
    OPEN.contains(&pattern) || pattern.starts_with("/profile")
}

#[test]
fn anothers_things_are_as_unknown_things_at_every_address() {
    on_each_database(|db| async move {
        let (mut acme, mut bravo) = (Business::open(&db, "acme"), Business::open(&db, "bravo"));
        acme.book(&db);
        bravo.book(&db);
        let above = crate::common::staff(db.pools(), "Above", Role::Owner);
        let mut settings = settings(&db);
        settings.policy.tenancy = true;
        settings.operation.metrics = true;
        let app = serving(state(&db, settings)).await;
        let nobody = Business::nobodys();
        for (own, other) in [(&acme, &bravo), (&bravo, &acme)] {
            // People above the tenants are no less unknown.
            let high = Business { staff: above.id.to_string(), ..other.clone() };
            for role in ROLES {
                let name = format!("{} {}", own.word, role.as_str());
                let person = Browser::signed_in(&app, &name).await;
                let mut probe = Probe { person, name: name.clone(), own, other, number: 0 };
                // The metrics count these very requests; what they hold is looked at in the end.
                for pattern in patterns().into_iter().filter(|pattern| pattern != "/metrics") {
                    for place in 0..other.addresses(&pattern).len() {
                        let at = |of: &Business| of.addresses(&pattern)[place].clone();
                        let fields =
                            QUERIES.iter().find(|(path, _)| *path == pattern).map_or(&[][..], |(_, fields)| fields);
                        let each = fields.iter().map(|field| vec![*field]).chain([fields.to_vec()]);
                        for query in each {
                            let theirs = probe.get(other, &pattern, &at(other), &query).await;
                            let unknown = probe.get(&nobody, &pattern, &at(&nobody), &query).await;
                            assert_eq!(theirs, unknown, "{name}: GET {pattern} {query:?}");
                        }
                        if is_own(&pattern) {
                            continue;
                        }
                        // What an address names itself decides; a plain one is asked with one name at a time, too.
                        let named = NAMED.iter().filter(|_| !pattern.contains('{')).map(|field| Some(*field));
                        for field in [None].into_iter().chain(named) {
                            let theirs = probe.post(other, &pattern, &at(other), field).await;
                            let unknown = probe.post(&nobody, &pattern, &at(&nobody), field).await;
                            assert_eq!(theirs, unknown, "{name}: POST {pattern} {field:?}");
                            if theirs.starts_with("405") {
                                break;
                            }
                        }
                        if pattern.contains("/staff/{id}") {
                            let theirs = probe.post(&high, &pattern, &at(&high), None).await;
                            let unknown = probe.post(&nobody, &pattern, &at(&nobody), None).await;
                            assert_eq!(theirs, unknown, "{name}: POST {pattern} of those above");
                        }
                    }
                }
            }
        }
        untouched(&app, &[&acme, &bravo]).await;
    });
}

/// Nothing of either was changed by it.
async fn untouched<S, B>(app: &S, businesses: &[&Business])
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let mut above = Browser::signed_in(app, "Above").await;
    for of in businesses {
        assert_eq!(above.events(&of.reference).await, ["CREATED"], "{}", of.word);
        for pattern in
            ["/catalogue/services/{id}", "/catalogue/addons/{id}", "/catalogue/providers/{id}", "/tenants/{id}"]
        {
            let page = above.open(&of.addresses(pattern)[0]).await;
            assert!(page.text("h1").contains(of.word) && !page.has("h1 .chip"), "{pattern}");
            assert!(all(&page.html(), "[data-event]", "data-event").is_empty(), "{pattern}");
        }
        let account = above.open(&of.addresses("/staff/{id}")[0]).await;
        assert!(account.text("h1").contains(of.word) && !account.has("h1 .chip"));
    }
    assert!(!above.get("/metrics").await.body.contains("acme"));
}

/// Of one's own things, nothing is moved or tied to another's.
#[test]
fn ones_own_things_are_not_tied_to_anothers() {
    on_each_database(|db| async move {
        let (mut acme, mut bravo) = (Business::open(&db, "acme"), Business::open(&db, "bravo"));
        acme.book(&db);
        bravo.book(&db);
        let mut settings = settings(&db);
        settings.policy.tenancy = true;
        let app = serving(state(&db, settings)).await;
        let mut ada = Browser::signed_in(&app, "acme admin").await;
        let booking = format!("/bookings/{}", acme.reference);
        let edit = Form::of(&ada.open(&format!("{booking}/edit")).await, "form.booking-form");
        let unknown = Business::nobodys();
        for (target, field, code, theirs, nobodys) in [
            (booking.clone(), "provider_id", "unknown_provider", &bravo.provider, &unknown.provider),
            (booking.clone(), "addon_ids", "unknown_addon", &bravo.addon, &unknown.addon),
            (format!("{booking}/reschedule"), "provider_id", "unknown_provider", &bravo.provider, &unknown.provider),
            (format!("{booking}/reschedule"), "addon_ids", "unknown_addon", &bravo.addon, &unknown.addon),
        ] {
            let mut answers = Vec::new();
            for id in [theirs, nobodys] {
                let page = ada.submit(&target, &edit.clone().with(field, id)).await;
                assert!(page.status == 422 && page.has(&format!("[data-code={code}]")), "{target} {field}");
                assert!(!page.body.contains("bravo"), "{target} {field}");
                answers.push(blot(&page.body));
            }
            assert_eq!(answers[0], answers[1], "{target} {field}");
        }
        let room = format!("/catalogue/providers/{}", acme.provider);
        let form = Form::of(&ada.open(&format!("{room}/edit")).await, "form.booking-form");
        let page = ada.submit(&room, &form.with("service_ids", &bravo.service)).await;
        assert_refused(&page, &[("unknown_service", "service_ids")]);
        assert!(!page.body.contains("bravo"));
    });
}

/// Whoever stands above the tenants reaches all of them, by their role and no further.
#[test]
fn those_above_reach_everything_their_role_allows() {
    on_each_database(|db| async move {
        let (mut acme, mut bravo) = (Business::open(&db, "acme"), Business::open(&db, "bravo"));
        acme.book(&db);
        bravo.book(&db);
        let mut settings = settings(&db);
        settings.policy.tenancy = true;
        let app = serving(state(&db, settings)).await;
        for role in ROLES {
            let name = format!("High {}", role.as_str());
            crate::common::staff(db.pools(), &name, role);
            let mut person = Browser::signed_in(&app, &name).await;
            for path in ["/bookings", "/board", "/catalogue/services"] {
                let body = person.open(path).await.body;
                let all = path == "/board" || (body.contains("acme") && body.contains("bravo"));
                assert!(all, "{name} {path}");
            }
            for of in [&acme, &bravo] {
                assert!(person.open(&format!("/bookings/{}", of.reference)).await.body.contains(of.word));
                assert!(person.open(&format!("/board?provider={}", of.provider)).await.body.contains(of.word));
                let edit = person.get(&format!("/catalogue/providers/{}/edit", of.provider)).await.status;
                assert_eq!(edit, if role >= Role::Admin { 200 } else { 403 }, "{name}");
                let tenant = person.get(&format!("/tenants/{}", of.tenant)).await.status;
                assert_eq!(tenant, if role == Role::Owner { 200 } else { 403 }, "{name}");
            }
        }
    });
}

/// A clash tells the provider's own people with whom; to others it says no more than that the provider is busy.
#[test]
fn a_clash_names_no_booking_of_another_tenant() {
    on_each_database(|db| async move {
        let (mut acme, mut bravo) = (Business::open(&db, "acme"), Business::open(&db, "bravo"));
        acme.book(&db);
        bravo.book(&db);
        // As where a provider changed hands: the booking is still the one's, the provider already the other's.
        let (from, to) = (&bravo.provider, &acme.tenant);
        let sql = match db.is_postgres() {
            true => format!("UPDATE provider SET tenant_id = '{to}' WHERE id = '{from}'"),
            false => format!(
                "UPDATE provider SET tenant_id = x'{}' WHERE id = x'{}'",
                to.replace('-', ""),
                from.replace('-', "")
            ),
        };
        diesel::connection::SimpleConnection::batch_execute(&mut db.url().connect().unwrap(), &sql).unwrap();
        let mut settings = settings(&db);
        settings.policy.tenancy = true;
        let app = serving(state(&db, settings)).await;
        let mut ada = Browser::signed_in(&app, "acme admin").await;
        let fields: Vec<(String, String)> = acme
            .fields(1)
            .into_iter()
            .filter(|(name, _)| *name != "q")
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let form = Form(fields).with("provider_id", &bravo.provider).without("addon_ids").with("idempotency_key", "k");
        let page = ada.submit("/bookings", &form).await;
        assert_refused(&page, &[("overlap", "start_at")]);
        assert!(!page.body.contains(&bravo.reference) && !page.body.contains("bravo.example"), "{}", page.body);
        let own = ada.submit("/bookings", &form.with("provider_id", &acme.provider)).await;
        assert!(own.status == 422 && own.body.contains(&acme.reference), "their own is named");
    });
}

/// Data made under one setting, served under the other: nobody sees more than before.
#[test]
fn tenancy_switched_between_starts_opens_nothing() {
    on_each_database(|db| async move {
        let (mut acme, mut bravo) = (Business::open(&db, "acme"), Business::open(&db, "bravo"));
        acme.book(&db);
        bravo.book(&db);
        crate::common::staff(db.pools(), "Olga", Role::Owner);
        let free = office::service(db.pools(), office::an_hour("Free for all"));
        let room = office::provider(db.pools(), "Common room", None);
        let with = |tenancy: bool| {
            let mut settings = settings(&db);
            settings.policy.tenancy = tenancy;
            settings
        };
        let fields = |service: &str, provider: &str| {
            Form(vec![]).filled(&[
                ("service_id", service),
                ("provider_id", provider),
                ("start_at", "2099-01-05T10:00"),
                ("client_name", "Zoë"),
            ])
        };
        // Off: whoever was a tenant's stays within it, and what is a tenant's is booked by nobody.
        let off = serving(state(&db, with(false))).await;
        let mut ada = Browser::signed_in(&off, "acme owner").await;
        for path in ["/bookings", "/catalogue/services", "/catalogue/providers", "/staff", "/audit", "/bookings.csv"] {
            let body = ada.open(path).await.body;
            assert!(!body.contains("bravo") && !body.contains("Free for all") && !body.contains("Common"), "{path}");
        }
        for id in [&bravo.service, &free.to_string()] {
            assert_eq!(ada.get(&format!("/catalogue/services/{id}")).await.status, 404);
        }
        assert_eq!(ada.get(&format!("/bookings/{}", bravo.reference)).await.status, 404);
        let mut olga = Browser::signed_in(&off, "Olga").await;
        let of_acme = olga.try_to_book(&fields(&acme.service, &acme.provider)).await;
        assert_refused(&of_acme, &[("tenant_mismatch", "service_id"), ("tenant_mismatch", "provider_id")]);
        let common = olga.book(&fields(&free.to_string(), &room.to_string())).await;
        // On: what has no tenant is there for those above alone, and takes no bookings.
        let on = serving(state(&db, with(true))).await;
        for name in ROLES.map(|role| format!("acme {}", role.as_str())) {
            let mut person = Browser::signed_in(&on, &name).await;
            assert_eq!(person.get(&format!("/bookings/{common}")).await.status, 404, "{name}");
            assert!(!person.open("/bookings").await.body.contains(&common), "{name}");
            assert!(!person.open("/catalogue/services").await.body.contains("Free for all"), "{name}");
        }
        let mut olga = Browser::signed_in(&on, "Olga").await;
        assert!(olga.open("/bookings").await.body.contains(&common));
        for tenant in ["", acme.tenant.as_str()] {
            let form = fields(&free.to_string(), &room.to_string()).with("start_at", "2099-01-06T10:00");
            let page = olga.try_to_book(&form.with("tenant_id", tenant)).await;
            assert_eq!(page.status, 422, "{tenant}");
            assert!(page.has("[data-code=tenant_mismatch], [data-code=tenant_required]"), "{tenant}");
        }
    });
}

/// So that the comparison above can fail.
#[test]
fn blotting_leaves_words() {
    let text =
        "see BK-2026-ABCD1234 at 00000000-0000-4000-8000-000000000001, 00000000-0000 name=\"csrf_token\" value=\"x\">";
    assert_eq!(blot(text), "see REF at ID, 00000000-0000 >\0");
}
