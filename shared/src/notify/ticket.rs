//! Issues of Jira Cloud (REST API v3): one for each message, found again by its label.
//!
//! Before one is opened it is looked for by the label that bears the message's id, so that a try after a crash between
//! opening and recording finds the first one. Jira's search may show a new issue only after seconds to minutes
//! (developer.atlassian.com/cloud/jira/platform/search-and-reconcile), so a try within moments of the first may still open a
//! second one, with the same label.

use super::http;
use crate::{
    model::{Message, ProjectKey, Secret, TicketKey, Tracker, mask::mask},
    ports::Refusal,
    secrets::Endpoint,
};
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The label of every issue that is opened from here.
const LABEL: &str = "tokenwarden";
/// "Summary must be less than 255 characters", says Jira where it is longer, as clients' tests quote it.
const SUMMARY_CHARS: usize = 254;
/// Of an answer no more is read than this, in bytes.
const ANSWER_BYTES: usize = 64 * 1024;
/// Of what Jira says of a refusal no more is told than this.
const REASON_CHARS: usize = 300;

/// The issue of a message: the one that bears its label, else a new one.
pub(super) async fn open(
    http: &reqwest::Client,
    endpoint: &Endpoint,
    tracker: &Tracker,
    message: &Message,
) -> Result<TicketKey, Refusal> {
    let jira = Jira::at(http, endpoint)?;
    match jira.find(message).await? {
        Some(key) => Ok(key),
        None => jira.create(tracker, message).await,
    }
}

/// A site of Jira.
struct Jira<'a> {
    http: &'a reqwest::Client,
    base: Url,
    key: &'a Secret,
}

impl<'a> Jira<'a> {
    fn at(http: &'a reqwest::Client, endpoint: &'a Endpoint) -> Result<Self, Refusal> {
        Ok(Self { http, base: http::checked(&endpoint.url)?, key: key(endpoint)? })
    }

    /// The issue with the message's label (Jira Cloud REST API v3: Search for issues using JQL enhanced search).
    async fn find(&self, message: &Message) -> Result<Option<TicketKey>, Refusal> {
        let jql = format!("labels = \"{}\"", label(message));
        let found = self.ask(&["search", "jql"], &json!({ "jql": jql, "fields": ["key"], "maxResults": 1 })).await?;
        let Found { issues } = read(found).await?;
        issues.into_iter().next().map(named).transpose()
    }

    /// A new issue (Jira Cloud REST API v3: Create issue).
    async fn create(&self, tracker: &Tracker, message: &Message) -> Result<TicketKey, Refusal> {
        named(read(self.ask(&["issue"], &issue(tracker, message)).await?).await?)
    }

    /// Any 2xx is an answer.
    async fn ask(&self, path: &[&str], body: &Value) -> Result<Response, Refusal> {
        let mut url = self.base.clone();
        let whole = || Refusal::new("its address in the secret messages has no path to which Jira's can be added");
        url.path_segments_mut().map_err(|()| whole())?.pop_if_empty().extend(["rest", "api", "3"]).extend(path);
        let request = http::request(self.http, url, body);
        // An API token goes with its owner's address by Basic authentication, a token of an OAuth client alone.
        let request = match self.key.expose().trim().split_once(':') {
            Some((email, token)) => request.basic_auth(email, Some(token)),
            None => request.bearer_auth(self.key.expose().trim()),
        };
        let answer = http::sent(request).await?;
        if answer.status().is_success() { Ok(answer) } else { Err(refusal(answer).await) }
    }
}

fn key(endpoint: &Endpoint) -> Result<&Secret, Refusal> {
    let missing = || Refusal::new("its entry in the secret messages has no `key` (EMAIL:TOKEN, or a bearer token)");
    endpoint.key.as_ref().ok_or_else(missing)
}

/// The label by which an issue is found again.
fn label(message: &Message) -> String {
    format!("{LABEL}-{}", message.id)
}

/// What is sent. The text stands in text nodes of the Atlassian Document Format, in which nothing is markup.
fn issue(tracker: &Tracker, message: &Message) -> Value {
    let paragraph = |text: &str| json!({ "type": "paragraph", "content": [{ "type": "text", "text": text }] });
    let texts = message.text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
    let paragraphs: Vec<Value> = texts.map(paragraph).collect();
    json!({ "fields": {
        "project": { "key": tracker.project },
        "issuetype": { "name": tracker.issue_type },
        "summary": summary(&message.subject),
        "description": { "type": "doc", "version": 1, "content": paragraphs },
        "labels": [LABEL, label(message)],
    } })
}

fn summary(subject: &str) -> String {
    let line: String = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.chars().count() {
        0..=SUMMARY_CHARS => line,
        _longer => line.chars().take(SUMMARY_CHARS - 1).chain(['…']).collect(),
    }
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    issues: Vec<Issue>,
}

