//! The page of one credential.

mod week;

use super::{
    frame::{Frame, render},
    line::{ActionLine, RowLine, named, source},
    moment::When,
};
use crate::{
    answer::Reply,
    api::credentials::{findings_on, in_latest},
    app::Ports,
    ask::Ask,
    paging::encoded,
    view::expiry,
};
use askama::Template;
use shared::{
    decide::impact::{self, Impact},
    flow::{campaign::impact_context, decide_action::actions_of},
    model::{
        CredentialRef, CredentialRow, CredentialStatus, Finding, FindingStatus, KSmallest, OrgId, Owner, RegisterEntry,
        Review, RowFinding, Timestamp, UsageProfile, Use,
    },
    rules::Rule,
};

/// A fact with its name.
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) note: Option<String>,
}

impl Fact {
    /// A fact without a note.
    pub(crate) fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), note: None }
    }

    /// A time, or the word for its absence.
    pub(crate) fn time(name: &'static str, at: Option<Timestamp>, now: Timestamp) -> Self {
        match at.map(|at| When::of(at, now)) {
            Some(when) => Self { name, value: when.text, note: Some(when.age) },
            None => Self::new(name, "unknown"),
        }
    }
}

#[derive(Template)]
#[template(path = "credential.html")]
struct CredentialPage {
    frame: Frame,
    row: RowLine,
    taken: When,
    facts: Vec<Fact>,
    /// What would stop if it were revoked.
    impact: Impact,
    /// What people entered about it.
    register: Option<Vec<Fact>>,
    entering: Entering,
    usage: Option<Usage>,
    findings: Vec<FindingLine>,
    notes: Vec<RowFinding>,
    unjudged: String,
    actions: Vec<ActionLine>,
}

/// The form that enters what people know.
struct Entering {
    action: String,
    fields: Vec<(&'static str, &'static str, String)>,
}

impl Entering {
    fn of(entry: Option<&RegisterEntry>, org: &OrgId, credential: &CredentialRef) -> Self {
        let id = encoded(credential.id.as_str());
        let action = format!("/orgs/{}/credentials/{}/{id}/register", encoded(org.as_str()), credential.kind);
        let said = |of: fn(&RegisterEntry) -> Option<String>| entry.and_then(of).unwrap_or_default();
        let mut fields = vec![
            ("purpose", "What it is for", said(|entry| entry.purpose.clone())),
            ("system", "System that holds it", said(|entry| entry.system.clone())),
            ("responsible", "Responsible", said(|entry| entry.responsible.clone())),
            ("backup", "Backup", said(|entry| entry.backup.clone())),
            ("review_by", "Review by (2027-01-31)", said(|entry| entry.review_by.map(|day| day.to_string()))),
        ];
        if let Some(registered) = entry.and_then(|entry| entry.registered.as_ref()) {
            fields.push(("label", "Label", registered.label.clone()));
            fields.push(("expires_at", "Expires", expiry(registered.expires)));
            fields.push(("owner", "Account", registered.owner.as_ref().map(ToString::to_string).unwrap_or_default()));
        }
        Self { action, fields }
    }
}

struct Usage {
    facts: Vec<Fact>,
    cells: Vec<week::Cell>,
    marks: Vec<week::Mark>,
    week_text: String,
}

struct FindingLine {
    severity: &'static str,
    reason: String,
    /// What a person does about it; nothing where it no longer stands.
    advice: &'static str,
    rule: String,
    note: Option<String>,
}

/// `GET /orgs/{org}/credentials/{kind}/{id}`.
pub(crate) async fn credential<P: Ports>(store: &P, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?;
    let reference = ask.credential()?;
    let (report, row) = in_latest(store, &org.id, &reference).await?;
    let row = CredentialRow { register: store.register_entry(&org.id, &reference).await?, ..row };
    let history = findings_on(store, &org.id, &row, ask.now).await?;
    let actions = actions_of(store, &org.id, &row.credential).await?;
    let context = impact_context(store, &org.id, &report).await?;
    render(&CredentialPage {
        frame: Frame::of(&org, &named(&row.credential.label), "", ask.now),
        taken: When::of(report.generated_at, ask.now),
        impact: impact::impact(&row, &context, ask.now),
        facts: facts(&row, ask.now),
        register: row.register.as_ref().map(|entry| register(entry, ask.now)),
        entering: Entering::of(row.register.as_ref(), &org.id, &reference),
        usage: row.profile.as_ref().map(|profile| usage(profile, ask.now)),
        findings: findings(&row, &history, ask.now),
        notes: row.notes.clone(),
        unjudged: unjudged(&row),
        actions: actions.iter().map(|action| ActionLine::of(&org.id, action, ask.now)).collect(),
        row: RowLine::of(&org.id, &row, ask.now),
    })
}

