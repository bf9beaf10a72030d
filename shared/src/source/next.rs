//! Where a list goes on.

use crate::error::{Error, Result};
use reqwest::Url;

/// The cursor that a `links.next` means: itself, or the `cursor` parameter where it is a URL.
///
/// A URL is never followed: only its cursor is taken, and only if it leads to the host that we ask. So a forged or
/// broken link cannot send the key elsewhere.
///
/// # Errors
/// [`Error::Upstream`] if the URL leads elsewhere, or has no cursor, so that the list cannot be read to its end.
pub(super) fn next_cursor(base: &Url, next: Option<&str>, what: &str) -> Result<Option<String>> {
    let Some(next) = next.map(str::trim).filter(|next| !next.is_empty()) else {
        return Ok(None);
    };
    let unusable = |reason: &str| Error::Upstream { what: what.to_owned(), reason: reason.to_owned() };
    if !looks_like_url(next) {
        return Ok(Some(next.to_owned()));
    }
    let url = base.join(next).map_err(|_broken| unusable("its next page is no URL"))?;
    if url.origin() != base.origin() {
        return Err(unusable("its next page is at another host, where the key must not go"));
    }
    let cursor = url.query_pairs().find(|(name, value)| name == "cursor" && !value.is_empty());
    cursor.map(|(_name, cursor)| Some(cursor.into_owned())).ok_or_else(|| unusable("its next page has no cursor"))
}

/// A cursor may begin with a slash or hold a colon (base64, ARIs), so both alone prove nothing.
fn looks_like_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let relative = lower.starts_with(['/', '?']) && lower.contains("cursor=");
    relative || lower.starts_with("//") || lower.starts_with("http:") || lower.starts_with("https:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(next: &str) -> Result<Option<String>> {
        next_cursor(&Url::parse("https://api.atlassian.com").unwrap(), Some(next), "the list")
    }

    #[test]
    fn a_cursor_is_itself_and_a_url_is_its_cursor() {
        for (text, cursor) in [
            ("abc==", "abc=="),
            ("/9j/4AAQ", "/9j/4AAQ"),
            ("urn:x", "urn:x"),
            ("https://api.atlassian.com/admin/v1/orgs/o/users?cursor=a%2Bb%3D&x=1", "a+b="),
            ("https://API.atlassian.com:443/other?cursor=c", "c"),
            ("/admin/v1/orgs/o/users?cursor=c", "c"),
            ("?cursor=c", "c"),
        ] {
            assert_eq!(next(text), Ok(Some(cursor.to_owned())), "{text}");
        }
        assert_eq!(next(" "), Ok(None));
        assert_eq!(next_cursor(&Url::parse("http://127.0.0.1:1").unwrap(), None, "the list"), Ok(None));
    }

    #[test]
    fn another_host_is_refused_however_it_is_written() {
        for text in [
            "https://evil.example/admin/v1/orgs/o/users?cursor=c",
            "http://api.atlassian.com/x?cursor=c",
            "https://api.atlassian.com:8443/x?cursor=c",
            "https://api.atlassian.com@evil.example/x?cursor=c",
            "https://api.atlassian.com.evil.example/x?cursor=c",
            "//evil.example/x?cursor=c",
            "/\\evil.example/x?cursor=c",
            "HTTPS:\\\\evil.example/?cursor=c",
        ] {
            let error = next(text).unwrap_err().to_string();
            assert!(error.contains("another host"), "{text}: {error}");
        }
    }

    #[test]
    fn a_url_without_a_cursor_is_not_the_end_of_the_list() {
        assert!(next("https://api.atlassian.com/admin/v1/orgs/o/users?page=2").is_err());
    }
}
