//! What people decide.
