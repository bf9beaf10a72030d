//! Why a simulator cannot start or go on.

use std::path::PathBuf;

/// An error of the simulator itself, never one that Atlassian would answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// A dialect that this release does not speak.
    #[error("unknown dialect \"{name}\"; known are {known}")]
    UnknownDialect {
        /// What was asked for.
        name: String,
        /// The names of those that exist.
        known: String,
    },
    /// An option outside its bounds.
    #[error("{option} must be {bounds}, not {value}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What would do.
        bounds: &'static str,
        /// What was asked for.
        value: String,
    },
    /// A data directory made with other options.
    #[error("{} was made with {option} {stored}, not {asked}; use the same or another directory", path.display())]
    OtherPopulation {
        /// The file that says so.
        path: PathBuf,
        /// The option's name.
        option: &'static str,
        /// The stored value.
        stored: String,
        /// The value asked for.
        asked: String,
    },
    /// A line of the journal that is neither understood nor the torn end of the file.
    #[error("{} line {line} is not understood: {source}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A file that cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A socket that cannot be used.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
}
