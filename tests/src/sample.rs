//! A plausible org in a store: reports, findings, actions, a ledger and a quarantine, the same every time.

use shared::{
    decide::{
        plan::{self, Cause},
        policy::{default_policy, digest},
        tally::Tally,
    },
    error::Result,
    model::{
        Changes, Credential, CredentialKind, CredentialRef, CredentialRow, CredentialStatus, Finding, FindingStatus,
        FindingTransition, Intake, LastUsedSource, Mode, Notice, Org, OrgId, Owner, OwnerStatus, PolicyVersion,
        ProfileKey, Quarantined, Relation, Report, ReportStatus, RowFinding, Section, SectionName, SectionStatus,
        Severity, Timestamp, Totals, Unjudged, UsageProfile, Use, Versioned,
    },
    ports::{CaseChange, CaseStore, FindingStore, QuarantineStore, ReportStore},
};

const LABELS: [&str; 12] = [
    "zapier sync",
    "jenkins nightly",
    "bob laptop",
    "grafana datasource",
    "quarterly export",
    "terraform",
    "slack bot",
    "=HYPERLINK(\"http://x\")",
    "scim <prod> & \"test\"",
    "payroll, monthly\nrun",
    "",
    "renovate",
];
const NAMES: [&str; 8] =
    ["Ada Okafor", "Bo Lindqvist", "Chiara Rossi", "Dai Nguyen", "Eva Novák", "Femi Ade", "Grace Kim", "Hugo Meyer"];

/// How many rows the sample's report has.
pub const ROWS: u64 = 150;

/// The moment of the sample.
///
pub fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().expect("a time")
}

fn days(count: i64) -> chrono::TimeDelta {
    chrono::TimeDelta::days(count)
}

/// Row number `n` of the sample.
pub fn row(n: i64) -> CredentialRow {
    let kind = if n % 15 == 14 { CredentialKind::OrgApiKey } else { CredentialKind::UserApiToken };
    let account = format!("712020:{:04}", n % 40);
    let last_used_at = (n % 9 != 0).then(|| now() - days(n * 3 % 290) - chrono::TimeDelta::minutes(n * 7));
    let credential = Credential {
        reference: CredentialRef { kind, id: format!("tok/{n:03}").as_str().into() },
        label: LABELS[n as usize % LABELS.len()].to_owned(),
        owner: (n % 25 != 24).then(|| account.as_str().into()),
        owner_name: None,
        owner_email: None,
        scopes: (n % 4 == 0).then(|| vec!["read:jira-work".into(), "write:jira-work".into()]),
        created_at: Some(now() - days(20 + n * 2)),
        expires_at: (n % 7 != 6).then(|| now() + days(3 + n * 11 % 345)),
        last_used_at,
        never_expires: false,
        status: if n % 31 == 30 { CredentialStatus::Blocked } else { CredentialStatus::Allowed },
    };
    let profile = (n % 3 != 0).then(|| profile(&account, n));
    let (findings, unjudged) = judged(&credential, n);
    CredentialRow {
        owner: credential.owner.as_ref().map(|_| owner(&account, n)),
        last_used_at,
        last_used_source: if last_used_at.is_some() { LastUsedSource::Inventory } else { LastUsedSource::None },
        usage: if n % 9 == 0 { Use::Unknown } else { Use::Known },
        own: n == 14,
        owner_made_our_key: false,
        profile,
        findings,
        notes: notes(n),
        unjudged,
        history: Default::default(),
        register: None,
        credential,
    }
}

fn notes(n: i64) -> Vec<RowFinding> {
    let reason = "It may do more than read: write:jira-work.".to_owned();
    let note = RowFinding { rule: "over-scoped".into(), severity: Severity::Note, reason };
    if n % 4 == 0 { vec![note] } else { Vec::new() }
}

