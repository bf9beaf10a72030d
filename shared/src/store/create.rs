//! Creates the tables.
