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
use std::{
    future::{Future, ready},
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
};

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
        let found = self.router.find(request.uri().path(), request.method());
        let what = found.pattern();
        let answer = match self.answer(found, &request, now).await {
            Ok(answer) => answer,
            Err(refusal) => told(refusal, what, &id, gate::challenges(&request)),
        };
        let mut response = answer.into_response(&id);
        if request.method() == Method::HEAD {
            *response.body_mut() = Body::Empty;
        }
        response
    }

    async fn answer(&self, found: Found, request: &Request, now: Timestamp) -> Reply {
        let (route, path) = match found {
            Found::Route(route, path) => (route, path),
            Found::OtherMethods(allow) => return Ok(Answer::other_methods(allow)),
            Found::Nothing => return Err(Error::NotFound("this path".into()).into()),
        };
        gate::check_source(request)?;
        let principal = self.admit(route, request, now).await?;
        let query = ask::query(route, request.uri().query().unwrap_or_default())?;
        self.dispatch(&Ask { request, route, path, query, principal, now }).await
    }

    async fn admit(&self, route: Route, request: &Request, now: Timestamp) -> Result<Principal> {
        let roles: &[Role] = match (route.access(), self.serving.pages) {
            (Access::Everyone | Access::Link, _) | (Access::PageReader, Pages::Open) => return Ok(anybody()),
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

    /// The route's handler, on the heap: as one future, all of them together overflow a thread's stack.
    fn dispatch<'f>(&'f self, ask: &'f Ask<'f>) -> Handled<'f> {
        let store = &self.store;
        match ask.route {
            Route::Health => later(|| ready(Ok(Answer::json(&json!({ "status": "ok" }))))),
            Route::OpenApi => later(|| ready(Ok(Answer::json(&openapi::document())))),
            Route::Home => later(|| page::home(store, ask)),
            Route::CredentialPage => later(|| page::credential(store, ask)),
            Route::EnterRegister => later(|| page::enter_register(store, ask)),
            Route::ActionsPage => later(|| page::actions(store, ask)),
            Route::ActionPage => later(|| page::action(store, ask)),
            Route::Decide => later(|| page::decide(store, ask)),
            Route::AnswerPage => later(|| page::answer(store, &self.gate, ask)),
            Route::GiveAnswer => later(|| page::give_answer(store, &self.gate, ask)),
            Route::LedgerPage => later(|| page::ledger(store, ask)),
            Route::QuarantinePage => later(|| page::quarantine(store, ask)),
            Route::Orgs => later(|| api::orgs::list(store, ask)),
            Route::Rules => later(|| ready(Ok(api::findings::rules()))),
            Route::AddOrg => later(|| api::govern::add(store, ask)),
            Route::ChangeOrg => later(|| api::govern::change(store, ask)),
            Route::RemoveOrg => later(|| api::govern::remove(store, ask)),
            Route::Reports => later(|| api::reports::list(store, ask)),
            Route::TakeReport => later(|| api::reports::take(store, ask)),
            Route::Report => later(|| api::reports::one(store, ask)),
            Route::Credentials => later(|| api::credentials::list(store, ask)),
            Route::CredentialsCsv => later(|| api::credentials::csv(store, ask)),
            Route::Changes => later(|| api::changes::list(store, ask)),
            Route::Credential => later(|| api::credentials::one(store, ask)),
            Route::CredentialEvents => later(|| api::credentials::events(store, ask)),
            Route::PutRegister => later(|| api::register::put(store, ask)),
            Route::RemoveRegister => later(|| api::register::remove(store, ask)),
            Route::Register => later(|| api::register::list(store, ask)),
            Route::RegisterCsv => later(|| api::register::csv(store, ask)),
            Route::ImportRegister => later(|| api::register::import(store, ask)),
            Route::Owners => later(|| api::owners::list(store, ask)),
            Route::PutSponsor => later(|| api::owners::sponsor(store, ask)),
            Route::Impact => later(|| api::impact::list(store, ask)),
            Route::Facts => later(|| api::reports::facts(store, ask)),
            Route::Exemptions => later(|| api::exemptions::list(store, ask)),
            Route::GrantExemption => later(|| api::exemptions::grant(store, ask)),
            Route::EndExemption => later(|| api::exemptions::end(store, ask)),
            Route::AcceptFinding => later(|| api::exemptions::accept(store, ask)),
            Route::Findings => later(|| api::findings::list(store, ask)),
            Route::Campaigns => later(|| api::campaigns::list(store, ask)),
            Route::StartCampaign => later(|| api::campaigns::start(store, ask)),
            Route::Campaign => later(|| api::campaigns::one(store, ask)),
            Route::AskCampaign => later(|| api::campaigns::ask_for(store, ask)),
            Route::ClickCampaign => later(|| api::campaigns::clicked(store, ask)),
            Route::EndCampaign => later(|| api::campaigns::end(store, ask)),
            Route::Seats => later(|| api::seats::list(store, ask)),
            Route::TakeSeat => later(|| api::seats::take(store, ask)),
            Route::FreeSeat => later(|| api::seats::free(store, ask)),
            Route::Erasures => later(|| api::erasures::list(store, ask)),
            Route::AskErasure => later(|| api::erasures::begin(store, ask)),
            Route::Plan => later(|| api::plan::list(store, ask)),
            Route::Actions => later(|| api::actions::list(store, ask)),
            Route::RequestAction => later(|| api::actions::request(store, ask)),
            Route::Action => later(|| api::actions::one(store, ask)),
            Route::Approve => later(|| api::actions::approve(store, ask)),
            Route::Reject => later(|| api::actions::reject(store, ask)),
            Route::Stop => later(|| api::stop::get(store, ask)),
            Route::SetStop => later(|| api::stop::put(store, ask)),
            Route::Ledger => later(|| api::ledger::list(store, ask)),
            Route::LedgerLines => later(|| api::ledger::lines(store, ask)),
            Route::LedgerHeads => later(|| api::ledger::heads(store, ask)),
            Route::LedgerKey => later(|| api::ledger::key(store, ask)),
            Route::Policy => later(|| api::policy::get(store, ask)),
            Route::Messages => later(|| api::messages::list(store, ask)),
            Route::RetryMessage => later(|| api::messages::retry(store, ask)),
            Route::SetPolicy => later(|| api::policy::put(store, &self.gate, ask)),
            Route::ConfirmPolicy => later(|| api::policy::confirm(store, ask)),
            Route::Quarantine => later(|| api::quarantine::list(store, ask)),
            Route::Replay => later(|| api::quarantine::replay(store, &self.clock, &self.serving.events, ask)),
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

/// A handler at work.
type Handled<'f> = Pin<Box<dyn Future<Output = Reply> + Send + 'f>>;

/// Makes a handler's future in a frame of its own.
fn later<'f, F: Future<Output = Reply> + Send + 'f>(handler: impl FnOnce() -> F) -> Handled<'f> {
    Box::pin(handler())
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

/// A refusal as an answer; what is our own failure is logged here, once, by its route. A path is never logged: a link in it
/// is a credential.
fn told(refusal: Refusal, what: &str, request_id: &str, challenges: &[&str]) -> Answer {
    let kind = refusal.error.kind();
    if kind.status >= 500 {
        let (kind, status) = (kind.code, kind.status);
        tracing::error!(request_id, what, kind, status, error = %refusal.error, "a request failed");
    }
    refusal.into_answer(challenges)
}
