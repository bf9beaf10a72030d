//! `GET /`: the page of the latest report; a list first where there are several orgs.

mod filters;
mod findings;
mod known;
mod messages;
mod summary;

use super::{
    frame::{self, Frame, Link, render},
    line::{ActionLine, RowLine, rank},
    moment::{When, length},
};
use crate::{
    answer::Reply,
    api::{
        orgs::{self, Health},
        plan,
    },
    app::Ports,
    ask::Ask,
    paging::{self, FILTERED_PAGE, PAGES, Place, unknown},
    view::{RowFilter, word},
};
use askama::Template;
use filters::Choice;
pub(crate) use filters::{Choosable, options};
use findings::Group;
use known::{FactLine, OwnerLine, PastLine};
use shared::{
    error::Result,
    model::{Action, ActionState, CredentialRow, Mode, Org, OrgId, Report, Timestamp},
    ports::ReportReader,
};
use summary::{Figure, SectionLine};

/// Rows in a page of the credentials' table.
const TABLE_ROWS: usize = 50;
/// Lines of the table of what expires.
const EXPIRING_LINES: usize = 25;
/// Reports of the past that the page shows.
const PAST: u32 = 10;
/// Owners to talk to that the page shows.
const OWNERS: usize = 10;
/// Plans that the page shows.
const PLANS: u32 = 20;

/// `GET /`.
pub(crate) async fn home<P: Ports>(store: &P, ask: &Ask<'_>) -> Reply {
    if let Some(id) = ask.query("org") {
        let org = ask.visible(store, &OrgId::new(id)).await?;
        return report(store, ask, org).await;
    }
    let mut orgs = orgs::visible(store, ask).await?;
    match orgs.len() {
        1 => report(store, ask, orgs.remove(0)).await,
        _ => list(store, ask, orgs).await,
    }
}

#[derive(Template)]
#[template(path = "orgs.html")]
struct OrgsPage {
    frame: Frame,
    orgs: Vec<OrgLine>,
}

struct OrgLine {
    href: String,
    name: String,
    id: String,
    status: String,
    report: Option<When>,
    lag: String,
    mode: &'static str,
}

async fn list<P: Ports>(store: &P, ask: &Ask<'_>, orgs: Vec<Org>) -> Reply {
    let mut lines = Vec::new();
    for org in orgs {
        let health = orgs::health(store, org, ask.now).await?;
        lines.push(OrgLine {
            href: frame::home(&health.org.id),
            name: frame::name(&health.org),
            id: health.org.id.to_string(),
            status: word(&health.status).replace('_', " "),
            report: health.report.as_ref().map(|report| When::of(report.generated_at, ask.now)),
            lag: lag(&health),
            mode: health.mode.as_str(),
        });
    }
    render(&OrgsPage { frame: Frame::plain("Governed orgs", ask.now), orgs: lines })
}

/// How far the audit log was read, as a sentence.
fn lag(health: &Health) -> String {
    match health.poll_lag_secs {
        None => "not read to its end yet".to_owned(),
        Some(secs) if secs < 120 => "read to its end just now".to_owned(),
        Some(secs) => format!("read to its end {} ago", length(secs)),
    }
}

#[derive(Template)]
#[template(path = "empty.html")]
struct EmptyPage {
    frame: Frame,
    name: String,
    take: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    org: String,
    name: String,
    taken: When,
    status: String,
    mode: &'static str,
    stopped: Option<String>,
    notices: Vec<String>,
    undelivered: Option<String>,
    undelivered_href: String,
    sections: Vec<SectionLine>,
    log: String,
    facts: Vec<FactLine>,
    past: Vec<PastLine>,
    owners: Vec<OwnerLine>,
    owners_href: String,
    figures: Vec<Figure>,
    kinds: String,
    changes: String,
    expiring: Vec<RowLine>,
    expiring_none: &'static str,
    expiring_more: usize,
    forecast: Option<String>,
    findings: Vec<Group>,
    findings_none: &'static str,
    notes: Option<String>,
    unjudged: Option<String>,
    plan_lead: &'static str,
    next: Vec<ActionLine>,
    withheld: Vec<ActionLine>,
    plan_more: bool,
    actions_href: String,
    q: String,
    owner: String,
    choices: Vec<Choice>,
    reset: String,
    found: String,
    csv: String,
    json: String,
    rows: Vec<RowLine>,
    pages: Vec<Link>,
}

