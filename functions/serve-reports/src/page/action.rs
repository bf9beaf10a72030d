//! The pages of the actions.

use super::{
    credential::Fact,
    frame::{self, Frame, render},
    home::options,
    line::{ActionLine, action_page},
};
use crate::{
    answer::Reply,
    api::actions::find,
    app::Ports,
    ask::Ask,
    paging::{Keep, Place, encoded, walk},
};
use askama::Template;
use shared::model::{Action, ActionState, Approval, OrgId, Plan, PlanState, PlannedStep, Timestamp};

const LINES: u32 = 50;

#[derive(Template)]
#[template(path = "actions.html")]
struct ActionsPage {
    frame: Frame,
    states: Vec<super::home::Choosable>,
    actions: Vec<ActionLine>,
    none: &'static str,
    next: Option<String>,
}

/// `GET /orgs/{org}/actions`.
pub(crate) async fn actions<P: Ports>(store: &P, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?;
    let state = ask.choice("state", &ActionState::ALL, ActionState::as_str)?;
    let keep = match state {
        None => Keep::All,
        Some(state) => Keep::Those(move |action: &Action| action.state == state),
    };
    let place = Place::of(ask, format!("actions:{}", org.id))?;
    let part = walk(place, LINES, keep, |cursor, size| store.actions(&org.id, cursor, size)).await?;
    let state = ask.query("state").map(|state| format!("state={state}&")).unwrap_or_default();
    render(&ActionsPage {
        frame: Frame::of(&org, "Actions", "Actions", ask.now),
        states: options(ask, "state", ActionState::ALL.map(ActionState::as_str)),
        actions: part.items.iter().map(|action| ActionLine::of(&org.id, action, ask.now)).collect(),
        none: "No action is here. Actions come from findings that the policy answers, and from requests of approvers.",
        next: part.next.map(|next| format!("{}/actions?{state}cursor={}", frame::base(&org.id), next.seal())),
    })
}

#[derive(Template)]
#[template(path = "action.html")]
struct ActionPage {
    frame: Frame,
    line: ActionLine,
    credential_href: String,
    effects: Vec<String>,
    facts: Vec<Fact>,
    approve: Option<Ballot>,
}

/// How an approver decides: by the form, or by the API.
struct Ballot {
    form: String,
    plan_hash: String,
    command: String,
}

/// `GET /orgs/{org}/actions/{id}`.
pub(crate) async fn action<P: Ports>(store: &P, ask: &Ask<'_>) -> Reply {
    let org = ask.org(store).await?;
    let action = find(store, &org.id, ask.param("id")).await?;
    let plan = &action.plan;
    render(&ActionPage {
        frame: Frame::of(&org, "Action", "Actions", ask.now),
        line: ActionLine::of(&org.id, &action, ask.now),
        credential_href: frame::credential(&org.id, &plan.target.credential),
        effects: plan.effects.iter().chain(&plan.protected).cloned().collect(),
        facts: facts(&action, ask.now),
        approve: approve(&org.id, &action),
    })
}

fn facts(action: &Action, now: Timestamp) -> Vec<Fact> {
    let plan = &action.plan;
    let given: Vec<String> = action.agreed.iter().map(|agreed| format!("{}: {}", agreed.by, agreed.reason)).collect();
    let wanted = match plan.approval {
        Approval::Required => "required",
        Approval::TwoPersons => "required of two persons",
        Approval::Waived => "waived by the policy",
    };
    let approval =
        if given.is_empty() { wanted.to_owned() } else { format!("{wanted}; given by {}", given.join("; ")) };
    let asked_by = action.requested_by.clone().or_else(|| plan.rule.clone().map(|rule| format!("the rule {rule}")));
    vec![
        Fact::time("Planned", Some(action.planned_at), now),
        Fact::new("Asked for by", asked_by.unwrap_or_else(|| "the policy".to_owned())),
        Fact::new("Told before", told(&action.plan)),
        Fact::new("Answered", answered(action)),
        Fact::time("Not before", Some(plan.due_at), now),
        Fact::time("Approval valid until", Some(plan.expires_at), now),
        Fact::new("Approval", approval),
        Fact::time("Last use known then", plan.evidence.last_used_at, now),
        Fact::new("Report", plan.evidence.report.to_string()),
        Fact::new("Policy", format!("version {}", plan.policy_version)),
        Fact::new("Plan hash", action.plan_hash.clone()),
    ]
}

/// The messages that come before the last step.
fn told(plan: &Plan) -> String {
    let step = |step: &PlannedStep| format!("{} on {}", step.action.as_str(), step.due_at.format("%Y-%m-%d"));
    let steps: Vec<String> = plan.before.iter().map(step).collect();
    if steps.is_empty() { "nobody".to_owned() } else { steps.join(", ") }
}

/// What whoever answers for it said.
fn answered(action: &Action) -> String {
    let said = action.not_needed.as_ref();
    said.map_or_else(|| "nothing".to_owned(), |said| format!("{}: not needed ({})", said.by, said.reason))
}

/// How an approver agrees; nothing where there is nothing to agree to.
fn approve(org: &OrgId, action: &Action) -> Option<Ballot> {
    let open = matches!(action.state, ActionState::Planned | ActionState::Waiting)
        && action.plan.state() == PlanState::Ready
        && !action.plan.action.only_tells()
        && (action.agreed.is_empty() || !action.is_agreed());
    open.then(|| {
        let path = format!("/v1/orgs/{}/actions/{}/approve", encoded(org.as_str()), encoded(action.id.as_str()));
        let body = serde_json::json!({ "plan_hash": action.plan_hash, "reason": "why" });
        let command = format!("curl -X POST -H \"Authorization: Bearer $TOKENWARDEN_TOKEN\" \\\n  -d '{body}' \\\n  \"$TOKENWARDEN_API{path}\"");
        let form = format!("{}/decision", action_page(org, &action.id));
        Ballot { form, plan_hash: action.plan_hash.clone(), command }
    })
}
