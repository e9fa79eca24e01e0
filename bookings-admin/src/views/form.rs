//! Parts of forms: fields, selects, pickers, suggestions, overrides. `templates/fields.html` prints them.

use super::refusal::{FieldErrors, Slot};

/// A link with its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Visible text.
    pub label: String,
    /// Address.
    pub href: String,
}

impl Link {
    /// A link.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into() }
    }
}

/// A hidden input.
#[derive(Clone, Debug, Default)]
pub struct Hidden {
    /// Name of the input.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Hidden {
    /// A hidden input.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// One input or text area. `name` is also its id.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// Name and id of the input.
    pub name: String,
    /// Visible label.
    pub label: String,
    /// What was typed, kept as typed.
    pub value: String,
    /// `type` of the input; `textarea` makes a text area.
    pub kind: &'static str,
    /// A short line of help under the label.
    pub hint: String,
    /// Whether it must be filled in.
    pub required: bool,
    /// `autocomplete` token; `off` where the data is someone else's.
    pub autocomplete: &'static str,
    /// Longest accepted text, in characters.
    pub maxlength: Option<u32>,
    /// Smallest accepted value of a number.
    pub min: Option<i64>,
    /// Refusals of this field.
    pub errors: FieldErrors,
}

impl Field {
    /// A line of text.
    pub fn text(name: &str, label: &str) -> Self {
        Self { name: name.into(), label: label.into(), kind: "text", autocomplete: "off", ..Self::default() }
    }

    /// Several lines of text.
    pub fn textarea(name: &str, label: &str) -> Self {
        Self::text(name, label).kind("textarea")
    }

    /// Sets the input's `type`.
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// Sets what was typed.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// Sets the line of help.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Marks it as required.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Sets the `autocomplete` token.
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = token;
        self
    }

    /// Sets the longest accepted text, in characters.
    pub fn maxlength(mut self, characters: u32) -> Self {
        self.maxlength = Some(characters);
        self
    }

    /// Sets the smallest accepted number.
    pub fn min(mut self, min: i64) -> Self {
        self.min = Some(min);
        self
    }

    /// Where its refusals go.
    pub fn slot(&mut self) -> Slot<'_> {
        Slot { name: &self.name, label: &self.label, errors: &mut self.errors }
    }

    /// Ids of hint and errors, for `aria-describedby`; empty when there are none.
    pub fn described_by(&self) -> String {
        described_by(&self.name, &self.hint, &self.errors)
    }
}

fn described_by(name: &str, hint: &str, errors: &FieldErrors) -> String {
    let hint = match hint {
        "" => String::new(),
        _ => format!("{name}-hint"),
    };
    [errors.ids(), hint].into_iter().filter(|ids| !ids.is_empty()).collect::<Vec<_>>().join(" ")
}

/// One option, radio or checkbox.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Value sent.
    pub value: String,
    /// Visible text.
    pub label: String,
    /// Quiet text after it, as "+15 min, TTD 40.00".
    pub detail: String,
    /// Whether it is chosen.
    pub selected: bool,
    /// Whether it can't be chosen now.
    pub disabled: bool,
    /// Of a provider: the services it gives, by the beginnings of their ids; empty for all. The script says beside the name
    /// where the chosen one is not among them.
    pub only: String,
}

impl Choice {
    /// A choice.
    pub fn new(value: impl Into<String>, label: impl Into<String>, selected: bool) -> Self {
        Self { value: value.into(), label: label.into(), selected, ..Self::default() }
    }

    /// Sets the quiet text.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// A select of at most 200 choices; past that use [`SearchPicker`].
#[derive(Clone, Debug, Default)]
pub struct SelectField {
    /// Name and id.
    pub name: String,
    /// Visible label.
    pub label: String,
    /// Text of an empty first option; none when a choice is always made.
    pub placeholder: Option<String>,
    /// The choices.
    pub choices: Vec<Choice>,
    /// A short line of help.
    pub hint: String,
    /// Whether a choice must be made.
    pub required: bool,
    /// Refusals of this field.
    pub errors: FieldErrors,
}

impl SelectField {
    /// A select without choices yet.
    pub fn new(name: &str, label: &str, choices: Vec<Choice>) -> Self {
        Self { name: name.into(), label: label.into(), choices, ..Self::default() }
    }

