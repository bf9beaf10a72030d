//! Lists of tokens and keys.
