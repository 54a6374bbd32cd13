//! Selects the proxy for a server, by the rules of `NO_PROXY`.

use std::fmt;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::{Host, Url};

use super::error::NetError;
use crate::config::{Network, is_loopback, scheme_and_rest};

/// An HTTP proxy.
#[derive(Clone)]
pub struct Proxy {
    url: Url,
    intercept: Intercept,
}

impl Proxy {
    fn new(given: &str) -> Option<Self> {
        let url = proxy_url(given)?;
        let intercept = Matcher::builder().all(url.as_str()).build();
        let intercept = intercept.intercept(&Uri::from_static("https://any/"))?;
        Some(Self { url, intercept })
    }

    /// The address that it listens on.
    pub fn uri(&self) -> &Uri {
        self.intercept.uri()
    }

    /// The value of `Proxy-Authorization`. Secret.
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

/// The configured proxy for `https://`. Plain HTTP never leaves this machine.
pub(super) struct Proxies {
    https: Option<Proxy>,
    no_proxy: String,
}

impl Proxies {
    pub(super) fn new(network: &Network) -> Result<Self, NetError> {
        let proxy = network.https_proxy.as_ref().map(|given| Proxy::new(given.expose()));
        let https = proxy.map(|proxy| proxy.ok_or(NetError::Proxy)).transpose()?;
        Ok(Self { https, no_proxy: network.no_proxy.clone() })
    }

    pub(super) fn towards(&self, target: &Url) -> Option<Proxy> {
        let proxy = self.https.as_ref().filter(|_| target.scheme() == "https")?;
        (!is_loopback(target) && !self.is_direct(target)).then(|| proxy.clone())
    }

