//! What the functions share: the words, the decisions, the flows and their ports.
