//! The application: finds the route, lets the caller in or not, and tells refusals. Never fails.

use crate::{
    answer::{Answer, Refusal, Reply},
    api,
    ask::{self, Ask},
    gate::{self, Gate},
    openapi, page,
    route::{Access, Found, Route, Router},
};
use lambda_http::{
    Body, Request, RequestExt, Response,
    http::{Method, header},
    request::RequestContext,
};
use serde_json::json;
use shared::{
    config::EventSettings,
    error::{Error, Result},
    model::{Principal, Role, Timestamp, short_hash},
    ports::{Clock, EventReader, EventStore, HeadReader, OutboxStore, QuarantineStore, ReportReader, ReportStore},
};
use std::sync::atomic::{AtomicU64, Ordering};

/// What the application reads and writes.
pub trait Ports:
    OutboxStore + HeadReader + ReportReader + ReportStore + QuarantineStore + EventStore + EventReader
{
}

impl<P: OutboxStore + HeadReader + ReportReader + ReportStore + QuarantineStore + EventStore + EventReader> Ports
    for P
{
}

/// Who may read the pages; the API always needs a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// Readers.
    SignIn,
    /// Everybody: for a simulated org on the user's own machine.
    Open,
}

/// How the application serves.
#[derive(Debug, Clone, Copy)]
pub struct Serving {
    /// Who may read the pages.
    pub pages: Pages,
    /// How events are kept, for what is replayed from quarantine.
    pub events: EventSettings,
}

/// The HTTP application over a store, the credentials of the API and a clock.
pub struct App<P, G, C> {
    store: P,
    gate: G,
    clock: C,
    serving: Serving,
    router: Router,
    answered: AtomicU64,
}

impl<P: Ports, G: Gate, C: Clock> App<P, G, C> {
    /// An application.
    pub fn new(store: P, gate: G, clock: C, serving: Serving) -> Self {
        Self { store, gate, clock, serving, router: Router::new(), answered: AtomicU64::new(0) }
    }

    /// Answers a request. Every failure is an answer too.
    pub async fn handle(&self, request: Request) -> Response<Body> {
        let now = self.clock.now();
        let id = self.request_id(&request, now);
        let answer = match self.answer(&request, now).await {
            Ok(answer) => answer,
            Err(refusal) => told(refusal, &request, &id),
        };
        let mut response = answer.into_response(&id);
        if request.method() == Method::HEAD {
            *response.body_mut() = Body::Empty;
        }
        response
    }

    async fn answer(&self, request: &Request, now: Timestamp) -> Reply {
        let (route, path) = match self.router.find(request.uri().path(), request.method()) {
            Found::Route(route, path) => (route, path),
            Found::OtherMethods(allow) => return Ok(Answer::other_methods(allow)),
            Found::Nothing => return Err(Error::NotFound("this path".into()).into()),
        };
        let principal = self.admit(route, request, now).await?;
        let query = ask::query(route, request.uri().query().unwrap_or_default())?;
        self.dispatch(&Ask { request, route, path, query, principal, now }).await
    }

    async fn admit(&self, route: Route, request: &Request, now: Timestamp) -> Result<Principal> {
        let roles: &[Role] = match (route.access(), self.serving.pages) {
            (Access::Everyone, _) | (Access::PageReader, Pages::Open) => return Ok(anybody()),
            (Access::PageReader, Pages::SignIn) => &[Role::Reader],
            (Access::Holder(roles) | Access::Form(roles), _) => roles,
        };
        let token = ask::form_token(route, request);
        let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let principal = gate::principal(&self.gate, token.as_deref().or(header), now).await?;
        if roles.iter().any(|role| principal.has(*role)) {
            return Ok(principal);
        }
        Err(Error::Forbidden(format!("this needs the role {}", names(roles))))
    }