#[derive(Deserialize)]
struct Issue {
    key: TicketKey,
}

async fn read<T: for<'de> Deserialize<'de>>(answer: Response) -> Result<T, Refusal> {
    let body = http::body(answer, ANSWER_BYTES).await?;
    serde_json::from_slice(&body).map_err(|_| nameless())
}

/// The key is shown to people, so whatever answers as Jira must name an issue as Jira does: `SEC-12`.
fn named(Issue { key }: Issue) -> Result<TicketKey, Refusal> {
    let (project, number) = key.as_str().rsplit_once('-').unwrap_or_default();
    let is_key = ProjectKey::new(project).is_sound() && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_key && (1..=18).contains(&number.len()) { Ok(key) } else { Err(nameless()) }
}

fn nameless() -> Refusal {
    Refusal::new("Jira's answer names no issue")
}

/// What Jira says of a refusal (Jira Cloud REST API v3: error collection).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Complaint {
    error_messages: Vec<String>,
    errors: BTreeMap<String, String>,
}

/// A 400 says which field is wrong, which an admin has to know; of other answers only the status is told.
async fn refusal(answer: Response) -> Refusal {
    let refused = http::refused(&answer);
    match answer.status() {
        StatusCode::BAD_REQUEST => {
            let body = http::body(answer, ANSWER_BYTES).await.unwrap_or_default();
            let complaint = serde_json::from_slice(&body).unwrap_or_default();
            Refusal { reason: said(&complaint).unwrap_or_else(|| refused.reason.clone()), ..refused }
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let mend =
                "look at the `key` of its entry in the secret messages, and at what its account may do in the project";
            Refusal { reason: format!("{}; {mend}", refused.reason), ..refused }
        }
        _other => refused,
    }
}

fn said(Complaint { error_messages, errors }: &Complaint) -> Option<String> {
    let fields = errors.iter().map(|(field, why)| format!("{field}: {why}"));
    let said = fields.chain(error_messages.iter().cloned()).collect::<Vec<_>>().join("; ");
    let line: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON_CHARS).collect();
    (!line.is_empty()).then(|| format!("Jira refused: {}", mask(&line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::SecretName, notify::tests::message};

    fn tracker() -> Tracker {
        Tracker { secret: SecretName::new("jira"), project: ProjectKey::new("SEC"), issue_type: "Task".into() }
    }

    #[test]
    fn an_issue_has_its_label_and_paragraphs_in_which_nothing_is_markup() {
        let fields = &issue(&tracker(), &message())["fields"];
        assert_eq!((&fields["project"]["key"], &fields["issuetype"]["name"]), (&json!("SEC"), &json!("Task")));
        assert_eq!(fields["labels"], json!(["tokenwarden", "tokenwarden-m-1"]));
        let paragraphs = fields["description"]["content"].as_array().unwrap();
        assert_eq!(paragraphs.len(), 2);
        assert_eq!(paragraphs[1]["content"], json!([{ "type": "text", "text": "Second *paragraph*." }]));
    }

    #[test]
    fn a_summary_is_one_line_that_fits() {
        assert_eq!(summary("a\nb"), "a b");
        let long = summary(&"ü".repeat(300));
        assert_eq!((long.chars().count(), long.chars().last()), (254, Some('…')));
    }

    #[test]
    fn what_jira_says_of_a_field_is_told_on_one_line_and_masked() {
        let of = |body: Value| said(&serde_json::from_value(body).unwrap());
        let wrong = json!({ "errorMessages": [], "errors": { "issuetype": "Specify a valid issue type" } });
        assert_eq!(of(wrong).as_deref(), Some("Jira refused: issuetype: Specify a valid issue type"));
        let secret = of(json!({ "errorMessages": ["no\nATATT3xFfGF0abcdefghijkl"] })).unwrap();
        assert_eq!(secret, "Jira refused: no ATATT***");
        assert_eq!(of(json!({})), None);
    }

    #[test]
    fn what_is_no_issue_s_key_is_not_taken_for_one() {
        let taken = |key: &str| named(Issue { key: key.into() }).is_ok();
        assert!(taken("SEC-12") && taken("IT_SEC-1"));
        assert!(["", "SEC", "SEC-", "-1", "SEC-1a", "<b>-1", "SEC-1\nx"].into_iter().all(|key| !taken(key)));
    }

    #[test]
    fn an_entry_without_a_key_asks_nobody() {
        let endpoint = Endpoint { url: Secret::new("https://acme.atlassian.net"), signing: None, key: None };
        let refused = key(&endpoint).unwrap_err();
        assert!(refused.reason.contains("no `key`") && !refused.reason.contains("acme"), "{refused:?}");
    }
}
