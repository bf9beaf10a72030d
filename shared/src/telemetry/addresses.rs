//! Mail addresses, taken out of what is logged: what others answer may name people.

use std::borrow::Cow;

/// What stands where an address stood.
const MASK: &str = "***";

/// A line of JSON without its mail addresses; borrowed where it holds none.
pub(super) fn without_addresses(line: &str) -> Cow<'_, str> {
    let (mut shown, mut copied) = (String::new(), 0);
    for (at, _) in line.match_indices('@') {
        let (start, end) = (start(line, at).max(copied), end(line, at));
        let domain = &line[at + 1..end];
        if start < at && domain.contains('.') {
            shown.push_str(&line[copied..start]);
            shown.push_str(MASK);
            copied = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(line);
    }
    shown.push_str(&line[copied..]);
    Cow::Owned(shown)
}

/// Where the local part begins: after an escape of JSON, if one stands right before it.
fn start(line: &str, at: usize) -> usize {
    let local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-'".contains(byte) || !byte.is_ascii();
    let length = line.as_bytes()[..at].iter().rev().take_while(|byte| local(byte)).count();
    let begin = at - length;
    let escape = match (line[..begin].ends_with('\\'), line[begin..at].starts_with('u')) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 5,
    };
    // Behind an escaped backslash it only looks like an escape.
    let start = (begin + escape).min(at);
    (start..=at).find(|start| line.is_char_boundary(*start)).unwrap_or(at)
}

fn end(line: &str, at: usize) -> usize {
    let domain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte) || !byte.is_ascii();
    let length = line.as_bytes()[at + 1..].iter().take_while(|byte| domain(byte)).count();
    at + 1 + line[at + 1..at + 1 + length].trim_end_matches(['.', '-']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_out_and_the_rest_stays() {
        let shown = |line: &str| without_addresses(line).into_owned();
        assert_eq!(shown("no user ann@x.example, ask bo+it@mail.example.com."), "no user ***, ask ***.");
        assert_eq!(shown("<ann@x.example>;jörg@müller.example"), "<***>;***");
        assert_eq!(shown("a@b.example@c.example"), "***@c.example");
    }

    #[test]
    fn what_is_no_address_stays() {
        for line in ["", "@", "a@b", "at @ noon.", "version @1.2", "org@ x.y"] {
            assert_eq!(without_addresses(line), line);
        }
    }

    #[test]
    fn an_escape_before_an_address_stays_whole() {
        let shown =
            |text: &str| serde_json::from_str::<String>(&without_addresses(&serde_json::json!(text).to_string()));
        assert_eq!(shown("a\nann@x.example").unwrap(), "a\n***");
        assert_eq!(shown("a\u{1}ann@x.example").unwrap(), "a\u{1}***");
        assert!(shown("a\u{1}@x.example\\@y.example").is_ok());
        assert!(shown("\\unää@y.example").is_ok());
    }
}
