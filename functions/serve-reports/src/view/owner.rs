//! An account that somebody should know of.

use super::row::RowOwner;
use serde_json::{Value, json};
use shared::{
    messages::owners::{ANSWER_WITHIN, talk_to},
    model::{FactName, Facts, Knowledge, OwnerRow, Relation, Sponsor, Timestamp},
};

/// Whether a use of a token was seen, and what it means that none was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenUse {
    Seen,
    OnlyOtherUse,
    NoUse,
    LogCannotShow,
}

impl TokenUse {
    fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "token_use_seen",
            Self::OnlyOtherUse => "only_other_use_seen",
            Self::NoUse => "no_use_seen",
            Self::LogCannotShow => "log_cannot_show_this",
        }
    }

    fn of(row: &OwnerRow, facts: &Facts) -> Self {
        let external = row.owner.as_ref().is_some_and(|owner| owner.relation == Relation::External);
        let shown = if external { FactName::ExternalUsesLeaveEvents } else { FactName::UsesLeaveEvents };
        let active = row.owner.as_ref().and_then(|owner| owner.last_active_at);
        match (row.last_token_use_at, facts.knowledge(shown), active) {
            (Some(_), _, _) => Self::Seen,
            (None, Knowledge::Refuted | Knowledge::Unknown, _) => Self::LogCannotShow,
            (None, Knowledge::Proven, Some(_)) => Self::OnlyOtherUse,
            (None, Knowledge::Proven, None) => Self::NoUse,
        }
    }
}

/// An account, with a text that can be sent to it.
pub(crate) fn owner(row: &OwnerRow, sponsor: Option<&Sponsor>, facts: &Facts, now: Timestamp) -> Value {
    let name = row.owner.as_ref().and_then(|owner| owner.name.as_deref());
    let text = talk_to(name, &row.held, Some(now + ANSWER_WITHIN));
    let mut view = json!(RowOwner::listed(&row.account, row.owner.as_ref()));
    view["sponsor"] = json!(sponsor.map(|sponsor| &sponsor.sponsor));
    view["credentials"] = json!(row.credentials);
    view["last_token_use_at"] = json!(row.last_token_use_at);
    view["token_use"] = json!(TokenUse::of(row, facts).as_str());
    view["held"] = json!(row.held);
    view["text"] = json!((!text.is_empty()).then_some(text));
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::model::{Fact, Owner};

    fn told(last_use: Option<Timestamp>, knowledge: Knowledge, active: Option<Timestamp>) -> &'static str {
        let owner = Owner { last_active_at: active, ..Owner::new("a".into(), Relation::External) };
        let row = OwnerRow {
            account: "a".into(),
            owner: Some(owner),
            credentials: Default::default(),
            last_token_use_at: last_use,
            held: Vec::new(),
        };
        let name = FactName::ExternalUsesLeaveEvents;
        TokenUse::of(&row, &Facts(vec![Fact { name, knowledge, evidence: String::new() }])).as_str()
    }

    #[test]
    fn that_no_use_was_seen_means_something_only_where_uses_leave_events() {
        let now = Some("2026-11-21T00:00:00Z".parse().unwrap());
        assert_eq!(told(now, Knowledge::Unknown, None), "token_use_seen");
        assert_eq!(told(None, Knowledge::Unknown, now), "log_cannot_show_this");
        assert_eq!(told(None, Knowledge::Proven, now), "only_other_use_seen");
        assert_eq!(told(None, Knowledge::Proven, None), "no_use_seen");
    }
}
