//! AWS KMS as the emulated AWS has it: a head signed there, and what is not the right key.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use aws_sdk_kms::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
    types::{KeySpec, KeyUsageType},
};
use shared::{
    decide::head::{Vouched, check, message, sealed, unsigned},
    error::Error,
    model::{LedgerHead, SignedHead, SignerKey},
    ports::HeadSigner,
    signing::KmsSigner,
};
use tokenwarden_tests::dynamo::LocalDynamo;

fn client(url: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

/// A new key; its ARN.
async fn key(client: &Client, spec: KeySpec) -> String {
    let key = client.create_key().key_spec(spec).key_usage(KeyUsageType::SignVerify).send().await.unwrap();
    key.key_metadata.unwrap().arn.unwrap()
}

fn head() -> SignedHead {
    let head = LedgerHead { seq: 7, hash: "a".repeat(64) };
    unsigned(&"org-1".into(), head, "2026-11-21T12:00:00Z".parse().unwrap())
}

async fn signed(signer: &KmsSigner) -> (SignedHead, SignerKey) {
    let (key, head) = (signer.key().await.unwrap().unwrap(), head());
    let signature = signer.sign(&message(&head, &key.key_id)).await.unwrap();
    (sealed(head, &key, &signature).unwrap(), key)
}

#[tokio::test]
async fn kms_signs_heads_and_names_the_key_by_its_arn() {
    let Some(aws) = LocalDynamo::start_ministack().await else {
        eprintln!("SKIPPED: signing by KMS. To run it: sh infra/tools/python-tool.sh ministack, or set MINISTACK_URL");
        return;
    };
    let client = client(aws.url());
    let arn = key(&client, KeySpec::EccNistP256).await;
    client.create_alias().alias_name("alias/ledger").target_key_id(&arn).send().await.unwrap();
    for name in [arn.as_str(), "alias/ledger"] {
        let (signed, key) = signed(&KmsSigner::new(client.clone(), name.into())).await;
        assert_eq!((&key.key_id, check(&signed, &[key.public])), (&arn, Ok(Vouched::By(key.public))), "{name}");
    }
    wrong_keys_are_refused(&client).await;
}

async fn wrong_keys_are_refused(client: &Client) {
    for spec in [KeySpec::EccNistP384, KeySpec::Rsa2048] {
        let signer = KmsSigner::new(client.clone(), key(client, spec.clone()).await);
        assert!(matches!(signer.key().await, Err(Error::Invalid { .. })), "{spec:?}");
    }
    let missing = KmsSigner::new(client.clone(), "alias/none".into());
    assert_eq!(missing.key().await, Err(Error::Signing("KMS GetPublicKey: NotFoundException".into())));
}

#[tokio::test]
async fn a_kms_that_is_not_there_is_told() {
    let signer = KmsSigner::new(client("http://127.0.0.1:9"), "key".into());
    let told = Err(Error::Signing("KMS GetPublicKey: could not be reached in time".into()));
    assert_eq!(signer.key().await, told);
}
