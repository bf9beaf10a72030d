//! `GET /v1/orgs/{orgId}/users` and the last-active dates.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::orgs::base_url;
use super::params::Params;
use super::refusal::Refusal;
use super::{Answer, App, ok, page};
use crate::population::users::{Relation, Status, User};
use crate::time::{self, DAY, HOUR};
use crate::world::org::Org;

/// Rows of a page: the operation has no parameter for it, and the number is not published.
const PAGE: usize = 100;

/// The managed accounts, service accounts among them as `app` (unconfirmed); `links.next` is a whole URL.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Answer {
    caller.scope("read:accounts:admin")?;
    let world = app.world();
    let org = caller.own(&world, &id)?;
    let start = page::start("users", params.get("cursor"))?;
    let users = (start..org.people.sizes.users).map(|index| (index, org.user(index)));
    let page = page::take(users.filter(|(_, user)| user.relation != Relation::External), PAGE);
    let own = format!("{}/admin/v1/orgs/{}/users", base_url(&headers), org.id);
    let at = |position: u32| format!("{own}?cursor={}", page::seal("users", &[i64::from(position)]));
    let mut links = Map::new();
    links.insert("self".into(), if start == 0 { own.clone() } else { at(start) }.into());
    if let Some(next) = page.next {
        links.insert("next".into(), at(next).into());
    }
    let data: Vec<Value> = page.rows.iter().map(|user| row(org, user, &base_url(&headers))).collect();
    ok(json!({"data": data, "links": links, "meta": {"total": org.managed_accounts()}}))
}

fn row(org: &Org, user: &User, base: &str) -> Value {
    let mut row = json!({
        "account_id": user.account_id,
        "account_type": if user.relation == Relation::Service { "app" } else { "atlassian" },
        "account_status": user.status.name(),
        "name": user.name,
        "picture": picture(user),
        "access_billable": user.status == Status::Active && user.relation == Relation::Managed,
        "product_access": products(org, user, Form::Access),
        "links": {"self": format!("{base}/users/{}/manage/profile", user.account_id)},
    });
    if let Some(map) = row.as_object_mut() {
        if user.shows_email {
            map.insert("email".into(), user.email.clone().into());
        }
        if let Some(at) = user.last_active_ms {
            map.insert("last_active".into(), time::zulu_ms(at).into());
        }
    }
    row
}

pub(crate) fn picture(user: &User) -> String {
    format!("https://avatars.example.com/{}.png", user.account_id)
}

/// The three forms in which Atlassian lists the products that a user was active in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `product_access` of v1 users.
    Access,
    /// `product_access` of the last-active dates.
    Dates,
    /// `productAccess` of the directory.
    Directory,
}

/// Jira and Confluence, or none for who was never active. Of external users every other one has Jira alone, and all of
/// them are on the partners' site.
pub(crate) fn products(org: &Org, user: &User, form: Form) -> Vec<Value> {
    let Some(at) = user.last_active_ms else { return Vec::new() };
    let external = user.relation == Relation::External;
    let site = org.site(usize::from(external));
    let keys = [("jira-software", "jira", "Jira", at), ("confluence", "confluence", "Confluence", at - 5 * HOUR)];
    let many = if external && user.index.is_multiple_of(2) { 1 } else { 2 };
    let row = |(key, product, name, at): (&str, &str, &str, i64)| {
        let id = format!("ari:cloud:{product}::site/{}", site.id);
        match form {
            Form::Access => json!({"key": key, "name": name, "url": site.url, "last_active": time::zulu_ms(at)}),
            Form::Dates => json!({
                "id": id, "key": key, "last_active": time::date(at), "last_active_timestamp": time::zulu_ms(at),
            }),
            Form::Directory => json!({"id": id, "key": key, "lastActiveTimestamp": time::zulu_ms(at)}),
        }
    };
    keys.into_iter().take(many).map(row).collect()
}

/// When a user was last active, by product; Atlassian documents it as up to 24 hours late.
pub(crate) async fn last_active_dates(
    State(app): State<App>,
    caller: Caller,
    Path((id, account)): Path<(String, String)>,
    params: Params,
) -> Answer {
    caller.unscoped()?;
    let world = app.world();
    let org = caller.own(&world, &id)?;
    page::start("last-active-dates", params.get("cursor"))?;
    let user = find(org, &account)?;
    let mut data = json!({"product_access": products(org, &user, Form::Dates)});
    if let (Some(map), true) = (data.as_object_mut(), user.synced) {
        map.insert("added_to_org".into(), time::date(user.added_ms).into());
        map.insert("added_to_org_timestamp".into(), time::zulu_ms(user.added_ms - user.added_ms % DAY).into());
    }
    ok(json!({"data": data, "links": {}}))
}

fn find(org: &Org, account: &str) -> Result<User, Refusal> {
    org.user_by_account(account).ok_or(Refusal::UserNotFound)
}
