//! What a function weighs.

use crate::{Outcome, cold::EMPTY, function::binary, summary::Summary};
use std::{fs, path::Path};
use tokenwarden_tests::lambda::FUNCTIONS;

const PART: &str = "Sizes (of `make package`)";

/// The zips that a cold start fetches, and the binaries in them, beside a function that does nothing.
pub(crate) fn measure(summary: &mut Summary) -> Outcome<()> {
    let (empty, empty_zip) = sizes(EMPTY)?;
    for function in [EMPTY].into_iter().chain(FUNCTIONS) {
        let (size, zip) = sizes(function)?;
        summary.compare(PART, format!("{function}, zip"), (zip, empty_zip), "MB");
        summary.compare(PART, format!("{function}, binary"), (size, empty), "MB");
    }
    Ok(())
}

/// In MB: the binary and its zip.
fn sizes(function: &str) -> Outcome<(f64, f64)> {
    let megabytes = |path: &Path| fs::metadata(path).map(|file| file.len() as f64 / 1e6);
    let binary = binary(function)?;
    let folder = binary.parent().ok_or("the binary lies in a folder")?;
    Ok((megabytes(&binary)?, megabytes(&folder.with_extension("zip"))?))
}