    #[expect(clippy::cognitive_complexity, reason = "one line a route")]
    async fn dispatch(&self, ask: &Ask<'_>) -> Reply {
        let store = &self.store;
        match ask.route {
            Route::Health => Ok(Answer::json(&json!({ "status": "ok" }))),
            Route::OpenApi => Ok(Answer::json(&openapi::document())),
            Route::Home => page::home(store, ask).await,
            Route::CredentialPage => page::credential(store, ask).await,
            Route::EnterRegister => page::enter_register(store, ask).await,
            Route::ActionsPage => page::actions(store, ask).await,
            Route::ActionPage => page::action(store, ask).await,
            Route::LedgerPage => page::ledger(store, ask).await,
            Route::QuarantinePage => page::quarantine(store, ask).await,
            Route::Orgs => api::orgs::list(store, ask).await,
            Route::Rules => Ok(api::findings::rules()),
            Route::AddOrg => api::govern::add(store, ask).await,
            Route::ChangeOrg => api::govern::change(store, ask).await,
            Route::RemoveOrg => api::govern::remove(store, ask).await,
            Route::Reports => api::reports::list(store, ask).await,
            Route::TakeReport => api::reports::take(store, ask).await,
            Route::Report => api::reports::one(store, ask).await,
            Route::Credentials => api::credentials::list(store, ask).await,
            Route::CredentialsCsv => api::credentials::csv(store, ask).await,
            Route::Changes => api::changes::list(store, ask).await,
            Route::Credential => api::credentials::one(store, ask).await,
            Route::CredentialEvents => api::credentials::events(store, ask).await,
            Route::PutRegister => api::register::put(store, ask).await,
            Route::RemoveRegister => api::register::remove(store, ask).await,
            Route::Register => api::register::list(store, ask).await,
            Route::RegisterCsv => api::register::csv(store, ask).await,
            Route::ImportRegister => api::register::import(store, ask).await,
            Route::Owners => api::owners::list(store, ask).await,
            Route::PutSponsor => api::owners::sponsor(store, ask).await,
            Route::Impact => api::impact::list(store, ask).await,
            Route::Facts => api::reports::facts(store, ask).await,
            Route::Exemptions => api::exemptions::list(store, ask).await,
            Route::GrantExemption => api::exemptions::grant(store, ask).await,
            Route::EndExemption => api::exemptions::end(store, ask).await,
            Route::AcceptFinding => api::exemptions::accept(store, ask).await,
            Route::Findings => api::findings::list(store, ask).await,
            Route::Plan => api::plan::list(store, ask).await,
            Route::Actions => api::actions::list(store, ask).await,
            Route::RequestAction => api::actions::request(store, ask).await,
            Route::Action => api::actions::one(store, ask).await,
            Route::Approve => api::actions::approve(store, ask).await,
            Route::Reject => api::actions::reject(store, ask).await,
            Route::Stop => api::stop::get(store, ask).await,
            Route::SetStop => api::stop::put(store, ask).await,
            Route::Ledger => api::ledger::list(store, ask).await,
            Route::LedgerLines => api::ledger::lines(store, ask).await,
            Route::LedgerHeads => api::ledger::heads(store, ask).await,
            Route::LedgerKey => api::ledger::key(store, ask).await,
            Route::Policy => api::policy::get(store, ask).await,
            Route::Messages => api::messages::list(store, ask).await,
            Route::RetryMessage => api::messages::retry(store, ask).await,
            Route::SetPolicy => api::policy::put(store, &self.gate, ask).await,
            Route::ConfirmPolicy => api::policy::confirm(store, ask).await,
            Route::Quarantine => api::quarantine::list(store, ask).await,
            Route::Replay => api::quarantine::replay(store, &self.clock, &self.serving.events, ask).await,
        }
    }

    /// API Gateway's id, or Lambda's, or one of our own.
    fn request_id(&self, request: &Request, now: Timestamp) -> String {
        let gateway = request.request_context_ref().and_then(|context| match context {
            RequestContext::ApiGatewayV2(context) => context.request_id.clone(),
            _ => None,
        });
        let lambda = || request.lambda_context_ref().map(|context| context.request_id.clone());
        gateway.or_else(lambda).filter(|id| !id.is_empty()).unwrap_or_else(|| {
            let count = self.answered.fetch_add(1, Ordering::Relaxed).to_string();
            short_hash(&[&now.to_rfc3339(), &count])
        })
    }
}

/// Where no credential is needed, nobody in particular reads, and every org may be seen.
fn anybody() -> Principal {
    Principal { subject: "anybody".into(), roles: [Role::Reader].into(), orgs: None }
}

fn names(roles: &[Role]) -> String {
    let name = |role: &Role| match role {
        Role::Reader => "reader",
        Role::Approver => "approver",
        Role::Admin => "admin",
    };
    roles.iter().map(name).collect::<Vec<_>>().join(" or ")
}

/// A refusal as an answer; what is our own failure is logged here, once, with ids and without bodies.
fn told(refusal: Refusal, request: &Request, request_id: &str) -> Answer {
    let kind = refusal.error.kind();
    if kind.status >= 500 {
        let what = request.uri().path();
        let (kind, status) = (kind.code, kind.status);
        tracing::error!(request_id, what, kind, status, error = %refusal.error, "a request failed");
    }
    refusal.into_answer()
}
