//! A credential's row: the facts joined, and what the rules make of them.

use super::join::Joined;
use crate::error::{Error, Result};
use crate::model::{
    Credential, CredentialId, CredentialKind, CredentialRow, Finding, FindingStatus, JoinState, LastUsedSource, OrgId,
    Owner, Policy, RowFinding, Severity, Timestamp, Totals, Unjudged, UsageProfile, Use, Verdict,
};
use crate::rules::{Accounts, Begins, Judge, Own, RULES, Rule, Subject};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// The rules of a policy that are on, ready to judge.
pub struct Judges(Vec<ReadyRule>);

struct ReadyRule {
    rule: &'static Rule,
    judge: Judge,
    makes: Begins,
}

impl Judges {
    /// Every rule with the policy's parameters, less those that it turns off.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names the rule and the parameter.
    pub fn new(policy: &Policy) -> Result<Self> {
        let mut judges = Vec::new();
        for rule in RULES {
            let named = policy.rules.get(rule.id);
            let settings = named.cloned().unwrap_or_default();
            if settings.enabled {
                let judge = rule.with(&settings.parameters);
                let judge = judge.map_err(|why| Error::invalid(format!("rule {}", rule.id), why))?;
                let makes = if named.is_some() { Begins::AsFinding } else { rule.begins };
                judges.push(ReadyRule { rule, judge, makes });
            }
        }
        Ok(Self(judges))
    }

    /// Whether a rule makes findings.
    pub fn judge(&self, rule: &str) -> bool {
        self.0.iter().any(|ready| ready.rule.id == rule && ready.makes == Begins::AsFinding)
    }
}

/// What is true for every row of a report.
pub struct Frame<'a> {
    /// The rules.
    pub judges: &'a Judges,
    /// The ids of our own keys, if known.
    pub own_key_ids: Option<&'a BTreeSet<CredentialId>>,
    /// Whether events name tokens by the lists' ids.
    pub join: JoinState,
    /// Whether the lists of accounts were read to their end.
    pub accounts: Accounts,
    /// The moment as of which is judged.
    pub now: Timestamp,
}

/// Judges one credential among all that its owner holds.
pub fn row(
    credential: &Credential,
    siblings: &[Credential],
    owner: Option<&Owner>,
    joined: &Joined<'_>,
    frame: &Frame<'_>,
) -> CredentialRow {
    let profile = joined.profile(credential);
    let (last_used_at, last_used_source) = last_use(credential, profile);
    let usage = usage(credential, last_used_source, joined, frame.join);
    let (own, accounts) = (own(credential, frame.own_key_ids), frame.accounts);
    let subject =
        Subject { credential, owner, profile, last_used_at, last_used_source, usage, own, siblings, accounts };
    let mut row = CredentialRow {
        credential: credential.clone(),
        owner: owner.cloned(),
        last_used_at,
        last_used_source,
        usage,
        own: own == Own::Yes,
        profile: profile.cloned(),
        findings: Vec::new(),
        notes: Vec::new(),
        unjudged: Vec::new(),
    };
    let kind = credential.reference.kind;
    for ReadyRule { rule, judge, makes } in frame.judges.0.iter().filter(|ready| ready.rule.kinds.contains(&kind)) {
        let rule = rule.id.to_owned();
        match (judge(&subject, frame.now), makes) {
            (Verdict::Clean, _) | (Verdict::Unknown { .. }, Begins::AsNote) => {}
            (Verdict::Guilty { severity, reason }, Begins::AsFinding) => {
                row.findings.push(RowFinding { rule, severity, reason });
            }
            (Verdict::Guilty { reason, .. }, Begins::AsNote) => {
                row.notes.push(RowFinding { rule, severity: Severity::Note, reason });
            }
            (Verdict::Unknown { missing }, Begins::AsFinding) => {
                row.unjudged.push(Unjudged { rule, missing: missing.to_owned() });
            }
        }
    }
    row
}

