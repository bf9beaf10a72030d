//! The directory, v2: directories, the search for users, suspension and restoration.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::page::{self, Page};
use super::params::Params;
use super::refusal::Refusal;
use super::users::{Form, picture, products};
use super::{Answer, App, empty, ok};
use crate::population::users::{Group, Relation, Status, User};
use crate::time;
use crate::world::change::Change;
use crate::world::org::Org;

/// Everybody is in the first directory; external users are in the second one too.
pub(crate) const DIRECTORIES: [&str; 2] = ["Primary Directory", "Partner Directory"];

/// The id of a directory of an org.
pub(crate) fn directory_id(org: &Org, directory: usize) -> String {
    format!("00000000-0000-4000-9{directory:03}-{:012}", org.people.org)
}

/// `GET directories`.
pub(crate) async fn list(State(app): State<App>, caller: Caller, Path(id): Path<String>, params: Params) -> Answer {
    caller.scope("read:directories:admin")?;
    let world = app.world();
    let org = caller.own(&world, &id)?;
    let limit = params.number("limit", 20, 100)?;
    let start = page::start("directories", params.get("cursor"))?;
    let rows = (0_u32..).zip(DIRECTORIES).skip(start as usize);
    let page = page::take(rows.map(|(at, name)| (at, (at as usize, name))), limit);
    let row = |(at, name): &(usize, &str)| json!({"directoryId": directory_id(org, *at), "name": name});
    let data: Vec<Value> = page.rows.iter().map(row).collect();
    ok(json!({"data": data, "links": links("directories", start, page.next)}))
}

/// Links of the directory are cursors.
fn links(list: &str, start: u32, next: Option<u32>) -> Value {
    let mut links = Map::new();
    links.insert("self".into(), page::seal(list, &[i64::from(start)]).into());
    if let Some(next) = next {
        links.insert("next".into(), page::seal(list, &[i64::from(next)]).into());
    }
    Value::Object(links)
}

/// What a row of the GET bears besides: it documents no `expand`, and the schema says of `productAccess` and `groups`
/// that they come on that request alone, but nothing of these two (that the GET returns them is unconfirmed).
const UNCONDITIONAL: [&str; 2] = ["platformRoles", "counts.resources"];

/// The body of a search; the names and bounds are the specification's.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Search {
    account_ids: Vec<String>,
    account_status: Vec<String>,
    claim_status: Option<String>,
    cursor: Option<String>,
    directory_ids: Vec<String>,
    email_domains: Vec<String>,
    emails: Vec<String>,
    expand: Vec<String>,
    limit: Option<usize>,
    membership_status: Vec<String>,
    mfa_enabled: Option<bool>,
    role_ids: Vec<String>,
    search_term: Option<String>,
    status: Vec<String>,
}

impl Search {
    fn of(params: &Params) -> Result<Self, Refusal> {
        let many = |name: &str| params.all(name).map(str::to_owned).collect::<Vec<_>>();
        Ok(Self {
            account_ids: many("accountIds"),
            account_status: many("accountStatus"),
            claim_status: params.get("claimStatus").map(str::to_owned),
            cursor: params.get("cursor").map(str::to_owned),
            directory_ids: many("directoryIds"),
            email_domains: many("emailDomains"),
            limit: Some(params.number("limit", 20, 100)?),
            membership_status: many("membershipStatus"),
            mfa_enabled: params.get("mfaEnabled").map(|text| text == "true"),
            role_ids: many("roleIds"),
            search_term: params.get("searchTerm").map(str::to_owned),
            status: many("status"),
            expand: UNCONDITIONAL.map(str::to_owned).into(),
            ..Self::default()
        })
    }

    fn check(&self) -> Result<(), Refusal> {
        let counts = [
            ("accountIds", self.account_ids.len(), 10),
            ("emailDomains", self.email_domains.len(), 10),
            ("directoryIds", self.directory_ids.len(), 10),
            ("emails", self.emails.len(), 100),
        ];
        if let Some((name, _, most)) = counts.into_iter().find(|(_, len, most)| len > most) {
            return Err(Refusal::BadBody(format!("{name} may hold at most {most}")));
        }
        if !self.emails.is_empty() && self.search_term.is_some() {
            return Err(Refusal::BadBody("emails and searchTerm exclude each other".into()));
        }
        if self.limit.is_some_and(|limit| !(1..=100).contains(&limit)) {
            return Err(Refusal::BadBody("limit must be from 1 to 100".into()));
        }
        match self.claim_status.as_deref() {
            None | Some("managed" | "unmanaged") => Ok(()),
            Some(_) => Err(Refusal::BadBody("claimStatus must be managed or unmanaged".into())),
        }
    }

