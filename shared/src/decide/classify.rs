//! What an event is about.