async fn report<P: Ports>(store: &P, ask: &Ask<'_>, org: Org) -> Reply {
    let health = orgs::health(store, org, ask.now).await?;
    let Some(report) = &health.report else { return empty(&health.org, ask) };
    let window = window(store, &health.org.id, report, ask.query("from")).await?;
    let plans = plan::open(store, &health.org.id, Place::default(), PLANS).await?;
    let stop = store.budget(&health.org.id).await?.value.halt(ask.now);
    let filter = RowFilter::of(ask)?;
    let table = Table::of(&window, &filter, ask);
    let past = store.reports(&health.org.id, None, PAST).await?.items;
    let undelivered = store.undelivered(&health.org.id, messages::LOOKED_AT).await?;
    let owners = store.owner_rows(&health.org.id, report, None, FILTERED_PAGE).await?.items;
    let page = HomePage {
        undelivered: messages::undelivered(&undelivered),
        past: known::past(&health.org.id, &past, ask.now),
        owners: known::owners(&owners, OWNERS, ask.now),
        stopped: stop
            .map(|stop| format!("{} put it on at {}: {}.", stop.by, super::moment::text(stop.at), stop.reason)),
        plan_more: plans.next.is_some(),
        ..assemble(&health, report, &window, &plans.items, table, ask)
    };
    render(&page)
}

fn empty(org: &Org, ask: &Ask<'_>) -> Reply {
    let take = format!("\"$TOKENWARDEN_API/v1/orgs/{}/reports\"", paging::encoded(org.id.as_str()));
    let frame = Frame::of(org, "No report yet", "Report", ask.now);
    render(&EmptyPage { frame, name: frame::name(org), take })
}

fn assemble(
    health: &Health,
    report: &Report,
    window: &Window,
    plans: &[Action],
    table: Table,
    ask: &Ask<'_>,
) -> HomePage {
    let (org, now) = (&health.org.id, ask.now);
    let lines = |wanted: fn(&Action) -> bool| {
        plans.iter().filter(|action| wanted(action)).map(|action| ActionLine::of(org, action, now)).collect()
    };
    let (expiring, expiring_more) = expiring(org, &window.rows, now);
    HomePage {
        frame: Frame::of(&health.org, "Token report", "Report", now),
        org: org.to_string(),
        name: frame::name(&health.org),
        taken: When::of(report.generated_at, now),
        status: word(&report.status),
        mode: mode(health.mode),
        stopped: None,
        notices: report.notices.iter().map(|notice| notice.text.clone()).collect(),
        undelivered: None,
        undelivered_href: format!("/v1/orgs/{}/messages?state=dead", paging::encoded(org.as_str())),
        sections: summary::sections(report),
        log: summary::log(report, &lag(health)),
        facts: known::facts(report),
        past: Vec::new(),
        owners: Vec::new(),
        owners_href: summary::report_href(org, report, "/owners"),
        figures: summary::figures(org, report),
        kinds: summary::kinds(report),
        changes: summary::changes(report),
        expiring,
        expiring_more,
        forecast: summary::forecast(report),
        expiring_none: "Nothing that was read expires within 30 days. A credential whose list gives no date is not counted.",
        findings: findings::groups(org, report, &window.rows, now),
        findings_none: "No rule holds anything against a credential that was read.",
        notes: summary::notes(report),
        unjudged: summary::unjudged(report),
        plan_lead: plan_lead(health.mode, plans),
        next: lines(|action| action.state != ActionState::Withheld),
        withheld: lines(|action| action.state == ActionState::Withheld),
        plan_more: false,
        actions_href: format!("{}/actions", frame::base(org)),
        q: ask.query("q").unwrap_or_default().to_owned(),
        owner: ask.query("owner").unwrap_or_default().to_owned(),
        choices: filters::choices(ask),
        reset: format!("{}#credentials", frame::home(org)),
        found: table.found,
        csv: summary::list_href(org, report, ".csv", ask),
        json: summary::list_href(org, report, "", ask),
        rows: table.rows,
        pages: table.pages,
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Observe => "mode: observe, nothing is done",
        Mode::Enforce => "mode: enforce",
    }
}

