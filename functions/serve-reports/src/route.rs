//! Every route: one variant, and the exhaustive matches say its method, pattern, access and query.

use lambda_http::http::Method;
use shared::model::Role::{self, Admin, Approver, Reader};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without a credential.
    Everyone,
    /// Whoever may read pages: a reader, or everybody where pages are open.
    PageReader,
    /// Whoever holds one of these roles.
    Holder(&'static [Role]),
    /// Whoever holds a link that we signed: its handler opens it.
    Link,
    /// Whoever holds one of these roles, by the field `token` of a form: a browser sends no header of ours.
    Form(&'static [Role]),
}

macro_rules! routes {
    ($($(#[$doc:meta])* $name:ident => $method:ident $pattern:literal, $access:expr, $query:expr;)*) => {
        /// A route of the API or a page.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Route {
            $($(#[$doc])* $name,)*
        }

        impl Route {
            /// Every route.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The method; GET answers HEAD as well.
            pub fn method(self) -> Method {
                match self { $(Self::$name => Method::$method,)* }
            }

            /// The path, with its parameters in braces.
            pub fn pattern(self) -> &'static str {
                match self { $(Self::$name => $pattern,)* }
            }

            /// Who may use it.
            pub fn access(self) -> Access {
                match self { $(Self::$name => $access,)* }
            }

            /// The names that its query string may hold.
            pub fn query(self) -> &'static [&'static str] {
                match self { $(Self::$name => $query,)* }
            }
        }
    };
}

const READ: Access = Access::Holder(&[Reader]);
const APPROVE: Access = Access::Holder(&[Approver]);
const ADMIN: Access = Access::Holder(&[Admin]);
const LIST: &[&str] = &["limit", "cursor"];
const ROWS: &[&str] = &["kind", "rule", "severity", "owner", "relation", "q", "limit", "cursor"];

routes! {
    /// Whether the function runs.
    Health => GET "/healthz", Access::Everyone, &[];
    /// This API, described.
    OpenApi => GET "/openapi.json", Access::Everyone, &[];
    /// The page of the latest report.
    Home => GET "/", Access::PageReader, &["org", "kind", "rule", "severity", "owner", "relation", "q", "page", "from"];
    /// The page of one credential.
    CredentialPage => GET "/orgs/{org}/credentials/{kind}/{id}", Access::PageReader, &[];
    /// Enters what people learned about a credential, from its page.
    EnterRegister => POST "/orgs/{org}/credentials/{kind}/{id}/register", Access::Form(&[Approver]), &[];
    /// The page of the actions.
    ActionsPage => GET "/orgs/{org}/actions", Access::PageReader, &["state", "cursor"];
    /// The page of one action.
    ActionPage => GET "/orgs/{org}/actions/{id}", Access::PageReader, &[];
    /// Agrees to a plan or refuses it, from its page.
    Decide => POST "/orgs/{org}/actions/{id}/decision", Access::Form(&[Approver]), &[];
    /// The page on which somebody answers who was written to.
    AnswerPage => GET "/answers/{link}", Access::Link, &[];
    /// What he answers.
    GiveAnswer => POST "/answers/{link}", Access::Link, &[];
    /// The page of the ledger.
    LedgerPage => GET "/orgs/{org}/ledger", Access::PageReader, &["cursor"];
    /// The page of what could not be understood.
    QuarantinePage => GET "/orgs/{org}/quarantine", Access::PageReader, &["cursor"];
    /// The orgs governed.
    Orgs => GET "/v1/orgs", READ, LIST;
    /// The rules, with their advice.
    Rules => GET "/v1/rules", READ, &[];
    /// Adds an org to those governed.
    AddOrg => POST "/v1/orgs", ADMIN, &[];
    /// Renames, pauses or continues an org, or changes what its reports leave out.
    ChangeOrg => PATCH "/v1/orgs/{org}", ADMIN, &[];
    /// Removes an org from those governed.
    RemoveOrg => DELETE "/v1/orgs/{org}", ADMIN, &["purge"];
    /// The reports of an org, newest first.
    Reports => GET "/v1/orgs/{org}/reports", READ, LIST;
    /// Takes a report now.
    TakeReport => POST "/v1/orgs/{org}/reports", APPROVE, &[];
    /// One report.
    Report => GET "/v1/orgs/{org}/reports/{id}", READ, &[];
    /// The credentials of a report.
    Credentials => GET "/v1/orgs/{org}/reports/{id}/credentials", READ, ROWS;
    /// The credentials of a report as CSV.
    CredentialsCsv => GET "/v1/orgs/{org}/reports/{id}/credentials.csv", READ, ROWS;
    /// What differs between two reports.
    Changes => GET "/v1/orgs/{org}/reports/{id}/changes", READ, &["against", "limit", "cursor"];
    /// One credential, as the latest report shows it.
    Credential => GET "/v1/orgs/{org}/credentials/{kind}/{id}", READ, &[];
    /// The events of a credential: what its usage profile rests on.
    CredentialEvents => GET "/v1/orgs/{org}/credentials/{kind}/{id}/events", READ, LIST;
    /// Enters what people learned about a credential.
    PutRegister => PUT "/v1/orgs/{org}/credentials/{kind}/{id}/register", APPROVE, &[];
    /// Forgets what was entered about a credential.
    RemoveRegister => DELETE "/v1/orgs/{org}/credentials/{kind}/{id}/register", APPROVE, &[];
    /// All that people entered about credentials.
    Register => GET "/v1/orgs/{org}/register", READ, LIST;
    /// All that people entered, as CSV.
    RegisterCsv => GET "/v1/orgs/{org}/register.csv", READ, LIST;
    /// Enters the rows of a CSV file.
    ImportRegister => PUT "/v1/orgs/{org}/register.csv", APPROVE, &[];
    /// The accounts of a report that somebody should know of.
    Owners => GET "/v1/orgs/{org}/reports/{id}/owners", READ, &["relation", "status", "q", "limit", "cursor"];
    /// Says who in the org answers for an account.
    PutSponsor => PUT "/v1/orgs/{org}/owners/{id}/sponsor", APPROVE, &[];
    /// What would stop if these credentials were revoked or blocked.
    Impact => GET "/v1/orgs/{org}/impact", READ, &["kind", "rule", "severity", "owner", "relation", "q", "limit", "cursor"];
    /// What is known about the org.
    Facts => GET "/v1/orgs/{org}/facts", READ, &[];
    /// The exemptions.
    Exemptions => GET "/v1/orgs/{org}/exemptions", READ, &[];
    /// Grants an exemption.
    GrantExemption => POST "/v1/orgs/{org}/exemptions", APPROVE, &[];
    /// Ends an exemption.
    EndExemption => DELETE "/v1/orgs/{org}/exemptions/{id}", APPROVE, &[];
    /// Accepts the risk of a finding until a day.
    AcceptFinding => POST "/v1/orgs/{org}/findings/{id}/accept", APPROVE, &[];
    /// The findings.
    Findings => GET "/v1/orgs/{org}/findings", READ, &["status", "severity", "rule", "limit", "cursor"];
    /// The campaigns.
    Campaigns => GET "/v1/orgs/{org}/campaigns", READ, &[];
    /// Begins a campaign.
    StartCampaign => POST "/v1/orgs/{org}/campaigns", APPROVE, &[];
    /// How a campaign stands, and who belongs to it.
    Campaign => GET "/v1/orgs/{org}/campaigns/{id}", READ, &["stand", "limit", "cursor"];
    /// Asks for the next batch of a campaign's actions.
    AskCampaign => POST "/v1/orgs/{org}/campaigns/{id}/ask", APPROVE, &[];
    /// Says that what no API does was done by hand.
    ClickCampaign => POST "/v1/orgs/{org}/campaigns/{id}/clicked", APPROVE, &[];
    /// Ends a campaign.
    EndCampaign => POST "/v1/orgs/{org}/campaigns/{id}/end", APPROVE, &[];
    /// Who holds the seats of the external users' Test policy.
    Seats => GET "/v1/orgs/{org}/seats", READ, &[];
    /// Gives an external account a seat.
    TakeSeat => PUT "/v1/orgs/{org}/seats/{id}", APPROVE, &[];
    /// Frees the seat of an external account.
    FreeSeat => DELETE "/v1/orgs/{org}/seats/{id}", APPROVE, &[];
    /// The erasures of accounts.
    Erasures => GET "/v1/orgs/{org}/erasures", READ, &[];
    /// Asks that an account be erased.
    AskErasure => POST "/v1/orgs/{org}/erasures", ADMIN, &[];
    /// What would happen next, and what is withheld.
    Plan => GET "/v1/orgs/{org}/plan", READ, LIST;
    /// The actions.
    Actions => GET "/v1/orgs/{org}/actions", READ, &["state", "limit", "cursor"];
    /// Asks for an action.
    RequestAction => POST "/v1/orgs/{org}/actions", APPROVE, &[];
    /// One action.
    Action => GET "/v1/orgs/{org}/actions/{id}", READ, &[];
    /// Agrees to a plan.
    Approve => POST "/v1/orgs/{org}/actions/{id}/approve", APPROVE, &[];
    /// Refuses a plan.
    Reject => POST "/v1/orgs/{org}/actions/{id}/reject", APPROVE, &[];
    /// The kill switch.
    Stop => GET "/v1/orgs/{org}/stop", READ, &[];
    /// Puts the kill switch on (approver) or off (admin).
    SetStop => PUT "/v1/orgs/{org}/stop", Access::Holder(&[Approver, Admin]), &[];
    /// The ledger.
    Ledger => GET "/v1/orgs/{org}/ledger", READ, LIST;
    /// The ledger as JSON Lines.
    LedgerLines => GET "/v1/orgs/{org}/ledger.jsonl", READ, LIST;
    /// The heads of the ledger that were published, newest first.
    LedgerHeads => GET "/v1/orgs/{org}/ledger/heads", READ, LIST;
    /// The public key that verifies them.
    LedgerKey => GET "/v1/orgs/{org}/ledger/key", READ, &[];
    /// The policy in force, and its versions.
    Policy => GET "/v1/orgs/{org}/policy", READ, &[];
    /// A second person brings a proposed policy into force.
    ConfirmPolicy => POST "/v1/orgs/{org}/policy/confirm", APPROVE, &[];
    /// Brings a policy into force.
    SetPolicy => PUT "/v1/orgs/{org}/policy", ADMIN, &[];
    /// The messages to people and programs.
    Messages => GET "/v1/orgs/{org}/messages", READ, &["state", "limit", "cursor"];
    /// Sends a message after all that was given up or withheld.
    RetryMessage => POST "/v1/orgs/{org}/messages/{id}/retry", APPROVE, &[];
    /// What could not be understood.
    Quarantine => GET "/v1/orgs/{org}/quarantine", READ, LIST;
    /// Tries again to understand a body.
    Replay => POST "/v1/orgs/{org}/quarantine/{id}/replay", APPROVE, &[];
}

/// What a path and a method lead to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A route, with the parameters of its path, decoded.
    Route(Route, Vec<(String, String)>),
    /// The path exists, the method does not; these do.
    OtherMethods(String),
    /// No such path.
    Nothing,
}

impl Found {
    /// The pattern of its route; empty where there is none.
    pub(crate) fn pattern(&self) -> &'static str {
        match self {
            Self::Route(route, _) => route.pattern(),
            Self::OtherMethods(_) | Self::Nothing => "",
        }
    }
}

