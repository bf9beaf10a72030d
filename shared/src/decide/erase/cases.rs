//! What becomes of findings, actions, messages and what people entered.

use super::{About, Fate, Personal, changed, cleaned, text::ERASED};
use crate::{
    decide::ledger::own_words,
    error::Result,
    model::{
        Action, Agreement, Audience, Campaign, Decision, DecisionKind, Exemption, Finding, MailAddress, Means,
        Outgoing, Person, RegisterEntry, Registered, Seat, Seats, Sponsor,
    },
};

/// A person's words about the account are erased as a whole: nobody can tell which of them name him.
fn silent(said: &Agreement) -> Agreement {
    Agreement { reason: ERASED.into(), ..said.clone() }
}

impl Personal for Finding {
    fn learn(&self, person: &mut Person) {
        if person.is(self.owner.as_ref()) {
            person.credentials.insert(self.subject.clone());
        }
    }

    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        let his = person.is(self.owner.as_ref()) || person.credentials.contains(&self.subject);
        cleaned(self, person, if his { About::Him } else { About::WhoKnows })
    }
}

impl Personal for Action {
    fn learn(&self, person: &mut Person) {
        let target = &self.plan.target;
        if !person.is(target.owner.as_ref()) {
            return;
        }
        person.actions.insert(self.id.clone());
        person.is_called(target.owner_name.as_deref());
        person.credentials.insert(target.credential.clone());
        person.credentials.extend(self.plan.hits.iter().map(|hit| hit.credential.clone()));
        if let Some(Means::Policy { email, .. }) = &self.plan.means {
            person.is_written_to_at(Some(email));
        }
    }

    /// One that is still to be done must end first: see [`super::first`].
    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        match (person.is(self.plan.target.owner.as_ref()), self.state.is_final()) {
            (true, false) => Ok(Fate::Stays),
            (true, true) => changed(self, &anonymous(self), person),
            (false, _) => cleaned(self, person, About::WhoKnows),
        }
    }
}

fn anonymous(action: &Action) -> Action {
    let mut after = action.clone();
    after.plan.target.owner_name = None;
    if after.plan.rule.is_none() {
        after.plan.why = ERASED.into();
    }
    after.plan.withheld = after.plan.withheld.as_deref().map(own_words);
    after.plan.hits.iter_mut().for_each(|hit| hit.exempt = hit.exempt.as_deref().map(own_words));
    after.agreed = after.agreed.iter().map(silent).collect();
    after.not_needed = after.not_needed.as_ref().map(silent);
    after.reason = after.reason.as_deref().map(own_words);
    after
}

impl Personal for Outgoing {
    fn learn(&self, _: &mut Person) {}

    /// What was written to him or about him goes, whether or not it was sent.
    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        let message = &self.message;
        let to_him = message.audience == Audience::Owner(person.account.clone());
        let about_his = message.credential.as_ref().is_some_and(|credential| person.credentials.contains(credential))
            || message.action.as_ref().is_some_and(|action| person.actions.contains(action));
        if to_him || about_his {
            return Ok(Fate::Goes);
        }
        cleaned(self, person, About::WhoKnows)
    }
}

impl Personal for Decision {
    fn learn(&self, person: &mut Person) {
        if self.action.as_ref().is_some_and(|action| person.actions.contains(action)) {
            person.decisions.insert(self.id.clone());
        }
    }

    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        match person.decisions.contains(&self.id) {
            true => changed(self, &Self { reason: ERASED.into(), ..self.clone() }, person),
            false => cleaned(self, person, About::WhoKnows),
        }
    }
}

/// Whether it covers something of the person.
fn covers(exemption: &Exemption, person: &Person) -> bool {
    let scope = &exemption.scope;
    person.is(scope.owner.as_ref()) || scope.credential.as_ref().is_some_and(|one| person.credentials.contains(one))
}

impl Personal for Exemption {
    /// Why it was granted stands once more in the decision.
    fn learn(&self, person: &mut Person) {
        if covers(self, person) {
            let granted = Decision::id_of(DecisionKind::Exempted, &self.id, &self.author, self.created_at);
            person.decisions.insert(granted);
        }
    }

    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        match covers(self, person) {
            true => changed(self, &Self { reason: ERASED.into(), ..self.clone() }, person),
            false => cleaned(self, person, About::WhoKnows),
        }
    }
}

impl Personal for Sponsor {
    fn learn(&self, _: &mut Person) {}

    /// That somebody answers for him, and that he answers for somebody, is forgotten.
    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        let said = MailAddress::within(&self.sponsor);
        let is_he = said.is_some_and(|said| person.addresses.iter().any(|one| said.is_same(&MailAddress::new(one))));
        if is_he || person.is(Some(&self.account)) {
            return Ok(Fate::Goes);
        }
        cleaned(self, person, About::WhoKnows)
    }
}

impl Personal for Campaign {
    fn learn(&self, _: &mut Person) {}

    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        let of_his = self.credential.as_ref().is_some_and(|one| person.credentials.contains(one));
        if !person.is(self.account.as_ref()) && !of_his {
            return cleaned(self, person, About::WhoKnows);
        }
        let (clicked, ended) = (self.clicked.as_ref().map(silent), self.ended.as_ref().map(silent));
        changed(self, &Self { reason: ERASED.into(), clicked, ended, ..self.clone() }, person)
    }
}

impl Personal for Seats {
    fn learn(&self, person: &mut Person) {
        let name = self.seats.get(&person.account).and_then(|seat| seat.name.clone());
        person.is_called(name.as_deref());
    }

    /// The seat stays taken: in the console it is, until a person takes the account out.
    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        let mut after = self.clone();
        let Some(seat) = after.seats.remove(&person.account) else {
            return cleaned(self, person, About::WhoKnows);
        };
        after.seats.insert(person.pseudonym.clone(), Seat { name: None, reason: ERASED.into(), ..seat });
        match cleaned(&after, person, About::WhoKnows)? {
            Fate::Becomes(clean) => Ok(Fate::Becomes(clean)),
            Fate::Stays | Fate::Goes => Ok(Fate::Becomes(Box::new(after))),
        }
    }
}

/// Of the register only the account as which a credential acts: what people wrote beside it they must look at themselves.
impl Personal for RegisterEntry {
    fn learn(&self, _: &mut Person) {}

    fn fate(&self, person: &Person) -> Result<Fate<Self>> {
        match &self.registered {
            Some(registered) if person.is(registered.owner.as_ref()) => {
                let registered = Registered { owner: Some(person.pseudonym.clone()), ..registered.clone() };
                Ok(Fate::Becomes(Box::new(Self { registered: Some(registered), ..self.clone() })))
            }
            Some(_) | None => Ok(Fate::Stays),
        }
    }
}
