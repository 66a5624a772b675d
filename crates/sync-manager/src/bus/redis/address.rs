//! Where Redis is, in words that hold no password.

use std::{fmt, path::PathBuf, str::FromStr};

use fred::{
    error::{Error, ErrorKind},
    types::config::{Config, Server, ServerConfig},
};

/// Where Redis is. Shows itself without the passwords that it may hold.
#[derive(Clone, PartialEq, Eq)]
pub enum RedisAddress {
    /// A unix socket.
    Unix(PathBuf),
    /// `redis://[user:password@]host:port/db`, or `rediss://` for TLS; also fred's forms for sentinels and clusters.
    Url(String),
    /// Sentinels, which know the master.
    Sentinel(Sentinels),
    /// Nodes of a cluster. Any of them does: what is published on one is heard on all.
    Cluster(Vec<RedisHost>),
}

/// Who is asked where the master is.
#[derive(Clone, PartialEq, Eq)]
pub struct Sentinels {
    /// One that answers is enough.
    pub hosts: Vec<RedisHost>,
    /// The name under which they watch the master.
    pub service: String,
    /// Their ACL user, if not the default one.
    pub username: Option<String>,
    /// Their password, which need not be that of Redis.
    pub password: Option<String>,
}

/// `host:port`; an address of IPv6 in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisHost {
    host: String,
    port: u16,
}

impl FromStr for RedisHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no address; write it as host:port, such as 10.0.0.5:6379 or [fd00::5]:6379");
        let (host, port) = text.rsplit_once(':').ok_or_else(bad)?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(bad)?;
        let is_v6 =
            host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).is_some_and(|host| host.contains(':'));
        let is_name = !host.is_empty() && !host.contains([':', '/', '@', '[', ']', ' ']);
        if is_v6 || is_name { Ok(Self { host: host.to_owned(), port }) } else { Err(bad()) }
    }
}

impl fmt::Display for RedisHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl From<&RedisHost> for Server {
    fn from(RedisHost { host, port }: &RedisHost) -> Self {
        Server::new(host.as_str(), *port)
    }
}

/// A URL that leads to no Redis, in words that hold no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadUrl(String);

impl RedisAddress {
    /// Refuses a URL that [`Redis::connect`] could not use; the server itself may be away.
    ///
    /// # Errors
    /// [`BadUrl`] says which part is wrong.
    pub fn check(&self) -> Result<(), BadUrl> {
        let config = self.config(0).map_err(|error| BadUrl(what_is_wrong(&error)))?;
        match config.server.hosts().iter().find(|server| server.port == 0 && !self.is_unix() || server.host.is_empty())
        {
            Some(_) => Err(BadUrl(HOST_AND_PORT.to_owned())),
            None => Ok(()),
        }
    }

    fn is_unix(&self) -> bool {
        matches!(self, RedisAddress::Unix(_))
    }

    /// What fred needs to know to reach every key: of a cluster all nodes.
    pub(super) fn whole(&self) -> Result<Config, Error> {
        match self {
            RedisAddress::Url(url) => Config::from_url(url),
            RedisAddress::Cluster(nodes) => Ok(of(ServerConfig::new_clustered(
                nodes.iter().map(|RedisHost { host, port }| (host.clone(), *port)).collect(),
            ))),
            RedisAddress::Unix(_) | RedisAddress::Sentinel(_) => self.config(0),
        }
    }

    /// What fred needs to know. Where there are several to begin with, `turn` says with which.
    ///
    /// A cluster is to us one of its nodes: fred's own way needs every node and every slot in good health, the bus needs one node.
    pub(super) fn config(&self, turn: usize) -> Result<Config, Error> {
        let mut config = match self {
            RedisAddress::Unix(path) => of(ServerConfig::new_unix_socket(path)),
            RedisAddress::Url(url) => Config::from_url(url)?,
            RedisAddress::Sentinel(sentinels) => of(sentinels.into()),
            RedisAddress::Cluster(nodes) => of(one_of(nodes.iter().map(Server::from).collect(), turn)?),
        };
        match &mut config.server {
            ServerConfig::Clustered { hosts, .. } => config.server = one_of(std::mem::take(hosts), turn)?,
            ServerConfig::Sentinel { hosts, .. } if !hosts.is_empty() => {
                let first = turn % hosts.len();
                hosts.rotate_left(first);
            }
            _ => {}
        }
        Ok(config)
    }
}

fn of(server: ServerConfig) -> Config {
    Config { server, ..Config::default() }
}

fn one_of(mut nodes: Vec<Server>, turn: usize) -> Result<ServerConfig, Error> {
    if nodes.is_empty() {
        return Err(Error::new(ErrorKind::Config, "There is no node."));
    }
    Ok(ServerConfig::Centralized { server: nodes.swap_remove(turn % nodes.len()) })
}

impl From<&Sentinels> for ServerConfig {
    fn from(Sentinels { hosts, service, username, password }: &Sentinels) -> Self {
        ServerConfig::Sentinel {
            hosts: hosts.iter().map(Server::from).collect(),
            service_name: service.clone(),
            username: username.clone(),
            password: password.clone(),
        }
    }
}

/// What an address needs in any case.
const HOST_AND_PORT: &str = "it needs a host, and its port is a number from 1 to 65535";

/// fred names some mistakes by words of its own code; for those, ours.
fn what_is_wrong(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Url => HOST_AND_PORT.to_owned(),
        ErrorKind::Parse => "a port or the database is no number in its range".to_owned(),
        _ => error.details().trim_end_matches('.').to_lowercase(),
    }
}

impl fmt::Display for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RedisAddress::Unix(path) => write!(f, "unix:{}", path.display()),
            RedisAddress::Url(url) => f.write_str(without_secrets(url).as_str()),
            RedisAddress::Sentinel(Sentinels { hosts, service, .. }) => {
                write!(f, "the master `{service}` of the sentinels {}", list(hosts))
            }
            RedisAddress::Cluster(nodes) => write!(f, "the cluster {}", list(nodes)),
        }
    }
}

impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn list(hosts: &[RedisHost]) -> String {
    hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The URL without user, password and parameters, which may hold another password.
fn without_secrets(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(url, _)| url);
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, good: bool) {
        let host = text.parse::<RedisHost>();
        assert_eq!(host.as_ref().map(ToString::to_string).ok(), good.then(|| text.to_owned()), "{text}: {host:?}");
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_a_port() {
        for text in ["redis-1.example:26379", "10.0.0.5:1", "[::1]:65535"] {
            check(text, true);
        }
        for text in
            ["", "host", ":1", "host:", "host:0", "host:65536", "::1:6379", "[]:1", "redis://h:1", "a@b:1", "a b:1"]
        {
            check(text, false);
        }
    }

    #[test]
    fn each_turn_begins_with_another_node_or_sentinel() {
        let nodes = RedisAddress::Cluster(["a:1", "b:2", "c:3"].map(|node| node.parse().expect("one")).to_vec());
        let urls = ["redis-cluster://a:1?node=b:2", "redis-sentinel://a:1?node=b:2&sentinelServiceName=m"];
        let urls = urls.map(|url| RedisAddress::Url(url.to_owned()));
        let first = |address: &RedisAddress, turn| address.config(turn).expect("right").server.hosts()[0].clone();

        let visited: Vec<_> = (0..4).map(|turn| first(&nodes, turn).port).collect();

        assert_eq!(visited, [1, 2, 3, 1]);
        assert_eq!(nodes.config(1).expect("right").server.hosts().len(), 1);
        for url in &urls {
            assert_ne!(first(url, 0), first(url, 1), "{url}");
        }
    }
}
