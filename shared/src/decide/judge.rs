//! A credential's row: the facts joined, and what the rules make of them.

use super::join::{Joined, join};
use crate::error::{Error, Result};
use crate::model::{
    Credential, CredentialId, CredentialKind, CredentialRow, Finding, FindingStatus, JoinState, LastUsedSource, OrgId,
    Owner, Policy, RowFinding, Severity, Timestamp, Totals, Unjudged, UsageProfile, Use, Verdict,
};
use crate::rules::{Accounts, Begins, Judge, Own, RULES, Rule, Subject};
use chrono::{Datelike, NaiveDate, TimeDelta};
use std::collections::{BTreeMap, BTreeSet};

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

/// Judges all credentials of one owner, with the profiles of which he is the actor.
pub fn rows(
    owner: Option<&Owner>,
    credentials: Vec<Credential>,
    profiles: Vec<UsageProfile>,
    frame: &Frame<'_>,
) -> Vec<CredentialRow> {
    let joined = join(&credentials, &profiles);
    let judge = |credential| judge(credential, &credentials, owner, &joined, frame);
    let judged: Vec<Judged> = credentials.iter().map(judge).collect();
    let mut profiles: Vec<Option<UsageProfile>> = profiles.into_iter().map(Some).collect();
    let row = |(credential, judged): (Credential, Judged)| CredentialRow {
        credential,
        owner: owner.cloned(),
        last_used_at: judged.last_used_at,
        last_used_source: judged.last_used_source,
        usage: judged.usage,
        own: judged.own == Own::Yes,
        profile: judged.profile.and_then(|at| profiles[at].take()),
        findings: judged.findings,
        notes: judged.notes,
        unjudged: judged.unjudged,
    };
    credentials.into_iter().zip(judged).map(row).collect()
}

/// What is made of one credential.
struct Judged {
    last_used_at: Option<Timestamp>,
    last_used_source: LastUsedSource,
    usage: Use,
    own: Own,
    /// The place of its profile.
    profile: Option<usize>,
    findings: Vec<RowFinding>,
    notes: Vec<RowFinding>,
    unjudged: Vec<Unjudged>,
}

fn judge(
    credential: &Credential,
    siblings: &[Credential],
    owner: Option<&Owner>,
    joined: &Joined<'_>,
    frame: &Frame<'_>,
) -> Judged {
    let profile = joined.profile(credential);
    let (last_used_at, last_used_source) = last_use(credential, profile);
    let usage = usage(credential, last_used_source, joined, frame.join);
    let (own, accounts) = (own(credential, frame.own_key_ids), frame.accounts);
    let subject =
        Subject { credential, owner, profile, last_used_at, last_used_source, usage, own, siblings, accounts };
    let profile = joined.place(credential);
    let (findings, notes, unjudged) = (Vec::new(), Vec::new(), Vec::new());
    let mut judged = Judged { last_used_at, last_used_source, usage, own, profile, findings, notes, unjudged };
    let kind = credential.reference.kind;
    for ready in frame.judges.0.iter().filter(|ready| ready.rule.kinds.contains(&kind)) {
        judged.add(ready, (ready.judge)(&subject, frame.now));
    }
    judged
}

impl Judged {
    fn add(&mut self, ReadyRule { rule, makes, .. }: &ReadyRule, verdict: Verdict) {
        let rule = || rule.id.to_owned();
        match (verdict, makes) {
            (Verdict::Clean, _) | (Verdict::Unknown { .. }, Begins::AsNote) => {}
            (Verdict::Guilty { severity, reason }, Begins::AsFinding) => {
                self.findings.push(RowFinding { rule: rule(), severity, reason });
            }
            (Verdict::Guilty { reason, .. }, Begins::AsNote) => {
                self.notes.push(RowFinding { rule: rule(), severity: Severity::Note, reason });
            }
            (Verdict::Unknown { missing }, Begins::AsFinding) => {
                self.unjudged.push(Unjudged { rule: rule(), missing: missing.to_owned() });
            }
        }
    }
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
    if let Some(week) = row.credential.expires_at.and_then(|at| week_ahead(at, now)) {
        add_one(&mut totals.expiring_by_week, &week.to_string());
    }
    add_one(&mut totals.by_kind, row.credential.reference.kind.as_str());
    for found in &row.findings {
        add_one(&mut totals.by_severity, found.severity.as_str());
        add_one(&mut totals.by_rule, &found.rule);
    }
    row.notes.iter().for_each(|note| add_one(&mut totals.notes_by_rule, &note.rule));
    row.unjudged.iter().for_each(|unjudged| add_one(&mut totals.unjudged_by_rule, &unjudged.rule));
}

/// The Monday of the week in which something will happen, if that is within 52 weeks.
fn week_ahead(at: Timestamp, now: Timestamp) -> Option<NaiveDate> {
    let ahead = at >= now && at - now < TimeDelta::weeks(52);
    ahead.then(|| at.date_naive() - TimeDelta::days(at.weekday().num_days_from_monday().into()))
}

/// Without an allocation where the name is there already.
fn add_one(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::decide::plan::tests::{now, policy};
    use crate::model::{Approval, Changes, Mode, Phase, ProfileKey, Report, ReportStatus, Run, SectionName};
    use crate::rules::tests::{at, token};

    pub(crate) fn row() -> CredentialRow {
        let credential = Credential { last_used_at: Some(at("2026-02-10")), ..token() };
        judged(credential, &policy(Mode::Observe, Approval::Required).policy)
    }

    fn judged(credential: Credential, policy: &Policy) -> CredentialRow {
        let judges = Judges::new(policy).unwrap();
        let (join, accounts) = (JoinState::Proven, Accounts::Whole);
        let frame = Frame { judges: &judges, own_key_ids: None, join, accounts, now: now() };
        let mut rows = rows(None, vec![credential], Vec::new(), &frame);
        assert_eq!(rows.len(), 1);
        rows.remove(0)
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
    fn what_expires_within_a_year_is_counted_in_its_week_and_what_has_expired_in_none() {
        let week = |day: &str| week_ahead(at(day), at("2026-11-21")).map(|monday| monday.to_string());
        assert_eq!(week("2026-11-21").as_deref(), Some("2026-11-16"), "a Saturday belongs to the week before it");
        assert_eq!(week("2026-11-23").as_deref(), Some("2026-11-23"));
        assert_eq!(week("2027-11-19").as_deref(), Some("2027-11-15"));
        assert_eq!((week("2026-11-20"), week("2027-11-20")), (None, None));
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
        let has =
            |list: &[RowFinding]| list.iter().find(|one| one.rule == "blocked-but-listed").map(|one| one.severity);
        let mut policy = policy(Mode::Observe, Approval::Required).policy;
        let row = judged(blocked.clone(), &policy);
        assert_eq!((has(&row.findings), has(&row.notes)), (None, Some(Severity::Note)));
        assert!(findings(&"acme".into(), &row, now()).iter().all(|finding| finding.rule != "blocked-but-listed"));
        policy.rules.insert("blocked-but-listed".into(), Default::default());
        let row = judged(blocked.clone(), &policy);
        assert_eq!((has(&row.findings), has(&row.notes)), (Some(Severity::Low), None));
    }
}
