//! What the end-to-end tests share.

pub mod doom;
pub mod dynamo;
pub mod lambda;
pub mod model_store;
pub mod receiver;
pub mod rights;
pub mod sample;
pub mod template;
pub mod world;
