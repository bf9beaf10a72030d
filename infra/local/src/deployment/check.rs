//! What a check found, for a person at a terminal.

use crate::console::{printable, say};
use std::process::ExitCode;

/// How something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// As it should be.
    Fine,
    /// It works, but somebody should look: why, and what to do.
    Warning(String),
    /// It does not work: why, and what to do.
    Broken(String),
}

/// Prints what it is told, and remembers the worst.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    warnings: usize,
    broken: usize,
}

impl Checks {
    /// One line for what was looked at.
    pub(crate) fn note(&mut self, what: &str, finding: &Finding) {
        let (mark, rest) = match finding {
            Finding::Fine => ("ok  ", ""),
            Finding::Warning(why) => {
                self.warnings += 1;
                ("warn", why.as_str())
            }
            Finding::Broken(why) => {
                self.broken += 1;
                ("FAIL", why.as_str())
            }
        };
        let rest = if rest.is_empty() { String::new() } else { format!(": {rest}") };
        say(&printable(&format!("{mark} {what}{rest}")));
    }

    /// Whether nothing is broken.
    pub(crate) fn pass(&self) -> bool {
        self.broken == 0
    }

    /// The last line, and the exit code: 0 well or with warnings only, 1 something is broken.
    pub(crate) fn concluded(&self) -> ExitCode {
        say(&match (self.broken, self.warnings) {
            (0, 0) => "all is well".to_owned(),
            (0, warnings) => format!("it works; {warnings} to look at"),
            (broken, warnings) => format!("{broken} broken, {warnings} to look at"),
        });
        if self.pass() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
