//! A browser over real connections: keeps its cookies, and sends forms with the token of the page it last saw.
#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::BTreeMap;

use bookings_admin::raw_form::encode;
use ureq::Agent;
use ureq::tls::TlsConfig;

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// Goes nowhere by itself, and believes any certificate.
#[derive(Clone)]
pub struct Browser {
    pub agent: Agent,
    pub base: String,
    /// Sent with every request.
    pub headers: Vec<(&'static str, &'static str)>,
    pub cookies: BTreeMap<String, String>,
    pub token: String,
}

impl Browser {
    pub fn at(base: &str) -> Browser {
        let tls = TlsConfig::builder().disable_verification(true).build();
        let config = Agent::config_builder().tls_config(tls).http_status_as_error(false).max_redirects(0).build();
        let (headers, cookies, token) = (Vec::new(), BTreeMap::new(), String::new());
        Browser { agent: config.into(), base: base.into(), headers, cookies, token }
    }

    /// `Err` where the connection broke before an answer.
    pub fn send(&mut self, path: &str, form: Option<&[(&str, &str)]>) -> Result<Answer, ureq::Error> {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (url, cookies) = (format!("{}{path}", self.base), cookies.join("; "));
        let headers = self.headers.iter().copied().chain([("cookie", cookies.as_str())]);
        let mut answer = match form {
            None => headers.fold(self.agent.get(&url), |request, (name, value)| request.header(name, value)).call()?,
            Some(fields) => {
                let fields: Vec<(String, String)> = fields
                    .iter()
                    .chain(&[("csrf_token", self.token.as_str())])
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect();
                headers
                    .fold(self.agent.post(&url), |request, (name, value)| request.header(name, value))
                    .content_type("application/x-www-form-urlencoded")
                    .send(encode(&fields))?
            }
        };
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.into(), value.into());
        }
        let headers =
            answer.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let answer = Answer {
            status: answer.status().as_u16(),
            headers: headers.collect(),
            body: answer.body_mut().read_to_string()?,
        };
        if let Some((_, rest)) = answer.body.split_once("name=\"csrf_token\" value=\"") {
            self.token = rest.split('"').next().unwrap().to_owned();
        }
        Ok(answer)
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send(path, None).unwrap()
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(path, Some(fields)).unwrap()
    }
}
