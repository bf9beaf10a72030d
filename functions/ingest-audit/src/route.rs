//! The two routes.

use crate::answer::Refusal;
use lambda_http::http::Method;
use percent_encoding::percent_decode_str;
use shared::{
    error::Error,
    model::{Intake, OrgId},
};

/// Where a delivery belongs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The org that the path names; never guessed from a body.
    pub(crate) org: OrgId,
    /// By which way it came.
    pub(crate) intake: Intake,
}

/// 404 for another path, 405 for another method.
pub(crate) fn route(method: &Method, path: &str) -> Result<Target, Refusal> {
    let Some(target) = target(path) else { return Err(Error::NotFound("this path".to_owned()).into()) };
    if method == Method::POST { Ok(target) } else { Err(Refusal::Method) }
}

fn target(path: &str) -> Option<Target> {
    let (org, last) = path.strip_prefix("/webhooks/")?.split_once('/')?;
    let intake = match last {
        "audit" => Intake::AuditWebhook,
        "guard-detect" => Intake::GuardDetectWebhook,
        _ => return None,
    };
    let org = percent_decode_str(org).decode_utf8().ok().filter(|org| !org.is_empty())?;
    Some(Target { org: OrgId::new(org), intake })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_the_org_and_the_way() {
        let found = target("/webhooks/o%2F1/audit");
        assert_eq!(found, Some(Target { org: OrgId::new("o/1"), intake: Intake::AuditWebhook }));
        let found = target("/webhooks/o1/guard-detect").map(|target| target.intake);
        assert_eq!(found, Some(Intake::GuardDetectWebhook));
        for other in
            ["/", "/webhooks", "/webhooks/o1", "/webhooks//audit", "/webhooks/o1/audit/x", "/webhooks/%ff/audit"]
        {
            assert_eq!(target(other), None, "{other}");
        }
    }
}
