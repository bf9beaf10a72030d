//! The file that names the clients.

use crate::{
    api::Api,
    failure::{Failure, Result},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use serde::Deserialize;
use serde_saphyr::Spanned;
use shared::model::Secret;
use std::{collections::BTreeSet, path::Path, time::Duration};

/// What a file name may hold of a client's, an org's or a report's name; all else is percent-encoded.
const UNSAFE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
/// The longest part of a path, in bytes, with room for what is added to it (255 is common to file systems).
const PART_BYTES: usize = 200;
const SHAPE: &str = "each client is {name, api, token_env} or {name, api, token_file}";

/// A client's deployment, with the token that its reader gave us.
pub(super) struct Client {
    pub(super) name: String,
    pub(super) url: String,
    token: Secret,
}

/// A client as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Spanned<String>,
    api: Spanned<String>,
    #[serde(default)]
    token_env: Option<Spanned<String>>,
    #[serde(default)]
    token_file: Option<Spanned<String>>,
}

impl Client {
    /// Its API. The token goes to this address alone: no redirect is followed, and no proxy is used.
    pub(super) fn api(&self, timeout: Duration) -> Api {
        Api::within(&self.url, self.token.clone(), timeout)
    }

    /// A text of its deployment: one that repeats the token is not passed on as it is.
    pub(super) fn without_token(&self, text: &str) -> String {
        shared::model::mask::mask(&text.replace(self.token.expose(), "***")).into_owned()
    }
}

/// The clients that a file names.
pub(super) fn read(file: &Path) -> Result<Vec<Client>> {
    let text = std::fs::read_to_string(file).map_err(Failure::file(file))?;
    let invalid = |reason| Failure::Config { path: file.to_owned(), reason };
    let entries = parse(&text).map_err(invalid)?;
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    entries.into_iter().map(|entry| client(entry, folder)).collect::<Result<_, String>>().map_err(invalid)
}

/// The entries of a file, each sound in itself. A fault names line and key, and repeats no value: it may be a token.
fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let entries: Vec<Entry> = serde_saphyr::from_str(text).map_err(|error| unreadable(&error))?;
    if entries.is_empty() {
        return Err(format!("line 1: it names no client; {SHAPE}"));
    }
    let mut folders = BTreeSet::new();
    for entry in &entries {
        check_name(&entry.name, &mut folders)?;
        check_address(&entry.api)?;
        check_token(entry)?;
    }
    Ok(entries)
}

fn unreadable(error: &serde_saphyr::Error) -> String {
    let place = error.location().map(|at| format!("line {}, column {}: ", at.line(), at.column())).unwrap_or_default();
    let message = error.without_snippet().to_string();
    let message = message.split_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    format!("{place}{}; {SHAPE}", without_values(message))
}

/// A message without what it quotes of the file. Names of keys stand in backquotes and stay.
fn without_values(message: &str) -> String {
    let parts = message.split('"').enumerate();
    parts.map(|(place, part)| if place % 2 == 0 { part } else { "\"…\"" }).collect()
}

fn at<T>(value: &Spanned<T>, key: &str, reason: &str) -> String {
    format!("line {}: `{key}` {reason}", value.defined.line())
}

/// Each client has a folder of its own, on file systems too that do not tell upper from lower case.
fn check_name(name: &Spanned<String>, folders: &mut BTreeSet<String>) -> Result<(), String> {
    let fits = !name.value.trim().is_empty() && !name.value.chars().any(char::is_control);
    if !fits || safe(&name.value).len() > PART_BYTES {
        return Err(at(name, "name", "must be a text of 1 to some 60 characters without control characters"));
    }
    match folders.insert(safe(&name.value).to_lowercase()) {
        true => Ok(()),
        false => Err(at(name, "name", "is there twice; give each client a name of its own")),
    }
}

