//! The findings: open, exempt, accepted and resolved.

use crate::{
    answer::{Answer, Reply},
    ask::Ask,
    paging::{Keep, Place, limit, walk},
};
use serde_json::json;
use shared::{
    decide::exempt,
    error::{Error, Result},
    model::{Finding, FindingId, FindingStatus, Page, Severity},
    ports::CaseReader,
    rules::{Begins, RULES, Rule},
};

/// `GET /v1/orgs/{org}/findings`.
pub(crate) async fn list<S: CaseReader>(store: &S, ask: &Ask<'_>) -> Reply {
    let org = &ask.org(store).await?.id;
    let place = Place::of(ask, format!("findings:{org}"))?;
    let status = ask.choice("status", &FindingStatus::ALL, FindingStatus::as_str)?;
    let severity = ask.choice("severity", &Severity::ALL, Severity::as_str)?;
    let rule = rule(ask)?;
    let exemptions = &store.exemptions(org).await?;
    let shown = |finding: Finding| exempt::as_of(finding, exemptions, ask.now);
    let passes = |finding: &Finding| {
        status.is_none_or(|status| finding.status == status)
            && severity.is_none_or(|severity| finding.severity == severity)
            && rule.is_none_or(|rule| finding.rule == rule)
    };
    let all = status.is_none() && severity.is_none() && rule.is_none();
    let keep = if all { Keep::All } else { Keep::Those(passes) };
    let part = walk(place, limit(ask)?, keep, |after, size| async move {
        let page = store.findings(org, after.map(FindingId::new).as_ref(), size).await?;
        Ok(Page { items: page.items.into_iter().map(shown).collect(), next: page.next })
    });
    Ok(part.await?.answer(ask, |finding| json!(finding)))
}

/// `GET /v1/rules`: what each rule looks for, what a person does about it, and where it stands in public catalogues.
pub(crate) fn rules() -> Answer {
    let line = |rule: &Rule| {
        json!({
            "id": rule.id,
            "about": rule.about,
            "advice": rule.advice,
            "tags": rule.tags,
            "kinds": rule.kinds,
            "needs": rule.needs,
            "makes": match rule.begins {
                Begins::AsFinding => "findings",
                Begins::AsNote => "notes until the policy names it",
            },
        })
    };
    Answer::json(&json!({ "items": RULES.iter().map(line).collect::<Vec<_>>(), "next": null }))
}

/// The rule that a request filters by: a misspelt one would show nothing, which reads like "clean".
pub(crate) fn rule<'a>(ask: &'a Ask<'_>) -> Result<Option<&'a str>> {
    let Some(given) = ask.query("rule") else { return Ok(None) };
    if Rule::named(given).is_some() {
        return Ok(Some(given));
    }
    let known = RULES.iter().map(|rule| rule.id).collect::<Vec<_>>().join(", ");
    Err(Error::invalid("rule", format!("it must be one of: {known}")))
}
