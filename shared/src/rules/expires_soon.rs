//! expires-soon.