fn facts(row: &CredentialRow, now: Timestamp) -> Vec<Fact> {
    let credential = &row.credential;
    let mut last_used = Fact::time("Last used", row.last_used_at, now);
    let origin = source(row.last_used_source).map(str::to_owned);
    last_used.note = [last_used.note, origin].into_iter().flatten().reduce(|age, origin| format!("{age}, {origin}"));
    vec![
        Fact::new("Account", credential.owner.as_ref().map_or("unknown", |owner| owner.as_str())),
        Fact::new("Org admin", admin(row.owner.as_ref())),
        Fact::time("Owner last active", row.owner.as_ref().and_then(|owner| owner.last_active_at), now),
        Fact::new("Status", status(&credential.status)),
        Fact::time("Created", credential.created_at, now),
        if credential.never_expires {
            Fact::new("Expires", "never")
        } else {
            Fact::time("Expires", credential.expires_at, now)
        },
        last_used,
        Fact::new("Use", use_sentence(row.usage)),
        Fact::new("Scopes", scopes(credential.scopes.as_deref())),
        Fact::time("First in a report", row.history.first_seen_at, now),
    ]
}

fn admin(owner: Option<&Owner>) -> &'static str {
    match owner.and_then(|owner| owner.org_admin) {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
}

fn register(entry: &RegisterEntry, now: Timestamp) -> Vec<Fact> {
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "nobody said".to_owned());
    let review = match (entry.review_by, entry.review(now)) {
        (None, _) => "no date".to_owned(),
        (Some(by), Review::NoDate | Review::Confirmed) => format!("by {by}"),
        (Some(by), Review::Due) => format!("due since {by}"),
        (Some(by), Review::NoAnswer) => format!("was due on {by}, and nobody answered"),
    };
    vec![
        Fact::new("Purpose", said(&entry.purpose)),
        Fact::new("System", said(&entry.system)),
        Fact::new("Responsible", said(&entry.responsible)),
        Fact::new("Backup", said(&entry.backup)),
        Fact::new("Review", review),
        Fact { note: Some(entry.updated_by.clone()), ..Fact::time("Entered", Some(entry.updated_at), now) },
    ]
}

fn status(status: &CredentialStatus) -> &'static str {
    match status {
        CredentialStatus::Allowed => "allowed",
        CredentialStatus::Blocked => "blocked",
        CredentialStatus::Unknown => "unknown",
    }
}

fn use_sentence(usage: Use) -> &'static str {
    match usage {
        Use::Known => "every use by its owner that we saw belongs to a known credential",
        Use::Unknown => "cannot be judged: a date is missing, or a use by its owner belongs to no known credential",
    }
}

fn scopes(scopes: Option<&[String]>) -> String {
    match scopes {
        None => "the list does not say".to_owned(),
        Some([]) => "none".to_owned(),
        Some(scopes) => scopes.join(", "),
    }
}

fn usage(profile: &UsageProfile, now: Timestamp) -> Usage {
    let days = profile.days.days().count();
    let mut used_on = Fact::new("Used on", format!("{days} {}", if days == 1 { "day" } else { "days" }));
    used_on.note = profile.days.longest_interval_days().map(|longest| format!("at most {longest} days between two"));
    Usage {
        facts: vec![
            Fact::new("Uses seen", profile.uses.to_string()),
            Fact::time("First seen", profile.first_used_at, now),
            Fact::time("Last seen", profile.last_used_at, now),
            used_on,
            set("Networks", &profile.networks),
            set("Countries", &profile.countries),
            set("Did", &profile.actions),
            set("Where", &profile.places),
        ],
        cells: week::cells(&profile.hours),
        marks: week::marks(),
        week_text: week::text(&profile.hours),
    }
}

fn set<const K: usize>(name: &'static str, set: &KSmallest<K>) -> Fact {
    let (members, distinct) = (set.members(), set.distinct());
    let more = distinct.saturating_sub(members.len() as u64);
    let value = if members.is_empty() { "not seen".to_owned() } else { members.join(", ") };
    Fact { name, value, note: (more > 0).then(|| format!("and about {more} more")) }
}

fn findings(row: &CredentialRow, history: &[Finding], now: Timestamp) -> Vec<FindingLine> {
    let standing = row.findings.iter().map(|finding| FindingLine {
        severity: finding.severity.as_str(),
        reason: finding.reason.clone(),
        advice: Rule::named(&finding.rule).map_or("", |rule| rule.advice),
        rule: finding.rule.to_string(),
        note: since(history, &finding.rule, now),
    });
    let resolved = history.iter().filter(|finding| finding.status == FindingStatus::Resolved);
    let resolved = resolved.map(|finding| FindingLine {
        severity: "note",
        reason: finding.reason.clone(),
        advice: "",
        rule: finding.rule.clone(),
        note: Some(format!("resolved {}", super::moment::age(finding.changed_at, now))),
    });
    standing.chain(resolved).collect()
}

fn since(history: &[Finding], rule: &str, now: Timestamp) -> Option<String> {
    let finding = history.iter().find(|finding| finding.rule == rule && finding.stands())?;
    let opened = super::moment::age(finding.opened_at, now);
    Some(match finding.status {
        FindingStatus::Open | FindingStatus::Resolved => format!("first opened {opened}"),
        FindingStatus::Exempt => format!("exempt, first opened {opened}"),
        FindingStatus::Accepted => format!("its risk is accepted, first opened {opened}"),
    })
}

fn unjudged(row: &CredentialRow) -> String {
    let unjudged = row.unjudged.iter().map(|one| format!("{} ({} is missing)", one.rule, one.missing));
    unjudged.collect::<Vec<_>>().join(", ")
}