fn last_use(credential: &Credential, profile: Option<&UsageProfile>) -> (Option<Timestamp>, LastUsedSource) {
    let event = profile.and_then(|profile| profile.last_used_at);
    match (credential.last_used_at, event) {
        (None, None) => (None, LastUsedSource::None),
        (Some(listed), event) if event.is_none_or(|event| event <= listed) => (Some(listed), LastUsedSource::Inventory),
        (_, event) => (event, LastUsedSource::Event),
    }
}

fn usage(credential: &Credential, source: LastUsedSource, joined: &Joined<'_>, join: JoinState) -> Use {
    let user_token = credential.reference.kind == CredentialKind::UserApiToken;
    match source {
        LastUsedSource::None => Use::Unknown,
        LastUsedSource::Inventory | LastUsedSource::Event if user_token && joined.is_ambiguous(join) => Use::Unknown,
        LastUsedSource::Inventory | LastUsedSource::Event => Use::Known,
    }
}

fn own(credential: &Credential, own: Option<&BTreeSet<CredentialId>>) -> Own {
    match own {
        _ if credential.reference.kind != CredentialKind::OrgApiKey => Own::No,
        None => Own::NotKnown,
        Some(own) if own.contains(&credential.reference.id) => Own::Yes,
        Some(_) => Own::No,
    }
}

/// The row's findings as they are stored, generation 1; settling gives them their history.
pub fn findings(org: &OrgId, row: &CredentialRow, now: Timestamp) -> Vec<Finding> {
    let subject = &row.credential.reference;
    row.findings
        .iter()
        .map(|found| Finding {
            id: Finding::id_of(org, &found.rule, subject),
            rule: found.rule.clone(),
            subject: subject.clone(),
            label: row.credential.label.clone(),
            severity: found.severity,
            reason: found.reason.clone(),
            status: FindingStatus::Open,
            opened_at: now,
            changed_at: now,
            generation: 1,
        })
        .collect()
}

