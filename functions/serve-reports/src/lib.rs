//! Serves the reports, the pages and the decisions over HTTP.

mod answer;
mod api;
mod app;
mod ask;
mod gate;
pub mod openapi;
mod page;
mod paging;
mod route;
mod view;

pub use app::{App, Pages, Ports, Serving};
pub use gate::Gate;
pub use route::{Access, Route};
pub use view::harmless;
