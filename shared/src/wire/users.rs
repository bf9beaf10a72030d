//! Lists of accounts.
