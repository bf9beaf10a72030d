//! Reads the event stream from its checkpoint.
