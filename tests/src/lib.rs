//! What the end-to-end tests share.

pub mod dynamo;
pub mod lambda;
pub mod sample;
pub mod template;
pub mod world;
