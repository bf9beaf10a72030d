//! What the log says of requests that fail.

use crate::server::Server;
use serde_json::Value;
use serve_reports::{Access, Route};
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};
use tracing_subscriber::layer::SubscriberExt;

/// Stands for every parameter of a path: an id, or a link that lets whoever has it answer.
const PARAMETER: &str = "eyJzaWduZWQ";

/// The lines of a log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged from here on by this test.
fn logged() -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let writer = {
        let lines = lines.clone();
        move || lines.clone()
    };
    let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(writer);
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    (lines, guard)
}

fn with_parameters(route: Route) -> String {
    let parts = route.pattern().split('/').map(|part| if part.starts_with('{') { PARAMETER } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn a_failure_names_the_route_and_nothing_of_its_path() {
    let server = Server::without_secrets().await;
    let (lines, _guard) = logged();
    for route in Route::ALL.iter().copied().filter(|route| route.access() != Access::Everyone) {
        let form = "answer=not_needed&sure=yes&token=reader";
        let answer = server.send("reader", route.method().as_str(), &with_parameters(route), &[], form).await;
        assert_eq!(answer.status, 503, "{route:?}");
        let text = lines.text();
        let line: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{route:?}: {text:?} is not one line"));
        assert_eq!(line["what"], route.pattern(), "{route:?}");
        assert!(!text.contains(PARAMETER), "{text}");
    }
}
