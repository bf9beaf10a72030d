//! Logs: JSON lines on standard output, every line masked (law 11) and without mail addresses (law 15), and what is measured.

mod addresses;
mod measures;

pub use measures::{NAMESPACE, measured};

use crate::model::mask::mask;
use addresses::without_addresses;
use std::io::{self, Write};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

/// The names of fields in log lines, with their meaning. No other names, so that a query works for every function; none of
/// them holds a name or an address. A test compares them with what is logged.
pub const FIELDS: &[(&str, &str)] = &[
    ("request_id", "the invocation's id, as Lambda or API Gateway gives it"),
    ("org", "which org"),
    ("error", "an error's text"),
    ("kind", "an error's kind"),
    ("status", "an HTTP status"),
    ("what", "which route was asked for: its pattern, without what a path holds"),
    ("purpose", "which secret"),
    ("reason", "why something was refused or given up"),
    ("count", "how many"),
    ("stored", "events stored now"),
    ("repeated", "events that were stored already"),
    ("quarantined", "bodies that were not understood"),
    ("ignored", "events that were counted only"),
    ("state", "how it stands or how it ended"),
    ("pending", "what waits to be handled, as kind/id"),
    ("action", "which action"),
    ("erasure", "which erasure of an account"),
    ("account", "which account, by its id"),
    ("letter", "which message, by its id"),
    ("mail", "which mail to an owner, by its id: one mail may hold several messages"),
    ("recipient", "a hash of the address that is written to"),
    ("ticket", "which issue in the tracker"),
    ("seq", "a ledger entry's number"),
    ("hash", "a ledger entry's hash"),
    ("at", "when a head of a ledger was published, as it is signed"),
    ("key_id", "which key signed it"),
    ("signature", "its signature, as base64"),
];

/// Our own crates: what others log is shown from `warn` on only, because it may hold bodies and headers.
const OUR_TARGETS: [&str; 9] = [
    "shared",
    "ingest_audit",
    "poll_audit",
    "report_tokens",
    "remediate_tokens",
    "serve_reports",
    "tokenwarden",
    "tokenwarden_local",
    "atlassian_sim",
];

/// Starts logging at a level (`error`, `warn`, `info`, `debug`, `trace`; anything else counts as `info`).
///
/// Only the first call in a process has an effect.
pub fn init(level: &str) {
    let level = level.trim().parse().unwrap_or(LevelFilter::INFO);
    let targets =
        Targets::new().with_default(level.min(LevelFilter::WARN)).with_targets(OUR_TARGETS.map(|t| (t, level)));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(Masking(io::stdout));
    // An error means that somebody (a test, a second main) was first: his settings stay.
    let _earlier = tracing_subscriber::registry().with(targets).with(lines).try_init();
}

/// Masks what passes through to the writers that the inner one makes.
struct Masking<M>(M);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Masking<M> {
    type Writer = MaskingWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        MaskingWriter(self.0.make_writer())
    }
}

/// A writer of whole lines: the formatter hands over each line in one piece.
struct MaskingWriter<W>(W);

impl<W: Write> Write for MaskingWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(without_addresses(&mask(&String::from_utf8_lossy(line))).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(line)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The one line that a statement writes.
    fn logged(statement: impl FnOnce()) -> String {
        let lines = Lines::default();
        let make = {
            let lines = lines.clone();
            move || lines.clone()
        };
        let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(Masking(make));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), statement);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{text}");
        text
    }

    #[test]
    fn no_line_shows_a_secret_whatever_the_field() {
        let text = logged(|| {
            tracing::info!(error = r#"body {"authorization":"Bearer local-webhook"}"#, "saw ATATT3xFfGF0abc=1234ABCD");
        });
        assert!(!text.contains("local-webhook") && !text.contains("3xFfGF0"), "{text}");
    }

    #[test]
    fn no_line_shows_an_address_that_others_wrote_into_an_error() {
        let text =
            logged(|| tracing::warn!(error = "status 400:\n\"ann.admin@mail.example.com\" is no user", "failed"));
        assert!(!text.contains("admin") && text.contains("*** ") | text.contains("***\\\""), "{text}");
    }

    #[test]
    fn a_second_start_is_ignored() {
        init("warn");
        init("nonsense");
    }
}
