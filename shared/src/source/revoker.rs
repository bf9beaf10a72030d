//! What revokes one user token.
