//! `scope-unused`: it may change things, and all that was seen of it is reading.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, parameters, within};
use crate::messages::rules as say;
use crate::model::{CredentialKind, FactName, KSmallest, Severity, UsageProfile, Use, Verdict};
use serde::Deserialize;

pub(super) const RULE: Rule = Rule {
    id: "scope-unused",
    about: "has a scope that changes things, and was only seen to read",
    begins: Begins::AsNote,
    kinds: &[CredentialKind::UserApiToken, CredentialKind::OrgApiKey, CredentialKind::ServiceAccountToken],
    needs: &[FactName::UsesLeaveEvents, FactName::EventsNameTokens],
    of: Of::Present,
    advice: "Ask its owner whether its job ever changes anything. If not, he replaces it by one that may only read.",
    tags: &["OWASP NHI5:2025", "ISO 27001 A.8.2", "SOC 2 CC6.3", "NIST 800-53 AC-6"],
    parameters: &[USES, DAYS, WORDS],
    past: Past::Lost("what it had done by then"),
    build,
};

const USES: Parameter =
    Parameter::number("uses", 20, (1, 1_000_000), "So many uses must have been seen before anything is said.");
const DAYS: Parameter =
    Parameter::number("days", 28, (1, 365), "So many days must lie between the first and the last of them.");
const WORDS: Parameter = Parameter::texts(
    "reading_words",
    &["viewed", "view", "read", "searched", "exported", "downloaded", "listed"],
    1,
    "An action whose id holds one of these words only reads.",
);

/// What begins a scope that changes things; `:write` may stand anywhere (Atlassian's classic and granular scopes).
const WRITING: [&str; 4] = ["write:", "manage:", "delete:", "admin:"];

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    uses: i64,
    days: i64,
    reading_words: Vec<String>,
}

impl Default for Given {
    fn default() -> Self {
        Self { uses: USES.default_number(), days: DAYS.default_number(), reading_words: WORDS.default_texts() }
    }
}

fn build(given: &Parameters) -> Result<Judge, String> {
    let given: Given = parameters(given)?;
    within(&USES, given.uses)?;
    within(&DAYS, given.days)?;
    if given.reading_words.is_empty() || given.reading_words.iter().any(|word| word.trim().is_empty()) {
        return Err("`reading_words` is empty or holds an empty text; give words such as `viewed`".to_owned());
    }
    Ok(Box::new(move |subject, _now| judge(subject, &given)))
}

fn judge(subject: &Subject<'_>, given: &Given) -> Verdict {
    let Some(scopes) = &subject.credential.scopes else {
        return Verdict::Unknown { missing: "its scopes" };
    };
    let writing: Vec<&str> = scopes.iter().map(String::as_str).filter(|scope| writes(scope)).take(5).collect();
    if writing.is_empty() {
        return Verdict::Clean;
    }
    let Some(profile) = subject.profile.filter(|profile| profile.uses > 0) else {
        return Verdict::Unknown { missing: "its uses in the audit log" };
    };
    let mut actions: Vec<&str> = profile.actions.members().iter().map(String::as_str).collect();
    if actions.iter().any(|action| !reads(action, &given.reading_words)) {
        return Verdict::Clean;
    }
    if subject.usage == Use::Unknown {
        return Verdict::Unknown { missing: "which of the owner's tokens was used" };
    }
    let span = span_days(profile);
    if profile.uses < given.uses.unsigned_abs() || span < given.days {
        return Verdict::Unknown { missing: "enough uses in the audit log" };
    }
    if actions.is_empty() || is_cut(&profile.actions) {
        return Verdict::Unknown { missing: "all that it did" };
    }
    actions.sort_unstable();
    let reason = say::scope_unused(&writing, profile.uses, span, &actions);
    Verdict::Guilty { severity: Severity::Low, reason }
}

fn writes(scope: &str) -> bool {
    WRITING.iter().any(|verb| scope.starts_with(verb)) || scope.contains(":write")
}

/// A word of the action reads, and none tells of another deed: `page_viewed` does, `view_updated` does not.
fn reads(action: &str, reading: &[String]) -> bool {
    let action = action.to_lowercase();
    let words = || action.split(|c: char| !c.is_alphanumeric());
    let is_reading = |word: &str| reading.iter().any(|known| known == word);
    words().any(is_reading) && words().all(|word| is_reading(word) || !word.ends_with("ed"))
}

/// From eight actions on, others may have been seen that are not kept.
fn is_cut<const K: usize>(set: &KSmallest<K>) -> bool {
    set.members().len() >= K
}

fn span_days(profile: &UsageProfile) -> i64 {
    match (profile.first_used_at, profile.last_used_at) {
        (Some(first), Some(last)) => (last - first).num_days(),
        (None, _) | (_, None) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, profile, subject, token};
    use super::*;
    use crate::model::Credential;
    use serde_json::json;

    fn used(uses: u64, last: &str, actions: &[&str]) -> UsageProfile {
        let mut profile = profile("t1", uses, "2026-10-01", last);
        actions.iter().for_each(|action| profile.actions.insert(action));
        profile
    }

    fn verdict(scope: Option<&str>, profile: Option<&UsageProfile>) -> Verdict {
        let token = Credential { scopes: scope.map(|scope| vec![scope.to_owned()]), ..token() };
        judge(&RULE, json!({}), &Subject { profile, ..subject(&token) }, "2026-11-21")
    }

    const READING: [&str; 2] = ["jira_issue_viewed", "confluence_page_exported"];

    #[test]
    fn a_scope_that_writes_and_a_month_of_reading_convict() {
        let reader = used(20, "2026-10-31", &READING);
        for scope in ["write:jira-work", "admin:org", "read:write:jira"] {
            assert!(is_guilty(&verdict(Some(scope), Some(&reader))), "{scope}");
        }
        assert_eq!(verdict(Some("read:jira-work"), Some(&reader)), Verdict::Clean);
        let writer = used(20, "2026-10-31", &["jira_issue_viewed", "jira_issue_created"]);
        assert_eq!(verdict(Some("write:jira-work"), Some(&writer)), Verdict::Clean);
    }

    #[test]
    fn a_word_inside_a_word_or_beside_another_deed_does_not_read() {
        let words = Given::default().reading_words;
        let told = ["thread_created", "view_updated", "Page.Viewed", "member_list"].map(|action| reads(action, &words));
        assert_eq!(told, [false, false, true, false]);
    }

    #[test]
    fn few_uses_or_a_short_time_or_a_cut_set_or_no_scopes_or_an_unjoined_use_say_nothing() {
        let many: Vec<String> = (0..9).map(|n| format!("thing{n}_viewed")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let is_unknown =
            |scope, profile: Option<&UsageProfile>| matches!(verdict(scope, profile), Verdict::Unknown { .. });
        assert!(is_unknown(Some("write:x"), Some(&used(19, "2026-10-31", &READING))));
        assert!(is_unknown(Some("write:x"), Some(&used(20, "2026-10-28", &READING))));
        assert!(is_unknown(Some("write:x"), Some(&used(20, "2026-10-31", &many))));
        assert!(is_unknown(Some("write:x"), None));
        let token = Credential { scopes: Some(vec!["write:x".to_owned()]), ..token() };
        let reader = used(20, "2026-10-31", &READING);
        let unjoined = Subject { profile: Some(&reader), usage: Use::Unknown, ..subject(&token) };
        assert!(matches!(judge(&RULE, json!({}), &unjoined, "2026-11-21"), Verdict::Unknown { .. }));
        assert!(is_unknown(None, Some(&used(20, "2026-10-31", &READING))));
    }
}
