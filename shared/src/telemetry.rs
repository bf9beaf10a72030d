//! Logs: structured, with secrets masked.
