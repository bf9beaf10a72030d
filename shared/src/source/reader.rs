//! What only reads.
