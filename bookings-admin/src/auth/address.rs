//! Where a request comes from. A proxy in front is believed only where the settings name its network.

use std::fmt;
use std::net::IpAddr;

use actix_web::HttpRequest;

/// A network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// `10.0.0.0/8`, `::1/128`, or a single address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Network> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address.parse::<IpAddr>().ok()?, bits.parse().ok()?),
            None => (text.parse::<IpAddr>().ok()?, if text.contains(':') { 128 } else { 32 }),
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        (bits <= most).then_some(Network { address, bits })
    }

    /// Whether the address belongs to it.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let differ = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                u128::from(own.to_bits() ^ other.to_bits()).checked_shr(32 - u32::from(self.bits))
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).checked_shr(128 - u32::from(self.bits))
            }
            _ => return false,
        };
        // Nothing is left to compare where every bit is shifted out.
        differ.unwrap_or(0) == 0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// The client's address: the peer's, or where that is a trusted proxy the last of `X-Forwarded-For` that is none.
#[must_use]
pub fn client(request: &HttpRequest, trusted: &[Network]) -> Option<IpAddr> {
    let mut address = request.peer_addr()?.ip();
    let is_proxy = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let headers: Vec<&str> =
        request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    for hop in headers.join(",").rsplit(',').map(str::trim) {
        if !is_proxy(address) {
            break;
        }
        // What a proxy of ours did not write is not believed.
        let Ok(before) = hop.parse() else { break };
        address = before;
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn networks_contain_their_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "255.1.2.3", "::1"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
            ("::/0", "2001::1", "10.0.0.1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
        ] {
            let parsed = Network::parse(network).unwrap();
            assert!(parsed.contains(inside.parse().unwrap()), "{network} {inside}");
            assert!(!parsed.contains(outside.parse().unwrap()), "{network} {outside}");
        }
        for wrong in ["", "10.0.0.0/33", "::/129", "localhost", "10.0.0.0/-1", "10.0.0/8"] {
            assert_eq!(Network::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_trusted_proxies_say_where_a_request_comes_from() {
        let trusted = ["127.0.0.1", "10.0.0.0/8"].map(|network| Network::parse(network).unwrap());
        for (peer, forwarded, expected) in [
            ("127.0.0.1", "", "127.0.0.1"),
            ("127.0.0.1", "203.0.113.5", "203.0.113.5"),
            ("127.0.0.1", "198.51.100.1, 203.0.113.5", "203.0.113.5"),
            ("127.0.0.1", "198.51.100.1, 203.0.113.5, 10.1.1.1", "203.0.113.5"),
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("127.0.0.1", "nonsense", "127.0.0.1"),
            ("127.0.0.1", "10.1.1.1", "10.1.1.1"),
        ] {
            let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
            if !forwarded.is_empty() {
                request = request.insert_header(("x-forwarded-for", forwarded));
            }
            let request = request.to_http_request();
            assert_eq!(client(&request, &trusted), expected.parse().ok(), "{peer} {forwarded}");
            assert_eq!(client(&request, &[]), peer.parse().ok(), "{peer} {forwarded}");
        }
    }
}
