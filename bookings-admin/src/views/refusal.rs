//! Refusals as shown: each at its field, all of them in a summary on top.

use super::Link;

/// One reason why something was not done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Code of the refusal, as `overlap`; it is printed as `data-code`.
    pub code: String,
    /// Name of the form field it belongs to; empty when it belongs to none.
    pub field: String,
    /// A sentence for a person.
    pub message: String,
    /// What is in the way, as the clashing booking.
    pub link: Option<Link>,
}

impl Refusal {
    /// A refusal of one field; `field` may be empty.
    pub fn new(code: &str, field: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), field: field.into(), message: message.into(), link: None }
    }

    /// The same with a link to what is in the way.
    pub fn with_link(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.link = Some(Link::new(label, href));
        self
    }
}

/// The refusals of one field, each with the id that `aria-describedby` names.
#[derive(Clone, Debug, Default)]
pub struct FieldErrors(Vec<(String, Refusal)>);

impl FieldErrors {
    /// Ids and refusals, in order: `start_at-error`, `start_at-error-2` ...
    pub fn iter(&self) -> impl Iterator<Item = &(String, Refusal)> {
        self.0.iter()
    }

    /// Whether the field is fine.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ids with a space between, for `aria-describedby`.
    pub fn ids(&self) -> String {
        let ids: Vec<&str> = self.0.iter().map(|(id, _)| id.as_str()).collect();
        ids.join(" ")
    }

    fn push(&mut self, refusal: Refusal) -> String {
        let id = match self.0.len() {
            0 => format!("{}-error", refusal.field),
            n => format!("{}-error-{}", refusal.field, n + 1),
        };
        self.0.push((id.clone(), refusal));
        id
    }
}

/// Where refusals of a field go, and what it is called.
#[derive(Debug)]
pub struct Slot<'a> {
    /// Name of the field.
    pub name: &'a str,
    /// What a person calls it; empty where the sentence says it.
    pub label: &'a str,
    /// Its refusals.
    pub errors: &'a mut FieldErrors,
}

/// The list on top of a refused form, read out at once (`role="alert"`).
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// "Not saved, for 2 reasons".
    pub heading: String,
    /// Every refusal, in order.
    pub items: Vec<SummaryItem>,
}

/// One line of the summary.
#[derive(Clone, Debug)]
pub struct SummaryItem {
    /// Id of the refusal at its field; empty when it is shown here alone.
    pub target: String,
    /// Label of that field.
    pub label: String,
    /// The refusal.
    pub refusal: Refusal,
}

/// Puts each refusal at its field, where the form has that field, and all of them in a summary. None when there are none.
pub fn place(what: &str, refusals: Vec<Refusal>, fields: &mut [Slot]) -> Option<Summary> {
    if refusals.is_empty() {
        return None;
    }
    let heading = match refusals.len() {
        1 => what.to_string(),
        n => format!("{what}, for {n} reasons"),
    };
    let mut items = Vec::with_capacity(refusals.len());
    for refusal in refusals {
        let slot = fields.iter_mut().find(|slot| !refusal.field.is_empty() && slot.name == refusal.field);
        let (target, label) = match slot {
            Some(slot) => (slot.errors.push(refusal.clone()), slot.label.to_owned()),
            None => Default::default(),
        };
        items.push(SummaryItem { target, label, refusal });
    }
    Some(Summary { heading, items })
}
