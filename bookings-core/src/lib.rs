#![doc = include_str!("../README.md")]

pub mod booking;
pub mod catalogue;
pub mod commands;
pub mod context;
pub mod event;
pub mod history;
pub mod ids;
pub mod local_time;
pub mod money;
pub mod reference;
pub mod refusal;
pub mod role;
pub mod rules;
pub mod schedule;
mod sentence;
pub mod status;
pub mod suggest;
pub mod window;

pub use booking::{Booking, BookingAddon, Client, Snapshot};
pub use catalogue::{AddonFacts, Facts, ProviderFacts, ServiceFacts};
pub use commands::{
    AddNote, CancelBooking, CreateBooking, EditBooking, Overrides, RescheduleBooking, Surroundings, VerbOn, add_note,
    cancel_booking, complete_booking, confirm_booking, create_booking, edit_booking, mark_no_show, reinstate_booking,
    reschedule_booking, undo_booking,
};
pub use context::{Context, Decision, NewIds, Policy, SlotAnswer, SlotValidation};
pub use event::{Change, Event, EventData, EventType};
pub use ids::{AddonId, BookingId, ProviderId, ServiceId, StaffId, TenantId, UserId};
pub use money::{Currency, Money};
pub use reference::Reference;
pub use refusal::{Code, Concern, Field, Refusal, Refusals};
pub use role::{Actor, Role};
pub use schedule::{Busy, Schedule};
pub use status::{Status, Verb};
pub use window::Window;
