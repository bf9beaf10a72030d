//! This API, described (OpenAPI 3.1): the paths come from [`Route`], the shapes from `schemas.json`.

use crate::route::{Access, Route};
use serde_json::{Map, Value, json};
use shared::model::Role;

const SCHEMAS: &str = include_str!("schemas.json");

/// What an operation takes and gives.
struct Operation {
    summary: &'static str,
    /// The schema of the body that it takes.
    takes: Option<&'static str>,
    /// The status of success.
    status: &'static str,
    gives: Gives,
}

/// What a success bears.
enum Gives {
    Json(&'static str),
    List(&'static str),
    JsonOrText(&'static str),
    ListOrCsv(&'static str),
    Csv,
    ListOrLines(&'static str),
    Lines,
    Text,
    Page,
}

/// The document.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in Route::ALL {
        let item = paths.entry(route.pattern()).or_insert_with(|| json!({}));
        item[route.method().as_str().to_lowercase()] = operation(*route);
    }
    for (name, summary) in [("audit", "Takes audit-log events"), ("guard-detect", "Takes Guard Detect alerts")] {
        paths.insert(format!("/webhooks/{{org}}/{name}"), json!({ "post": webhook(name, summary) }));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tokenwarden",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Which credentials can reach an Atlassian Cloud org, what each is used for, which are a risk, and what happened when we acted. Lists end with `next: null` only; a page may hold fewer rows than `limit`, even none.",
        },
        "paths": paths,
        "components": {
            "schemas": serde_json::from_str::<Value>(SCHEMAS).unwrap_or_default(),
            "securitySchemes": {
                "api": { "type": "http", "scheme": "bearer", "description": "A token of this API; its roles are reader, approver and admin, each given by itself." },
                "browser": { "type": "http", "scheme": "basic", "description": "The same token as the password, with any user name, for browsers. What is neither GET nor HEAD must come from a page of this address: `Sec-Fetch-Site` is `same-origin` or `none`, or the host of `Origin` is that of `Host`." },
                "webhook": { "type": "http", "scheme": "bearer", "description": "The webhook credential of the org." },
            },
        },
    })
}

fn operation(route: Route) -> Value {
    let Operation { summary, takes, status, gives } = described(route);
    let mut operation = json!({
        "operationId": format!("{route:?}"),
        "summary": summary,
        "parameters": parameters(route),
        "security": security(route),
        "responses": { status: success(&gives), "default": failure() },
    });
    if let Some(schema) = takes {
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": content(schema) } });
    }
    if let Some(required) = form_fields(route) {
        let form = json!({ "schema": { "type": "object", "required": required } });
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/x-www-form-urlencoded": form } });
    }
    if route == Route::ImportRegister {
        operation["requestBody"] =
            json!({ "required": true, "content": { "text/csv": { "schema": { "type": "string" } } } });
    }
    operation
}

/// The fields that a form must have.
fn form_fields(route: Route) -> Option<&'static [&'static str]> {
    match route {
        Route::EnterRegister => Some(&["token"]),
        Route::Decide => Some(&["token", "plan_hash", "decision", "reason"]),
        Route::GiveAnswer => Some(&["answer"]),
        _other => None,
    }
}

