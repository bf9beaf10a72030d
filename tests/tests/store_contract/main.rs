//! One contract for the store, held by dynoxide, by AWS's DynamoDB Local and by ministack; and by the model in memory,
//! as far as it has the ports.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod cases;
mod erase;
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
    ports::{FindingStore, HeadStore, OrgStates, OutboxStore, PollStore, ReportReader, ReportStore},
    store::{Retention, Store, create::create_tables},
};
use tokenwarden_tests::{
    dynamo::{LocalDynamo, LostAnswers},
    model_store::{Fair, ModelStore},
};

/// Ids are opaque: every org of the contract has an odd one.
const ODD_IDS: [&str; 7] = ["plain", "712020:5b10|x", "a#b", "a%23b", "a b", "ünïcode ✓", "a"];

/// The ports that the model in memory has as well.
trait Ports: OutboxStore + HeadStore + FindingStore + OrgStates + PollStore + ReportReader + ReportStore {}

impl<S: OutboxStore + HeadStore + FindingStore + OrgStates + PollStore + ReportReader + ReportStore> Ports for S {}

/// What the other parts of the contract get: fresh tables and a store over them.
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
    shared_contract(&world.store).await;
    history::over_dynamodb(&world).await;
    reports::over_dynamodb(&world).await;
    cases::over_dynamodb(&world).await;
    ledger::over_dynamodb(&world).await;
    messages::over_dynamodb(&world).await;
    events::contract(&world).await;
    quarantine::contract(&world).await;
    purge::contract(&world).await;
    erase::contract(&world).await;
}

/// What the ports promise of cases, the ledger, reports and checkpoints, whatever is below them.
async fn shared_contract(store: &impl Ports) {
    cases::contract(store).await;
    ledger::contract(store).await;
    messages::contract(store).await;
    history::contract(store).await;
    reports::contract(store).await;
}

#[tokio::test]
async fn the_contract_holds_on_the_model_in_memory() {
    shared_contract(&ModelStore::new(Fair::default())).await;
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
