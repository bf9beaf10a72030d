//! Words as items.
