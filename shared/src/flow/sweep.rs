//! Handles what is pending.