/// Finds routes by path and method.
pub(crate) struct Router(matchit::Router<Vec<Route>>);

impl Router {
    /// Over every route.
    pub(crate) fn new() -> Self {
        let mut router = matchit::Router::new();
        for route in Route::ALL.iter().filter(|route| first_of_pattern(**route)) {
            let same = Route::ALL.iter().copied().filter(|other| other.pattern() == route.pattern()).collect();
            // A test inserts them all: patterns that contradict each other do not get this far.
            let _ = router.insert(route.pattern(), same);
        }
        Self(router)
    }

    /// What this path and this method lead to.
    pub(crate) fn find(&self, path: &str, method: &Method) -> Found {
        let Ok(found) = self.0.at(path) else { return Found::Nothing };
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        let Some(route) = found.value.iter().copied().find(|route| route.method() == *wanted) else {
            return Found::OtherMethods(allow(found.value));
        };
        let params = found.params.iter().map(|(name, value)| (name.to_owned(), decoded(value)));
        Found::Route(route, params.collect())
    }
}

fn first_of_pattern(route: Route) -> bool {
    Route::ALL.iter().find(|other| other.pattern() == route.pattern()) == Some(&route)
}

fn allow(routes: &[Route]) -> String {
    let mut methods: Vec<String> = routes.iter().map(|route| route.method().to_string()).collect();
    if methods.iter().any(|method| method == "GET") {
        methods.push("HEAD".into());
    }
    methods.join(", ")
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_by_its_own_pattern() {
        let router = Router::new();
        for route in Route::ALL {
            let path = route.pattern().replace(['{', '}'], "");
            let found = router.find(&path, &route.method());
            assert!(matches!(&found, Found::Route(found, _) if found == route), "{route:?}: {found:?}");
        }
    }

    #[test]
    fn ids_in_paths_are_decoded() {
        let found = Router::new().find("/v1/orgs/o%2F1/reports/a%20b", &Method::HEAD);
        let params = vec![("org".to_owned(), "o/1".to_owned()), ("id".to_owned(), "a b".to_owned())];
        assert_eq!(found, Found::Route(Route::Report, params));
    }

    #[test]
    fn another_method_is_answered_with_those_that_exist() {
        let found = Router::new().find("/v1/orgs/o/stop", &Method::OPTIONS);
        assert_eq!(found, Found::OtherMethods("GET, PUT, HEAD".into()));
    }
}