fn check_address(api: &Spanned<String>) -> Result<(), String> {
    let url = Url::parse(&api.value).map_err(|error| at(api, "api", &format!("is no address: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(at(
            api,
            "api",
            "must not hold a name or a password; the token stands in `token_env` or `token_file`",
        ));
    }
    match (url.scheme(), url.query(), url.fragment()) {
        ("https", None, None) => Ok(()),
        ("http", None, None) if is_loopback(&url) => Ok(()),
        ("http", None, None) => Err(at(api, "api", "must begin with https: over plain http everybody reads the token")),
        _other => Err(at(api, "api", "must be like https://tokenwarden.client.example")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn check_token(Entry { name, token_env, token_file, .. }: &Entry) -> Result<(), String> {
    let is_name = |text: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(allowed)
    };
    match (token_env, token_file) {
        (Some(env), None) if !is_name(&env.value) => {
            Err(at(env, "token_env", "must be the name of an environment variable, not the token itself"))
        }
        (Some(_), None) | (None, Some(_)) => Ok(()),
        (Some(env), Some(_)) => Err(at(env, "token_env", "and `token_file` stand beside each other; give one of them")),
        (None, None) => {
            Err(at(name, "name", "is that of a client without `token_env` and `token_file`; give one of them"))
        }
    }
}

/// A client with its token. A relative file of it is looked for beside the file of the clients.
fn client(Entry { name, api, token_env, token_file }: Entry, folder: &Path) -> Result<Client, String> {
    let token = match (token_env, token_file) {
        (Some(env), _) => shared::config::environment(&env.value)
            .ok_or_else(|| at(&env, "token_env", &format!("names {}, which is not set", env.value)))?,
        (None, Some(file)) => std::fs::read_to_string(folder.join(&file.value))
            .map_err(|error| at(&file, "token_file", &format!("names {}: {error}", file.value)))?,
        (None, None) => String::new(),
    };
    match token.trim() {
        "" => Err(at(&name, "name", "is that of a client whose token is empty")),
        token => {
            let (token, url) = (Secret::new(token), api.value.trim_end_matches('/').to_owned());
            Ok(Client { name: name.value, url, token })
        }
    }
}

/// A name as one part of a path: nothing in it leads elsewhere or hides it.
pub(super) fn safe(name: &str) -> String {
    let encoded = utf8_percent_encode(name, UNSAFE).to_string();
    match encoded.strip_prefix('.') {
        Some(rest) => format!("%2E{rest}"),
        None => encoded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        parse(text).map(|_| ()).unwrap_err()
    }

    fn one(rest: &str) -> String {
        format!("- name: acme\n  {rest}\n")
    }

    #[test]
    fn yaml_and_json_are_read_alike() {
        let yaml = one("api: https://a.example/\n  token_env: ACME_TOKEN");
        let json = r#"[{"name": "acme", "api": "https://a.example/", "token_env": "ACME_TOKEN"}]"#;
        for text in [yaml.as_str(), json] {
            let [entry] = &parse(text).unwrap()[..] else { panic!() };
            assert_eq!((entry.name.value.as_str(), entry.api.value.as_str()), ("acme", "https://a.example/"));
        }
        for api in ["http://127.0.0.1:8787", "http://[::1]:1", "http://localhost:8787"] {
            assert!(parse(&one(&format!("api: \"{api}\"\n  token_file: t"))).is_ok(), "{api}");
        }
    }

    #[test]
    fn a_fault_names_the_line_and_the_key() {
        for (text, wanted) in [
            (one("api: https://a.example\n  token: x"), ["line 3", "token"]),
            (one("token_env: A"), ["line 1", "api"]),
            (one("api: http://a.example\n  token_env: A"), ["line 2", "`api` must begin with https"]),
            (one("api: https://me:pw@a.example\n  token_env: A"), ["line 2", "`api` must not hold"]),
            (one("api: ftp://a.example\n  token_env: A"), ["line 2", "`api`"]),
            (one("api: https://a.example"), ["line 1", "`token_env`"]),
            (one("api: https://a.example\n  token_env: A\n  token_file: b"), ["line 3", "`token_file`"]),
            (
                one("api: https://a.example\n  token_env: A") + &one("api: https://b.example\n  token_env: B"),
                ["line 4", "`name` is there twice"],
            ),
            ("- {name: \"a\\nb\", api: \"https://a.example\", token_env: A}".into(), ["line 1", "`name`"]),
            ("[]".into(), ["line 1", "no client"]),
            ("acme: {}".into(), ["line 1", "each client is"]),
        ] {
            let told = fault(&text);
            assert!(wanted.iter().all(|part| told.contains(part)), "{text}\n{told}\n{wanted:?}");
        }
    }

    #[test]
    fn a_token_that_stands_where_it_should_not_is_not_repeated() {
        for text in [
            one("api: https://a.example\n  token_env: tw-0123456789-secret"),
            one("api: https://me:tw-0123456789-secret@a.example\n  token_env: A"),
            one("api: https://a.example\n  token_env: [tw-0123456789-secret]"),
            "- tw-0123456789-secret".to_owned(),
        ] {
            assert!(!fault(&text).contains("0123456789"), "{}", fault(&text));
        }
    }

    #[test]
    fn a_name_is_one_part_of_a_path_whatever_it_holds() {
        for (name, wanted) in [
            ("acme-1_x.eu", "acme-1_x.eu"),
            ("..", "%2E."),
            (".hidden", "%2Ehidden"),
            ("a/../b", "a%2F..%2Fb"),
            ("C:\\x", "C%3A%5Cx"),
            ("Müller & Söhne", "M%C3%BCller%20%26%20S%C3%B6hne"),
            ("a\u{0}b", "a%00b"),
        ] {
            assert_eq!(safe(name), wanted);
            assert_eq!(Path::new(&safe(name)).components().count(), 1);
        }
    }

    #[test]
    fn a_text_of_a_deployment_that_repeats_the_token_is_masked() {
        let (name, url) = ("acme".to_owned(), "https://a.example".to_owned());
        let client = Client { name, url, token: Secret::new("tw-0123456789") };
        assert_eq!(client.without_token("no role for tw-0123456789, sorry"), "no role for ***, sorry");
    }
}
