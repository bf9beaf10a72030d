//! `owner-not-permitted`: the policy says who may hold such a credential, and its owner is not among them.

use super::{Begins, Judge, Of, Parameter, Parameters, Past, Rule, Subject, parameters};
use crate::messages::rules as say;
use crate::model::{Credential, CredentialKind, Owner, Severity, Verdict};
use serde::Deserialize;

pub(super) const RULE: Rule = Rule {
    id: "owner-not-permitted",
    about: "belongs to somebody who is not among those whom the policy permits",
    begins: Begins::AsNote,
    kinds: &[CredentialKind::UserApiToken, CredentialKind::OrgApiKey, CredentialKind::ObservedToken],
    needs: &[],
    of: Of::Present,
    advice: "Ask its owner what it is for. Either somebody who may hold it takes it over, or the policy is to permit him.",
    tags: &["ISO 27001 A.5.18", "SOC 2 CC6.2", "NIST 800-53 AC-2"],
    parameters: &[ACCOUNTS, DOMAINS, GROUPS],
    past: Past::Lost("which address and groups its owner had then"),
    build,
};

const ACCOUNTS: Parameter =
    Parameter::texts("accounts", &[], 0, "The account ids of those who may hold one; any of the three lists permits.");
const DOMAINS: Parameter =
    Parameter::texts("domains", &[], 0, "What follows the @ in the addresses of those who may hold one.").without('@');
const GROUPS: Parameter = Parameter::texts("groups", &[], 0, "The names of the groups whose members may hold one.");

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    accounts: Vec<String>,
    domains: Vec<String>,
    groups: Vec<String>,
}

fn build(given: &Parameters) -> Result<Judge, String> {
    let given: Given = parameters(given)?;
    for (name, values) in [("accounts", &given.accounts), ("domains", &given.domains), ("groups", &given.groups)] {
        if values.iter().any(|value| value.trim().is_empty()) {
            return Err(format!("`{name}` holds an empty text; remove it"));
        }
    }
    if let Some(wrong) = given.domains.iter().find(|domain| domain.contains('@')) {
        return Err(format!("`domains` holds `{wrong}`; give what follows the @, such as `example.com`"));
    }
    Ok(Box::new(move |subject, _now| judge(subject, &given)))
}

/// Whether one of the lists permits an owner.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Permits {
    Yes,
    No,
    NotKnown(&'static str),
}

fn judge(subject: &Subject<'_>, given: &Given) -> Verdict {
    let Some(account) = &subject.credential.owner else {
        return Verdict::Unknown { missing: "its owner" };
    };
    let by_account = given.accounts.iter().any(|permitted| permitted == account.as_str());
    let by_account = if by_account { Permits::Yes } else { Permits::No };
    let address = address(subject.credential, subject.owner);
    let groups = subject.owner.and_then(|owner| owner.groups.as_deref());
    let lists = [
        (!given.accounts.is_empty()).then_some(by_account),
        (!given.domains.is_empty()).then(|| by_domain(&given.domains, address)),
        (!given.groups.is_empty()).then(|| by_group(&given.groups, groups)),
    ];
    let found: Vec<Permits> = lists.into_iter().flatten().collect();
    let not_known = found.iter().find_map(|one| match one {
        Permits::NotKnown(missing) => Some(*missing),
        Permits::Yes | Permits::No => None,
    });
    match not_known {
        _ if found.is_empty() => Verdict::Unknown { missing: "a list of permitted owners in the policy" },
        _ if found.contains(&Permits::Yes) => Verdict::Clean,
        Some(missing) => Verdict::Unknown { missing },
        None => {
            let reason = say::owner_not_permitted(address.unwrap_or(account.as_str()));
            Verdict::Guilty { severity: Severity::Medium, reason }
        }
    }
}

fn address<'a>(credential: &'a Credential, owner: Option<&'a Owner>) -> Option<&'a str> {
    owner.and_then(|owner| owner.email.as_deref()).or(credential.owner_email.as_deref())
}

fn by_domain(permitted: &[String], address: Option<&str>) -> Permits {
    let Some((_, domain)) = address.and_then(|address| address.rsplit_once('@')) else {
        return Permits::NotKnown("its owner's mail address");
    };
    match permitted.iter().any(|permitted| permitted.eq_ignore_ascii_case(domain)) {
        true => Permits::Yes,
        false => Permits::No,
    }
}

fn by_group(permitted: &[String], groups: Option<&[String]>) -> Permits {
    match groups {
        None => Permits::NotKnown("its owner's groups"),
        Some(groups) if groups.iter().any(|group| permitted.contains(group)) => Permits::Yes,
        Some(_) => Permits::No,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{is_guilty, judge, owner, subject, token};
    use super::*;
    use crate::model::OwnerStatus;
    use serde_json::{Value, json};

    fn verdict(given: Value, email: Option<&str>, groups: Option<&[&str]>) -> Verdict {
        let token = token();
        let groups = groups.map(|groups| groups.iter().copied().map(str::to_owned).collect());
        let owner = Owner { email: email.map(str::to_owned), groups, ..owner(OwnerStatus::Active) };
        judge(&RULE, given, &Subject { owner: Some(&owner), ..subject(&token) }, "2026-11-21")
    }

    #[test]
    fn any_of_the_lists_permits() {
        let all = || json!({"accounts": ["b2"], "domains": ["acme.example"], "groups": ["integrators"]});
        assert!(is_guilty(&verdict(all(), Some("al@other.example"), Some(&["staff"]))));
        assert_eq!(verdict(all(), Some("al@ACME.example"), None), Verdict::Clean);
        assert_eq!(verdict(all(), None, Some(&["integrators"])), Verdict::Clean);
        assert_eq!(verdict(json!({"accounts": ["a1"]}), None, None), Verdict::Clean);
        assert!(is_guilty(&verdict(json!({"accounts": ["b2"]}), None, None)));
        assert!(is_guilty(&verdict(json!({"domains": ["acme.example"]}), Some("x@acme.example.evil"), None)));
    }

    #[test]
    fn without_a_list_or_with_a_missing_fact_it_cannot_be_judged() {
        let is_unknown = |given, email| matches!(verdict(given, email, None), Verdict::Unknown { .. });
        assert!(is_unknown(json!({}), Some("al@acme.example")));
        assert!(is_unknown(json!({"domains": ["acme.example"]}), None));
        assert!(is_unknown(json!({"groups": ["integrators"]}), Some("al@acme.example")));
        let nobody_s = Credential { owner: None, ..token() };
        let verdict = judge(&RULE, json!({"accounts": ["a1"]}), &subject(&nobody_s), "2026-11-21");
        assert!(matches!(verdict, Verdict::Unknown { .. }));
    }

    #[test]
    fn an_address_in_place_of_a_domain_is_refused() {
        assert!(RULE.check(json!({"domains": ["al@acme.example"]}).as_object().unwrap()).is_err());
        assert!(RULE.check(json!({"groups": [" "]}).as_object().unwrap()).is_err());
    }
}
