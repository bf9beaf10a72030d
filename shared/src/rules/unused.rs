//! unused.
