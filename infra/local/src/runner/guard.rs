//! What every request passes first: a page of another site must not reach a runner on its reader's machine.

use http::{HeaderMap, Method, header};
use std::net::{IpAddr, SocketAddr};

/// The hosts and origins that are answered.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    address: SocketAddr,
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// Another `Host`: perhaps a name of another site that was bound to this address.
    Host,
    /// A write with another `Origin`: a page of another site sent it.
    Origin,
}

impl Guard {
    /// A guard for a server that listens here.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Whether the request is refused. `authority` is that of the request line, where it has one.
    pub(crate) fn refuses(&self, method: &Method, authority: Option<&str>, headers: &HeaderMap) -> Option<Foreign> {
        let text = |name| headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap_or_default());
        let host = text(header::HOST).or(authority).unwrap_or_default();
        if !self.knows(host) || authority.is_some_and(|authority| !self.knows(authority)) {
            return Some(Foreign::Host);
        }
        let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(method);
        let ours = |origin: &str| origin.strip_prefix("http://").is_some_and(|host| self.knows(host));
        match text(header::ORIGIN) {
            Some(origin) if !reads && !ours(origin) => Some(Foreign::Origin),
            Some(_) | None => None,
        }
    }

    fn knows(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !name.ends_with(':') && !port.contains(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        port == Some(self.address.port()) && self.knows_name(name)
    }

    fn knows_name(&self, name: &str) -> bool {
        let ip = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        let listen = self.address.ip();
        match ip {
            // Listening everywhere, each of the machine's addresses is the listen address; a name never is.
            Some(ip) => ip == listen || listen.is_unspecified(),
            None => listen.is_loopback() && name.eq_ignore_ascii_case("localhost"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(listen: &str, method: &Method, host: &str, origin: Option<&str>) -> Option<Foreign> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        Guard::new(listen.parse().unwrap()).refuses(method, None, &headers)
    }

    #[test]
    fn only_the_listen_address_is_a_host() {
        for host in ["127.0.0.1:8787", "localhost:8787", "LOCALHOST:8787"] {
            assert_eq!(refused("127.0.0.1:8787", &Method::GET, host, None), None, "{host}");
        }
        let foreign =
            ["evil.example:8787", "127.0.0.1", "127.0.0.1:80", "127.0.0.2:8787", "localhost", "", "::1", ":8787"];
        for host in foreign {
            assert_eq!(refused("127.0.0.1:8787", &Method::GET, host, None), Some(Foreign::Host), "{host}");
        }
        assert_eq!(refused("10.0.0.5:8787", &Method::GET, "localhost:8787", None), Some(Foreign::Host));
        assert_eq!(refused("[::1]:8787", &Method::GET, "[::1]:8787", None), None);
        assert_eq!(refused("127.0.0.1:80", &Method::GET, "localhost", None), None);
        assert_eq!(refused("0.0.0.0:8787", &Method::GET, "10.0.0.5:8787", None), None);
        assert_eq!(refused("0.0.0.0:8787", &Method::GET, "evil.example:8787", None), Some(Foreign::Host));
    }

    #[test]
    fn a_write_with_a_foreign_origin_is_refused_and_a_read_is_not() {
        let listen = "127.0.0.1:8787";
        for origin in ["http://evil.example", "null", "https://localhost:8787", "http://localhost:8788"] {
            let refused = |method: &Method| refused(listen, method, "localhost:8787", Some(origin));
            assert_eq!(refused(&Method::POST), Some(Foreign::Origin), "{origin}");
            assert_eq!(refused(&Method::DELETE), Some(Foreign::Origin), "{origin}");
            assert_eq!(refused(&Method::GET), None, "{origin}");
        }
        assert_eq!(refused(listen, &Method::PUT, "localhost:8787", Some("http://127.0.0.1:8787")), None);
    }
}
