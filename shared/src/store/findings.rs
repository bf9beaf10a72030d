//! Registering orgs and settling findings.

use super::{
    Store,
    call::failed,
    item::{Draft, Entity, key_item, number, value},
    keys,
};
use crate::{
    error::Result,
    model::{Finding, FindingTransition, Org, OrgId, Versioned},
    ports::{FindingStore, Written},
};
use aws_sdk_dynamodb::error::SdkError;

impl FindingStore for Store {
    async fn put_org(&self, org: &Versioned<Org>) -> Result<Written> {
        self.put_entry(org).await
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
                let draft = finding_draft(org, finding)?.pending(org, finding.changed_at);
                self.put_finding(draft, finding.generation, "attribute_not_exists(pk) OR generation <= :new").await
            }
        }
    }
}

impl Store {
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

    /// Changes what a finding says, and leaves it pending if it is. One that was exempt from the first is written so.
    async fn change_finding(&self, org: &OrgId, finding: &Finding) -> Result<()> {
        let table = &self.tables.cases;
        let request = self
            .client
            .update_item()
            .table_name(table)
            .set_key(Some(key_item(keys::finding(org, &finding.id))))
            .update_expression("SET entity = :entity, generation = :new, body = :body")
            .condition_expression("attribute_not_exists(pk) OR generation = :new")
            .expression_attribute_values(":entity", Entity::Finding.attribute())
            .expression_attribute_values(":body", value(finding)?)
            .expression_attribute_values(":new", number(finding.generation));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(()),
            Err(error) => Err(failed("UpdateItem", table)(error)),
        }
    }
}

fn finding_draft(org: &OrgId, finding: &Finding) -> Result<Draft> {
    let draft = Draft::new(keys::finding(org, &finding.id), Entity::Finding).body(finding)?;
    Ok(draft.number("generation", finding.generation))
}
