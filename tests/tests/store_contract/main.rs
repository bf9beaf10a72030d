//! One contract for the store, held by dynoxide, by AWS's DynamoDB Local and by ministack.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod cases;
mod events;
mod history;
mod ledger;
mod messages;
mod purge;
mod quarantine;
mod reports;
mod samples;

use shared::{
    config::Tables,
    model::OrgId,
    store::{Retention, Store, create::create_tables},
};
use tokenwarden_tests::dynamo::{LocalDynamo, LostAnswers};

/// Ids are opaque: every org of the contract has an odd one.
const ODD_IDS: [&str; 7] = ["plain", "712020:5b10|x", "a#b", "a%23b", "a b", "ünïcode ✓", "a"];

/// What each part of the contract gets: fresh tables and a store over them.
struct World {
    dynamo: LocalDynamo,
    tables: Tables,
    store: Store,
}

impl World {
    async fn over(dynamo: LocalDynamo) -> Self {
        let tables = dynamo.fresh_tables().await;
        let store = Store::new(dynamo.client(), tables.clone(), RETENTION);
        Self { dynamo, tables, store }
    }

    /// A store whose answers can be lost on the way.
    fn losing_store(&self) -> (Store, LostAnswers) {
        let (client, lost) = self.dynamo.losing_client();
        (Store::new(client, self.tables.clone(), RETENTION), lost)
    }
}

const RETENTION: Retention = Retention { event_days: 120, report_days: 400 };

fn odd_orgs() -> impl Iterator<Item = OrgId> {
    ODD_IDS.into_iter().map(OrgId::from)
}

/// Everything that the ports promise.
async fn contract(dynamo: LocalDynamo) {
    let world = World::over(dynamo).await;
    create_tables(&world.dynamo.client(), &world.tables).await.expect("tables that exist are fine");
    events::contract(&world).await;
    history::contract(&world).await;
    quarantine::contract(&world).await;
    reports::contract(&world).await;
    cases::contract(&world).await;
    ledger::contract(&world).await;
    messages::contract(&world).await;
    purge::contract(&world).await;
}

#[tokio::test]
async fn the_contract_holds_on_dynoxide() {
    contract(LocalDynamo::start().await).await;
}

#[tokio::test]
async fn the_contract_holds_on_dynamodb_local() {
    match LocalDynamo::start_dynamodb_local().await {
        Some(dynamo) => contract(dynamo).await,
        None => eprintln!(
            "SKIPPED: the contract on DynamoDB Local. To run it: sh infra/tools/dynamodb-local.sh, or set DYNAMODB_LOCAL_URL"
        ),
    }
}

#[tokio::test]
async fn the_contract_holds_on_ministack() {
    match LocalDynamo::start_ministack().await {
        Some(dynamo) => contract(dynamo).await,
        None => eprintln!(
            "SKIPPED: the contract on ministack. To run it: sh infra/tools/python-tool.sh ministack, or set MINISTACK_URL"
        ),
    }
}
