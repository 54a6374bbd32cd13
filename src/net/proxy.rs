//! Which proxy is on the way to a server, by the rules of `NO_PROXY`.

use std::fmt;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::Url;

use super::NetError;
use crate::config::{Network, is_loopback};

/// An HTTP proxy to go through.
pub struct Proxy {
    url: Url,
    intercept: Intercept,
}

impl Proxy {
    /// Where it listens.
    pub fn uri(&self) -> &Uri {
        self.intercept.uri()
    }

    /// What it wants in `Proxy-Authorization`. Secret.
    pub fn authorization(&self) -> Option<&HeaderValue> {
        self.intercept.basic_auth()
    }

    /// The address with its credentials.
    pub(super) fn into_url(self) -> Url {
        self.url
    }
}

impl fmt::Display for Proxy {
    /// Host and port, without credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.uri().authority().map_or("", |authority| authority.as_str()))
    }
}

/// The proxy that was configured, for `https://`: plain HTTP never leaves this machine.
pub(super) struct Proxies {
    https: Option<Url>,
    no_proxy: String,
}

impl Proxies {
    pub(super) fn new(network: &Network) -> Result<Self, NetError> {
        let url = network.https_proxy.as_ref().map(|given| proxy_url(given.expose()));
        let https = url.map(|url| url.ok_or(NetError::Proxy)).transpose()?;
        Ok(Self { https, no_proxy: network.no_proxy.clone() })
    }

    pub(super) fn towards(&self, target: &Url) -> Option<Proxy> {
        let url = self.https.clone().filter(|_| target.scheme() == "https")?;
        let direct = self.direct_hosts(target.port_or_known_default()?);
        let matcher = Matcher::builder().all(url.as_str()).no(direct).build();
        let uri = target.as_str().parse().ok()?;
        let intercept = matcher.intercept(&uri).filter(|_| !is_loopback(target))?;
        Some(Proxy { url, intercept })
    }

    /// The entries of `NO_PROXY` that apply to `port`, in the form that [`Matcher`] knows.
    fn direct_hosts(&self, port: u16) -> String {
        let entries = self.no_proxy.split([',', ' ']).filter_map(|entry| {
            let host = match entry.rsplit_once(':') {
                Some((host, digits)) if !host.ends_with(':') => match digits.parse::<u16>() {
                    // An IPv6 address is no port, unless it stands in brackets.
                    Ok(only) if !host.contains(':') || host.ends_with(']') => {
                        (only == port).then_some(host)?
                    }
                    _ => entry,
                },
                _ => entry,
            };
            let host = host.trim_start_matches('[').trim_end_matches(']');
            Some(host.strip_prefix('*').filter(|suffix| suffix.starts_with('.')).unwrap_or(host))
        });
        entries.collect::<Vec<_>>().join(",")
    }
}

fn proxy_url(given: &str) -> Option<Url> {
    let url = match given.contains("://") {
        true => Url::parse(given),
        false => Url::parse(&format!("http://{given}")),
    };
    url.ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn towards(https_proxy: &str, no_proxy: &str, target: &str) -> Option<Proxy> {
        let network = Network {
            https_proxy: Some(Secret::new(https_proxy)),
            no_proxy: no_proxy.to_owned(),
            ..Network::default()
        };
        Proxies::new(&network).unwrap().towards(&Url::parse(target).unwrap())
    }

    #[test]
    fn a_proxy_is_taken_unless_no_proxy_names_the_host() {
        const TARGET: &str = "https://api.buildpixel.test:8443/x";
        for no_proxy in [
            "*",
            "api.buildpixel.test",
            "API.BuildPixel.test",
            "other, buildpixel.test",
            ".buildpixel.test",
            "*.buildpixel.test",
            "buildpixel.test:8443",
            "other buildpixel.test",
        ] {
            assert!(towards("proxy:3128", no_proxy, TARGET).is_none(), "{no_proxy}");
        }
        for no_proxy in
            ["", "pixel.test", "buildpixel.test:443", "test.api", "x.api.buildpixel.test"]
        {
            assert!(towards("proxy:3128", no_proxy, TARGET).is_some(), "{no_proxy}");
        }
    }

    #[test]
    fn no_proxy_knows_addresses_and_networks() {
        for (no_proxy, target, direct) in [
            ("10.0.0.0/8", "https://10.1.2.3", true),
            ("10.0.0.0/8", "https://11.1.2.3", false),
            ("10.1.2.3:443", "https://10.1.2.3", true),
            ("10.1.2.3:80", "https://10.1.2.3", false),
            ("fd00::1", "https://[fd00::1]", true),
            ("fd00::/8", "https://[fd00::1]", true),
            ("[fd00::1]:443", "https://[fd00::1]", true),
            ("[fd00::1]:80", "https://[fd00::1]", false),
        ] {
            assert_eq!(
                towards("proxy:1", no_proxy, target).is_none(),
                direct,
                "{no_proxy} {target}"
            );
        }
    }

    #[test]
    fn loopback_is_never_proxied() {
        for target in ["https://localhost", "https://127.0.0.2:8443", "https://[::1]/"] {
            assert!(towards("proxy:3128", "", target).is_none(), "{target}");
        }
    }

    #[test]
    fn plain_http_takes_no_proxy() {
        assert!(towards("proxy:3128", "", "http://api.buildpixel.test").is_none());
    }

    #[test]
    fn credentials_are_decoded_for_the_proxy_and_not_shown() {
        let proxy = towards("http://ci:p%40ss%3A1@proxy:3128", "", "https://a.test").unwrap();
        assert_eq!(proxy.authorization().unwrap(), "Basic Y2k6cEBzczox");
        assert_eq!(proxy.to_string(), "proxy:3128");
    }

    #[test]
    fn an_unusable_proxy_is_an_error_without_its_text() {
        for given in ["socks5://ci:secret@proxy:1080", "http://ci:secret@", "ftp://secret"] {
            let https_proxy = Some(Secret::new(given));
            let error = Proxies::new(&Network { https_proxy, ..Network::default() }).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("secret"), "{given}");
        }
    }
}
