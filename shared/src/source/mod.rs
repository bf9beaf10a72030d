//! Atlassian's API as a client. Reading and revoking are different types.

pub mod client;
mod endpoint;
mod limit;
mod next;
pub mod owner_actor;
pub mod reader;
mod revoker;

pub use client::AtlassianClient;
pub use reader::AtlassianReader;
pub use revoker::TokenRevokerClient;