    /// The users to look through, by index: as few as the conditions name.
    fn candidates(&self, org: &Org) -> Box<dyn Iterator<Item = u32>> {
        if !self.account_ids.is_empty() {
            let found: Vec<u32> = self.account_ids.iter().filter_map(|id| org.people.user_by_account(id)).collect();
            return Box::new(found.into_iter());
        }
        if !self.emails.is_empty() {
            let found: Vec<u32> = self.emails.iter().filter_map(|email| org.user_by_email(email)).collect();
            return Box::new(found.into_iter());
        }
        if self.claim_status.as_deref() == Some("unmanaged") {
            let (people, moved) = (org.people.clone(), org.moved(Relation::External));
            let first = (0..people.size(Group::External)).map(move |nth| people.member(Group::External, nth));
            return Box::new(first.chain(moved));
        }
        Box::new(0..org.people.sizes.users)
    }

    fn fits(&self, org: &Org, user: &User, directory: Option<usize>) -> bool {
        let among = |wanted: &[String], is: &str| wanted.is_empty() || wanted.iter().any(|one| one == is);
        let domain = user.email.split('@').nth(1).unwrap_or_default();
        let role = if user.admin { "atlassian/org-admin" } else { "atlassian/user" };
        user.relation != Relation::Service
            && directory.is_none_or(|directory| member(user, directory))
            && self.claim_status.as_deref().is_none_or(|wanted| wanted == claim(user))
            && among(&self.account_status, user.status.name())
            && among(&self.email_domains, domain)
            && among(&self.membership_status, membership(org, user, directory))
            && among(&self.status, status(org, user, directory))
            && among(&self.role_ids, role)
            && self.mfa_enabled.is_none_or(|wanted| wanted == user.mfa)
            && self.fits_directories(org, user)
            && self.search_term.as_ref().is_none_or(|term| mentions(user, term))
    }

    fn fits_directories(&self, org: &Org, user: &User) -> bool {
        let inside = |at: usize| member(user, at) && self.directory_ids.contains(&directory_id(org, at));
        self.directory_ids.is_empty() || (0..DIRECTORIES.len()).any(inside)
    }

    fn page(&self, org: &Org, directory: Option<usize>) -> Result<(u32, Page<User>), Refusal> {
        let start = page::start("users-search", self.cursor.as_deref())?;
        let candidates = (0_u32..).zip(self.candidates(org)).skip(start as usize);
        let users = candidates.map(|(at, index)| (at, org.user(index)));
        let fitting = users.filter(|(_, user)| self.fits(org, user, directory));
        Ok((start, page::take(fitting, self.limit.unwrap_or(50))))
    }
}

fn mentions(user: &User, term: &str) -> bool {
    format!("{}\n{}", user.name, user.email).to_lowercase().contains(&term.to_lowercase())
}

const fn member(user: &User, directory: usize) -> bool {
    directory == 0 || matches!(user.relation, Relation::External)
}

const fn claim(user: &User) -> &'static str {
    match user.relation {
        Relation::Managed | Relation::Service => "managed",
        Relation::External => "unmanaged",
    }
}

/// Suspended in the directory asked about, or over all directories in every one of his.
fn membership(org: &Org, user: &User, directory: Option<usize>) -> &'static str {
    let mut own = (0..DIRECTORIES.len()).filter(|at| member(user, *at) && directory.is_none_or(|asked| asked == *at));
    if own.all(|at| org.suspended(user.index, at)) { "suspended" } else { "active" }
}

fn status(org: &Org, user: &User, directory: Option<usize>) -> &'static str {
    match user.status {
        Status::Inactive => "deactivated",
        Status::Closed => "for_deletion",
        Status::Active => membership(org, user, directory),
    }
}

