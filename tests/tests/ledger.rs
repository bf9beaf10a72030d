//! A day passes and the head is published; then somebody changes what is stored, and `tokenwarden ledger verify` names it.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic, its helpers too")]
#![expect(clippy::disallowed_types, reason = "items are changed as no port of ours would")]

use atlassian_sim::SimOptions;
use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    clock::NoDeadline,
    error::{Error, Result},
    model::{OrgId, SignedHead, SignerKey},
    ports::{CaseReader, HeadReader, HeadSigner},
    store::keys::{self, Key},
};
use std::{path::Path, process::Output, time::Duration};
use tokenwarden_local::{Atlassian, FirstReport, Runner, RunnerOptions};
use tokenwarden_tests::{
    lambda::build_programs,
    world::{ENFORCE, ORG, World},
};
use tokio::process::Command;

const DAY_SECS: i64 = 86_400;

fn org() -> OrgId {
    ORG.into()
}

async fn started() -> Runner {
    let options = SimOptions { users: 60, tokens: 40, max_events: 300, ..SimOptions::default() };
    let listen = "127.0.0.1:0".parse().unwrap();
    let atlassian = Atlassian::Simulated { listen, options: Box::new(options) };
    Runner::start(RunnerOptions { atlassian, first_report: FirstReport::Skip, ..RunnerOptions::default() })
        .await
        .unwrap()
}

/// A day that ends with a sweep, and in which the kill switch was put on and off.
async fn a_day(runner: &Runner) {
    for command in ["stop", "resume"] {
        assert!(tokenwarden(runner, &[command]).await.status.success());
    }
    runner.advance(DAY_SECS).await.unwrap();
    runner.run("remediate-tokens").await.unwrap();
}

async fn tokenwarden(runner: &Runner, arguments: &[&str]) -> Output {
    let mut command = Command::new(build_programs().join("tokenwarden"));
    command.args(arguments).args(["--api", &runner.url()]).env("TOKENWARDEN_TOKEN", "local-admin");
    command.output().await.unwrap()
}

async fn ledger(runner: &Runner, arguments: &[&str]) -> Output {
    tokenwarden(runner, &[&["ledger"], arguments].concat()).await
}

async fn verified(runner: &Runner, arguments: &[&str]) -> (Option<i32>, String) {
    let output = ledger(runner, &[&["verify"], arguments].concat()).await;
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), text)
}

/// What a command prints, in a file of this folder.
async fn kept(runner: &Runner, folder: &Path, command: &str) -> String {
    let file = folder.join(command);
    let output = ledger(runner, &[command]).await;
    assert!(output.status.success(), "{output:?}");
    std::fs::write(&file, output.stdout).unwrap();
    file.to_str().unwrap().to_owned()
}

async fn set(runner: &Runner, key: Key, expression: &str, value: &str) {
    let update = runner.bundle().database.client().update_item().table_name(&runner.bundle().tables.cases);
    let update = update.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk));
    let update = update.update_expression(format!("SET {expression} = :value"));
    update.expression_attribute_values(":value", AttributeValue::S(value.into())).send().await.unwrap();
}

async fn delete(runner: &Runner, key: Key) {
    let delete = runner.bundle().database.client().delete_item().table_name(&runner.bundle().tables.cases);
    delete.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk)).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_passes_the_head_is_published_and_what_is_changed_afterwards_is_named() {
    let (runner, folder) = (started().await, tempfile::tempdir().unwrap());
    a_day(&runner).await;
    let (heads, key) = (kept(&runner, folder.path(), "heads").await, kept(&runner, folder.path(), "key").await);
    let kept_elsewhere = ["--heads", heads.as_str(), "--key", key.as_str()];
    let (code, told) = verified(&runner, &[]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("whole, 3 entries") && told.contains("proves less than ones kept elsewhere"), "{told}");
    let (code, told) = verified(&runner, &kept_elsewhere).await;
    assert_eq!(
        (code, told.contains("signed by the key"), told.contains("proves less")),
        (Some(0), true, false),
        "{told}"
    );

    let export = kept(&runner, folder.path(), "export").await;
    let offline = [&["--file", export.as_str()], kept_elsewhere.as_slice()].concat();
    assert_eq!(verified(&runner, &offline).await.0, Some(0));

    set(&runner, keys::ledger_entry(&org(), 2), "body.principal", "somebody else").await;
    for arguments in [&[][..], &kept_elsewhere] {
        let (code, told) = verified(&runner, arguments).await;
        assert_eq!((code, told.contains("broken: entry 2 of the ledger was changed")), (Some(1), true), "{told}");
    }
    set(&runner, keys::ledger_entry(&org(), 2), "body.kind", "stoppec").await;
    let (code, told) = verified(&runner, &kept_elsewhere).await;
    assert_eq!((code, told.contains("broken: entry 2 of the ledger cannot be read")), (Some(1), true), "{told}");
    assert_eq!(verified(&runner, &offline).await.0, Some(0), "the export was taken before");
    runner.shutdown().await;
}

