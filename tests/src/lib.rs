//! What the end-to-end tests share.

pub mod doom;
pub mod dynamo;
pub mod sample;
pub mod world;
