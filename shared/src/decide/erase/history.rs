//! What becomes of events, and of what reports hold.

use super::{About, Fate, Personal, changed, cleaned};
use crate::{
    error::Result,
    model::{AccountId, AuditEvent, Credential, CredentialRow, MailAddress, Owner, OwnerRow, Person, Report},
};
use serde_json::Value;

/// How Atlassian's JSON names the account that an object is about, as far as was seen.
const ID_FIELDS: [&str; 3] = ["id", "account_id", "accountId"];
/// How it names people.
const NAME_FIELDS: [&str; 4] = ["name", "displayName", "display_name", "nickname"];

impl Person {
    pub(super) fn is(&self, account: Option<&AccountId>) -> bool {
        account == Some(&self.account)
    }

    pub(super) fn is_called(&mut self, name: Option<&str>) {
        self.names.extend(name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
    }

    /// Keeps what is an address: an event may hold a text such as `Atlassian app` instead.
    pub(super) fn is_written_to_at(&mut self, address: Option<&str>) {
        let sound = address.map(str::trim).filter(|address| MailAddress::new(*address).is_sound());
        self.addresses.extend(sound.map(str::to_owned));
    }

    fn has_address(&self, address: Option<&str>) -> bool {
        address.is_some_and(|address| self.addresses.iter().any(|known| known.eq_ignore_ascii_case(address.trim())))
    }

    fn learn_owner(&mut self, owner: &Owner) {
        if self.is(Some(&owner.account_id)) {
            self.is_called(owner.name.as_deref());
            self.is_written_to_at(owner.email.as_deref());
        }
    }

    fn learn_credential(&mut self, credential: &Credential) {
        if self.is(credential.owner.as_ref()) {
            self.is_called(credential.owner_name.as_deref());
            self.is_written_to_at(credential.owner_email.as_deref());
            self.credentials.insert(credential.reference.clone());
        }
    }

    /// What an object of Atlassian's says of the account that it is about.
    fn learn_json(&mut self, value: &Value) {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            Value::Array(items) => items.iter().for_each(|item| self.learn_json(item)),
            Value::Object(fields) => {
                let text = |name: &str| fields.get(name).and_then(Value::as_str);
                if ID_FIELDS.iter().any(|field| text(field) == Some(self.account.as_str())) {
                    NAME_FIELDS.iter().for_each(|field| self.is_called(text(field)));
                    self.is_written_to_at(text("email"));
                }
                fields.values().for_each(|value| self.learn_json(value));
            }
        }
    }
}

/// An account without the person: what it is, not who.
fn nobody(owner: &Owner) -> Owner {
    let Owner { account_id, status, relation, org_admin, .. } = owner.clone();
    Owner { status, org_admin, ..Owner::new(account_id, relation) }
}

impl Personal for AuditEvent {
    fn learn(&self, person: &mut Person) {
        if person.is(self.actor.id.as_ref()) {
            person.is_called(self.actor.name.as_deref());
            person.is_written_to_at(self.actor.email.as_deref());
        }
        if let Ok(raw) = serde_json::from_str::<Value>(&self.raw) {
            person.learn_json(&raw);
        }
    }

    /// What he did goes. What others did to him stays, as what they did.
    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        if person.is(self.actor.id.as_ref()) || person.has_address(self.actor.email.as_deref()) {
            return Ok(Fate::Goes);
        }
        cleaned(self, person, About::WhoKnows)
    }
}

impl Personal for CredentialRow {
    fn learn(&self, person: &mut Person) {
        self.owner.iter().for_each(|owner| person.learn_owner(owner));
        person.learn_credential(&self.credential);
        if self.owner.as_ref().is_some_and(|owner| person.is(Some(&owner.account_id))) {
            person.credentials.insert(self.credential.reference.clone());
        }
    }

    /// The credential stays, so that what was counted stays true. How its owner used it goes.
    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        let owner = self.owner.as_ref().map(|owner| &owner.account_id);
        if !person.is(self.credential.owner.as_ref()) && !person.is(owner) {
            return cleaned(self, person, About::WhoKnows);
        }
        let credential = Credential { owner_name: None, owner_email: None, ..self.credential.clone() };
        let after = Self { credential, owner: self.owner.as_ref().map(nobody), profile: None, ..self.clone() };
        changed(self, &after, person)
    }
}

impl Personal for OwnerRow {
    fn learn(&self, person: &mut Person) {
        self.owner.iter().for_each(|owner| person.learn_owner(owner));
        if person.is(Some(&self.account)) {
            person.credentials.extend(self.held.iter().map(|held| held.credential.clone()));
        }
    }

    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        if !person.is(Some(&self.account)) {
            return cleaned(self, person, About::WhoKnows);
        }
        changed(self, &Self { owner: self.owner.as_ref().map(nobody), ..self.clone() }, person)
    }
}

impl Personal for Report {
    fn learn(&self, _: &mut Person) {}

    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        cleaned(self, person, About::WhoKnows)
    }
}

/// A staged account: it is needed for no report any more.
impl Personal for Owner {
    fn learn(&self, person: &mut Person) {
        person.learn_owner(self);
    }

    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        if person.is(Some(&self.account_id)) { Ok(Fate::Goes) } else { cleaned(self, person, About::WhoKnows) }
    }
}

/// The staged mark of an org admin, likewise.
impl Personal for AccountId {
    fn learn(&self, _: &mut Person) {}

    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        Ok(if person.is(Some(self)) { Fate::Goes } else { Fate::Stays })
    }
}

/// A staged credential, likewise.
impl Personal for Credential {
    fn learn(&self, person: &mut Person) {
        person.learn_credential(self);
    }

    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        if person.is(self.owner.as_ref()) { Ok(Fate::Goes) } else { cleaned(self, person, About::WhoKnows) }
    }
}
