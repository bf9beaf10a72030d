//! The two DynamoDB tables. Nobody else sees `AttributeValue`.

pub mod create;
pub mod item;
pub mod keys;
