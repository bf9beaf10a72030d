//! Where a deed was done: the org, and for the deeds of a product the site and the product.
//!
//! The specification has a list of objects with open types there. The recorded samples show `orgs` with a `name`; that
//! the use of a product names `sites` and `products` in the same form is unconfirmed (in one sample a site stands in the
//! context instead).

use serde_json::{Value, json};

use super::actions::product_of;
use super::{Event, Subject};
use crate::draw::Domain;
use crate::ids;
use crate::population::tokens::Kind;
use crate::world::org::Org;

/// How many sites each org has.
pub(crate) const SITES: usize = 2;

/// A site of an org.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) url: String,
}

impl Org {
    /// One of the org's sites: 0 is the main one, 1 the partners'.
    pub(crate) fn site(&self, number: usize) -> Site {
        let company = self.name.to_lowercase().replace(' ', "-");
        let name = if number == 0 { company } else { format!("{company}-partners") };
        let url = format!("https://{name}.atlassian.example");
        let id = ids::uuid(self.people.seed, Domain::Site, u32::try_from(number).unwrap_or(0));
        Site { id, name, url }
    }
}

/// The site of an event: external users work on the partners' site; so does one token in four, one in eight works on both,
/// and one issue in four is there.
fn number(position: usize, event: &Event) -> usize {
    let partners = match event.subject {
        Subject::Use(at) if at.kind == Kind::ExternalToken => true,
        Subject::Use(at) if at.index % 8 == 5 => position.is_multiple_of(3),
        Subject::Use(at) => at.index % 4 == 3,
        Subject::Content(number) => number % 4 == 3,
        Subject::Credential(_) | Subject::User(_) | Subject::Policy(_) => false,
    };
    usize::from(partners)
}

/// The `container` of an event.
pub(crate) fn container(org: &Org, position: usize, event: &Event) -> Value {
    let whole = json!({"id": org.id, "type": "orgs", "attributes": {"name": org.name}});
    if let Subject::Policy(value) = &event.subject {
        let set = json!({"name": org.name, "settingName": "AuthenticationPolicy", "settingValues": value});
        return json!([{"id": org.id, "type": "orgs", "attributes": set}]);
    }
    let Some((product, product_name)) = product_of(event.deed.id()) else { return json!([whole]) };
    let Site { id, name, url } = org.site(number(position, event));
    json!([
        whole,
        {"id": id, "type": "sites", "attributes": {"name": name, "url": url}},
        {"id": format!("ari:cloud:{product}::site/{id}"), "type": "products", "attributes": {"name": product_name, "url": url}},
    ])
}
