//! What an action needs next.
