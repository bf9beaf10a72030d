//! What `serve` prints when it is ready: where the page is, what opens it, what to try next.

use super::serve::shows_credentials;
use crate::runner::{Runner, bundle::LocalAccess, credentials::Credentials};
use std::{path::Path, time::Duration};

/// The whole text.
pub(crate) fn text(runner: &Runner, data_dir: &Path, took: Duration) -> String {
    let bundle = runner.bundle();
    let names: Vec<String> =
        bundle.orgs.iter().map(|org| org.name.clone().unwrap_or_else(|| org.id.to_string())).collect();
    let credentials = if shows_credentials(bundle.access, bundle.drawn) {
        shown(&bundle.credentials, bundle.access)
    } else {
        format!("  as printed at the first start; kept in {}", data_dir.join("credentials.json").display())
    };
    let tickets = match bundle.access {
        LocalAccess::Open => format!(", tickets at {}/_sim/issues", runner.sim_url()),
        LocalAccess::Admin => String::new(),
    };
    format!(
        "\nTokenwarden is ready after {:.1} s, by its clock at {}.\n\n  page       {}/\n  Atlassian  {} ({})\n  data       {}\n  messages   mails in {}, events in {}{tickets}\n\n\
         Credentials\n{credentials}\n\nTry\n{}\nCtrl-C stops it.",
        took.as_secs_f32(),
        runner.now().format("%Y-%m-%d %H:%M:%S UTC"),
        runner.url(),
        runner.sim_url(),
        names.join(", "),
        data_dir.display(),
        data_dir.join("mail").display(),
        data_dir.join("events.jsonl").display(),
        tries(runner),
    )
}

fn shown(credentials: &Credentials, access: LocalAccess) -> String {
    let role = |role: &shared::model::Role| format!("{role:?}").to_lowercase();
    let token = |token: &crate::runner::credentials::ApiToken| {
        let roles: Vec<String> = token.roles.iter().map(role).collect();
        format!("  API        Authorization: Bearer {:<18} {}", token.value, roles.join(", "))
    };
    let mut lines: Vec<String> = credentials.tokens.iter().map(token).collect();
    lines.push(format!("  webhook    Authorization: Bearer {}", credentials.webhook));
    match access {
        LocalAccess::Open => lines.push("  pages      none: on a simulated org they open without sign-in".into()),
        LocalAccess::Admin => lines.push("  These are shown once. Pages need a reader's, /_local an admin's.".into()),
    }
    lines.join("\n")
}

fn tries(runner: &Runner) -> String {
    let (url, bundle) = (runner.url(), runner.bundle());
    let Some(org) = bundle.orgs.first().map(|org| &org.id) else { return String::new() };
    let bearer = |name: &str| {
        let token = bundle.credentials.tokens.iter().find(|token| token.subject == name);
        let value = match bundle.access {
            LocalAccess::Open => token.map_or("", |token| token.value.as_str()).to_owned(),
            LocalAccess::Admin => format!("${}", name.to_uppercase().replace('-', "_")),
        };
        format!("-H 'Authorization: Bearer {value}'").replace('\'', if value.starts_with('$') { "\"" } else { "'" })
    };
    let (reader, approver, admin) = (bearer("local-reader"), bearer("local-approver"), bearer("local-admin"));
    let (admin, walk) = match bundle.access {
        LocalAccess::Open => (
            String::new(),
            format!("  # from an audit event to a revoked token, step by step\n  docs/first-steps.sh {url}\n"),
        ),
        LocalAccess::Admin => (format!(" {admin}"), String::new()),
    };
    format!(
        "{walk}  # the findings of the latest report\n  curl -s {reader} {url}/v1/orgs/{org}/findings\n\
         \x20 # the credentials as CSV, for a spreadsheet\n  curl -s {reader} -H 'Accept: text/csv' {url}/v1/orgs/{org}/reports/latest/credentials\n\
         \x20 # what would happen next, to what, and what is withheld\n  curl -s {reader} {url}/v1/orgs/{org}/plan\n\
         \x20 # forty days later: move the clock, ask for a report, take it\n  \
         curl -s{admin} -d '{{\"advance_seconds\": 3456000}}' {url}/_local/clock\n  \
         curl -s -X POST {approver} {url}/v1/orgs/{org}/reports\n  \
         curl -s{admin} -X POST {url}/_local/run/report-tokens\n"
    )
}
