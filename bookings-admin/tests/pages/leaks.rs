//! Every address there is, as every role of every tenant, aimed at what is another tenant's: the answer is the one that an
//! unknown id gets, word for word.

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use bookings_core::Role;
use uuid::Uuid;

use crate::business::{Business, ROLES, tenancy};
use crate::common::{Browser, Page, on_each_database, serving, settings, state};
use crate::desk::{Form, all, assert_refused};
use crate::office;
use crate::roles::{OPEN, patterns};

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

    async fn post(
        &mut self,
        of: &Business,
        pattern: &str,
        address: &str,
        field: Option<&str>,
        deed: (&str, &str),
    ) -> String {
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
        let pairs = fields.iter().map(|(name, value)| (*name, value.as_str())).chain([deed]);
        let page = self.person.post(address, &pairs.collect::<Vec<_>>()).await;
        let seen = self.look(of, &format!("POST {pattern} {field:?} {deed:?}"), &page);
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
    ("/bookings", &["q", "provider", "service", "tenant", "client", "view"]),
    ("/bookings.csv", &["q", "provider", "service", "tenant", "client"]),
    ("/bookings/new", &["provider", "service", "tenant", "again"]),
    ("/board", &["provider"]),
    ("/clients", &["q"]),
    ("/find", &["q"]),
    ("/audit", &["actor", "subject"]),
    ("/audit.csv", &["actor", "subject"]),
];
/// Every name that a query can have.
const ALL: [&str; 10] =
    ["q", "provider", "service", "tenant", "client", "view", "actor", "subject", "reference", "again"];
/// What a form can name.
const NAMED: [&str; 10] = [
    "service_id",
    "service_ids",
    "provider_id",
    "addon_ids",
    "tenant_id",
    "reference",
    "id",
    "client",
    "import",
    "run",
];
/// What a form at that address can ask to be done.
fn deeds(pattern: &str) -> &'static [(&'static str, &'static str)] {
    match pattern {
        "/bookings/views/{id}" => {
            &[("act", "rename"), ("act", "replace"), ("act", "default"), ("act", "no-default"), ("act", "delete")]
        }
        "/bookings/bulk/{id}" | "/import/{id}" => {
            &[("do", "check"), ("do", "run"), ("do", "stop"), ("do", "continue"), ("do", "undo")]
        }
        _ => &[("do", "run")],
    }
}

/// Would sign the person out, or is about them alone: tested with sign-in and profile.
fn is_own(pattern: &str) -> bool {
    OPEN.contains(&pattern) || pattern.starts_with("/profile")
}

