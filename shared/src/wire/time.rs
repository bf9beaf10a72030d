//! Atlassian's many ways to write a time.
