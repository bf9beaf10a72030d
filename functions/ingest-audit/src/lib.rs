//! Stores every audit event that Atlassian pushes, once.
