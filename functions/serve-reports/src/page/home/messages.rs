//! The messages that reached nobody, as one sentence with the reasons.

use shared::model::{Page, Undelivered};
use std::collections::BTreeMap;

/// So many are looked at.
pub(super) const LOOKED_AT: u32 = 200;
/// So many reasons are named.
const REASONS: usize = 3;

/// What could not be delivered and why; `None` if everything could.
pub(super) fn undelivered(found: &Page<Undelivered>) -> Option<String> {
    let count = found.items.len();
    let more = if found.next.is_some() { "At least " } else { "" };
    let what = match count {
        0 => return None,
        1 => "1 message could not be delivered".to_owned(),
        many => format!("{more}{many} messages could not be delivered"),
    };
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    found.items.iter().for_each(|one| *reasons.entry(one.reason.as_str()).or_default() += 1);
    let mut reasons: Vec<(&str, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others = reasons.len().saturating_sub(REASONS);
    let named = reasons.iter().take(REASONS).map(|(reason, count)| match count {
        1 => (*reason).to_owned(),
        many => format!("{reason} ({many} times)"),
    });
    let named = named.collect::<Vec<_>>().join("; ");
    let others = if others > 0 { format!("; and {others} more") } else { String::new() };
    Some(format!("{what}: {named}{others}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::model::MessageKind;

    fn page(reasons: &[&str]) -> Page<Undelivered> {
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        let line =
            |reason: &&str| Undelivered { id: "m".into(), kind: MessageKind::Notice, at, reason: (*reason).into() };
        Page { items: reasons.iter().map(line).collect(), next: None }
    }

    #[test]
    fn what_could_not_be_delivered_is_told_with_its_reasons() {
        assert_eq!(undelivered(&page(&[])), None);
        assert_eq!(undelivered(&page(&["a"])).as_deref(), Some("1 message could not be delivered: a."));
        let many = undelivered(&page(&["b", "a", "b", "c", "d"]));
        let told = "5 messages could not be delivered: b (2 times); a; c; and 1 more.";
        assert_eq!(many.as_deref(), Some(told));
    }
}
