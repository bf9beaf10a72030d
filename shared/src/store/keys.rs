//! Every key of both tables.
