//! Atlassian's API as a client. Reading and revoking are different types.

pub mod client;
pub mod reader;
pub mod revoker;
