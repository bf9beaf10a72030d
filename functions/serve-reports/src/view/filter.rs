//! Which rows a request wants.

use crate::{
    api::{findings::rule, owners::RELATIONS},
    ask::Ask,
};
use shared::{
    error::{Error, Result},
    model::{CredentialKind, CredentialRow, Relation, Severity},
};

/// The filters of the credentials; all that are given must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowFilter {
    kind: Option<CredentialKind>,
    rule: Option<String>,
    severity: Option<Severity>,
    /// Account id or mail address as a whole, or a part of the name, in lower case; several are separated by commas.
    owner: Option<String>,
    /// How the owner belongs to the org.
    relation: Option<Relation>,
    /// A part of label, id, owner's name or mail address; in lower case.
    q: Option<String>,
}

impl RowFilter {
    /// The filters of a request.
    pub(crate) fn of(ask: &Ask<'_>) -> Result<Self> {
        let kind = ask.query("kind").map(str::parse).transpose();
        Ok(Self {
            kind: kind.map_err(|reason: String| Error::invalid("kind", reason))?,
            rule: rule(ask)?.map(str::to_owned),
            severity: ask.choice("severity", &Severity::ALL, Severity::as_str)?,
            owner: ask.query("owner").map(str::to_lowercase),
            relation: ask.choice("relation", &RELATIONS, Relation::as_str)?,
            q: ask.query("q").map(str::to_lowercase),
        })
    }

    /// Whether every row passes.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { kind, rule, severity, owner, relation, q } = self;
        kind.is_none() && rule.is_none() && severity.is_none() && owner.is_none() && relation.is_none() && q.is_none()
    }

    /// Whether a row passes.
    pub(crate) fn passes(&self, row: &CredentialRow) -> bool {
        self.kind.is_none_or(|kind| row.credential.reference.kind == kind)
            && self.finding_passes(row)
            && self.owner.as_ref().is_none_or(|owner| owner.split(',').any(|owner| is_owned_by(row, owner.trim())))
            && self.relation.is_none_or(|wanted| relation(row) == wanted)
            && self.q.as_ref().is_none_or(|part| mentions(row, part))
    }

    /// Rule and severity must hold for one and the same finding.
    fn finding_passes(&self, row: &CredentialRow) -> bool {
        let any = self.rule.is_none() && self.severity.is_none();
        any || row.findings.iter().any(|finding| {
            self.rule.as_ref().is_none_or(|rule| finding.rule == *rule)
                && self.severity.is_none_or(|severity| finding.severity == severity)
        })
    }
}

fn relation(row: &CredentialRow) -> Relation {
    row.owner.as_ref().map_or(Relation::Unknown, |owner| owner.relation)
}

fn is_owned_by(row: &CredentialRow, owner: &str) -> bool {
    let account = row.credential.owner.as_ref().is_some_and(|id| id.as_str().eq_ignore_ascii_case(owner));
    account || emails(row).any(|email| email.to_lowercase() == owner) || names(row).any(|name| holds(name, owner))
}

fn mentions(row: &CredentialRow, part: &str) -> bool {
    let credential = &row.credential;
    let own = [credential.label.as_str(), credential.reference.id.as_str()];
    own.into_iter().chain(names(row)).chain(emails(row)).any(|text| holds(text, part))
}

fn names(row: &CredentialRow) -> impl Iterator<Item = &str> {
    let read = row.owner.as_ref().and_then(|owner| owner.name.as_deref());
    read.into_iter().chain(row.credential.owner_name.as_deref())
}

fn emails(row: &CredentialRow) -> impl Iterator<Item = &str> {
    let read = row.owner.as_ref().and_then(|owner| owner.email.as_deref());
    read.into_iter().chain(row.credential.owner_email.as_deref())
}

fn holds(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(part)
}
