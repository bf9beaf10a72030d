//! Logs for the person at the terminal: on standard error, readable, every line masked.

use shared::decide::mask::mask;
use std::io::{self, Write};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// Starts logging. `LOG_LEVEL` may name a level; from `warn` on where it does not.
pub(crate) fn init() {
    let level = shared::config::environment("LOG_LEVEL").unwrap_or_else(|| "warn".into());
    let filter = EnvFilter::try_new(&level).unwrap_or_else(|_| EnvFilter::new("warn"));
    let started =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(MaskedLines).with_ansi(false).try_init();
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}

struct MaskedLines;

impl<'a> MakeWriter<'a> for MaskedLines {
    type Writer = MaskedLine;

    fn make_writer(&'a self) -> Self::Writer {
        MaskedLine
    }
}

/// An event arrives in one piece.
struct MaskedLine;

impl Write for MaskedLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(mask(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}
