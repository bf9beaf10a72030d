//! An org audit event.
