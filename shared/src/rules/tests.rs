//! What the rules' tests build their subjects from, and what holds for every rule.

use super::*;
use crate::model::{CredentialRef, CredentialStatus, Fact, Knowledge, Making, OwnerStatus, ProfileKey, Relation};

const NO_HISTORY: RowHistory =
    RowHistory { first_seen_at: None, owner_reactivated_at: None, making: Making::NotLookedFor };

pub(crate) fn at(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

pub(crate) fn token() -> Credential {
    Credential {
        reference: CredentialRef { kind: CredentialKind::UserApiToken, id: "t1".into() },
        label: "jenkins nightly".into(),
        owner: Some("a1".into()),
        owner_name: Some("Alice".into()),
        owner_email: None,
        scopes: None,
        created_at: Some(at("2026-02-01")),
        expires_at: Some(at("2027-02-01")),
        last_used_at: Some(at("2026-11-20")),
        status: CredentialStatus::Allowed,
        never_expires: false,
    }
}

pub(crate) fn owner(status: OwnerStatus) -> Owner {
    Owner { status, ..Owner::new("a1".into(), Relation::Managed) }
}

pub(crate) fn subject(credential: &Credential) -> Subject<'_> {
    Subject {
        credential,
        owner: None,
        profile: None,
        last_used_at: credential.last_used_at,
        last_used_source: LastUsedSource::Inventory,
        usage: Use::Known,
        own: Own::NotKnown,
        siblings: &[],
        accounts: Accounts::NotWhole,
        history: &NO_HISTORY,
        register: None,
        unlisted: &[],
        other_orgs: &[],
        log_since: None,
    }
}

pub(crate) fn key() -> Credential {
    let reference = CredentialRef { kind: CredentialKind::OrgApiKey, id: "k1".into() };
    Credential { reference, label: "siem".into(), ..token() }
}

pub(crate) fn history(making: Making) -> RowHistory {
    RowHistory { making, ..NO_HISTORY }
}

/// A profile whose events name the token, with a use on both days.
pub(crate) fn profile(token: &str, uses: u64, first: &str, last: &str) -> UsageProfile {
    let mut profile = UsageProfile::empty(ProfileKey::of_token(Some(&"a1".into()), &token.into()));
    (profile.token_id, profile.uses) = (Some(token.into()), uses);
    (profile.first_used_at, profile.last_used_at) = (Some(at(first)), Some(at(last)));
    for day in [first, last] {
        profile.days.insert(at(day));
        profile.hours.insert(at(day));
    }
    profile
}

pub(crate) fn entry(review_by: Option<&str>) -> RegisterEntry {
    RegisterEntry {
        credential: token().reference,
        purpose: Some("payroll export".into()),
        system: Some("jenkins-1".into()),
        responsible: Some("Finance IT".into()),
        backup: None,
        review_by: review_by.map(|day| day.parse().unwrap()),
        registered: None,
        updated_by: "ann".into(),
        updated_at: at("2026-06-01"),
    }
}

pub(crate) fn judge(rule: &Rule, parameters: serde_json::Value, subject: &Subject<'_>, now: &str) -> Verdict {
    let serde_json::Value::Object(parameters) = parameters else { panic!("parameters are an object") };
    rule.with(&parameters).unwrap()(subject, at(now))
}

pub(crate) fn is_guilty(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Guilty { .. })
}

/// What these rules report is that something is not there: an expiry date, the credential itself.
const ABSENCE_IS_THE_FACT: [&str; 2] = ["disappeared", "expiry-unknown"];

#[test]
fn ids_are_unique_and_in_order_and_every_rule_takes_no_parameters() {
    let ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    assert!(RULES.iter().all(|rule| rule.check(&Parameters::new()).is_ok()));
}

#[test]
fn with_every_fact_absent_no_rule_says_guilty_or_clean() {
    let mut bare = token();
    (bare.owner, bare.created_at, bare.expires_at, bare.last_used_at) = (None, None, None, None);
    bare.status = CredentialStatus::Unknown;
    for rule in RULES {
        bare.reference.kind = rule.kinds[0];
        let bare = Subject { last_used_source: LastUsedSource::None, usage: Use::Unknown, ..subject(&bare) };
        let verdict = judge(rule, serde_json::json!({}), &bare, "2026-11-21");
        match ABSENCE_IS_THE_FACT.contains(&rule.id) {
            true => assert!(is_guilty(&verdict), "{}: {verdict:?}", rule.id),
            false => assert!(matches!(verdict, Verdict::Unknown { .. }), "{}: {verdict:?}", rule.id),
        }
    }
}

