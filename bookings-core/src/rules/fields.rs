//! What can be said of single fields without knowing anything else.

use chrono::{DateTime, Datelike, Utc};
use serde_json::Value;

use crate::booking::Client;
use crate::refusal::{Code, Concern, Field, Refusal};

/// Characters a name holds.
pub const NAME_LENGTH: usize = 255;
/// Characters an e-mail address holds (RFC 5321, section 4.5.3.1).
pub const EMAIL_LENGTH: usize = 254;
/// Characters a phone number holds.
pub const PHONE_LENGTH: usize = 64;
/// Characters a note or message holds.
pub const NOTE_LENGTH: usize = 10_000;
/// Characters a reason holds.
pub const REASON_LENGTH: usize = 1_000;

/// Refuses more than `most` characters, and the one that no database keeps in text.
pub fn length(field: Field, text: &str, most: usize, refusals: &mut Vec<Refusal>) {
    if text.contains('\0') {
        let accepted = "text without the NUL character".into();
        refusals.push(Refusal::about(Code::Invalid, field, Concern::Accepted(accepted)));
    }
    if text.chars().count() > most {
        refusals.push(Refusal::about(Code::TooLong, field, Concern::Length(most)));
    }
}

/// Refuses nothing but spaces, and more than `most` characters.
pub fn required(field: Field, text: &str, most: usize, refusals: &mut Vec<Refusal>) {
    if text.trim().is_empty() {
        refusals.push(Refusal::of(Code::Required, field));
    }
    length(field, text, most, refusals);
}

/// The client's fields: a name; an address that could be one; a phone number with digits.
pub fn client(client: &Client, refusals: &mut Vec<Refusal>) {
    required("client_name", &client.name, NAME_LENGTH, refusals);
    single_line("client_name", &client.name, refusals);
    length("client_email", &client.email, EMAIL_LENGTH, refusals);
    if !client.email.is_empty() && !is_email(&client.email) {
        let accepted = "an address such as ada@example.com".into();
        refusals.push(Refusal::about(Code::Invalid, "client_email", Concern::Accepted(accepted)));
    }
    length("client_phone", &client.phone, PHONE_LENGTH, refusals);
    if !client.phone.is_empty() && !is_phone(&client.phone) {
        let accepted = "digits, spaces and + - ( ) . / or x for an extension".into();
        refusals.push(Refusal::about(Code::Invalid, "client_phone", Concern::Accepted(accepted)));
    }
}

/// Notes on both sides.
pub fn notes(internal: &str, client: &str, refusals: &mut Vec<Refusal>) {
    length("notes_internal", internal, NOTE_LENGTH, refusals);
    length("notes_client", client, NOTE_LENGTH, refusals);
}

/// The years a start may lie in.
#[must_use]
pub const fn calendar() -> core::ops::RangeInclusive<i32> {
    1970..=9998
}

/// Refuses metadata with the one character that PostgreSQL's JSON does not hold.
pub fn metadata(value: &Value, refusals: &mut Vec<Refusal>) {
    if has_nul(value) {
        let accepted = "JSON without the NUL character".into();
        refusals.push(Refusal::about(Code::Invalid, "metadata", Concern::Accepted(accepted)));
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Refuses starts no calendar of ours holds.
pub fn start(start_at: DateTime<Utc>, refusals: &mut Vec<Refusal>) {
    if !calendar().contains(&start_at.year()) {
        let accepted = "a date between the years 1970 and 9998".into();
        refusals.push(Refusal::about(Code::Invalid, "start_at", Concern::Accepted(accepted)));
    }
}

/// A name on several lines would break every list it is printed in.
fn single_line(field: Field, text: &str, refusals: &mut Vec<Refusal>) {
    if text.chars().any(char::is_control) {
        let accepted = "text on one line".into();
        refusals.push(Refusal::about(Code::Invalid, field, Concern::Accepted(accepted)));
    }
}

/// One `@`, something before it, a dotted or plain host after it, no spaces. Whether it exists only mail can tell.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    let host_ok = !host.is_empty()
        && !host.contains('@')
        && host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
        && host.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-');
    !local.is_empty() && local.chars().all(|c| !c.is_whitespace() && !c.is_control()) && host_ok
}

fn is_phone(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')' | '.' | '/' | 'x' | '#'))
}
