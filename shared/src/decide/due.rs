//! Whether a report is due.