#[test]
fn anothers_things_are_as_unknown_things_at_every_address() {
    on_each_database(|db| async move {
        let (acme, bravo) = Business::two(&db);
        let above = crate::common::staff(db.pools(), "Above", Role::Owner);
        let mut settings = tenancy(&db);
        settings.operation.metrics = true;
        let app = serving(state(&db, settings)).await;
        let nobody = Business::nobodys();
        for (own, other) in [(&acme, &bravo), (&bravo, &acme)] {
            // People above the tenants are no less unknown.
            let high = other.with_staff(above.id);
            for role in ROLES {
                let name = format!("{} {}", own.word, role.as_str());
                let person = Browser::signed_in(&app, &name).await;
                let mut probe = Probe { person, name: name.clone(), own, other, number: 0 };
                // The metrics count these very requests; what they hold is looked at in the end.
                for pattern in patterns().into_iter().filter(|pattern| pattern != "/metrics") {
                    for place in 0..other.addresses(&pattern).len() {
                        let at = |of: &Business| of.addresses(&pattern)[place].clone();
                        let listed = QUERIES.iter().find(|(path, _)| *path == pattern);
                        let alone = listed.map_or(&[][..], |(_, fields)| fields);
                        // What nobody listed is asked with every name there is.
                        let all = if pattern.contains('{') { alone } else { listed.map_or(&ALL[..], |_| alone) };
                        let each = alone.iter().map(|field| vec![*field]).chain([all.to_vec()]);
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
                        let deeds = deeds(&pattern);
                        let plain = deeds.iter().map(|deed| (None, *deed));
                        for (field, deed) in plain.chain(named.map(|field| (field, deeds[0]))) {
                            let theirs = probe.post(other, &pattern, &at(other), field, deed).await;
                            let unknown = probe.post(&nobody, &pattern, &at(&nobody), field, deed).await;
                            assert_eq!(theirs, unknown, "{name}: POST {pattern} {field:?} {deed:?}");
                            if theirs.starts_with("405") {
                                break;
                            }
                        }
                        if pattern.contains("/staff/{id}") {
                            let theirs = probe.post(&high, &pattern, &at(&high), None, deeds[0]).await;
                            let unknown = probe.post(&nobody, &pattern, &at(&nobody), None, deeds[0]).await;
                            assert_eq!(theirs, unknown, "{name}: POST {pattern} of those above");
                        }
                    }
                }
            }
        }
        untouched(&app, &[&acme, &bravo]).await;
        assert!(acme.keeps(&db) && bravo.keeps(&db), "nothing that is under way was touched");
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
        let (acme, bravo) = Business::two(&db);
        let app = serving(state(&db, tenancy(&db))).await;
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

/// The menu of a filter, searched or not, and the names of what is ticked.
#[test]
fn menus_of_a_filter_offer_what_is_ones_own() {
    on_each_database(|db| async move {
        let (acme, bravo) = Business::two(&db);
        for of in [&acme, &bravo] {
            let tenant = Uuid::try_parse(&of.tenant).unwrap();
            for number in 0..25 {
                office::provider(db.pools(), &format!("{} cabin {number}", of.word), Some(tenant.into()));
            }
        }
        let app = serving(state(&db, tenancy(&db))).await;
        let mut ada = Browser::signed_in(&app, "acme viewer").await;
        for words in ["", "cabin", "bravo"] {
            let mut answers = Vec::new();
            for ticked in [bravo.provider.clone(), Uuid::new_v4().to_string()] {
                let page = ada.open(&format!("/bookings?menu=provider&menu_q={words}&provider={ticked}")).await;
                let offered = all(&page.html(), "form#filter input[name=provider]", "value").len();
                assert_eq!(offered > 1, words != "bravo", "{words}: {offered}");
                assert!(!page.body.replace("value=\"bravo\"", "").contains("bravo"), "{words}");
                answers.push(blot(&page.body));
            }
            assert_eq!(answers[0], answers[1], "{words}");
        }
        assert!(!ada.open("/bookings?menu=tenant&menu_q=").await.body.contains("bravo"));
    });
}

/// Whoever stands above the tenants reaches all of them, by their role and no further.
#[test]
fn those_above_reach_everything_their_role_allows() {
    on_each_database(|db| async move {
        let (acme, bravo) = Business::two(&db);
        let app = serving(state(&db, tenancy(&db))).await;
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
        let (acme, bravo) = Business::two(&db);
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
        let app = serving(state(&db, tenancy(&db))).await;
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
        let (acme, bravo) = Business::two(&db);
        crate::common::staff(db.pools(), "Olga", Role::Owner);
        let free = office::service(db.pools(), office::an_hour("Free for all"));
        let room = office::provider(db.pools(), "Common room", None);
        let fields = |service: &str, provider: &str| {
            Form(vec![]).filled(&[
                ("service_id", service),
                ("provider_id", provider),
                ("start_at", "2099-01-05T10:00"),
                ("client_name", "Zoë"),
            ])
        };
        // Off: whoever was a tenant's stays within it, and what is a tenant's is booked by nobody.
        let off = serving(state(&db, settings(&db))).await;
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
        let on = serving(state(&db, tenancy(&db))).await;
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
