//! HTTP clients: one TLS stack.