/// The directory of an id, or none for `-`, which stands for all of them.
fn directory_of(org: &Org, id: &str) -> Result<Option<usize>, Refusal> {
    if id == "-" {
        return Ok(None);
    }
    let found = (0..DIRECTORIES.len()).find(|at| directory_id(org, *at) == id);
    found.map(Some).ok_or(Refusal::NotFound)
}

/// `POST users/search`; it documents no scope.
pub(crate) async fn search(
    State(app): State<App>,
    caller: Caller,
    Path((id, directory)): Path<(String, String)>,
    body: Bytes,
) -> Answer {
    caller.unscoped()?;
    let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
    let search = serde_json::from_slice(body).map_err(|error| Refusal::BadBody(error.to_string()))?;
    find(&app, &caller, &id, &directory, &search)
}

/// `GET users`: deprecated, yet the one way to external users for a scoped key.
pub(crate) async fn users(
    State(app): State<App>,
    caller: Caller,
    Path((id, directory)): Path<(String, String)>,
    params: Params,
) -> Answer {
    caller.scope("read:directories:admin")?;
    find(&app, &caller, &id, &directory, &Search::of(&params)?)
}

fn find(app: &App, caller: &Caller, id: &str, directory: &str, search: &Search) -> Answer {
    search.check()?;
    let world = app.world();
    let org = caller.own(&world, id)?;
    let directory = directory_of(org, directory)?;
    let (start, page) = search.page(org, directory)?;
    let data: Vec<Value> = page.rows.iter().map(|user| row(org, user, directory, &search.expand)).collect();
    ok(json!({"data": data, "links": links("users-search", start, page.next)}))
}

fn row(org: &Org, user: &User, directory: Option<usize>, expand: &[String]) -> Value {
    let mut row = json!({
        "accountId": user.account_id,
        "accountType": "atlassian",
        "accountStatus": user.status.name(),
        "addedToOrg": time::zulu_ms(user.added_ms),
        "claimStatus": claim(user),
        "emailVerified": true,
        "managementSource": if user.synced { "synced" } else { "invited" },
        "membershipStatus": membership(org, user, directory),
        "mfaEnabled": user.mfa,
        "name": user.name,
        "nickname": user.nickname,
        "picture": picture(user),
        "status": status(org, user, directory),
    });
    if let Some(map) = row.as_object_mut() {
        if user.shows_email {
            map.insert("email".into(), user.email.clone().into());
        }
        expand.iter().for_each(|name| expanded(map, org, user, name));
    }
    row
}

fn expanded(map: &mut Map<String, Value>, org: &Org, user: &User, name: &str) {
    let products = || products(org, user, Form::Directory);
    let value = match name {
        "platformRoles" => json!(if user.admin { vec!["atlassian/org-admin"] } else { vec![] }),
        "groups" => json!([]),
        "productAccess" => json!(products()),
        "counts.resources" => {
            map.insert("counts".into(), json!({"resources": products().len()}));
            return;
        }
        _ => return,
    };
    map.insert(name.into(), value);
}

/// `POST …/suspend`: ends access through one directory, `-` is no directory here.
pub(crate) async fn suspend(State(app): State<App>, caller: Caller, path: Path<(String, String, String)>) -> Answer {
    access(&app, &caller, path, true)
}

/// `POST …/restore`.
pub(crate) async fn restore(State(app): State<App>, caller: Caller, path: Path<(String, String, String)>) -> Answer {
    access(&app, &caller, path, false)
}

/// Suspending twice is answered like once (unconfirmed), and makes no second event.
fn access(
    app: &App,
    caller: &Caller,
    Path((id, directory, account)): Path<(String, String, String)>,
    suspended: bool,
) -> Answer {
    caller.unscoped()?;
    let mut world = app.world();
    let org = caller.own(&world, &id)?;
    let directory = directory_of(org, &directory)?.ok_or_else(|| Refusal::BadRequest("name one directory".into()))?;
    let user =
        org.user_by_account(&account).filter(|user| member(user, directory) && user.relation != Relation::Service);
    let user = user.ok_or(Refusal::UserNotFound)?.index;
    if org.suspended(user, directory) != suspended {
        let change = Change::Access { user, directory, suspended };
        world.make(caller.org, Some(caller.user), change).map_err(|_| Refusal::Internal)?;
    }
    empty(StatusCode::NO_CONTENT)
}
