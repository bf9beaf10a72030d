//! The one error type. Each variant knows its stable code, its HTTP status and whether trying again can help.

use std::time::Duration;

/// A result with our error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, in our words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What a caller sent cannot be accepted.
    #[error("{what} is not valid: {reason}")]
    Invalid {
        /// The thing.
        what: String,
        /// Why, and how to mend it.
        reason: String,
    },
    /// No or a wrong credential.
    #[error("the credential is missing or wrong")]
    Unauthorized,
    /// A right credential without the role.
    #[error("{0}")]
    Forbidden(String),
    /// It does not exist.
    #[error("{0} was not found")]
    NotFound(String),
    /// It changed under the caller, or its state does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// The version that the caller named is no longer the one in force.
    #[error("{0}")]
    PreconditionFailed(String),
    /// The caller must name the version that it wants to change.
    #[error("{0}")]
    PreconditionRequired(String),
    /// The body is over the limit.
    #[error("the body has more than {limit_bytes} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit_bytes: usize,
    },
    /// A setting is missing or wrong.
    #[error("setting {name}: {reason}")]
    Setting {
        /// Its name.
        name: String,
        /// Why, and how to mend it.
        reason: String,
    },
    /// A secret could not be read or has no entry for this org.
    #[error("secret {name}: {reason}")]
    SecretUnavailable {
        /// The secret's purpose.
        name: String,
        /// Why.
        reason: String,
    },
    /// A head of a ledger could not be signed.
    #[error("signing: {0}")]
    Signing(String),
    /// Something that is stored is not as it was written.
    #[error("{0} cannot be read: it is not as it was written")]
    Damaged(String),
    /// A newer version wrote something in a form that this one does not know.
    #[error(
        "{what} is stored in form {form}, and this version of Tokenwarden reads forms up to {newest}: deploy the newer one"
    )]
    TooNew {
        /// Of which kind it is.
        what: String,
        /// In which form it is stored.
        form: u64,
        /// The newest form that this version reads.
        newest: u64,
    },
    /// DynamoDB did not do what was asked.
    #[error("store: {0}")]
    Store(String),
    /// Others kept changing the same item.
    #[error("{0} is being changed by others; try again")]
    Contended(String),
    /// Atlassian asked us to wait.
    #[error("Atlassian asked to wait {} s before {what}", after.as_secs())]
    RateLimited {
        /// What was asked.
        what: String,
        /// How long.
        after: Duration,
    },
    /// Atlassian says that the key may not do this.
    #[error("not permitted: {what}: {reason}")]
    NotPermitted {
        /// What was asked.
        what: String,
        /// What Atlassian said, without secrets.
        reason: String,
    },
    /// Atlassian no longer knows the cursor.
    #[error("Atlassian does not know the cursor any more")]
    BadCursor,
    /// Atlassian (or the way to it) failed.
    #[error("Atlassian: {what}: {reason}")]
    Upstream {
        /// What was asked.
        what: String,
        /// What came back, without secrets.
        reason: String,
    },
}

/// What an error means to whoever must handle it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Stable name, the end of the problem's `type`.
    pub code: &'static str,
    /// HTTP status for a caller.
    pub status: u16,
    /// Whether the same request may succeed later.
    pub retry: Retry,
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Never.
    No,
    /// Later.
    Later,
}

impl Error {
    /// The stable code, the status and whether to try again.
    pub fn kind(&self) -> Kind {
        let (code, status, retry) = match self {
            Self::Invalid { .. } => ("invalid", 400, Retry::No),
            Self::Unauthorized => ("unauthorized", 401, Retry::No),
            Self::Forbidden(_) => ("forbidden", 403, Retry::No),
            Self::NotFound(_) => ("not-found", 404, Retry::No),
            Self::Conflict(_) => ("conflict", 409, Retry::No),
            Self::PreconditionFailed(_) => ("precondition-failed", 412, Retry::No),
            Self::PreconditionRequired(_) => ("precondition-required", 428, Retry::No),
            Self::TooLarge { .. } => ("too-large", 413, Retry::No),
            Self::Setting { .. } => ("setting", 500, Retry::No),
            Self::SecretUnavailable { .. } => ("secret-unavailable", 503, Retry::Later),
            Self::Signing(_) => ("signing", 503, Retry::Later),
            Self::Damaged(_) => ("damaged", 500, Retry::No),
            Self::TooNew { .. } => ("too-new", 503, Retry::Later),
            Self::Store(_) => ("store", 503, Retry::Later),
            Self::Contended(_) => ("contended", 503, Retry::Later),
            Self::RateLimited { .. } => ("rate-limited", 503, Retry::Later),
            Self::NotPermitted { .. } => ("upstream-not-permitted", 502, Retry::No),
            Self::BadCursor => ("bad-cursor", 502, Retry::Later),
            Self::Upstream { .. } => ("upstream", 502, Retry::Later),
        };
        Kind { code, status, retry }
    }

    /// The same failure of something that must be as it was written; what a newer version wrote is not damaged.
    pub(crate) fn or_damaged(self, what: impl FnOnce() -> String) -> Self {
        match self {
            newer @ Self::TooNew { .. } => newer,
            _unreadable => Self::Damaged(what()),
        }
    }

    /// An [`Error::Invalid`].
    pub fn invalid(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { what: what.into(), reason: reason.into() }
    }

    /// A text for the outside: failures of ours say no more than their kind.
    pub fn public_text(&self) -> String {
        match self {
            Self::Store(_) | Self::Signing(_) | Self::Setting { .. } | Self::SecretUnavailable { .. } => {
                "the service cannot do this now; try again later".to_owned()
            }
            shown => shown.to_string(),
        }
    }
}
