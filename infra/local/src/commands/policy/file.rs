//! Policy files.

use crate::failure::{Failure, Result};
use std::path::Path;

/// The text of a policy file.
pub(crate) fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(Failure::file(file))
}
