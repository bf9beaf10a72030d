//! The filters of the credentials' table, as a form and as links.

use super::super::frame::{Link, home};
use crate::{ask::Ask, paging::encoded};
use shared::{
    model::{CredentialKind, OrgId, Severity},
    rules::RULES,
};

/// A filter with a fixed set of values.
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) options: Vec<Choosable>,
}

/// A value of a filter.
pub(crate) struct Choosable {
    pub(crate) value: &'static str,
    pub(crate) chosen: bool,
}

/// Values, and which of them the request chose.
pub(crate) fn options(ask: &Ask<'_>, name: &str, values: impl IntoIterator<Item = &'static str>) -> Vec<Choosable> {
    let chosen = ask.query(name);
    values.into_iter().map(|value| Choosable { value, chosen: chosen == Some(value) }).collect()
}

pub(super) fn choices(ask: &Ask<'_>) -> Vec<Choice> {
    let kinds = options(ask, "kind", CredentialKind::ALL.map(CredentialKind::as_str));
    let severities = options(ask, "severity", Severity::ALL.map(Severity::as_str));
    vec![
        Choice { name: "kind", text: "Kind", options: kinds },
        Choice { name: "rule", text: "Rule", options: options(ask, "rule", RULES.iter().map(|rule| rule.id)) },
        Choice { name: "severity", text: "Severity", options: severities },
    ]
}

/// The same filters on another page of the table.
pub(super) fn link(text: &str, ask: &Ask<'_>, org: &OrgId, page: usize, from: Option<&str>) -> Link {
    let from = from.map(|from| format!("&from={from}")).unwrap_or_default();
    let href = format!("{}{}&page={page}{from}#credentials", home(org), query(ask));
    Link { href, text: text.to_owned() }
}

/// The filters that are set, as the end of a query string.
pub(super) fn query(ask: &Ask<'_>) -> String {
    let names = ["kind", "rule", "severity", "owner", "q"];
    let set = names.iter().filter_map(|name| ask.query(name).map(|value| (name, value)));
    set.map(|(name, value)| format!("&{name}={}", encoded(value))).collect()
}
