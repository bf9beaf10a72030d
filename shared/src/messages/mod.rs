//! What is said to people: the sentences of the rules, of the impact and to owners. Pure: facts in, text out.
//!
//! Every sentence stands once in a snapshot beside its file. Where `CI` is set a test that finds another one fails and
//! writes nothing; elsewhere `INSTA_UPDATE=always` takes the new ones over, and the change is read in the diff.

pub mod campaign;
mod dates;
pub mod impact;
pub mod letter;
pub mod notices;
pub mod owners;
pub mod report;
pub(crate) mod rules;
pub mod seats;
pub mod simulate;

use crate::model::{CredentialKind, Timestamp, mask::mask};
use chrono::{Datelike, NaiveDate};
use std::fmt::{self, Display};

/// A label, a name or a purpose that is longer is cut.
const PLAIN_CHARS: usize = 80;

/// The day as people write it: `2026-11-21`.
pub(crate) fn day(at: Timestamp) -> Day {
    Day(at.date_naive())
}

/// A day, written as ten bytes at once: a report says a million of them, and no format has to be read for that.
pub(crate) struct Day(NaiveDate);

impl Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(year @ 0..=9999) = u32::try_from(self.0.year()) else { return self.0.fmt(f) };
        let (month, day) = (self.0.month(), self.0.day());
        let digit = |number: u32, unit: u32| b'0' + (number / unit % 10) as u8;
        let [y1, y2, y3, y4] = [1000, 100, 10, 1].map(|unit| digit(year, unit));
        let text = [y1, y2, y3, y4, b'-', digit(month, 10), digit(month, 1), b'-', digit(day, 10), digit(day, 1)];
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// A number of days in words: `1 day`, `30 days`.
pub(crate) fn days(count: i64) -> Counted {
    counted(count, "day")
}

/// A number of things in words, for nouns whose plural ends in `s`.
fn counted(count: impl TryInto<i64>, noun: &'static str) -> Counted {
    Counted { count: count.try_into().unwrap_or(i64::MAX), noun }
}

/// A number of things: written where it is wanted, because a report says it a million times.
pub(crate) struct Counted {
    count: i64,
    noun: &'static str,
}

impl Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.count.fmt(f)?;
        f.write_str(" ")?;
        f.write_str(self.noun)?;
        f.write_str(if self.count == 1 { "" } else { "s" })
    }
}

/// A label as it stands in a sentence: quoted.
fn quoted(label: &str) -> String {
    let label = plain(label);
    if label.is_empty() { "one without a label".to_owned() } else { format!("“{label}”") }
}

/// A text of somebody else's on one line, cut, and masked where it looks like a secret.
fn plain(text: &str) -> String {
    let text = one_line(text);
    match text.chars().count() {
        0..=PLAIN_CHARS => text,
        _longer => text.chars().take(PLAIN_CHARS).chain(['…']).collect(),
    }
}

/// A text on one line, masked where it looks like a secret.
fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    mask(line.trim()).into_owned()
}

/// A text in which nothing can be clicked: mail programs make links of whatever looks like an address, and a label is
/// written by whoever made the credential.
fn unlinked(text: &str) -> String {
    let text = text.replace("://", "[:]//");
    let characters: Vec<char> = text.chars().collect();
    let letter = |at: usize| characters.get(at).is_some_and(char::is_ascii_alphabetic);
    let dotted = |at: usize| at > 0 && characters[at - 1].is_alphanumeric() && letter(at + 1) && letter(at + 2);
    let shown = |(at, character): (usize, &char)| match character {
        '.' if dotted(at) => "[.]".to_owned(),
        other => other.to_string(),
    };
    characters.iter().enumerate().map(shown).collect()
}

/// What people call a credential of this kind.
fn noun(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::UserApiToken => "API token",
        CredentialKind::OrgApiKey => "admin API key",
        CredentialKind::ServiceAccountToken => "service account's token",
        CredentialKind::OauthClient => "service account's OAuth client",
        CredentialKind::ObservedToken => "token seen in use",
        CredentialKind::Registered => "credential entered by hand",
    }
}

/// Texts as a list in a sentence: `a, b and c`.
fn listed<T: AsRef<str>>(texts: &[T]) -> String {
    match texts {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_chrono_writes_it() {
        for text in ["0000-02-29", "0987-06-05", "2026-11-01", "9999-12-31", "+12026-01-09", "-0001-12-31"] {
            let date: NaiveDate = text.parse().unwrap();
            assert_eq!(Day(date).to_string(), date.to_string());
        }
    }

    #[test]
    fn a_label_stays_on_one_line_is_cut_and_shows_no_secret() {
        assert_eq!(quoted("jenkins\nnightly"), "“jenkins nightly”");
        assert_eq!(quoted(" \t"), "one without a label");
        assert_eq!(quoted(&"x".repeat(81)), format!("“{}…”", "x".repeat(80)));
        assert!(!quoted("ATATT3xFfGF0abcdefghijkl").contains("abcdefghijkl"));
    }

    #[test]
    fn what_looks_like_a_link_cannot_be_clicked_and_the_rest_stays() {
        assert_eq!(unlinked("see https://evil.example.com/x"), "see https[:]//evil[.]example[.]com/x");
        assert_eq!(unlinked("ends here. v1.2 of 2026.11.21, etc.)"), "ends here. v1.2 of 2026.11.21, etc.)");
    }

    #[test]
    fn lists_and_numbers_read_as_people_write_them() {
        assert_eq!([listed(&["a"]), listed(&["a", "b"]), listed(&["a", "b", "c"])], ["a", "a and b", "a, b and c"]);
        assert_eq!([days(1), days(30)].map(|days| days.to_string()), ["1 day", "30 days"]);
    }
}
