//! The org of a world: its tokens, its report, its policy and what is held against its tokens.

use crate::{
    options::{Midway, Options},
    universe::{Network, timestamp},
};
use chrono::TimeDelta;
use futures::FutureExt;
use shared::{
    flow::decide_action::{self, Decider},
    model::{
        AccountId, ActionKind, Calendar, Changes, Channel, Credential, CredentialKind, CredentialRef, CredentialRow,
        CredentialStatus, Finding, FindingStatus, FindingTransition, LastUsedSource, Limits, MailAddress, Mode, Org,
        OrgId, Owner, OwnerStatus, Policy, PollState, Reader, Recipients, Relation, Report, ReportStatus, Response,
        RuleSettings, Severity, Step, Timestamp, Toggle, Totals, Use, Versioned,
    },
    ports::{CaseChange, CaseStore, FindingStore, PollStore, ReportStore},
};
use std::future::Future;
use tokenwarden_tests::model_store::{ModelStore, Reading, Weather, Writing};

/// How many credentials the org's report lists.
pub(crate) const LISTED: u64 = 100;
/// The rules that the policy answers.
const RULES: [&str; 2] = ["unused", "expires-soon"];

/// Serves everything at once: for what happens outside of the simulated time.
#[derive(Clone, Copy)]
pub(crate) struct Still;

impl Weather for Still {
    async fn reading(&self) -> Reading {
        Reading::Served
    }

    async fn writing(&self) -> Writing {
        Writing::Served
    }

    async fn back_off(&self, _: u32) {}
}

/// The output of what never waits.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("it waits for nothing")
}

pub(crate) fn org_id() -> OrgId {
    OrgId::new("org")
}

/// The rows of the tokens that are to be revoked.
pub(crate) fn rows(options: &Options) -> Vec<CredentialRow> {
    (0..options.tokens).map(row).collect()
}

fn row(n: usize) -> CredentialRow {
    let days = |count: i64| timestamp(0) - TimeDelta::days(count);
    let credential = Credential {
        reference: CredentialRef { kind: CredentialKind::UserApiToken, id: format!("t{n:02}").as_str().into() },
        label: format!("job {n}"),
        owner: Some(AccountId::new(format!("owner {n}"))),
        owner_name: None,
        owner_email: None,
        scopes: None,
        created_at: Some(days(400)),
        expires_at: Some(days(-300)),
        last_used_at: Some(days(250)),
        never_expires: false,
        status: CredentialStatus::Allowed,
    };
    CredentialRow {
        owner: credential.owner.clone().map(owner),
        last_used_at: credential.last_used_at,
        last_used_source: LastUsedSource::Inventory,
        usage: Use::Known,
        own: false,
        owner_made_our_key: false,
        profile: None,
        findings: Vec::new(),
        notes: Vec::new(),
        unjudged: Vec::new(),
        history: Default::default(),
        register: None,
        credential,
    }
}

/// Somebody who can be written to.
fn owner(account: AccountId) -> Owner {
    let email = Some(format!("{}@example.com", account.as_str().replace(' ', "-")));
    Owner { email, status: OwnerStatus::Active, ..Owner::new(account, Relation::Managed) }
}

/// The policy of a world; each version waits for approvals another number of days. The only place that makes one.
pub(crate) fn policy_of(options: &Options, version: u32) -> Policy {
    let Options { max_actions, max_share_percent, window_hours, approval, .. } = *options;
    let respond = Some(Response { steps: steps(options), approval });
    let answered = |rule: &str| (rule.to_owned(), RuleSettings { respond: respond.clone(), ..RuleSettings::default() });
    Policy {
        mode: Mode::Enforce,
        protected: [AccountId::new("nobody")].into(),
        limits: Limits { max_actions, max_share_percent: max_share_percent.into(), window_hours },
        approval_valid_days: 100 + version,
        keep_days: 90,
        in_use_days: 30,
        auth_policies: None,
        recipients: recipients(),
        // Every day is a working day, so that the storms meet what is due; calendars have tests of their own.
        calendar: Calendar { weekend: [].into(), from_hour: 0, ..Calendar::default() },
        rules: RULES.into_iter().map(answered).collect(),
    }
}

