//! Which findings changed.
