//! Audit events: what happened, compactly; its JSON is made when it is asked for.

pub(crate) mod actions;
pub(crate) mod history;
pub(crate) mod place;
pub(crate) mod render;
pub(crate) mod site;

pub(crate) use actions::Action;

use crate::population::tokens::TokenRef;

/// Which action an event bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// One of the catalogue.
    Known(Action),
    /// Whatever the caller of `/_sim/use` named.
    Named(Box<str>),
}

impl Deed {
    /// The plain id of the action.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Known(action) => action.id(),
            Self::Named(name) => name,
        }
    }
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A token was used.
    Use(TokenRef),
    /// A token or key was made, or ended.
    Credential(TokenRef),
    /// Something was done to a user.
    User(u32),
    /// An authentication policy changed: its id.
    Policy(Box<str>),
    /// A page or an issue, by its number.
    Content(u32),
}

/// One audit event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) time_ms: i64,
    /// What the stream is sorted by; up to two minutes after `time_ms`.
    pub(crate) processed_ms: i64,
    pub(crate) deed: Deed,
    /// None for the products' own deeds.
    pub(crate) actor: Option<u32>,
    pub(crate) subject: Subject,
    /// Where the caller of `/_sim/use` says that it came from: address and country.
    pub(crate) from: Option<Box<(String, String)>>,
}