fn steps(options: &Options) -> Vec<Step> {
    let revoke = Step { action: ActionKind::Revoke, after_days: options.grace_days };
    match options.notice {
        Midway::Happens => vec![Step { action: ActionKind::Notify, after_days: 0 }, revoke],
        Midway::Never => vec![revoke],
    }
}

fn recipients() -> Recipients {
    Recipients {
        questions: None,
        sender: Some(MailAddress::new("tokens@example.com")),
        fallback: Some(MailAddress::new("it@example.com")),
        security: vec![Channel::EventBus(Toggle::On)],
        tickets: None,
    }
}

/// Registers the org, with a whole report, the policy and the findings, which are pending then.
pub(crate) fn settle(store: &ModelStore<Network>, options: &Options) -> Org {
    let (store, org) = (store.under(Still), Org::new(org_id(), "Example".into(), timestamp(0)));
    at_once(async {
        store.put_org(&Versioned { version: 0, value: org.clone() }).await?;
        let report = report();
        store.put_rows(&org.id, &report.id, report.parts, &rows(options)).await?;
        store.publish(&org.id, &report).await?;
        let who = Decider { by: "admin", at: timestamp(0), reason: "because" };
        decide_action::put_policy(&store, &org.id, None, policy_of(options, 1), who).await?;
        // What follows from the first policy was handled long ago.
        for handled in store.pending(&org.id, timestamp(0), 10).await? {
            store.apply(&org.id, &CaseChange { handled: Some(handled), ..CaseChange::default() }).await?;
        }
        store.take_stream(&org.id);
        for finding in findings(&org.id, options) {
            store.put_transition(&org.id, &FindingTransition::Open(finding)).await?;
        }
        Ok::<_, shared::error::Error>(())
    })
    .expect("the tables take it");
    org
}

pub(crate) fn report() -> Report {
    Report {
        id: "20261121T120000Z".into(),
        generated_at: timestamp(0),
        status: ReportStatus::Complete,
        sections: Vec::new(),
        notices: Vec::new(),
        totals: Totals { credentials: LISTED, ..Totals::default() },
        facts: Default::default(),
        changes: Changes::default(),
        parts: 1,
        quarantined: 0,
        ignored_events: 0,
    }
}

fn findings(org: &OrgId, options: &Options) -> Vec<Finding> {
    let rows = rows(options);
    let found = rows.len() - options.requested;
    let first = rows[..found].iter().map(|row| finding(org, row, RULES[0]));
    let second = rows[..options.with_two_findings.min(found)].iter().map(|row| finding(org, row, RULES[1]));
    first.chain(second).collect()
}

fn finding(org: &OrgId, row: &CredentialRow, rule: &str) -> Finding {
    let subject = row.credential.reference.clone();
    Finding {
        id: Finding::id_of(org, rule, &subject),
        rule: rule.to_owned(),
        subject,
        owner: row.credential.owner.clone(),
        label: row.credential.label.clone(),
        severity: Severity::Medium,
        reason: "Long ago.".into(),
        status: FindingStatus::Open,
        opened_at: timestamp(0),
        changed_at: timestamp(0),
        generation: 1,
    }
}

/// The log was read to its end now.
pub(crate) fn poll(store: &ModelStore<Network>, org: &OrgId, now: Timestamp) {
    let store = store.under(Still);
    at_once(async {
        let version = store.poll_state(org).await?.map_or(0, |state| state.version);
        let live = Reader { from: timestamp(0), to: None, cursor: None, watermark: None, caught_up_at: Some(now) };
        let state = PollState {
            live,
            backfill: None,
            coverage: Vec::new(),
            minute: Default::default(),
            wait_until: None,
            catalogue_at: None,
            delays: Default::default(),
            last_error: None,
        };
        store.put_poll_state(org, &Versioned { version, value: state }).await
    })
    .expect("the tables take it");
}