fn plan_lead(mode: Mode, plans: &[Action]) -> &'static str {
    match (mode, plans.is_empty()) {
        (Mode::Observe, true) => "Nothing is planned. The mode is observe: nothing is done, only recorded.",
        (Mode::Observe, false) => "The mode is observe: this is what would be done; all of it is withheld.",
        (Mode::Enforce, true) => "Nothing is planned.",
        (Mode::Enforce, false) => "Nothing is done before its date, without its approval or over the budget.",
    }
}

fn expiring(org: &OrgId, rows: &[CredentialRow], now: Timestamp) -> (Vec<RowLine>, usize) {
    let days = |row: &CredentialRow| row.credential.expires_at.map(|at| (at - now).num_days());
    let soon = |row: &&CredentialRow| {
        row.credential.expires_at.is_some_and(|at| at > now) && days(row).is_some_and(|days| days < 30)
    };
    let mut soon: Vec<&CredentialRow> = rows.iter().filter(soon).collect();
    soon.sort_by_key(|row| row.credential.expires_at);
    let more = soon.len().saturating_sub(EXPIRING_LINES);
    (soon.into_iter().take(EXPIRING_LINES).map(|row| RowLine::of(org, row, now)).collect(), more)
}

/// The rows that a page looks at: as many as five DynamoDB pages hold, the gravest first.
struct Window {
    org: OrgId,
    rows: Vec<CredentialRow>,
    total: u64,
    from: Option<String>,
    next: Option<Place>,
}

async fn window<S: ReportReader>(store: &S, org: &OrgId, report: &Report, from: Option<&str>) -> Result<Window> {
    let list = format!("page:{}", report.id);
    let mut place = from.map_or_else(|| Ok(Place::start(list.clone())), Place::open)?;
    if place.list != list {
        return Err(unknown());
    }
    let mut rows = Vec::new();
    let mut next = Some(place.clone());
    for _ in 0..PAGES {
        let page = store.rows(org, report, place.after.clone(), FILTERED_PAGE).await?;
        rows.extend(page.items);
        place.after = page.next;
        next = place.after.is_some().then(|| place.clone());
        if next.is_none() {
            break;
        }
    }
    rows.sort_by_cached_key(rank);
    Ok(Window { org: org.clone(), rows, total: report.totals.credentials, from: from.map(str::to_owned), next })
}

/// The table of credentials.
struct Table {
    found: String,
    rows: Vec<RowLine>,
    pages: Vec<Link>,
}

impl Table {
    fn of(window: &Window, filter: &RowFilter, ask: &Ask<'_>) -> Self {
        let found: Vec<&CredentialRow> = window.rows.iter().filter(|row| filter.passes(row)).collect();
        let number = ask.query("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1);
        let last = found.len().div_ceil(TABLE_ROWS).max(1);
        let number: usize = number.min(last);
        let shown = found.iter().skip((number - 1) * TABLE_ROWS).take(TABLE_ROWS);
        let rows = shown.map(|row| RowLine::of(&window.org, row, ask.now)).collect();
        Self { found: sentence(window, found.len(), number, last), rows, pages: pages(window, number, last, ask) }
    }
}

fn sentence(window: &Window, found: usize, number: usize, last: usize) -> String {
    let whole = window.next.is_none() && window.from.is_none();
    let among = match whole {
        true => format!("{found} of {} credentials", window.rows.len()),
        false => format!("{found} among {} of {} credentials; go on below", window.rows.len(), window.total),
    };
    if last == 1 { format!("{among}.") } else { format!("{among}, page {number} of {last}.") }
}

fn pages(window: &Window, number: usize, last: usize, ask: &Ask<'_>) -> Vec<Link> {
    let from = window.from.as_deref();
    let mut links = Vec::new();
    if number > 1 {
        links.push(filters::link("Previous page", ask, &window.org, number - 1, from));
    }
    if number < last {
        links.push(filters::link("Next page", ask, &window.org, number + 1, from));
    }
    if let Some(next) = &window.next {
        links.push(filters::link("Further credentials of this report", ask, &window.org, 1, Some(&next.seal())));
    }
    links
}