#[test]
fn a_rule_lacks_each_fact_that_it_needs_until_it_is_proven() {
    let known = |name, knowledge| Fact { name, knowledge, evidence: String::new() };
    for rule in RULES {
        let proven = |but: Option<FactName>| {
            let knowledge = |name| if Some(name) == but { Knowledge::Refuted } else { Knowledge::Proven };
            Facts(FactName::ALL.into_iter().map(|name| known(name, knowledge(name))).collect())
        };
        assert_eq!(rule.lacks(&proven(None)), None, "{}", rule.id);
        assert_eq!(rule.lacks(&Facts::default()), rule.needs.first().copied(), "{}", rule.id);
        for need in rule.needs {
            assert_eq!(rule.lacks(&proven(Some(*need))), Some(*need), "{}", rule.id);
        }
    }
}

#[test]
fn every_rule_has_advice_and_at_least_one_tag_and_no_tag_twice() {
    const CATALOGUES: [&str; 4] = ["OWASP NHI", "ISO 27001 A.", "SOC 2 CC", "NIST 800-53 "];
    for rule in RULES {
        assert!(rule.advice.ends_with('.') && !rule.tags.is_empty(), "{}", rule.id);
        for (at, tag) in rule.tags.iter().enumerate() {
            assert!(!rule.tags[..at].contains(tag), "{}: {tag} twice", rule.id);
            assert!(CATALOGUES.iter().any(|name| tag.starts_with(name)), "{}: {tag}", rule.id);
        }
    }
}

#[test]
fn an_unknown_parameter_is_named() {
    let given = serde_json::json!({"windows_days": 3});
    let error = Rule::named("unused").unwrap().check(given.as_object().unwrap()).unwrap_err();
    assert!(error.contains("windows_days"), "{error}");
}

#[test]
fn every_parameter_is_taken_as_it_is_declared_and_nothing_else_is() {
    for rule in RULES {
        let with =
            |name: &str, value: serde_json::Value| rule.check(&Parameters::from_iter([(name.to_owned(), value)]));
        for Parameter { name, about, takes } in rule.parameters {
            let default = rule.parameters.iter().find(|one| one.name == *name).unwrap().default_value();
            assert!(about.ends_with('.') && with(name, default).is_ok(), "{} {name}", rule.id);
            let (good, bad) = examples(takes);
            good.into_iter()
                .for_each(|value| assert_eq!(with(name, value.clone()), Ok(()), "{} {name} {value}", rule.id));
            bad.into_iter().for_each(|value| assert!(with(name, value.clone()).is_err(), "{} {name} {value}", rule.id));
        }
        let refused = with("no_such_name", serde_json::json!(1)).unwrap_err();
        let told = rule.parameters.iter().all(|one| refused.contains(&format!("`{}`", one.name)));
        let count = refused.matches('`').count() / 2 - refused.matches("no_such_name").count();
        assert!(told && count == rule.parameters.len(), "{}: {refused}", rule.id);
    }
}

/// Values at the bounds of a parameter, and values just outside of them.
fn examples(takes: &Takes) -> (Vec<serde_json::Value>, Vec<serde_json::Value>) {
    use serde_json::json;
    match *takes {
        Takes::Number { bounds: (least, most), .. } => {
            (vec![json!(least), json!(most)], vec![json!(least - 1), json!(most + 1), json!("x")])
        }
        Takes::Numbers { bounds: (least, most), .. } => {
            (vec![json!([least, most])], vec![json!([least - 1]), json!([most + 1]), json!([]), json!(least)])
        }
        Takes::Texts { least, without, .. } => {
            let mut bad = vec![json!([" "]), json!("x"), json!([1])];
            bad.extend((least > 0).then(|| json!([])));
            bad.extend(without.map(|letter| json!([format!("a{letter}b")])));
            (vec![json!(["a", "b"])], bad)
        }
    }
}
