//! What is said to the person at the terminal. A closed pipe is no failure.

use std::io::Write;

/// A line on standard output.
pub(crate) fn say(line: &str) {
    let _closed = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line on standard error.
pub(crate) fn complain(line: &str) {
    let _closed = writeln!(std::io::stderr().lock(), "{line}");
}

/// Labels and names are other people's text: nothing in them may steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
