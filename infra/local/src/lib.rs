//! The bundle on one machine.