fn content(schema: &str) -> Value {
    json!({ "schema": reference(schema) })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn security(route: Route) -> Value {
    match route.access() {
        Access::Everyone => json!([]),
        Access::PageReader => signed_in(&[Role::Reader]),
        Access::Holder(roles) => signed_in(roles),
        // The token is a field of the form.
        Access::Form(_) => json!([]),
        // The link itself is what opens it.
        Access::Link => json!([]),
    }
}

/// One of these roles, by either scheme.
fn signed_in(roles: &[Role]) -> Value {
    ["api", "browser"].iter().flat_map(|scheme| roles.iter().map(move |role| json!({ *scheme: [role] }))).collect()
}

fn parameters(route: Route) -> Vec<Value> {
    let in_path = route.pattern().split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let text = || json!({ "type": "string" });
    let in_path = in_path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text() }));
    let in_query = route.query().iter().map(|name| {
        let schema = if *name == "limit" {
            json!({ "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 })
        } else {
            text()
        };
        json!({ "name": name, "in": "query", "required": *name == "against", "schema": schema })
    });
    let if_match = (route == Route::SetPolicy)
        .then(|| json!({ "name": "If-Match", "in": "header", "required": true, "schema": text() }));
    in_path.chain(in_query).chain(if_match).collect()
}

fn success(gives: &Gives) -> Value {
    let text = json!({ "schema": { "type": "string" } });
    let content = match gives {
        Gives::Json(schema) => json!({ "application/json": content(schema) }),
        Gives::List(schema) => json!({ "application/json": list(schema) }),
        Gives::JsonOrText(schema) => json!({ "application/json": content(schema), "text/plain": text }),
        Gives::ListOrCsv(schema) => json!({ "application/json": list(schema), "text/csv": text }),
        Gives::Csv => json!({ "text/csv": text }),
        Gives::ListOrLines(schema) => json!({ "application/json": list(schema), "application/jsonl": text }),
        Gives::Lines => json!({ "application/jsonl": text }),
        Gives::Text => json!({ "text/plain": text }),
        Gives::Page => json!({ "text/html": text }),
    };
    json!({ "description": "as asked", "headers": request_id(), "content": content })
}

fn list(schema: &str) -> Value {
    let items = json!({ "type": "array", "items": reference(schema) });
    let next = json!({ "type": ["string", "null"] });
    json!({ "schema": { "type": "object", "required": ["items", "next"], "properties": { "items": items, "next": next } } })
}

fn failure() -> Value {
    json!({
        "description": "refused or failed (RFC 9457)",
        "headers": request_id(),
        "content": { "application/problem+json": content("Problem") },
    })
}

fn request_id() -> Value {
    json!({ "x-request-id": { "schema": { "type": "string" } } })
}

fn webhook(name: &str, summary: &str) -> Value {
    json!({
        "operationId": format!("webhook-{name}"),
        "summary": summary,
        "parameters": [{ "name": "org", "in": "path", "required": true, "schema": { "type": "string" } }],
        "security": [{ "webhook": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": {} } } },
        "responses": { "202": success(&Gives::Json("Received")), "default": failure() },
    })
}

fn described(route: Route) -> Operation {
    let get = |summary, gives| Operation { summary, takes: None, status: "200", gives };
    let take =
        |summary, takes, status, gives| Operation { summary, takes: Some(takes), status, gives: Gives::Json(gives) };
    match route {
        Route::Health => get("Whether the function runs", Gives::Json("Health")),
        Route::OpenApi => get("This document", Gives::Json("Any")),
        Route::Home => get("The page of the latest report", Gives::Page),
        Route::CredentialPage => get("The page of one credential", Gives::Page),
        Route::EnterRegister => Operation {
            status: "303",
            ..get("Enters what people learned about a credential, from the form of its page", Gives::Page)
        },
        Route::ActionsPage => get("The page of the actions", Gives::Page),
        Route::ActionPage => get("The page of one action", Gives::Page),
        Route::Decide => {
            Operation { status: "303", ..get("Agrees to a plan or refuses it, from the form of its page", Gives::Page) }
        }
        Route::AnswerPage => {
            get("The page on which somebody answers who was written to; opening it changes nothing", Gives::Page)
        }
        Route::GiveAnswer => Operation {
            status: "303",
            ..get("What he answers: the credential is kept until a day, or is not needed", Gives::Page)
        },
        Route::LedgerPage => get("The page of the ledger", Gives::Page),
        Route::QuarantinePage => get("The page of what could not be understood", Gives::Page),
        Route::Orgs => get("The orgs governed, and how each is", Gives::List("Org")),
        Route::Rules => get("The rules: what each looks for, what to do about it, what it needs", Gives::List("Rule")),
        Route::AddOrg => take(
            "Adds an org to those governed; the answer says which secrets must hold its keys",
            "AddingOrg",
            "201",
            "AddedOrg",
        ),
        Route::ChangeOrg => take(
            "Renames, pauses or continues an org, or changes what its reports leave out",
            "ChangingOrg",
            "200",
            "OrgEntry",
        ),
        Route::RemoveOrg => Operation {
            status: "202",
            ..get(
                "Removes an org; with `purge=true` everything that is stored of it is deleted",
                Gives::Json("RemovedOrg"),
            )
        },
        Route::Reports => get("The reports, newest first", Gives::List("Report")),
        Route::TakeReport => Operation {
            status: "202",
            ..get("Takes a report now; the same one if one is open or asked for", Gives::Json("Taken"))
        },
        Route::Report => get("One report; `latest` is the newest", Gives::Json("Report")),
        Route::Credentials => get("The credentials of a report", Gives::ListOrCsv("Row")),
        Route::CredentialsCsv => get("The credentials of a report as CSV", Gives::Csv),
        Route::Changes => get("What differs between this report and an older one", Gives::List("Change")),
        Route::Credential => get("One credential with its use, findings and actions", Gives::Json("Credential")),
        Route::CredentialEvents => {
            get("The events that the usage profile of a credential rests on, newest first", Gives::List("Event"))
        }
        Route::PutRegister => take(
            "Enters what people learned about a credential; one of the kind `registered` is made by it",
            "Entering",
            "200",
            "RegisterEntry",
        ),
        Route::RemoveRegister => {
            get("Forgets what was entered; a registered credential is gone with it", Gives::Json("Any"))
        }
        Route::Register => get("What people entered about credentials", Gives::List("RegisterEntry")),
        Route::RegisterCsv => get("What people entered about credentials, as CSV", Gives::Csv),
        Route::ImportRegister => get("Enters the rows of a CSV file; every row is checked first", Gives::Json("Any")),
        Route::Owners => get(
            "External users, and the owners of whose credentials something is held, each with a text to send",
            Gives::List("OwnerRow"),
        ),
        Route::PutSponsor => take("Says who in the org answers for an account", "Sponsoring", "200", "Any"),
        Route::Impact => get(
            "What would stop if the credentials that pass the filters were revoked or blocked; a page speaks of its own",
            Gives::Json("Impacts"),
        ),
        Route::Facts => get("What is known about this org that Atlassian does not document", Gives::List("Fact")),
        Route::Exemptions => get("The exemptions, in force and ended", Gives::List("Exemption")),
        Route::GrantExemption => take("Grants an exemption", "Exempting", "201", "Exemption"),
        Route::EndExemption => get("Ends an exemption now", Gives::Json("Exemption")),
        Route::AcceptFinding => take("Accepts the risk of one finding until a day", "Accepting", "201", "Exemption"),
        Route::Findings => get("The findings", Gives::List("Finding")),
        Route::Campaigns => get("The campaigns, the newest first", Gives::List("Campaign")),
        Route::StartCampaign => take(
            "Begins a campaign: to close a policy, to ask what credentials are for, because somebody leaves, to block external users' tokens, or to end one credential by hand",
            "Starting",
            "201",
            "Campaign",
        ),
        Route::Campaign => {
            get("How a campaign stands by the latest report, and who belongs to it", Gives::Json("CampaignProgress"))
        }
        Route::AskCampaign => take(
            "Asks for the next few of a campaign's actions; each has a plan of its own and is refused alone",
            "AskingCampaign",
            "200",
            "CampaignAsked",
        ),
        Route::ClickCampaign => take(
            "Says that what no API does was done by hand; the next report verifies it",
            "Saying",
            "200",
            "Campaign",
        ),
        Route::EndCampaign => take("Ends a campaign; actions that it asked for go on", "Saying", "200", "Campaign"),
        Route::Seats => get(
            "Who holds the seats of the external users' Test policy, at most five; the first ends first",
            Gives::List("Seat"),
        ),
        Route::TakeSeat => take(
            "Gives an external account a seat, or its seat another end; 409 where all five are taken",
            "TakingSeat",
            "200",
            "Seat",
        ),
        Route::FreeSeat => {
            get("Frees an account's seat; `step` says what is done by hand, as no API does it", Gives::Json("Seat"))
        }
        Route::Erasures => get("The erasures of accounts, the newest first", Gives::List("Erasure")),
        Route::AskErasure => take(
            "Asks that an account be erased; the answer says what comes of it, and what it does not reach",
            "AskingErasure",
            "202",
            "AskedErasure",
        ),
        Route::Plan => get("What would happen next, and what is withheld", Gives::JsonOrText("Plans")),
        Route::Actions => get("The actions", Gives::List("Action")),
        Route::RequestAction => {
            take("Asks for an action; 200 with the open one if there is one", "Asking", "201", "Action")
        }
        Route::Action => get("One action", Gives::Json("Action")),
        Route::Approve => take("Agrees to a plan; 409 with the new plan if it changed", "Ballot", "200", "Action"),
        Route::Reject => take("Refuses a plan; 409 with the new plan if it changed", "Ballot", "200", "Action"),
        Route::Stop => get("The kill switch", Gives::Json("Stop")),
        Route::SetStop => take("Puts the kill switch on (approver) or off (admin)", "Switch", "200", "Stop"),
        Route::Ledger => get("The ledger, oldest first", Gives::ListOrLines("Entry")),
        Route::LedgerLines => get("The ledger as JSON Lines: the text over which its hashes are", Gives::Lines),
        Route::LedgerHeads => get("The heads of the ledger that were published, newest first", Gives::List("Head")),
        Route::LedgerKey => get("The public keys that signed them, as PEM, the newest first", Gives::Text),
        Route::Policy => get("The policy in force; its `ETag` is what `If-Match` wants", Gives::Json("PolicyVersion")),
        Route::Messages => get("The messages to people and programs, and where each stands", Gives::List("Message")),
        Route::RetryMessage => Operation {
            status: "202",
            ..get("Sends a message after all that was given up or withheld", Gives::Json("Message"))
        },
        Route::SetPolicy => take(
            "Brings a policy into force; 202 where it is looser and waits for a second person",
            "Policy",
            "200",
            "PolicyVersion",
        ),
        Route::ConfirmPolicy => {
            take("A second person brings a proposed policy into force", "Confirming", "200", "PolicyVersion")
        }
        Route::Quarantine => get("What could not be understood", Gives::List("Quarantined")),
        Route::Replay => get("Tries again to understand a body", Gives::Json("Replayed")),
    }
}