/// Whoever may write the table cuts the tail, takes the head back, and deletes the published head.
#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_was_cut_shows_by_the_heads_that_were_kept_and_is_never_signed() {
    let (runner, folder) = (started().await, tempfile::tempdir().unwrap());
    a_day(&runner).await;
    a_day(&runner).await;
    let heads = kept(&runner, folder.path(), "heads").await;
    let store = runner.bundle().store();
    let entries = store.ledger(&org(), 0, 100).await.unwrap().items;
    assert_eq!(entries.len(), 5);
    for seq in [4, 5] {
        delete(&runner, keys::ledger_entry(&org(), seq)).await;
    }
    let (code, told) = verified(&runner, &[]).await;
    assert_eq!((code, told.contains("broken: entry 4 of the ledger is missing")), (Some(1), true), "{told}");
    let newest = store.published_heads(&org(), None, 1).await.unwrap().items.remove(0);
    delete(&runner, keys::published_head(&org(), newest.at)).await;
    let (code, told) = verified(&runner, &[]).await;
    assert_eq!(code, Some(0), "heads of the same server prove less: {told}");
    let (code, told) = verified(&runner, &["--heads", &heads]).await;
    assert_eq!((code, told.contains("broken: entry 4 of the ledger is missing")), (Some(1), true), "{told}");
    runner.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_drawn_once_and_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let options = || RunnerOptions {
        data_dir: Some(folder.path().into()),
        first_report: FirstReport::Skip,
        ..RunnerOptions::default()
    };
    let mut keys = Vec::new();
    for _ in 0..2 {
        let runner = Runner::start(options()).await.unwrap();
        runner.advance(DAY_SECS).await.unwrap();
        runner.run("remediate-tokens").await.unwrap();
        keys = runner.bundle().store().head_keys(&org()).await.unwrap();
        runner.shutdown().await;
    }
    assert_eq!(keys.len(), 1, "both days' heads are signed by one key");
    let mode = std::fs::metadata(folder.path().join("ledger-key.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// A key that does not sign.
struct Broken;

impl HeadSigner for Broken {
    async fn key(&self) -> Result<Option<SignerKey>> {
        Err(Error::Signing("the key is disabled".into()))
    }

    async fn sign(&self, _: &str) -> Result<Vec<u8>> {
        panic!("there is no key")
    }
}

async fn heads(world: &World) -> Vec<SignedHead> {
    world.store().published_heads(&world.org, None, 100).await.unwrap().items
}

#[tokio::test]
async fn a_key_that_does_not_sign_stops_nothing_and_is_tried_again_at_the_next_sweep() {
    let world = World::with(SimOptions { users: 60, tokens: 40, max_events: 300, ..SimOptions::default() }).await;
    world.poll().await;
    world.report().await;
    world.put_policy(ENFORCE).await;
    let app = remediate_tokens::App {
        store: world.store_of("remediate-tokens"),
        revoker: world.revoker(),
        notifier: world.ways.notifiers(&world.clock),
        signer: Broken,
        clock: world.clock.clone(),
        call_timeout: Duration::from_secs(20),
    };
    let outcome = app.run(remediate_tokens::Trigger::Sweep, &NoDeadline).await.unwrap();
    assert!(outcome.orgs[ORG].handled > 0, "{outcome:?}");
    assert_eq!((heads(&world).await, outcome.heads_unpublished), (Vec::new(), 1));
    for _ in 0..2 {
        world.sweep().await;
    }
    assert_eq!(heads(&world).await.len(), 1, "once a day");
    world.advance(Duration::from_secs(86_400)).await;
    world.sweep().await;
    assert_eq!(heads(&world).await.len(), 2);
}

#[tokio::test]
async fn a_ledger_that_does_not_go_on_from_its_published_head_is_counted_by_every_sweep() {
    let world = World::with(SimOptions { users: 60, tokens: 40, max_events: 300, ..SimOptions::default() }).await;
    world.poll().await;
    world.report().await;
    world.put_policy(ENFORCE).await;
    assert_eq!(world.sweep().await.heads_unpublished, 0);
    assert_eq!(heads(&world).await.len(), 1);
    let keys::Key { pk, sk } = keys::ledger_head(&world.org);
    let delete = world.dynamo.client().delete_item().table_name(&world.tables.cases);
    delete.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S(sk)).send().await.unwrap();
    for _ in 0..2 {
        assert_eq!(world.sweep().await.heads_unpublished, 1);
    }
}
