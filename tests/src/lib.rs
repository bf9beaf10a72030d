//! What the end-to-end tests share.

pub mod dynamo;
pub mod sample;
pub mod world;
