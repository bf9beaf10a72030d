//! What survives a restart: append-only JSON lines, written before the answer, so that no answered change is lost.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::SimError;
use crate::options::SimOptions;
use crate::world::Entry;
use crate::world::calls::{Call, KEPT};

/// The first line of the journal: what the population was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    seed: u64,
    users: usize,
    tokens: usize,
    orgs: usize,
    max_events: usize,
    base_ms: i64,
}

impl Head {
    pub(crate) const fn of(options: &SimOptions, base_ms: i64) -> Self {
        let SimOptions { seed, users, tokens, orgs, max_events, .. } = options;
        Self { seed: *seed, users: *users, tokens: *tokens, orgs: *orgs, max_events: *max_events, base_ms }
    }

    fn check(&self, asked: &Self, path: &Path) -> Result<(), SimError> {
        let pairs = [
            ("seed", self.seed.to_string(), asked.seed.to_string()),
            ("users", self.users.to_string(), asked.users.to_string()),
            ("tokens", self.tokens.to_string(), asked.tokens.to_string()),
            ("orgs", self.orgs.to_string(), asked.orgs.to_string()),
            ("max_events", self.max_events.to_string(), asked.max_events.to_string()),
        ];
        match pairs.into_iter().find(|(_, stored, asked)| stored != asked) {
            None => Ok(()),
            Some((option, stored, asked)) => {
                Err(SimError::OtherPopulation { path: path.into(), option, stored, asked })
            }
        }
    }
}

/// The open files of a data directory.
#[derive(Debug)]
pub(crate) struct Journal {
    changes: Lines,
    calls: Lines,
}

/// What a data directory held.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) base_ms: i64,
    pub(crate) entries: Vec<Entry>,
    pub(crate) calls: Vec<Call>,
    pub(crate) journal: Journal,
}

impl Journal {
    /// Opens a data directory, or begins one.
    pub(crate) fn open(dir: &Path, asked: &Head) -> Result<Stored, SimError> {
        fs::create_dir_all(dir).map_err(|source| SimError::File { path: dir.into(), source })?;
        let path = dir.join("changes.jsonl");
        let lines = read(&path)?;
        let (head, entries) = match lines.split_first() {
            None => (asked.clone(), Vec::new()),
            Some((first, rest)) => (parse::<Head>(&path, 1, first)?, parse_all(&path, 2, rest)?),
        };
        head.check(asked, &path)?;
        let mut changes = Lines::open(path)?;
        if lines.is_empty() {
            changes.write(&head)?;
        }
        let path = dir.join("calls.jsonl");
        let mut calls: Vec<Call> = parse_all(&path, 1, &read(&path)?)?;
        calls.drain(..calls.len().saturating_sub(KEPT));
        let mut kept = Lines::open(path)?;
        kept.rewrite(&calls)?;
        Ok(Stored { base_ms: head.base_ms, entries, calls, journal: Self { changes, calls: kept } })
    }

    pub(crate) fn change(&mut self, entry: &Entry) -> Result<(), SimError> {
        self.changes.write(entry)
    }

    pub(crate) fn call(&mut self, call: &Call) -> Result<(), SimError> {
        self.calls.write(call)
    }

    pub(crate) fn clear_calls(&mut self) -> Result<(), SimError> {
        self.calls.rewrite::<Call>(&[])
    }
}

/// A file of JSON lines, each handed to the system whole.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    file: File,
}

impl Lines {
    fn open(path: PathBuf) -> Result<Self, SimError> {
        match OpenOptions::new().create(true).append(true).open(&path) {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(SimError::File { path, source }),
        }
    }

    fn write<T: Serialize>(&mut self, line: &T) -> Result<(), SimError> {
        let mut text = serde_json::to_vec(line).map_err(|error| self.failed(error.into()))?;
        text.push(b'\n');
        self.file.write_all(&text).map_err(|error| self.failed(error))
    }

    /// Replaces the file by these lines, whole or not at all.
    fn rewrite<T: Serialize>(&mut self, lines: &[T]) -> Result<(), SimError> {
        let path = self.path.with_extension("new");
        fs::remove_file(&path).or_else(absent).map_err(|error| self.failed(error))?;
        let mut next = Self::open(path)?;
        lines.iter().try_for_each(|line| next.write(line))?;
        fs::rename(&next.path, &self.path).map_err(|error| self.failed(error))?;
        self.file = next.file;
        Ok(())
    }

    fn failed(&self, source: std::io::Error) -> SimError {
        SimError::File { path: self.path.clone(), source }
    }
}

fn absent(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// The whole lines of a file; what a kill left of a last line was never answered, so it is cut off.
fn read(path: &Path) -> Result<Vec<String>, SimError> {
    let failed = |source| SimError::File { path: path.into(), source };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return absent(error).map(|()| Vec::new()).map_err(failed),
    };
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    if whole < text.len() {
        let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
        file.set_len(whole as u64).map_err(failed)?;
    }
    Ok(text[..whole].lines().map(str::to_owned).collect())
}

fn parse<T: DeserializeOwned>(path: &Path, line: usize, text: &str) -> Result<T, SimError> {
    serde_json::from_str(text).map_err(|source| SimError::Journal { path: path.into(), line, source })
}

fn parse_all<T: DeserializeOwned>(path: &Path, first: usize, lines: &[String]) -> Result<Vec<T>, SimError> {
    lines.iter().enumerate().map(|(at, line)| parse(path, first + at, line)).collect()
}
