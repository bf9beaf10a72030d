//! A distance between a function and its database: each request is held up a little on its way, as it is on AWS.
//! Without it, what is done in a row costs here next to nothing, and there nearly everything.

use crate::Outcome;
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    task::JoinHandle,
};

/// A way to a server that takes so long, one way; it ends with the value.
pub(crate) struct Distance {
    url: String,
    task: JoinHandle<()>,
}

impl Distance {
    /// Listens on a free port and passes everything on to a server, given by its plain `http` address.
    pub(crate) async fn to(url: &str, delay: Duration) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let near = format!("http://{}", listener.local_addr()?);
        let far = url.trim_start_matches("http://").to_owned();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let far = far.clone();
                tokio::spawn(async move { pass(client, &far, delay).await.unwrap_or_default() });
            }
        });
        Ok(Self { url: near, task })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Distance {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(client: TcpStream, far: &str, delay: Duration) -> io::Result<()> {
    let server = TcpStream::connect(far).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let quiet = Arc::new(AtomicBool::new(true));
    let back = tokio::spawn(copy(from_server, to_client, Arc::clone(&quiet), None));
    copy(from_client, to_server, quiet, Some(delay)).await?;
    back.await?
}

/// Copies until the end. What follows an answer is a new request, and waits once.
async fn copy(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    quiet: Arc<AtomicBool>,
    delay: Option<Duration>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        match delay {
            Some(delay) if quiet.swap(false, Ordering::SeqCst) => tokio::time::sleep(delay).await,
            Some(_) => {}
            None => quiet.store(true, Ordering::SeqCst),
        }
        to.write_all(&buffer[..read]).await?;
    }
}
