//! CSV (RFC 4180).

use shared::error::{Error, Result};
use std::fmt::Display;

/// The text of what is written to it.
pub(super) fn table(write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    write(&mut writer).map_err(failed)?;
    let bytes = writer.into_inner().map_err(failed)?;
    String::from_utf8(bytes).map_err(failed)
}

fn failed(error: impl Display) -> Error {
    Error::Store(format!("CSV: {error}"))
}
