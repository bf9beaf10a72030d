//! A credential's row.
