//! Values as text: lists, optional values, and the small types that only a configuration needs.

use std::{fmt, net::IpAddr, ops::Deref, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error};

/// Values separated by commas. Empty text is the empty list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(|item| item.parse().map_err(D::Error::custom)).collect::<Result<_, _>>().map(Self)
    }
}

/// Reads one value by its `FromStr`.
pub(super) fn one<'de, T: FromStr<Err: fmt::Display>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// The same, where empty text means "not set".
pub(super) fn optional<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    (!text.is_empty()).then(|| text.parse().map_err(D::Error::custom)).transpose()
}

/// An address or a network in CIDR form: `10.0.0.5`, `192.168.7.0/24`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: u128,
    prefix: u32,
}

impl Network {
    /// Whether `address` lies within.
    pub fn contains(&self, address: IpAddr) -> bool {
        let differing = self.address ^ bits(address);
        self.prefix == 0 || differing >> (128 - self.prefix) == 0
    }
}

/// Both families in one space: IPv4 as IPv4-mapped IPv6, which is also how a dual-stack socket reports it.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is neither an address (10.0.0.5) nor a network (10.0.0.0/8)");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u32 = prefix.map_or(Ok(width), str::parse).map_err(|_| bad())?;
        if prefix > width {
            return Err(bad());
        }
        Ok(Self { address: bits(address), prefix: prefix + 128 - width })
    }
}

/// Where a page comes from, as browsers write it in `Origin`: scheme, host and, where it is not the scheme's own, port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// As browsers write it, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WebOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lower = text.trim_end_matches('/').to_ascii_lowercase();
        let host = ["https://", "http://"].iter().find_map(|scheme| lower.strip_prefix(scheme));
        match host {
            Some(host) if !host.is_empty() && host.bytes().all(is_of_a_host) => Ok(Self(lower)),
            _ => Err(format!(
                "`{text}` is no origin; write it as https://host or https://host:port, without a path or `*`"
            )),
        }
    }
}

/// Browsers write other letters in ASCII (`xn--…`).
fn is_of_a_host(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"/*@?#,".contains(&byte)
}

/// The mode of a file in octal, such as `0660`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(pub u32);

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match u32::from_str_radix(text, 8) {
            Ok(mode) if mode <= 0o777 => Ok(Self(mode)),
            _ => Err(format!("`{text}` is no mode; write it in octal, such as 0660")),
        }
    }
}

/// A closed set of words for an enum: `FromStr` with a message that lists them.
macro_rules! words {
    ($type:ident { $($word:literal => $variant:ident),+ $(,)? }) => {
        impl std::str::FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("`{text}` is none of {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}
pub(super) use words;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, address: &str, expected: bool) {
        let network: Network = network.parse().expect(network);
        assert_eq!(network.contains(address.parse().expect(address)), expected, "{network:?} {address}");
    }

    #[test]
    fn networks_hold_their_addresses_and_no_others() {
        check("10.0.0.5", "10.0.0.5", true);
        check("10.0.0.5", "10.0.0.6", false);
        check("192.168.7.0/24", "192.168.7.255", true);
        check("192.168.7.0/24", "192.168.8.0", false);
        check("0.0.0.0/0", "8.8.8.8", true);
        check("0.0.0.0/0", "fd00::1", false);
        check("::/0", "8.8.8.8", true);
        check("10.0.0.0/8", "::ffff:10.1.2.3", true);
        check("fd00::/8", "fd12::1", true);
    }

    #[test]
    fn a_network_that_is_none_is_refused() {
        for text in ["", "10.0.0", "10.0.0.0/33", "host", "10.0.0.0/x", "::/129"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        assert_eq!(
            "https://Shop.Example.com:8443/".parse::<WebOrigin>().expect("one").as_str(),
            "https://shop.example.com:8443"
        );
        for text in [
            "shop.example.com",
            "*",
            "https://*",
            "https://a/b",
            "ftp://a",
            "https://",
            "https://a\tb",
            "https://пример.рф",
        ] {
            assert!(text.parse::<WebOrigin>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_mode_is_octal() {
        assert_eq!("0660".parse(), Ok(Mode(0o660)));
        assert!("0999".parse::<Mode>().is_err());
        assert!("7777".parse::<Mode>().is_err());
    }
}
