//! The HTTP slot engine: asks another program which starts are free, and trusts nothing of its answer.

use std::time::Duration;

use bookings_db::{SlotAsk, SlotEngine, SlotEngineError};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use ureq::Agent;
use ureq::http::StatusCode;
use uuid::Uuid;

/// From asking to the last byte of the answer; a person waits meanwhile.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// A year of five-minute starts is under 4 MiB; a day's starts are a few kilobytes.
const ANSWER_BYTES: u64 = 1024 * 1024;

/// An engine that answers over HTTP, as `BOOKINGS_SLOTS_URL` names it.
#[derive(Debug, Clone)]
pub struct HttpSlotEngine {
    agent: Agent,
    url: String,
}

/// What the engine is asked, in the words of its interface.
#[derive(Debug, Clone, Serialize)]
pub struct Question {
    /// The service.
    pub service_id: Uuid,
    /// The provider.
    pub provider_id: Uuid,
    /// The tenant, with tenancy.
    pub tenant_id: Option<Uuid>,
    /// First start of interest, RFC 3339 in UTC.
    pub start_at: String,
    /// End of the window of interest, RFC 3339 in UTC.
    pub end_at: String,
    /// The booking that is being moved and shall not stand in its own way.
    pub exclude_booking: Option<Uuid>,
}

#[derive(Deserialize)]
struct Answer {
    available_starts: Vec<DateTime<Utc>>,
}

/// An instant as the engine reads it.
#[must_use]
pub fn rfc3339(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

impl HttpSlotEngine {
    /// The engine at `url`, which is http or https. Redirects are not followed and proxies of the environment not used:
    /// the engine is where the setting says, nowhere else.
    #[must_use]
    pub fn new(url: &str) -> HttpSlotEngine {
        let config = Agent::config_builder()
            .timeout_global(Some(TIME_LIMIT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .user_agent(concat!("bookings/", env!("CARGO_PKG_VERSION")))
            .build();
        HttpSlotEngine { agent: config.into(), url: url.to_owned() }
    }

    /// The starts the engine offers. Blocks for at most two seconds.
    ///
    /// # Errors
    /// Why there is no answer to go by, in a sentence's middle: it can't be reached, is too slow, or says something else
    /// than 200 and a list of instants with a zone.
    pub fn ask(&self, question: &Question) -> Result<Vec<DateTime<Utc>>, String> {
        let mut response = self.agent.post(&self.url).send_json(question).map_err(|error| reason(&error))?;
        if response.status() != StatusCode::OK {
            return Err(format!("it answered with status {}", response.status().as_u16()));
        }
        let body =
            response.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec().map_err(|error| reason(&error))?;
        let answer: Answer =
            serde_json::from_slice(&body).map_err(|error| format!("its answer is not as agreed: {error}"))?;
        Ok(answer.available_starts)
    }
}

fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "it did not answer within 2 seconds".into(),
        ureq::Error::BodyExceedsLimit(_) => "its answer is larger than 1 MiB".into(),
        ureq::Error::HostNotFound => "its host is not known".into(),
        other => format!("it can't be reached: {other}"),
    }
}

impl SlotEngine for HttpSlotEngine {
    fn available_starts(&self, ask: &SlotAsk) -> Result<Vec<DateTime<Utc>>, SlotEngineError> {
        let question = Question {
            service_id: ask.service_id.0,
            provider_id: ask.provider_id.0,
            tenant_id: ask.tenant_id.map(|id| id.0),
            start_at: rfc3339(ask.start_at),
            end_at: rfc3339(ask.end_at),
            exclude_booking: ask.exclude_booking.map(|id| id.0),
        };
        self.ask(&question).map_err(SlotEngineError)
    }
}
