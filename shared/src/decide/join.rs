//! Which profile belongs to which credential.
