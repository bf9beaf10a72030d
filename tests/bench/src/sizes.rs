//! What a function weighs.

use crate::{cold::FUNCTIONS, function::binary, root, summary::Summary};
use std::fs;

const PART: &str = "Sizes";

/// The zips of `make package` if they are there, and the binaries of this build.
pub(crate) fn measure(summary: &mut Summary) {
    let mut missing = false;
    for function in FUNCTIONS {
        match fs::metadata(root().join(format!("target/lambda/{function}.zip"))) {
            Ok(zip) => summary.add(PART, format!("{function}.zip"), zip.len() as f64 / 1e6, "MB"),
            Err(_) => missing = true,
        }
    }
    if missing {
        summary.note(PART, "no zips in target/lambda: run `make package` first");
    }
    let size =
        |name: &str| binary(name).ok().and_then(|path| fs::metadata(path).ok()).map(|file| file.len() as f64 / 1e6);
    let Some(empty) = size("empty-function") else { return };
    summary.compare(PART, "empty function, binary", (empty, empty), "MB");
    for function in FUNCTIONS {
        if let Some(size) = size(function) {
            summary.compare(PART, format!("{function}, binary"), (size, empty), "MB");
        }
    }
    summary.note(PART, "binaries of the release profile; `make package` builds smaller ones");
}
