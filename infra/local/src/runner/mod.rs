//! The bundle on one machine.

pub mod clock;
pub mod crash;
pub mod data_dir;
pub mod database;
