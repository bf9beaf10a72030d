//! Why a command cannot start or go on: the thing, the reason and how to mend it.

use std::{io, net::SocketAddr, path::PathBuf};

/// A result of a command.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// What stands in the way, for a person at a terminal.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}; stop what listens there, or choose another address with {option}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// The option that moves it.
        option: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A file or folder that cannot be used.
    #[error("cannot use {}: {source}; check that it exists and that you may read and write it", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file of ours that somebody changed, or that another release wrote.
    #[error("{} is not understood: {reason}; restore it, or move the data directory away to begin anew", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the user's that says something that cannot be.
    #[error("{}: {reason}", path.display())]
    Config {
        /// Which.
        path: PathBuf,
        /// What is wrong with it, with line and key.
        reason: String,
    },
    /// Another runner holds the data directory.
    #[error("another tokenwarden runs on {}; stop it, or choose another directory with --data-dir", path.display())]
    Taken {
        /// The data directory.
        path: PathBuf,
    },
    /// The embedded database did not do what was asked.
    #[error("the embedded database failed: {0}; try again, or begin anew with another --data-dir")]
    Database(String),
    /// The simulated org cannot start or was not reached.
    #[error("the simulated org: {0}")]
    Simulator(String),
    /// An option or an environment variable is missing or wrong.
    #[error("{name} {reason}")]
    Option {
        /// Its name.
        name: &'static str,
        /// Why, and how to mend it.
        reason: String,
    },
    /// What a function or a flow said.
    #[error("{what}: {source}")]
    Function {
        /// What was being done.
        what: String,
        /// What it said.
        source: shared::error::Error,
    },
    /// The deployment that a command speaks to was not reached, or refused.
    #[error("{what}: {reason}")]
    Api {
        /// What was asked, with its address.
        what: String,
        /// What came back, and how to mend it.
        reason: String,
    },
    /// AWS was not reached, or refused.
    #[error("{what}: {reason}")]
    Aws {
        /// What was being done.
        what: String,
        /// What AWS said, and how to mend it.
        reason: String,
    },
    /// What the deployment stores is not as it was written.
    #[error("{0}")]
    Broken(String),
    /// Something that can only be a fault of ours or of the system.
    #[error("{what}: {source}")]
    System {
        /// What was being done.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl Failure {
    /// A file or folder that cannot be used.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    /// What a function or a flow said.
    pub fn function(what: impl Into<String>) -> impl FnOnce(shared::error::Error) -> Self {
        let what = what.into();
        move |source| Self::Function { what, source }
    }
}
