//! An address to listen at, perhaps a template for many.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// Stands for the worker's number in a template.
const NUMBER: &str = "{n}";

/// The longest path of a unix socket: the kernel's 108 bytes less the closing zero and the suffix under which it is made.
const MAX_PATH_BYTES: usize = 100;

/// `host:port` or `unix:/path`, where `{n}` stands for the worker's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// `host:port`.
    Tcp(String),
    /// The path of a unix socket.
    Unix(String),
}

impl Listen {
    /// Whether each worker has its own.
    pub fn is_per_worker(&self) -> bool {
        self.text().contains(NUMBER)
    }

    /// The address of worker `number`, from 0.
    pub fn for_worker(&self, number: u16) -> Self {
        let text = self.text().replace(NUMBER, &number.to_string());
        match self {
            Listen::Tcp(_) => Listen::Tcp(text),
            Listen::Unix(_) => Listen::Unix(text),
        }
    }

    /// The first of the addresses of `workers` workers that is none, such as a port beyond 65535.
    pub fn first_bad(&self, workers: u16) -> Option<BadAddress> {
        (0..workers).find_map(|number| self.for_worker(number).to_string().parse::<Self>().err())
    }

    fn text(&self) -> &str {
        match self {
            Listen::Tcp(text) | Listen::Unix(text) => text,
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Tcp(address) => f.write_str(address),
            Listen::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Neither form.
    #[error("`{0}` is no address; write host:port, such as 127.0.0.1:8080, or unix:/path/server.sock")]
    Shape(String),
    /// The kernel has a limit.
    #[error("`{0}` is too long for a unix socket; the path may have {MAX_PATH_BYTES} bytes")]
    TooLong(String),
}

impl FromStr for Listen {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let shape = || BadAddress::Shape(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.len() {
                0 => Err(shape()),
                length if length > MAX_PATH_BYTES => Err(BadAddress::TooLong(text.to_owned())),
                _ => Ok(Listen::Unix(path.to_owned())),
            };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(shape)?;
        let bracketed = host.starts_with('[') && host.ends_with(']');
        let host_is_sane = !host.is_empty() && !host.contains([' ', '/']) && (bracketed || !host.contains(':'));
        let port = port.replace(NUMBER, "0");
        let port_is_sane = port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
        if !host_is_sane || !port_is_sane || !is_name_or_number(&host.replace(NUMBER, "0")) {
            return Err(shape());
        }
        Ok(Listen::Tcp(text.to_owned()))
    }
}

/// What looks like the number of a host must be one; a name is for the system to look up.
fn is_name_or_number(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        let (address, _zone) = inner.split_once('%').unwrap_or((inner.trim_end_matches(']'), ""));
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    !numeric || host.parse::<Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let first = text.parse::<Listen>().ok().map(|listen| listen.for_worker(3).to_string());
        assert_eq!(first.as_deref(), expected, "{text}");
    }

    #[test]
    fn an_address_is_a_host_and_port_or_a_path() {
        check("127.0.0.1:8080", Some("127.0.0.1:8080"));
        check("localhost:0", Some("localhost:0"));
        check("[::1]:8080", Some("[::1]:8080"));
        check("0.0.0.0:808{n}", Some("0.0.0.0:8083"));
        check("unix:/run/lockstep/worker-{n}.sock", Some("unix:/run/lockstep/worker-3.sock"));
        check("unix:relative.sock", Some("unix:relative.sock"));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "8080", "host", ":8080", "host:", "host:http", "host:70000", "::1:80", "http://h:80", "unix:"]
        {
            check(text, None);
        }
        for text in ["host:+80", "127.0.0.300:80", "127.0.0:80", "[::x]:80", "[]:80"] {
            check(text, None);
        }
        check(&format!("unix:/{}", "x".repeat(120)), None);
    }
}
