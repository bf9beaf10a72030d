//! Values to store.

use chrono::{DateTime, Duration};
use shared::model::*;

/// A moment with nanoseconds, so that a rounded one shows.
pub(crate) fn at(secs: i64) -> Timestamp {
    DateTime::from_timestamp(1_795_305_600 + secs, 123_456_789).unwrap()
}

pub(crate) fn event(id: &str, token: Option<&str>) -> AuditEvent {
    AuditEvent {
        id: id.into(),
        action: "jira_issue_viewed".into(),
        time: at(0),
        processed_at: None,
        actor: Actor { id: Some("712020:a|b".into()), name: None, email: None },
        token: token.map(|token| TokenMark {
            auth_type: Some("api-token".into()),
            id: Some(token.into()),
            label: None,
            role: TokenRole::Used,
        }),
        location: Location::default(),
        source: EventSource::AuditLog,
        topic: Topic::TokenUse,
        raw: "{}".into(),
    }
}

pub(crate) fn profile(actor: &str, token: &str) -> UsageProfile {
    UsageProfile::empty(ProfileKey::of_token(Some(&actor.into()), &token.into()))
}

pub(crate) fn credential(id: &str, owner: Option<&str>) -> Credential {
    Credential {
        reference: CredentialRef { kind: CredentialKind::UserApiToken, id: id.into() },
        label: "label".into(),
        owner: owner.map(AccountId::from),
        owner_name: None,
        owner_email: None,
        scopes: None,
        created_at: Some(at(-100)),
        expires_at: Some(at(100)),
        last_used_at: None,
        never_expires: false,
        status: CredentialStatus::Allowed,
    }
}

pub(crate) fn owner(id: &str) -> Owner {
    Owner { status: OwnerStatus::Active, ..Owner::new(id.into(), Relation::Managed) }
}

pub(crate) fn row(id: &str) -> CredentialRow {
    CredentialRow {
        credential: credential(id, None),
        owner: None,
        last_used_at: None,
        last_used_source: LastUsedSource::None,
        usage: Use::Unknown,
        own: false,
        owner_made_our_key: false,
        profile: None,
        findings: vec![],
        notes: Vec::new(),
        unjudged: vec![],
        history: Default::default(),
        register: None,
    }
}

pub(crate) fn report(id: &str, parts: u32) -> Report {
    Report {
        id: id.into(),
        generated_at: at(0),
        status: ReportStatus::Complete,
        sections: vec![],
        notices: vec![],
        totals: Totals::default(),
        facts: Default::default(),
        changes: Changes::default(),
        parts,
        quarantined: 0,
        ignored_events: 0,
    }
}

pub(crate) fn run(report: &str) -> Run {
    Run {
        report: report.into(),
        started_at: at(0),
        policy_version: 1,
        join: JoinState::Unproven,
        own_key_ids: None,
        phase: Phase::Compare,
        sections: vec![],
        readings: Default::default(),
        previous: None,
        facts: Default::default(),
        parts: 1,
        changes: Changes::default(),
        wait_until: None,
        lease_until: at(60),
    }
}

pub(crate) fn finding(id: &str, generation: u32) -> Finding {
    Finding {
        id: id.into(),
        rule: "unused".into(),
        subject: credential("t", None).reference,
        label: "label".into(),
        owner: None,
        severity: Severity::Low,
        reason: "Long ago.".into(),
        status: FindingStatus::Open,
        opened_at: at(0),
        changed_at: at(i64::from(generation)),
        generation,
    }
}

pub(crate) fn action(id: &str, finding: Option<&str>, wake_at: Option<Timestamp>) -> Action {
    Action {
        id: id.into(),
        finding: finding.map(FindingId::from),
        finding_generation: 1,
        generation: 1,
        requested_by: None,
        state: ActionState::Waiting,
        plan: plan(),
        plan_hash: "hash".into(),
        planned_at: at(0),
        agreed: vec![],
        told: vec![],
        not_needed: None,
        claim: None,
        reason: None,
        changed_at: at(0),
        wake_at,
    }
}

fn plan() -> Plan {
    let credential = credential("t", Some("a"));
    Plan {
        action: ActionKind::Revoke,
        before: vec![],
        scope: Scope::Credential,
        target: Target {
            credential: credential.reference,
            label: credential.label,
            owner: credential.owner,
            owner_name: None,
            created_at: None,
            expires_at: None,
        },
        rule: None,
        why: "Long ago.".into(),
        evidence: Evidence {
            report: "r".into(),
            judged_at: at(0),
            last_used_at: None,
            last_used_source: LastUsedSource::None,
            uses_seen: 0,
        },
        effects: vec![],
        reversible: false,
        policy_version: 1,
        approval: Approval::Required,
        protected: None,
        due_at: at(0),
        expires_at: at(0) + Duration::days(30),
        withheld: None,
        hits: vec![],
        means: None,
    }
}

pub(crate) fn decision(id: &str) -> Decision {
    Decision {
        id: id.into(),
        kind: DecisionKind::Approved,
        action: None,
        by: "somebody".into(),
        at: at(5),
        reason: "because".into(),
    }
}

pub(crate) fn record(detail: &str) -> LedgerRecord {
    LedgerRecord {
        at: at(0),
        kind: LedgerKind::ActionDone,
        principal: "policy".into(),
        action: None,
        credential: None,
        plan_hash: None,
        policy_version: Some(1),
        detail: detail.into(),
        evidence_digest: None,
        answer: None,
    }
}

pub(crate) fn policy(version: u64) -> PolicyVersion {
    let mut parameters = serde_json::Map::new();
    parameters.insert("days".into(), 90.0.into());
    let settings = RuleSettings { parameters, ..RuleSettings::default() };
    PolicyVersion {
        version,
        author: "somebody".into(),
        at: at(0),
        digest: "digest".into(),
        policy: Policy {
            mode: Mode::Observe,
            protected: ["a:b|c".into()].into(),
            limits: Limits { max_actions: 3, max_share_percent: 12.5, window_hours: 24 },
            approval_valid_days: 30,
            keep_days: 90,
            in_use_days: 30,
            auth_policies: None,
            recipients: shared::model::Recipients::default(),
            calendar: Calendar::default(),
            rules: [("unused".to_owned(), settings)].into(),
        },
    }
}

pub(crate) fn next<T: Clone>(stored: &Versioned<T>) -> Versioned<T> {
    Versioned { version: stored.version + 1, value: stored.value.clone() }
}

pub(crate) fn new<T>(value: T) -> Versioned<T> {
    Versioned { version: 0, value }
}
