//! A report's summary, and the header of a quarantined body.

use serde_json::{Value, json};
use shared::model::{Quarantined, Report};

/// A report.
pub(crate) fn report(report: &Report) -> Value {
    let totals = &report.totals;
    json!({
        "id": report.id,
        "generated_at": report.generated_at,
        "status": report.status,
        "sections": report.sections,
        "notices": report.notices,
        "totals": {
            "credentials": totals.credentials,
            "owners": totals.owners,
            "findings": totals.findings,
            "credentials_with_findings": totals.credentials_with_findings,
            "use_unknown": totals.use_unknown,
            "expiring_within_30_days": totals.expiring_within_30_days,
            "expiring_by_week": totals.expiring_by_week,
            "by_kind": totals.by_kind,
            "notes_by_rule": totals.notes_by_rule,
            "unjudged_by_rule": totals.unjudged_by_rule,
            "quarantined": report.quarantined,
            "ignored_events": report.ignored_events,
        },
        "by_severity": totals.by_severity,
        "by_rule": totals.by_rule,
        "changes": report.changes,
        "facts": report.facts,
    })
}

/// A quarantined body, without the body.
pub(crate) fn quarantined(header: &Quarantined) -> Value {
    json!({
        "id": header.id,
        "intake": header.intake,
        "reason": header.reason,
        "at": header.at,
        "size_bytes": header.size_bytes,
    })
}
