//! A simulated Atlassian Cloud organization over HTTP.
