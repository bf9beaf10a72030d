//! A ledger outside of its table: as JSON Lines, and judged as far as it could be read.

use super::ledger::{BadEntry, BadReason, verify_against};
use crate::model::{LedgerEntry, LedgerHead, OrgId};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// A line of an export: JSON in the order of the fields as declared, without white space and without a new line.
pub fn line(entry: &impl Serialize) -> String {
    serde_json::to_string(entry).unwrap_or_default()
}

/// A line that is not written as [`line()`] writes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {reason}")]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: BadWriting,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadWriting {
    /// It is not understood.
    NotUnderstood,
    /// It is understood, but is not written so: other white space, order, capitals, escapes, or further fields.
    OtherForm,
}

impl fmt::Display for BadWriting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUnderstood => "cannot be read",
            Self::OtherForm => "is not written as the export writes it",
        })
    }
}

/// Reads JSON Lines up to the first bad one. Only the last new line may be missing: what could be written in two ways is
/// refused, so that every bit of a line counts.
pub fn read<T: Serialize + DeserializeOwned>(text: &[u8]) -> (Vec<T>, Option<BadLine>) {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let mut rows = Vec::new();
    if text.is_empty() {
        return (rows, None);
    }
    for (number, text) in text.split(|byte| *byte == b'\n').enumerate() {
        let bad = |reason| Some(BadLine { line: number + 1, reason });
        match serde_json::from_slice::<T>(text) {
            Ok(row) if line(&row).as_bytes() == text => rows.push(row),
            Ok(_) => return (rows, bad(BadWriting::OtherForm)),
            Err(_) => return (rows, bad(BadWriting::NotUnderstood)),
        }
    }
    (rows, None)
}

/// A ledger as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// The entries, oldest first.
    pub entries: Vec<LedgerEntry>,
    /// Why the reading ended before the ledger did.
    pub broken_off: Option<String>,
}

/// What is wrong with a ledger: the first fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// An entry.
    #[error(transparent)]
    Entry(#[from] BadEntry),
    /// The reading broke off.
    #[error("{0}")]
    BrokenOff(String),
}

impl Transcript {
    /// From an export.
    pub fn of_export(text: &[u8]) -> Self {
        let (entries, bad) = read(text);
        Self { entries, broken_off: bad.map(|bad| bad.to_string()) }
    }

    /// Follows the chain from a head that is trusted ([`LedgerHead::default`] for the beginning), and through every
    /// published head.
    ///
    /// # Errors
    /// The first fault.
    pub fn verify(&self, org: &OrgId, from: &LedgerHead, published: &[LedgerHead]) -> Result<LedgerHead, Flaw> {
        let reached = verify_against(org, self.entries.iter(), from, published);
        let next = self.entries.last().map_or(from.seq, |last| last.seq) + 1;
        match (reached, &self.broken_off) {
            (Ok(_), Some(why)) => Err(Flaw::BrokenOff(why.clone())),
            // It is missing only because the reading broke off there.
            (Err(BadEntry { seq, reason: BadReason::Missing }), Some(why)) if seq == next => {
                Err(Flaw::BrokenOff(why.clone()))
            }
            (Ok(reached), None) => Ok(reached),
            (Err(bad), _) => Err(Flaw::Entry(bad)),
        }
    }
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