fn owner(account: &str, n: i64) -> Owner {
    let name = NAMES[n as usize % NAMES.len()];
    let relation = if n % 40 == 7 { Relation::External } else { Relation::Managed };
    Owner {
        name: Some(name.to_owned()),
        email: Some(format!("{}@example.com", name.to_lowercase().replace(' ', "."))),
        status: if n % 13 == 5 { OwnerStatus::Inactive } else { OwnerStatus::Active },
        ..Owner::new(account.into(), relation)
    }
}

fn profile(account: &str, n: i64) -> UsageProfile {
    let mut profile =
        UsageProfile::empty(ProfileKey::of_token(Some(&account.into()), &format!("t{n}").as_str().into()));
    for use_number in 0..(3 + n % 40) {
        let at = now() - days(use_number * 2) - chrono::TimeDelta::hours(use_number % 5 + n % 11);
        profile.uses += 1;
        profile.days.insert(at);
        profile.hours.insert(at);
        profile.last_used_at = profile.last_used_at.max(Some(at));
        profile.first_used_at = Some(profile.first_used_at.map_or(at, |first: Timestamp| first.min(at)));
        profile.networks.insert(&format!("198.51.{}.0/24", (use_number + n) % (1 + n % 14)));
    }
    profile.countries.insert("DE");
    profile.actions.insert("jira_issue_updated");
    profile
}

fn judged(credential: &Credential, n: i64) -> (Vec<RowFinding>, Vec<Unjudged>) {
    let finding = |rule: &'static str, severity, reason: String| RowFinding { rule: rule.into(), severity, reason };
    let mut findings = Vec::new();
    let unused = credential.last_used_at.map(|at| (now() - at).num_days());
    if let Some(unused) = unused.filter(|days| *days > 200) {
        let reason = format!("It was last used {unused} days ago, longer than the window of 100 days.");
        findings.push(finding("unused", Severity::Medium, reason));
    }
    let left = credential.expires_at.map(|at| (at - now()).num_days());
    if let Some(left) = left.filter(|days| *days < 30) {
        let severity = if left < 7 { Severity::High } else { Severity::Low };
        findings.push(finding("expires-soon", severity, format!("It expires in {left} days.")));
    }
    if n % 13 == 5 && credential.owner.is_some() {
        findings.push(finding("owner-deactivated", Severity::High, "Its owner's account is deactivated.".into()));
    }
    let missing = Unjudged { rule: "unused".into(), missing: "Atlassian's last-used date".into() };
    (findings, if unused.is_none() { vec![missing] } else { Vec::new() })
}

/// The report over some rows.
pub fn report(id: &str, generated_at: Timestamp, rows: &[CredentialRow]) -> Report {
    let section =
        |name, status, reason: Option<&str>, count| Section { name, status, reason: reason.map(Into::into), count };
    let refused = Some("Atlassian answered 403: the key may not read API keys (scope read:keys:admin)");
    let own =
        "The ids of our own keys are unknown, so no key of the org is offered for revocation. Name them in the secret.";
    Report {
        id: id.into(),
        generated_at,
        status: ReportStatus::Partial,
        sections: vec![
            section(SectionName::Users, SectionStatus::Complete, None, 1_200),
            section(SectionName::UserApiTokens, SectionStatus::Complete, None, rows.len() as u64),
            section(SectionName::OrgApiKeys, SectionStatus::NotPermitted, refused, 0),
        ],
        notices: vec![Notice { code: "own_key_unknown".into(), text: own.into() }],
        totals: totals(rows),
        facts: Default::default(),
        changes: Changes {
            against: Some("20261119T120000Z-zz".into()),
            added: 4,
            removed: 1,
            resolved: 2,
            new_findings: 6,
        },
        parts: 2,
        quarantined: 1,
        ignored_events: 4_211,
    }
}

fn totals(rows: &[CredentialRow]) -> Totals {
    let mut totals = Totals { owners: 1_200, ..Totals::default() };
    let mut tally = Tally::default();
    rows.iter().for_each(|row| tally.count(row, now()));
    tally.add_to(&mut totals);
    totals
}

