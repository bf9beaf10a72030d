//! A mail of one or several messages to one person, who may answer for others.

use super::{dates::date, notices::Text, plain, unlinked};
use crate::model::Timestamp;

/// In which capacity somebody is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Capacity {
    /// As the owner of the credential.
    Owner,
    /// As whoever answers for the owner, who is never written to himself.
    Sponsor {
        /// The owner's name, or what is known instead.
        of: String,
    },
    /// As the contact for owners who cannot be written to.
    Fallback {
        /// The owner's name, or what is known instead.
        of: String,
        /// Why the owner cannot be, as the end of a sentence.
        because: &'static str,
    },
}

/// One message of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// In which capacity its reader is written to.
    pub capacity: &'a Capacity,
    /// Its own line.
    pub subject: &'a str,
    /// Its own text.
    pub text: &'a str,
    /// The address at which its reader answers, where he may.
    pub answer: Option<&'a str>,
    /// When it was written: its words for days are those of that day.
    pub written_at: Timestamp,
}

/// The mail as it goes out now: one message as it is, several as a numbered list.
pub fn letter(parts: &[Part<'_>], now: Timestamp) -> Text {
    match parts {
        [one] => Text { subject: one.subject.to_owned(), text: body(one, now) },
        several => Text {
            subject: format!("{} messages about credentials for Atlassian", several.len()),
            text: several
                .iter()
                .enumerate()
                .map(|(at, part)| numbered(at + 1, part, now))
                .collect::<Vec<_>>()
                .join("\n"),
        },
    }
}

fn numbered(number: usize, part: &Part<'_>, now: Timestamp) -> String {
    format!("{number}. {}\n\n{}", part.subject, body(part, now))
}

fn body(part: &Part<'_>, now: Timestamp) -> String {
    let answer = part.answer.map(answer).unwrap_or_default();
    format!("{}{}{}\n{answer}", preface(part.capacity), written(part.written_at, now), part.text)
}

/// How to answer: the only link in a mail. What it opens shows first.
fn answer(address: &str) -> String {
    format!(
        "\nTo say what it is for, to keep it, or to say that it is not needed, answer here. The page shows what is known and asks before \
         anything follows; it never asks for the token or for a password:\n{address}\n"
    )
}

/// A message that had to wait says since when: its “today” is past.
fn written(at: Timestamp, now: Timestamp) -> String {
    match at.date_naive() == now.date_naive() {
        true => String::new(),
        false => format!("Written on {}; days are told from there.\n\n", date(at, now)),
    }
}

fn preface(capacity: &Capacity) -> String {
    match capacity {
        Capacity::Owner => String::new(),
        Capacity::Sponsor { of } => {
            let of = name(of);
            format!("This concerns {of}, for whom you answer; “your” means theirs. Nobody outside is written to.\n\n")
        }
        Capacity::Fallback { of, because } => {
            let of = name(of);
            format!("This concerns {of}; “your” means theirs. You get it as the fallback contact: {because}.\n\n")
        }
    }
}

fn name(of: &str) -> String {
    let name = unlinked(&plain(of));
    if name.is_empty() { "an account without a name".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_is_sent_as_it_is_and_several_are_numbered() {
        let sponsor = Capacity::Sponsor { of: "Carol Contractor".into() };
        let fallback = Capacity::Fallback { of: String::new(), because: "no address of the owner is known" };
        let text = "Your API token 'zapier' (made 4 Feb, last use not known) expires tomorrow. Nothing happens today.";
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let written_at = "2026-11-17T12:00:00Z".parse().unwrap();
        let part = |capacity| Part {
            capacity,
            subject: "Your API token 'zapier' expires 22 Nov",
            text,
            answer: None,
            written_at: now,
        };
        let one = letter(&[part(&Capacity::Owner)], now);
        let answer = Some("https://tokens.example.com/answers/e30.bWFj");
        let several = letter(&[Part { answer, ..part(&sponsor) }, Part { written_at, ..part(&fallback) }], now);
        let shown = [one, several].map(|Text { subject, text }| format!("{subject}\n---\n{text}"));
        insta::assert_snapshot!(shown.join("\n=====\n\n"));
    }
}
