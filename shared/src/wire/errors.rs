//! The four shapes of Atlassian's errors.
