//! Jira Cloud, REST API v3: `POST /rest/api/3/issue` and `POST /rest/api/3/search/jql`, and what was opened.
//!
//! The shapes are those of the reference (Create issue; Search for issues using JQL enhanced search; error collection).
//! The sentences about wrong fields are as clients report them; which of them Jira says today is unconfirmed. A search
//! finds a new issue at once here; in Jira it may take seconds to minutes (Search and reconcile).

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::sim::SimAnswer;
use super::{Answer, App, ok};
use crate::time;
use crate::world::change::Change;
use crate::world::issues::{Issue, Opened, PROJECTS, TYPES};

/// A summary has fewer characters than this.
const SUMMARY_CHARS: usize = 255;

/// Lets in whoever presents a credential of either kind; whose it is makes no difference here.
pub(crate) async fn admit(request: Request, next: Next) -> Response {
    let presented = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let known = presented.and_then(|value| value.split_once(' ')).is_some_and(|(scheme, value)| {
        let scheme_known = ["basic", "bearer"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        scheme_known && !value.trim().is_empty()
    });
    if known { next.run(request).await } else { Refusal::Unauthorized.into_response() }
}

#[derive(Deserialize)]
struct Wanted {
    fields: Value,
}

/// `POST /rest/api/3/issue`.
pub(crate) async fn create(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Answer {
    let Ok(Wanted { fields }) = serde_json::from_slice(&body) else {
        return Err(Refusal::BadBody(
            "Invalid request payload. Refer to the REST API documentation and try again.".into(),
        ));
    };
    let wrong = faults(&fields);
    if !wrong.is_empty() {
        let complaint = axum::Json(json!({"errorMessages": [], "errors": wrong}));
        return Ok((StatusCode::BAD_REQUEST, complaint).into_response());
    }
    let mut world = app.world();
    world.make(0, None, Change::OpenIssue { issue: issue(&fields) }).map_err(|_| Refusal::Internal)?;
    let opened = world.issues.all().last().ok_or(Refusal::Internal)?;
    Ok((StatusCode::CREATED, axum::Json(reference(opened, &headers))).into_response())
}

/// What is wrong with which field.
fn faults(fields: &Value) -> Map<String, Value> {
    let text = |pointer: &str| fields.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (summary, description) = (text("/summary"), &fields["description"]);
    let labels = fields["labels"].as_array().cloned().unwrap_or_default();
    let spaced = |label: &Value| label.as_str().is_none_or(|label| label.contains(char::is_whitespace));
    let checks = [
        ("project", !PROJECTS.contains(&text("/project/key")), "valid project is required"),
        ("issuetype", !TYPES.contains(&text("/issuetype/name")), "Specify a valid issue type"),
        ("summary", summary.trim().is_empty(), "You must specify a summary of the issue."),
        ("summary", summary.chars().count() >= SUMMARY_CHARS, "Summary must be less than 255 characters."),
        ("summary", summary.contains('\n'), "The summary is invalid because it contains newline characters."),
        (
            "description",
            !(description.is_null() || is_document(description)),
            "Operation value must be an Atlassian Document (see the Atlassian Document Format)",
        ),
        ("labels", labels.iter().any(spaced), "The label contains spaces which is invalid."),
    ];
    let wrong = checks.into_iter().filter(|(_, wrong, _)| *wrong);
    wrong.map(|(field, _, why)| (field.to_owned(), json!(why))).collect()
}

/// A document of paragraphs of texts: that much of the Atlassian Document Format is understood here.
fn is_document(value: &Value) -> bool {
    let nodes = |value: &Value| value["content"].as_array().cloned().unwrap_or_default();
    let is_text = |node: &Value| node["type"] == "text" && node["text"].as_str().is_some_and(|text| !text.is_empty());
    let is_paragraph = |node: &Value| node["type"] == "paragraph" && nodes(node).iter().all(is_text);
    value["type"] == "doc" && value["version"] == 1 && nodes(value).iter().all(is_paragraph)
}

fn issue(fields: &Value) -> Issue {
    let text = |pointer: &str| fields.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let labels = fields["labels"].as_array().cloned().unwrap_or_default();
    Issue {
        project: text("/project/key"),
        issue_type: text("/issuetype/name"),
        summary: text("/summary"),
        description: fields["description"].clone(),
        labels: labels.iter().filter_map(|label| label.as_str().map(str::to_owned)).collect(),
    }
}

fn reference(opened: &Opened, headers: &HeaderMap) -> Value {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let id = opened.id.to_string();
    json!({"id": id, "key": opened.key, "self": format!("http://{host}/rest/api/3/issue/{id}")})
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    jql: String,
    #[serde(default = "fifty")]
    max_results: usize,
}

fn fifty() -> usize {
    50
}

/// `POST /rest/api/3/search/jql`: of the query language it understands `labels = "…"`.
pub(crate) async fn search(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Answer {
    let unread = |why: &str| Refusal::BadBody(why.to_owned());
    let Search { jql, max_results } = serde_json::from_slice(&body)
        .map_err(|_| unread("Invalid request payload. Refer to the REST API documentation and try again."))?;
    let label = jql.strip_prefix("labels = \"").and_then(|rest| rest.strip_suffix('"'));
    let label = label.filter(|label| !label.contains('"')).ok_or_else(|| unread("Error in the JQL Query"))?;
    let world = app.world();
    let mut found = world.issues.labelled(label).map(|opened| reference(opened, &headers));
    let issues: Vec<Value> = found.by_ref().take(max_results).collect();
    ok(json!({"issues": issues, "isLast": found.next().is_none()}))
}

/// `GET /_sim/issues`: what was opened, the oldest first.
pub(crate) async fn opened(State(app): State<App>) -> SimAnswer {
    let world = app.world();
    let row = |Opened { id, key, at_ms, issue }: &Opened| {
        let mut row = json!(issue);
        row["id"] = json!(id.to_string());
        row["key"] = json!(key);
        row["at"] = json!(time::zulu_ms(*at_ms));
        row
    };
    Ok(axum::Json(json!({"items": world.issues.all().iter().map(row).collect::<Vec<_>>()})))
}
