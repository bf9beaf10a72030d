//! What is unconfirmed about Atlassian's events and lists comes in dialects, which can be combined.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::error::SimError;

/// One way in which the real Atlassian may differ from the plain reading of its documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// Token use names its token by the id of the lists; the stream ends in an empty page with a null cursor.
    Default,
    /// Token use names its token by the label alone.
    NoTokenIds,
    /// Events bear no `auth` at all.
    NoAuth,
    /// The token ids of events differ from those of the lists.
    OtherIds,
    /// Token use by external users leaves no event.
    NoExternalUse,
    /// Action ids are opaque, drawn by the seed, and explained by `event-actions` alone.
    DrawnActions,
    /// The last page of the stream bears a cursor that later yields newer events.
    CursorEnd,
    /// `api_token_created` bears the new token under `auth` with authType `session`, as one recorded sample does.
    SessionAuth,
    /// Expired tokens stay in the lists.
    ListsExpired,
    /// API access writes times as `2026-01-01T10:05:00.000+0000`.
    OffsetTimes,
}

/// Every dialect with its name and what it changes.
const KNOWN: [(Dialect, &str, &str); 10] = [
    (
        Dialect::Default,
        "default",
        "use events bear tokenId and tokenLabel, ids equal those of the lists, the stream ends in null",
    ),
    (Dialect::NoTokenIds, "no-token-ids", "use events bear the token's label but not its id"),
    (Dialect::NoAuth, "no-auth", "events do not say which token was used"),
    (Dialect::OtherIds, "other-ids", "the token ids in events differ from those of the lists"),
    (Dialect::NoExternalUse, "no-external-use", "token use by external users leaves no event"),
    (
        Dialect::DrawnActions,
        "drawn-actions",
        "action ids are opaque and drawn by the seed; only event-actions explains them",
    ),
    (
        Dialect::CursorEnd,
        "cursor-end",
        "the last page of events-stream bears a cursor that can be polled for newer events",
    ),
    (Dialect::SessionAuth, "session-auth", "api_token_created bears the new token in auth with authType session"),
    (Dialect::ListsExpired, "lists-expired", "expired tokens and keys stay in the lists"),
    (Dialect::OffsetTimes, "offset-times", "API access writes times with +0000 instead of Z"),
];

impl Dialect {
    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        KNOWN.iter().find(|known| known.0 == self).map_or("default", |known| known.1)
    }
}

/// A combination of dialects; empty is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dialects(BTreeSet<Dialect>);

impl Dialects {
    /// A combination of the dialects given.
    pub fn of(dialects: impl IntoIterator<Item = Dialect>) -> Self {
        Self(dialects.into_iter().filter(|dialect| *dialect != Dialect::Default).collect())
    }

    /// Whether a dialect is spoken.
    #[must_use]
    pub fn has(&self, dialect: Dialect) -> bool {
        self.0.contains(&dialect)
    }

    /// Every dialect's name with one sentence, one line each.
    #[must_use]
    pub fn help() -> String {
        KNOWN.iter().map(|(_, name, text)| format!("  {name:<16} {text}\n")).collect()
    }
}

impl FromStr for Dialects {
    type Err = SimError;

    fn from_str(text: &str) -> Result<Self, SimError> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(one).collect::<Result<Vec<_>, _>>().map(Self::of)
    }
}

fn one(name: &str) -> Result<Dialect, SimError> {
    let known = KNOWN.iter().find(|known| known.1 == name);
    known
        .map(|known| known.0)
        .ok_or_else(|| SimError::UnknownDialect { name: name.to_owned(), known: KNOWN.map(|known| known.1).join(", ") })
}

impl fmt::Display for Dialects {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str(Dialect::Default.name());
        }
        let names: Vec<_> = self.0.iter().map(|dialect| dialect.name()).collect();
        out.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Dialects};

    #[test]
    fn names_are_read_and_written() {
        let both: Dialects = "no-auth, cursor-end".parse().unwrap();
        assert!(both.has(Dialect::NoAuth) && both.has(Dialect::CursorEnd) && !both.has(Dialect::OtherIds));
        assert_eq!(both.to_string(), "no-auth,cursor-end");
        assert_eq!("default".parse::<Dialects>().unwrap(), Dialects::default());
        let error = "martian".parse::<Dialects>().unwrap_err().to_string();
        assert!(error.contains("martian") && error.contains("no-token-ids"), "{error}");
    }
}