/// Adds a row to the sums.
pub fn count(totals: &mut Totals, row: &CredentialRow, now: Timestamp) {
    totals.credentials += 1;
    totals.findings += row.findings.len() as u64;
    totals.credentials_with_findings += u64::from(!row.findings.is_empty());
    totals.use_unknown += u64::from(row.usage == Use::Unknown);
    let soon = now..=now + TimeDelta::days(30);
    totals.expiring_within_30_days += u64::from(row.credential.expires_at.is_some_and(|at| soon.contains(&at)));
    *totals.by_kind.entry(row.credential.reference.kind.to_string()).or_default() += 1;
    for found in &row.findings {
        *totals.by_severity.entry(found.severity.to_string()).or_default() += 1;
        *totals.by_rule.entry(found.rule.clone()).or_default() += 1;
    }
    for note in &row.notes {
        *totals.notes_by_rule.entry(note.rule.clone()).or_default() += 1;
    }
    for unjudged in &row.unjudged {
        *totals.unjudged_by_rule.entry(unjudged.rule.clone()).or_default() += 1;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::decide::join::join;
    use crate::decide::plan::tests::{now, policy};
    use crate::model::{Approval, Changes, Mode, Phase, ProfileKey, Report, ReportStatus, Run, SectionName};
    use crate::rules::tests::{at, token};

    pub(crate) fn row() -> CredentialRow {
        let credential = Credential { last_used_at: Some(at("2026-02-10")), ..token() };
        let judges = Judges::new(&policy(Mode::Observe, Approval::Required).policy).unwrap();
        let (join, accounts) = (JoinState::Proven, Accounts::Whole);
        let frame = Frame { judges: &judges, own_key_ids: None, join, accounts, now: now() };
        super::row(&credential, std::slice::from_ref(&credential), None, &Joined::default(), &frame)
    }

    pub(crate) fn report() -> Report {
        Report {
            id: "20261121T120000Z".into(),
            generated_at: now(),
            status: ReportStatus::Complete,
            sections: Vec::new(),
            notices: Vec::new(),
            totals: Totals { credentials: 150, ..Totals::default() },
            changes: Changes::default(),
            parts: 1,
            quarantined: 0,
            ignored_events: 0,
        }
    }

    pub(crate) fn run(started_at: Timestamp) -> Run {
        Run {
            report: "r1".into(),
            started_at,
            policy_version: 1,
            join: JoinState::Unproven,
            own_key_ids: None,
            phase: Phase::Stage { section: SectionName::Users, cursor: None, attempt: 1 },
            sections: Vec::new(),
            attempts: Vec::new(),
            parts: 1,
            changes: Changes::default(),
            wait_until: None,
            lease_until: started_at,
        }
    }

    pub(crate) fn finding() -> Finding {
        findings(&"o1".into(), &row(), now()).remove(0)
    }

    #[test]
    fn a_long_unused_token_has_its_finding_and_what_could_not_be_judged() {
        let row = row();
        assert_eq!(row.findings.iter().map(|found| found.rule.as_str()).collect::<Vec<_>>(), ["unused"]);
        assert_eq!(row.unjudged.iter().map(|rule| rule.rule.as_str()).collect::<Vec<_>>(), ["owner-deactivated"]);
        assert_eq!(finding().severity, Severity::Medium);
    }

    #[test]
    fn the_later_of_list_and_event_is_the_last_use() {
        let mut profile = UsageProfile::empty(ProfileKey::of_token(None, &"t1".into()));
        assert_eq!(last_use(&token(), Some(&profile)).1, LastUsedSource::Inventory);
        profile.last_used_at = Some(at("2026-11-21"));
        assert_eq!(last_use(&token(), Some(&profile)), (Some(at("2026-11-21")), LastUsedSource::Event));
    }

    #[test]
    fn an_unjoined_use_makes_the_owner_s_tokens_use_unknown_while_ids_are_unproven() {
        let mut stranger = UsageProfile::empty(ProfileKey::of_token(Some(&"a1".into()), &"x".into()));
        stranger.uses = 1;
        let (credentials, profiles) = ([token()], [stranger]);
        let joined = join(&credentials, &profiles);
        let (_, source) = last_use(&credentials[0], None);
        assert_eq!(usage(&credentials[0], source, &joined, JoinState::Unproven), Use::Unknown);
        assert_eq!(usage(&credentials[0], source, &joined, JoinState::Proven), Use::Known);
    }

    #[test]
    fn our_own_keys_are_known_by_their_ids_and_no_user_s_token_is_one() {
        let own = Some(BTreeSet::from([CredentialId::new("t1")]));
        let mut key = token();
        assert_eq!(super::own(&key, own.as_ref()), Own::No);
        key.reference.kind = CredentialKind::OrgApiKey;
        assert_eq!(super::own(&key, own.as_ref()), Own::Yes);
        assert_eq!((super::own(&key, None), super::own(&key, Some(&BTreeSet::new()))), (Own::NotKnown, Own::No));
    }

    #[test]
    fn a_rule_that_the_policy_does_not_name_may_begin_as_a_note_and_naming_it_makes_findings() {
        let blocked = Credential { status: crate::model::CredentialStatus::Blocked, ..token() };
        let judged = |policy: &Policy| {
            let judges = Judges::new(policy).unwrap();
            let (join, accounts) = (JoinState::Proven, Accounts::Whole);
            let frame = Frame { judges: &judges, own_key_ids: None, join, accounts, now: now() };
            super::row(&blocked, std::slice::from_ref(&blocked), None, &Joined::default(), &frame)
        };
        let has =
            |list: &[RowFinding]| list.iter().find(|one| one.rule == "blocked-but-listed").map(|one| one.severity);
        let mut policy = policy(Mode::Observe, Approval::Required).policy;
        let row = judged(&policy);
        assert_eq!((has(&row.findings), has(&row.notes)), (None, Some(Severity::Note)));
        assert!(findings(&"acme".into(), &row, now()).iter().all(|finding| finding.rule != "blocked-but-listed"));
        policy.rules.insert("blocked-but-listed".into(), Default::default());
        let row = judged(&policy);
        assert_eq!((has(&row.findings), has(&row.notes)), (Some(Severity::Low), None));
    }
}
