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

/// The lines of a table: each column as wide as its widest text, and at most so wide; the last one as it is.
pub(crate) fn columns<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    widest: usize,
) -> Vec<String> {
    let rows: Vec<[String; N]> = std::iter::once(header.map(str::to_owned)).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).min(widest);
    let widths: Vec<usize> = (0..N - 1).map(width).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line<const N: usize>(row: &[String; N], widths: &[usize]) -> String {
    let cell = |(text, width): (&String, &usize)| {
        let shown: String = match text.chars().count() > *width {
            true => text.chars().take(width - 1).chain(['…']).collect(),
            false => text.clone(),
        };
        format!("{shown:<width$}  ")
    };
    let cells: String = row.iter().zip(widths).map(cell).collect();
    format!("{cells}{}", row[N - 1])
}

/// Labels and names are other people's text: nothing in them may steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
