//! A business with one of everything that can go wrong, and forms as a browser sends them.

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use bookings_core::{AddonId, ProviderId, Role, ServiceId, TenantId};
use bookings_db::catalogue::tables::{AddonData, ProviderData, ServiceData};
use bookings_db::connection::Pools;
use bookings_db::testing::TestDatabase;
use bookings_db::types::Id;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use scraper::{ElementRef, Html, Selector};

use crate::common::{Browser, PASSWORD, Page, staff};
use crate::office::{a_quarter, addon, an_hour, provider, provider_like, service, tenant};

pub const ZONE: Tz = chrono_tz::America::Port_of_Spain;

/// Who and what there is. Ann is the viewer, Sam of the staff, Ada the admin, Olga the owner.
pub struct Desk {
    pub room: ProviderId,
    pub other_room: ProviderId,
    pub closed_room: ProviderId,
    pub massage: ServiceId,
    pub facial: ServiceId,
    /// Four seats.
    pub class: ServiceId,
    /// Begins as PENDING.
    pub on_approval: ServiceId,
    pub retired: ServiceId,
    /// Can't be cancelled or moved.
    pub binding: ServiceId,
    /// Can't be cancelled or moved within a thousand days.
    pub long_notice: ServiceId,
    pub stones: AddonId,
    pub retired_addon: AddonId,
    pub of_facial: AddonId,
    pub in_euro: AddonId,
    /// Nobody's; only for its own page.
    pub tenant: TenantId,
    today: NaiveDate,
}

impl Desk {
    pub fn open(db: &TestDatabase) -> Desk {
        Desk::over(db.pools())
    }

    pub fn over(pools: &Pools) -> Desk {
        for (name, role) in [("Ann", Role::Viewer), ("Sam", Role::Staff), ("Ada", Role::Admin), ("Olga", Role::Owner)] {
            staff(pools, name, role);
        }
        let facial = service(pools, an_hour("Facial"));
        let notice = 1000 * 24 * 60;
        Desk {
            room: provider(pools, "Room 1", None),
            other_room: provider(pools, "Room 2", None),
            closed_room: provider_like(
                pools,
                ProviderData { tenant_id: None, name: "Closed room".into(), active: false },
            ),
            massage: service(pools, an_hour("Massage")),
            class: service(pools, ServiceData { allow_multiple_clients: true, capacity: 4, ..an_hour("Class") }),
            on_approval: service(pools, ServiceData { requires_approval: true, ..an_hour("Surgery") }),
            retired: service(pools, ServiceData { active: false, ..an_hour("Retired") }),
            binding: service(
                pools,
                ServiceData { cancellation_allowed: false, reschedule_allowed: false, ..an_hour("Binding") },
            ),
            long_notice: service(
                pools,
                ServiceData {
                    cancellation_notice_minutes: notice,
                    reschedule_notice_minutes: notice,
                    ..an_hour("Long notice")
                },
            ),
            stones: addon(pools, a_quarter("Hot stones")),
            retired_addon: addon(pools, AddonData { active: false, ..a_quarter("Retired add-on") }),
            of_facial: addon(pools, AddonData { service_id: Some(Id(facial.0)), ..a_quarter("Mask") }),
            in_euro: addon(pools, AddonData { currency: "EUR".into(), ..a_quarter("Imported oil") }),
            facial,
            tenant: tenant(pools, "acme"),
            today: Utc::now().with_timezone(&ZONE).date_naive(),
        }
    }

    /// A day from today, as `2026-11-23`.
    pub fn day(&self, days: u64) -> String {
        (self.today + Days::new(days)).to_string()
    }

    /// Wall-clock time so many days from today, as a form sends it.
    pub fn at(&self, days: u64, time: &str) -> String {
        format!("{}T{time}", self.day(days))
    }

    /// The same as an instant.
    pub fn instant(&self, days: u64, time: &str) -> DateTime<Utc> {
        let time = NaiveTime::parse_from_str(time, "%H:%M").unwrap();
        ZONE.from_local_datetime(&(self.today + Days::new(days)).and_time(time)).unwrap().to_utc()
    }

    /// The fields of a booking that is fine.
    pub fn booking(&self, service: ServiceId, provider: ProviderId, start: &str, client: &str) -> Form {
        Form(vec![])
            .with("service_id", &service.to_string())
            .with("provider_id", &provider.to_string())
            .with("start_at", start)
            .with("party_size", "1")
            .with("client_name", client)
            .with("client_email", "someone@example.com")
            .with("client_phone", "+1 868 555 0100")
            .with("notes_client", "Knocks twice")
            .with("notes_internal", "Two lines\r\nof notes")
    }
}

/// Fields as a browser sends them, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form(pub Vec<(String, String)>);

