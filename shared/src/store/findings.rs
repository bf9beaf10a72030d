//! Registering orgs and settling findings.

use super::{
    Store,
    call::failed,
    item::{Draft, Entity, key_item, number},
    keys,
};
use crate::{
    error::Result,
    model::{Finding, FindingTransition, Org, OrgId},
    ports::FindingStore,
};
use aws_sdk_dynamodb::error::SdkError;

impl FindingStore for Store {
    async fn put_org(&self, org: &Org) -> Result<()> {
        self.put(&self.tables.cases, Draft::new(keys::org(&org.id), Entity::Org).body(org)?).await
    }

    /// A repeated or late transition changes nothing: a generation is opened once, and a later one is not resolved by
    /// an earlier one.
    async fn put_transition(&self, org: &OrgId, transition: &FindingTransition) -> Result<()> {
        match transition {
            FindingTransition::Open(finding) => {
                let draft = finding_draft(org, finding)?.pending(org, finding.changed_at);
                self.put_finding(draft, finding.generation, "attribute_not_exists(pk) OR generation < :new").await
            }
            FindingTransition::Change(finding) => self.change_finding(org, finding).await,
            FindingTransition::Resolve(finding) => {
                let draft = finding_draft(org, finding)?;
                self.put_finding(draft, finding.generation, "attribute_not_exists(pk) OR generation <= :new").await
            }
        }
    }
}

impl Store {
    /// Changes what a finding says and nothing else: if it is pending, it stays so.
    async fn change_finding(&self, org: &OrgId, finding: &Finding) -> Result<()> {
        let table = &self.tables.cases;
        let body = finding_draft(org, finding)?.build().remove("body");
        let key = keys::finding(org, &finding.id);
        let request = self.client.update_item().table_name(table).set_key(Some(key_item(key)));
        let request = request.update_expression("SET body = :body").condition_expression("generation = :generation");
        let request = request.set_expression_attribute_values(body.map(|body| [(":body".to_owned(), body)].into()));
        match request.expression_attribute_values(":generation", number(finding.generation)).send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(failed("UpdateItem", table)(error)),
        }
    }

    async fn put_finding(&self, draft: Draft, generation: u32, condition: &str) -> Result<()> {
        let table = &self.tables.cases;
        let request = self.client.put_item().table_name(table).set_item(Some(draft.build()));
        let request = request.condition_expression(condition).expression_attribute_values(":new", number(generation));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(failed("PutItem", table)(error)),
        }
    }
}

fn finding_draft(org: &OrgId, finding: &Finding) -> Result<Draft> {
    let draft = Draft::new(keys::finding(org, &finding.id), Entity::Finding).body(finding)?;
    Ok(draft.number("generation", finding.generation))
}
