//! Where a gateway listens. What is shown never has a query, a user or a fragment.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use url::{Host, Url};

use crate::secret::Secret;

/// The longest address, in bytes.
const MAX_BYTES: usize = 2048;

/// A gateway's WebSocket address: `ws` or `wss`, a host, maybe a port and a path.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address(Url);

/// Why a text is no gateway's address. Never repeats the text: it could hold a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No URL at all, or a very long one.
    #[error("the gateway's address is no URL: write it as ws://host:port or wss://host")]
    NoUrl,
    /// Another scheme.
    #[error("the gateway's address must begin with ws:// or wss://")]
    Scheme,
    /// No host.
    #[error("the gateway's address names no host")]
    NoHost,
    /// A user or password in it.
    #[error("the gateway's address must hold no user or password: give the token by reference")]
    Userinfo,
    /// A query or fragment.
    #[error(
        "the gateway's address must hold no `?` or `#`: give the token by reference, \
         and ask for the query form where this gateway needs it"
    )]
    Query,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressError`], which says what to write instead.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return Err(AddressError::NoUrl);
        }
        let url = Url::parse(text).map_err(|_| AddressError::NoUrl)?;
        if !matches!(url.scheme(), "ws" | "wss") {
            return Err(AddressError::Scheme);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(AddressError::NoHost);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Userinfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError::Query);
        }
        Ok(Self(url))
    }

    /// Is it `wss`?
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "wss"
    }

    /// Does it name this machine itself?
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            None => false,
        }
    }

    /// Is what goes there read by nobody outside this machine or a private network, as far as an
    /// address tells? A name counts where it means something in such a network alone.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.is_loopback()
            || match self.0.host() {
                Some(Host::Domain(name)) => is_private_name(name),
                Some(Host::Ipv4(ip)) => is_private_v4(ip),
                Some(Host::Ipv6(ip)) => match ip.to_ipv4_mapped() {
                    Some(ip) => is_private_v4(ip),
                    None => {
                        ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified()
                    }
                },
                None => false,
            }
    }

    /// Host and port as a TCP client needs them; an IPv6 host without brackets.
    #[must_use]
    pub fn host_and_port(&self) -> (String, u16) {
        let host = match self.0.host() {
            Some(Host::Ipv6(ip)) => ip.to_string(),
            Some(host) => host.to_string(),
            None => String::new(),
        };
        let port = self
            .0
            .port()
            .unwrap_or(if self.is_tls() { 443 } else { 80 });
        (host, port)
    }

    /// The HTTP origin a browser on that gateway would have: `http://host:port`, the port
    /// left out where the address leaves it out, IPv6 in brackets.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.is_tls() { "https" } else { "http" };
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port() {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }
    }

    /// The address of a plain HTTP route on the same port, such as `/healthz`.
    #[must_use]
    pub fn http(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// As it is dialled; with a token, in document 003's query form.
    pub(crate) fn dialled(&self, token: Option<&Secret>) -> Url {
        let mut url = self.0.clone();
        if let Some(token) = token {
            url.query_pairs_mut().append_pair("token", token.expose());
        }
        url
    }
}

/// Names of no public network end so.
const PRIVATE_NAMES: [&str; 6] = [
    ".localhost",
    ".local",
    ".internal",
    ".lan",
    ".home.arpa",
    ".ts.net",
];

/// One of those, or a name without a dot: of a container, or of a machine next door.
fn is_private_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    !name.contains('.') || PRIVATE_NAMES.iter().any(|end| name.ends_with(end))
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    // 100.64.0.0/10: of carriers, and of overlay networks such as Tailscale's
    let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
    ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || shared
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `Url` writes a lone slash where there is no path
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_those_of_a_browser() {
        for (address, origin) in [
            ("ws://127.0.0.1:18789", "http://127.0.0.1:18789"),
            ("wss://gateway.example", "https://gateway.example"),
            (
                "wss://gateway.example:8443/ws",
                "https://gateway.example:8443",
            ),
            ("ws://[::1]:18789", "http://[::1]:18789"),
            ("ws://host", "http://host"),
        ] {
            assert_eq!(Address::parse(address).expect(address).origin(), origin);
        }
    }

    #[test]
    fn what_could_hide_a_token_is_refused_and_not_repeated() {
        for (text, why) in [
            ("ws://h:1?token=s3cret", AddressError::Query),
            ("ws://h:1#s3cret", AddressError::Query),
            ("ws://u:s3cret@h:1", AddressError::Userinfo),
            ("http://h:1", AddressError::Scheme),
            ("s3cret", AddressError::NoUrl),
        ] {
            let error = Address::parse(text).expect_err(text);
            assert_eq!(error, why);
            assert!(!error.to_string().contains("s3cret"));
        }
        assert_eq!(Address::parse(&"w".repeat(3000)), Err(AddressError::NoUrl));
    }

    #[test]
    fn the_token_is_in_the_query_only_when_dialled_with_it() {
        let address = Address::parse("ws://h:1/").expect("an address");
        let token = Secret::new("a&b");
        assert_eq!(
            address.dialled(Some(&token)).as_str(),
            "ws://h:1/?token=a%26b"
        );
        assert_eq!(address.dialled(None).as_str(), "ws://h:1/");
        assert_eq!(address.to_string(), "ws://h:1");
        assert_eq!(format!("{address:?}"), "Address(ws://h:1)");
    }

    #[test]
    fn private_networks_are_known_by_their_addresses_and_names() {
        for (text, private) in [
            ("ws://localhost:1", true),
            ("ws://10.1.2.3:1", true),
            ("ws://172.31.0.1:1", true),
            ("ws://172.32.0.1:1", false),
            ("ws://192.168.1.2:1", true),
            ("ws://100.64.0.1:1", true),
            ("ws://100.128.0.1:1", false),
            ("ws://169.254.1.1:1", true),
            ("ws://8.8.8.8:1", false),
            ("ws://[fd00::1]:1", true),
            ("ws://[fe80::1]:1", true),
            ("ws://[::ffff:10.0.0.1]:1", true),
            ("ws://[::ffff:8.8.8.8]:1", false),
            ("ws://[2001:db8::1]:1", false),
            ("ws://gateway:1", true),
            ("ws://north.lan:1", true),
            ("ws://north.local.:1", true),
            ("ws://gateway.example:1", false),
            ("ws://local.gateway.example:1", false),
        ] {
            assert_eq!(
                Address::parse(text).expect(text).is_private(),
                private,
                "{text}"
            );
        }
    }

    #[test]
    fn loopback_is_known_in_each_form() {
        for (text, loopback) in [
            ("ws://localhost:1", true),
            ("ws://127.0.0.9:1", true),
            ("ws://[::1]:1", true),
            ("ws://192.168.1.2:1", false),
            ("wss://gateway.example", false),
        ] {
            assert_eq!(Address::parse(text).expect(text).is_loopback(), loopback);
        }
        let address = Address::parse("wss://[::1]").expect("an address");
        assert_eq!(address.host_and_port(), ("::1".into(), 443));
        assert_eq!(address.http("/healthz"), "https://[::1]/healthz");
    }
}