impl Form {
    /// The form at `selector`, untouched: what its controls would send when no button is pressed.
    pub fn of(page: &Page, selector: &str) -> Form {
        let html = page.html();
        let controls = Selector::parse(&format!("{selector} :is(input, select, textarea)")).unwrap();
        assert!(page.has(selector), "no form {selector} in {}", page.body);
        Form(html.select(&controls).filter_map(sends).collect())
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// Replaces every value of `name`.
    pub fn with(mut self, name: &str, value: &str) -> Form {
        self.0.retain(|(field, _)| field != name);
        self.and(name, value)
    }

    /// One more value of `name`, as of a pressed button or another ticked box.
    pub fn and(mut self, name: &str, value: &str) -> Form {
        self.0.push((name.into(), value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Form {
        self.0.retain(|(field, _)| field != name);
        self
    }

    /// Replaces these.
    pub fn filled(self, fields: &[(&str, &str)]) -> Form {
        fields.iter().fold(self, |form, (name, value)| form.with(name, value))
    }

    fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

fn sends(control: ElementRef) -> Option<(String, String)> {
    let element = control.value();
    let name = element.attr("name")?.to_owned();
    let value = element.attr("value").unwrap_or_default();
    let text = control.text().collect::<String>();
    let sent = match (element.name(), element.attr("type").unwrap_or_default()) {
        _ if element.attr("disabled").is_some() => return None,
        ("input", "checkbox" | "radio") => element.attr("checked").map(|_| value.to_owned())?,
        ("select", _) => {
            let options: Vec<ElementRef> = control.select(&Selector::parse("option").unwrap()).collect();
            let chosen = options.iter().find(|option| option.value().attr("selected").is_some()).or(options.first());
            chosen?.value().attr("value").unwrap_or_default().to_owned()
        }
        // The parser has dropped the newline after the tag; browsers send CR LF.
        ("textarea", _) => text.replace("\r\n", "\n").replace('\n', "\r\n"),
        _ => value.to_owned(),
    };
    Some((name, sent))
}

impl<'a, S, B> Browser<'a, S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    pub async fn signed_in(app: &'a S, name: &str) -> Self {
        let mut browser = Browser::new(app);
        assert_eq!(browser.sign_in(name, PASSWORD).await.status, 303, "{name}");
        browser.get("/").await;
        browser
    }

    /// A page that is there.
    pub async fn open(&mut self, path: &str) -> Page {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text("main"));
        page
    }

    /// The form of a new booking, untouched.
    pub async fn new_form(&mut self) -> Form {
        Form::of(&self.open("/bookings/new").await, "form.booking-form")
    }

    /// Sends a form with the present token.
    pub async fn submit(&mut self, path: &str, form: &Form) -> Page {
        self.post(path, &form.clone().without("csrf_token").pairs()).await
    }

    /// Fills and sends the form of a new booking.
    pub async fn try_to_book(&mut self, fields: &Form) -> Page {
        let form = self.new_form().await;
        let form = fields.pairs().into_iter().fold(form, |form, (name, _)| form.without(name));
        self.submit("/bookings", &Form([form.0, fields.0.clone()].concat())).await
    }

    /// Books, and says the reference.
    pub async fn book(&mut self, fields: &Form) -> String {
        let answer = self.try_to_book(fields).await;
        assert_eq!(answer.status, 303, "{}", answer.text("[role=alert]"));
        answer.location().trim_start_matches("/bookings/").to_owned()
    }

    /// The form of a verb on a booking's page, filled with `fields` and sent.
    pub async fn act(&mut self, reference: &str, verb: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.open(&format!("/bookings/{reference}")).await;
        let action = format!("/bookings/{reference}/{verb}");
        let form = Form::of(&page, &format!("form[action='{action}']"));
        self.submit(&action, &form.filled(fields)).await
    }

    /// Kinds of a booking's events, newest first.
    pub async fn events(&mut self, reference: &str) -> Vec<String> {
        all(&self.open(&format!("/bookings/{reference}")).await.html(), "[data-event]", "data-event")
    }
}

/// An attribute of everything that fits.
pub fn all(html: &Html, selector: &str, attribute: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    html.select(&selector).filter_map(|element| element.value().attr(attribute).map(str::to_owned)).collect()
}

/// Whether a page says exactly these refusals, each where it belongs: at its field (`""` for none), tied to the control,
/// and in the summary on top.
pub fn assert_refused(page: &Page, expected: &[(&str, &str)]) {
    let html = page.html();
    let said = || format!("{} {:?}", page.text("[role=alert]"), all(&html, "[data-code]", "data-code"));
    assert_eq!(page.status, 422, "{expected:?}: {}", said());
    let mut codes = all(&html, "[data-code]", "data-code");
    let mut wanted: Vec<&str> = expected.iter().map(|(code, _)| *code).collect();
    codes.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(codes, wanted, "{}", said());
    for (code, field) in expected {
        if field.is_empty() {
            assert!(page.has(&format!("[role=alert] [data-code={code}]")), "{code} in the summary");
            continue;
        }
        let id = all(&html, &format!("[id^='{field}-error'][data-code={code}]"), "id").into_iter().next();
        let id = id.unwrap_or_else(|| panic!("{code} is not at {field}: {}", said()));
        assert!(page.has(&format!("[role=alert] a[href='#{id}']")), "{code} is linked in the summary");
        // A control of its own, or the group of the boxes.
        let control = format!(
            ":is([name='{field}'], fieldset:has([name='{field}'])):is([aria-describedby='{id}'], \
             [aria-describedby^='{id} '], [aria-describedby*=' {id} '], [aria-describedby$=' {id}'])"
        );
        assert!(page.has(&control), "{code} is tied to {field}");
    }
    let mut ids = all(&html, "[id]", "id");
    let many = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(many, ids.len(), "an id is there twice");
}

/// Whether everything that was typed is still there.
pub fn assert_kept(page: &Page, selector: &str, typed: &Form) {
    let kept = Form::of(page, selector);
    for (name, _) in &typed.0 {
        let of = |form: &Form| -> Vec<String> {
            form.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone()).collect()
        };
        assert_eq!(of(&kept), of(typed), "{name}");
    }
}