    fn is_direct(&self, target: &Url) -> bool {
        let (Some(host), Some(port)) = (target.host_str(), target.port_or_known_default()) else {
            return false;
        };
        let separators = |c: char| c == ',' || c == ';' || c.is_whitespace();
        let entries = self.no_proxy.split(separators).filter_map(|entry| host_of(entry, port));
        let direct: Vec<_> = entries.collect();
        // The matcher supports the asterisk for names only, and takes the final dot of an absolute
        // name for a part of it.
        let uri = format!("https://{}/", without_dot(host)).parse::<Uri>();
        let matcher = Matcher::builder().all("http://any").no(direct.join(",")).build();
        direct.iter().any(|entry| entry == "*")
            || uri.is_ok_and(|uri| matcher.intercept(&uri).is_none())
    }
}

/// An entry of `NO_PROXY` in the form that [`Matcher`] knows; `None` if it is for another port.
fn host_of(entry: &str, port: u16) -> Option<String> {
    let host = match entry.rsplit_once(':') {
        Some((host, digits)) if !host.ends_with(':') => match digits.parse::<u16>() {
            // An IPv6 address has no port, unless it is in brackets.
            Ok(only) if !host.contains(':') || host.ends_with(']') => {
                (only == port).then_some(host)?
            }
            _ => entry,
        },
        _ => entry,
    };
    let host = host.strip_prefix('*').filter(|suffix| suffix.starts_with('.')).unwrap_or(host);
    let host = without_dot(host.strip_prefix('.').unwrap_or(host)).replace(['[', ']'], "");
    // Spelt like the host of a URL.
    match Host::parse(&host) {
        Ok(Host::Domain(name)) => Some(name),
        _ => Some(host),
    }
}

fn without_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Accepts credentials with unescaped characters: they are everything before the last `@`.
fn proxy_url(given: &str) -> Option<Url> {
    let (scheme, rest) = scheme_and_rest(given);
    let (credentials, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let mut url = Url::parse(&format!("{scheme}://{host}")).ok()?;
    if !credentials.is_empty() {
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (credentials, None),
        };
        url.set_username(user).ok()?;
        url.set_password(password).ok()?;
    }
    Some(url).filter(|url| matches!(url.scheme(), "http" | "https"))
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine};

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
            "other\tbuildpixel.test\n",
            "other;buildpixel.test",
            ",, buildpixel.test ,",
            "buildpixel.test.",
            ".BUILDPIXEL.TEST.:8443",
            "*:8443",
        ] {
            assert!(towards("proxy:3128", no_proxy, TARGET).is_none(), "{no_proxy}");
        }
        for no_proxy in [
            "",
            ",",
            ".",
            "pixel.test",
            "buildpixel.test:443",
            "test.api",
            "x.api.buildpixel.test",
            "*:443",
            "10.0.0.0/8",
        ] {
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
            ("[fd00::]/8", "https://[fd00::1]", true),
            ("fd00::/8", "https://[fe00::1]", false),
            ("FD00::1", "https://[fd00::1]", true),
            ("10.0.0.0/8:443", "https://10.1.2.3", true),
            ("10.0.0.0/8:80", "https://10.1.2.3", false),
            ("10.0.0.0/33", "https://10.1.2.3", false),
            ("0.0.0.0/0", "https://10.1.2.3", true),
            ("*", "https://10.1.2.3", true),
            ("*", "https://[fd00::1]", true),
            ("10", "https://0.0.0.10", false),
        ] {
            assert_eq!(
                towards("proxy:1", no_proxy, target).is_none(),
                direct,
                "{no_proxy} {target}"
            );
        }
    }

    #[test]
    fn names_are_compared_as_in_a_lookup() {
        for (no_proxy, target) in [
            ("buildpixel.test", "https://API.BuildPixel.Test"),
            ("buildpixel.test", "https://api.buildpixel.test."),
            ("BÜCHER.test", "https://api.bücher.test"),
            ("xn--bcher-kva.test", "https://bücher.test"),
        ] {
            assert!(towards("proxy:3128", no_proxy, target).is_none(), "{no_proxy} {target}");
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
        for (given, shown, user_and_password) in [
            ("http://ci:p%40ss%3A1@proxy:3128", "proxy:3128", "ci:p@ss:1"),
            ("ci:p@ss:1@proxy:3128", "proxy:3128", "ci:p@ss:1"),
            ("http://ci:a#b?c/d\\e@proxy:3128/", "proxy:3128", "ci:a#b?c/d\\e"),
            ("http://ci:100%@PROXY:3128", "proxy:3128", "ci:100%"),
            ("http://ci:a://b@proxy:3128", "proxy:3128", "ci:a://b"),
            ("ci:a://b@proxy:3128", "proxy:3128", "ci:a://b"),
            ("http://ci:pä ss\"'|^@proxy:3128", "proxy:3128", "ci:pä ss\"'|^"),
            ("http://DOMAIN\\ci:x@proxy", "proxy", "DOMAIN\\ci:x"),
            ("http://only@proxy", "proxy", "only:"),
            ("HTTP://:only@[fd00::1]:3128", "[fd00::1]:3128", ":only"),
        ] {
            let proxy = towards(given, "", "https://a.test").unwrap();
            let expected = format!("Basic {}", BASE64_STANDARD.encode(user_and_password));
            assert_eq!(proxy.authorization().unwrap(), &expected, "{given}");
            assert_eq!(proxy.to_string(), shown, "{given}");
        }
        assert!(towards("proxy:3128", "", "https://a.test").unwrap().authorization().is_none());
    }

    #[test]
    fn an_unusable_proxy_is_an_error_without_its_text() {
        for given in [
            "socks5://ci:secret@proxy:1080",
            "http://ci:secret@",
            "http://ci:secret@pro xy",
            "http://ci:secret@proxy:99999",
            "ftp://secret",
            "://secret",
        ] {
            let https_proxy = Some(Secret::new(given));
            let error = Proxies::new(&Network { https_proxy, ..Network::default() }).err().unwrap();
            assert!(!format!("{error} {error:?}").contains("secret"), "{given}");
        }
    }
}