    /// Adds an empty first option.
    pub fn placeholder(mut self, text: &str) -> Self {
        self.placeholder = Some(text.into());
        self
    }

    /// Marks it as required.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Where its refusals go.
    pub fn slot(&mut self) -> Slot<'_> {
        Slot { name: &self.name, label: &self.label, errors: &mut self.errors }
    }

    /// Ids of hint and errors.
    pub fn described_by(&self) -> String {
        described_by(&self.name, &self.hint, &self.errors)
    }
}

/// A choice among thousands: a text to search for and the results as radios. Its button posts the form with
/// `find={name}`: the handler then redisplays the form with results, everything else as typed, and writes nothing.
#[derive(Clone, Debug, Default)]
pub struct SearchPicker {
    /// Name of the radios.
    pub name: String,
    /// Visible label.
    pub label: String,
    /// Text searched for; sent as `{name}_q`.
    pub query: String,
    /// Matches, the chosen one among them.
    pub results: Vec<Choice>,
    /// "12 found", "More than 20 match: type more", "Nothing matches".
    pub message: String,
    /// Whether a choice must be made.
    pub required: bool,
    /// Refusals of this field.
    pub errors: FieldErrors,
}

/// A service or provider: a select, or a search where there are too many.
#[derive(Clone, Debug)]
pub enum Picker {
    /// Up to 200 choices.
    Select(SelectField),
    /// More than that.
    Search(SearchPicker),
}

impl Default for Picker {
    fn default() -> Self {
        Self::Select(SelectField::default())
    }
}

impl Picker {
    /// Where its refusals go.
    pub fn slot(&mut self) -> Slot<'_> {
        match self {
            Self::Select(field) => field.slot(),
            Self::Search(field) => Slot { name: &field.name, label: &field.label, errors: &mut field.errors },
        }
    }

    /// The name of the field.
    pub fn name(&self) -> &str {
        match self {
            Self::Select(field) => &field.name,
            Self::Search(field) => &field.name,
        }
    }
}

/// A start offered as a button that sends the form again with it. The button is named `start_at` and comes after the
/// typed field, so of two `start_at` in a body the last one counts.
#[derive(Clone, Debug, Default)]
pub struct Suggestion {
    /// RFC 3339 instant.
    pub instant: String,
    /// "Mon 23 Nov, 10:45".
    pub label: String,
    /// "30 min later".
    pub detail: String,
}

/// When: the typed start, and what a refusal offers with it.
#[derive(Clone, Debug, Default)]
pub struct StartField {
    /// The `datetime-local` input, in the shown zone.
    pub field: Field,
    /// Which of a repeated hour is meant, as radios `start_at_fold`; empty unless asked.
    pub fold: Vec<Choice>,
    /// Neighbours of a skipped time, or free starts near a taken one.
    pub suggestions: Vec<Suggestion>,
    /// Heading over the suggestions: "Free starts nearby".
    pub suggestions_heading: String,
}

impl StartField {
    /// The start in the shown zone, as typed.
    pub fn new(value: impl Into<String>, zone: &str) -> Self {
        Self {
            field: Field::text("start_at", "Start").kind("datetime-local").value(value).hint(zone).required(),
            ..Self::default()
        }
    }
}

/// Add-ons of one service; the script hides groups of other services.
#[derive(Clone, Debug, Default)]
pub struct AddonGroup {
    /// Id of the service.
    pub service_id: String,
    /// Its name.
    pub service: String,
    /// Its add-ons, `detail` with time and price.
    pub addons: Vec<Choice>,
}

/// Rules that this person may set aside, offered after a refusal.
#[derive(Clone, Debug, Default)]
pub struct OverrideBlock {
    /// `value` is the refusal's code, `label` says what is set aside.
    pub choices: Vec<Choice>,
    /// The reason; its name is `override_reason`.
    pub reason: Field,
}

impl OverrideBlock {
    /// A block with the reason as typed so far.
    pub fn new(choices: Vec<Choice>, reason: impl Into<String>) -> Self {
        Self { choices, reason: Field::text("override_reason", "Reason, kept in the history").value(reason) }
    }
}
