//! A small browser for tests: keeps cookies, sends forms with the token of the page it last saw.
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]
#![allow(dead_code, reason = "each test file is a program of its own and uses a part")]

use std::collections::BTreeMap;

use actix_http::Request;
use actix_web::body::{MessageBody, to_bytes};
use actix_web::cookie::Cookie;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::test::{TestRequest, init_service};
use actix_web::{HttpResponse, web};
use bookings_admin::app::{AppState, app};
use bookings_admin::auth::password;
use bookings_admin::raw_form;
use bookings_admin::secret::Secrets;
use bookings_admin::settings::{Operation, SecretKey, Settings};
use bookings_core::{Currency, Policy, Role};
use bookings_db::connection::{DatabaseUrl, Pools};
use bookings_db::staff::{NewStaff, Staff, add_staff};
use bookings_db::testing::{TestDatabase, databases};
use chrono::Utc;
use scraper::{Html, Selector};

pub const PASSWORD: &str = "correct horse battery";

/// Runs a test against the application on a database of each kind.
pub fn on_each_database<F: Future<Output = ()>>(test: impl Fn(TestDatabase) -> F) {
    for database in databases() {
        println!("on {}", database.name());
        actix_web::rt::System::new().block_on(test(database));
    }
}

pub fn settings(database: &TestDatabase) -> Settings {
    settings_for(database.url())
}

pub fn settings_for(url: &DatabaseUrl) -> Settings {
    Settings {
        database_url: url.clone(),
        listen: ([127, 0, 0, 1], 0).into(),
        public_origin: None,
        time_zone: chrono_tz::America::Port_of_Spain,
        currency: Currency::parse("TTD").unwrap(),
        policy: Policy::default(),
        slots_url: None,
        secret_keys: Vec::new(),
        operation: Operation::default(),
    }
}

pub fn state(database: &TestDatabase, settings: Settings) -> web::Data<AppState> {
    state_over(database.pools().clone(), settings)
}

pub fn state_with(database: &TestDatabase, settings: Settings, secrets: &Secrets) -> web::Data<AppState> {
    web::Data::new(AppState::new(database.pools().clone(), settings, secrets))
}

pub fn state_over(pools: Pools, settings: Settings) -> web::Data<AppState> {
    let secrets = Secrets { keys: vec![SecretKey(vec![7; 32])], lasting: true };
    web::Data::new(AppState::new(pools, settings, &secrets))
}

pub async fn serving(
    state: web::Data<AppState>,
) -> impl Service<Request, Response = ServiceResponse<impl MessageBody>, Error = actix_web::Error> {
    init_service(app(state)).await
}

pub fn staff(pools: &Pools, name: &str, role: Role) -> Staff {
    let hash = password::hash(PASSWORD).unwrap();
    add_staff(pools, NewStaff { name, role, tenant_id: None, password_hash: &hash }, Utc::now()).unwrap()
}

/// The bytes that a secret's text stands for, as an app that makes codes reads it.
pub fn base32(text: &str) -> Vec<u8> {
    let value = |c: char| match c {
        'A'..='Z' => c as u32 - 'A' as u32,
        _ => c as u32 - '2' as u32 + 26,
    };
    let bits: String = text.chars().filter(|c| *c != ' ').map(|c| format!("{:05b}", value(c))).collect();
    bits.as_bytes().chunks(8).map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap()).collect()
}

/// An answer, read whole.
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    async fn read(answer: HttpResponse<impl MessageBody>) -> Page {
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = to_bytes(answer.into_body()).await.ok().unwrap();
        Page { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn html(&self) -> Html {
        Html::parse_document(&self.body)
    }

    pub fn has(&self, selector: &str) -> bool {
        self.html().select(&Selector::parse(selector).unwrap()).next().is_some()
    }

    /// An attribute of the first element that fits.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let html = self.html();
        let element = html.select(&Selector::parse(selector).unwrap()).next()?;
        element.value().attr(name).map(str::to_owned)
    }

    pub fn text(&self, selector: &str) -> String {
        let html = self.html();
        let found = html.select(&Selector::parse(selector).unwrap()).next();
        found.map(|element| element.text().collect::<String>()).unwrap_or_default()
    }

    /// The named fields of the form at `selector`, as a browser would send them untouched (inputs only).
    pub fn fields(&self, selector: &str) -> Vec<(String, String)> {
        let html = self.html();
        let inputs = Selector::parse(&format!("{selector} input[name]")).unwrap();
        let pair = |name: &str, element: scraper::ElementRef| element.value().attr(name).unwrap_or_default().to_owned();
        html.select(&inputs).map(|input| (pair("name", input), pair("value", input))).collect()
    }
}

/// One person's browser.
pub struct Browser<'a, S> {
    app: &'a S,
    pub cookies: BTreeMap<String, String>,
    pub token: String,
    /// Sent with every request.
    pub headers: Vec<(&'static str, String)>,
}

impl<'a, S, B> Browser<'a, S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    pub fn new(app: &'a S) -> Self {
        Browser { app, cookies: BTreeMap::new(), token: String::new(), headers: Vec::new() }
    }

    pub async fn send(&mut self, mut request: TestRequest) -> Page {
        for (name, value) in &self.cookies {
            request = request.cookie(Cookie::new(name.clone(), value.clone()));
        }
        for (name, value) in &self.headers {
            request = request.insert_header((*name, value.as_str()));
        }
        let page = match self.app.call(request.to_request()).await {
            Ok(answer) => {
                for cookie in answer.response().cookies() {
                    if cookie.value().is_empty() {
                        self.cookies.remove(cookie.name());
                    } else {
                        self.cookies.insert(cookie.name().to_owned(), cookie.value().to_owned());
                    }
                }
                Page::read(answer.into_parts().1).await
            }
            // As the server does with what no layer made an answer of.
            Err(error) => Page::read(error.error_response()).await,
        };
        if let Some(token) = page.attribute("input[name=csrf_token]", "value") {
            self.token = token;
        }
        page
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.send(TestRequest::get().uri(path)).await
    }

    /// Posts exactly these fields.
    pub async fn post_raw(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.post_body(path, raw_form::encode(&fields).into_bytes()).await
    }

    pub async fn post_body(&mut self, path: &str, body: Vec<u8>) -> Page {
        let form = (header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(TestRequest::post().uri(path).insert_header(form).set_payload(body)).await
    }

    /// Posts a form with a file, as browsers do, with the token of the last page.
    pub async fn post_file(&mut self, path: &str, name: &str, file: &[u8]) -> Page {
        let part = |head: &str| format!("\r\n--x\r\nContent-Disposition: form-data; {head}\r\n\r\n");
        let mut body = part("name=\"csrf_token\"").trim_start().as_bytes().to_vec();
        body.extend(self.token.as_bytes());
        body.extend(part(&format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv")).as_bytes());
        body.extend(file);
        body.extend(part("name=\"text\"").as_bytes());
        body.extend(b"\r\n--x--\r\n");
        let form = (header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        self.send(TestRequest::post().uri(path).insert_header(form).set_payload(body)).await
    }

    /// Posts the fields with the token of the last page.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token.clone();
        let mut all = vec![("csrf_token", token.as_str())];
        all.extend(fields);
        self.post_raw(path, &all).await
    }

    pub async fn sign_in(&mut self, name: &str, password: &str) -> Page {
        self.get("/login").await;
        self.post("/login", &[("username", name), ("password", password)]).await
    }
}