/// Fills a store with the org: two reports, findings, a policy in this mode, four actions, a body in quarantine.
///
/// # Errors
/// Those of the store.
pub async fn fill<S>(store: &S, org: &OrgId, mode: Mode) -> Result<()>
where
    S: CaseStore + FindingStore + ReportStore + QuarantineStore,
{
    let registered_at = now() - days(90);
    let settings = Org::new(org.clone(), "Example GmbH".into(), registered_at);
    let _written = store.put_org(&Versioned { version: 0, value: settings }).await?;
    let rows: Vec<CredentialRow> = (0..ROWS as i64).map(row).collect();
    let older: Vec<CredentialRow> = rows.iter().skip(4).cloned().chain([row(500)]).collect();
    for (id, at, rows) in [("20261120T120000Z-aa", now() - days(1), &older), ("20261121T110000Z-bb", now(), &rows)] {
        let report = report(id, at - chrono::TimeDelta::hours(1), rows);
        store.put_rows(org, &report.id, report.parts, rows).await?;
        store.publish(org, &report).await?;
    }
    let policy = put_policy(store, org, mode).await?;
    cases(store, org, &rows, &policy).await?;
    let body = b"{\"truncated\":";
    let header = Quarantined {
        id: "q1".into(),
        intake: Intake::AuditWebhook,
        reason: "line 1: the JSON ends too early".into(),
        at: now() - days(2),
        size_bytes: body.len() as u64,
        parts: 1,
    };
    store.quarantine(org, &header, body).await
}

async fn put_policy<S: CaseStore>(store: &S, org: &OrgId, mode: Mode) -> Result<PolicyVersion> {
    let policy = shared::model::Policy { mode, protected: ["712020:0000".into()].into(), ..default_policy() };
    let version =
        PolicyVersion { version: 1, author: "file".into(), at: now() - days(60), digest: digest(&policy)?, policy };
    let change = CaseChange { policy: Some(version.clone()), ..CaseChange::default() };
    store.apply(org, &change).await?;
    Ok(version)
}

async fn cases<S>(store: &S, org: &OrgId, rows: &[CredentialRow], policy: &PolicyVersion) -> Result<()>
where
    S: CaseStore + FindingStore,
{
    let report = report("20261121T110000Z-bb", now(), rows);
    let mut planned = 0;
    for row in rows.iter().skip(60).take(40) {
        for found in &row.findings {
            let finding = finding(org, row, found);
            store.put_transition(org, &FindingTransition::Open(finding.clone())).await?;
            if found.rule == "unused" && row.credential.owner.is_some() && planned < 4 {
                planned += 1;
                let cause = Cause::finding(&finding);
                let Some(plan) = plan::plan(
                    row,
                    plan::Basis { report: &report, own_key_ids: None },
                    &cause,
                    policy,
                    now() - days(2),
                ) else {
                    continue;
                };
                let mut action = plan::action(org, &cause, plan, 1, now() - days(2));
                if action.plan.withheld.is_some() {
                    action.state = shared::model::ActionState::Withheld;
                }
                let change =
                    CaseChange { action: Some(Versioned { version: 0, value: action }), ..CaseChange::default() };
                store.apply(org, &change).await?;
            }
        }
    }
    Ok(())
}

fn finding(org: &OrgId, row: &CredentialRow, found: &RowFinding) -> Finding {
    let subject = row.credential.reference.clone();
    Finding {
        id: Finding::id_of(org, &found.rule, &subject),
        rule: found.rule.to_string(),
        subject,
        owner: row.credential.owner.clone(),
        label: row.credential.label.clone(),
        severity: found.severity,
        reason: found.reason.clone(),
        status: FindingStatus::Open,
        opened_at: now() - days(3),
        changed_at: now() - days(3),
        generation: 1,
    }
}
