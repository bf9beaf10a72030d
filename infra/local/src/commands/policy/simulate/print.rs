//! A simulation on standard output.

use super::Found;
use crate::console::{columns, printable};
use serde_json::json;
use shared::{
    decide::simulate::{Case, Difference, End, Simulation},
    messages::simulate as say,
    model::CredentialRef,
};

/// The widest column of the table; a longer text is cut off.
const WIDEST: usize = 34;

/// For people: what it rests on, what would have been done, how it differs, what nobody can know.
pub(super) fn table(found: &Found) -> String {
    let Found { candidate, before, difference, .. } = found;
    let mut lines = vec![say::window(candidate.window.from, candidate.window.to)];
    lines.extend(say::assumed(candidate.mode, found.approvals.as_str(), candidate.window.from));
    lines.extend(candidate.not_replayed.iter().map(|rule| rule.why.clone()));
    lines.extend(found.left_out.clone());
    lines.push(String::new());
    lines.extend(cases(candidate));
    lines.push(String::new());
    lines.push(summary("This policy", candidate));
    lines.push(summary(&format!("The policy in force (version {})", found.in_force), before));
    lines.extend(differences(difference));
    lines.push(String::new());
    lines.push(say::survivorship().to_owned());
    lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n")
}

fn cases(simulation: &Simulation) -> Vec<String> {
    if simulation.cases.is_empty() {
        return vec!["It would have begun nothing.".to_owned()];
    }
    let header = ["ON", "WHAT", "RULE", "CREDENTIAL", "LABEL", "OWNER", "AFTERWARDS"];
    columns(header, simulation.cases.iter().map(row), WIDEST)
}

fn row(case: &Case) -> [String; 7] {
    let (what, then) = ended(&case.end);
    let owner = case.owner_name.clone().or_else(|| case.owner.as_ref().map(ToString::to_string));
    [
        case.on.to_string(),
        what.to_owned(),
        case.rule.to_owned(),
        case.credential.to_string(),
        case.label.clone(),
        owner.unwrap_or_else(|| "unknown".into()),
        then,
    ]
}

fn ended(end: &End) -> (&'static str, String) {
    match end {
        End::Revoked { used_after: Some(used) } => {
            ("revoked", say::would_have_broken(used.first_on, used.days_after, used.days_used))
        }
        End::Revoked { used_after: None } => ("revoked", say::no_use_known().to_owned()),
        End::Told => ("told", say::only_told().to_owned()),
        End::Spared { reason } => ("spared", reason.clone()),
        End::Withheld { reason } => ("withheld", reason.clone()),
        End::Open { reason } => ("open", reason.clone()),
    }
}

fn summary(whose: &str, simulation: &Simulation) -> String {
    let (revoked, broken) = (simulation.revoked().count(), simulation.broken().count());
    say::summary(whose, simulation.credentials, revoked, broken, simulation.messages())
}

fn differences(difference: &Difference) -> Vec<String> {
    let Difference { both, candidate_only, in_force_only } = difference;
    let named = |what: &str, these: &std::collections::BTreeSet<CredentialRef>| {
        let names: Vec<String> = these.iter().map(|one| format!("  {what}  {one}")).collect();
        names
    };
    let mut lines = vec![say::difference(both.len(), candidate_only.len(), in_force_only.len())];
    lines.extend(named("by this policy only:  ", candidate_only));
    lines.extend(named("by the one in force only:", in_force_only));
    lines
}

/// For programs.
pub(super) fn json(found: &Found) -> String {
    let Found { candidate, before, difference, .. } = found;
    let counts = |simulation: &Simulation| {
        json!({
            "credentials": simulation.credentials,
            "revoked": simulation.revoked().count(),
            "would_have_broken": simulation.broken().count(),
            "messages": simulation.messages(),
        })
    };
    let said = json!({
        "org": found.org,
        "report": found.report.id,
        "approvals": found.approvals,
        "assumptions": say::assumed(candidate.mode, found.approvals.as_str(), candidate.window.from),
        "left_out": found.left_out,
        "survivorship": say::survivorship(),
        "summary": { "candidate": counts(candidate), "in_force": counts(before) },
        "candidate": candidate,
        "in_force": { "version": found.in_force, "simulation": before },
        "difference": difference,
    });
    format!("{said:#}")
}
