//! Answers in BuildPixel's place: pages of proxies, gateways and firewalls. Finds the words in them
//! that help.

use std::fmt;
use std::time::Duration;

use reqwest::header::{HeaderMap, SERVER};

use crate::json::Object;

/// The longest quotation, in characters.
const QUOTED_CHARS: usize = 200;

/// An error without the API's documented shape. Its texts are untrusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignAnswer {
    /// HTTP status.
    pub status: u16,
    /// The program that answered, and squid's name of the error, as far as the headers say so.
    pub sender: Option<String>,
    /// The title of the page, or its first words.
    pub words: Option<String>,
    /// The delay from `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl ForeignAnswer {
    /// Reads the answer. `clean` masks the token.
    pub(super) fn new(
        status: u16,
        headers: &HeaderMap,
        retry_after: Option<Duration>,
        body: &str,
        clean: impl Fn(&str) -> String,
    ) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let sender = [header(SERVER.as_str()), header("x-squid-error")];
        let sender: Vec<_> = sender.into_iter().flatten().map(str::trim).collect();
        let quote = |text: &str| {
            let text = clean(&with_single_spaces(text));
            Some(text.chars().take(QUOTED_CHARS).collect()).filter(|text: &String| !text.is_empty())
        };
        Self {
            status,
            sender: quote(&sender.join(", ")),
            words: words(body).as_deref().and_then(quote),
            retry_after,
        }
    }

    /// One hint.
    pub(super) fn hint(&self) -> &'static str {
        match self.status {
            407 => "set the credentials in the proxy variable: `http://user:password@host:port`",
            429 => "a proxy or gateway limits the rate of requests; run the job again later",
            500..=599 => {
                "run the job again later; if that does not help, ask the operators of the proxy or \
                 gateway on the way to `api-url`"
            }
            _ => {
                "check `api-url`, and ask the operators of the proxy or gateway on the way to it to allow it"
            }
        }
    }
}

impl fmt::Display for ForeignAnswer {
    /// `a proxy or gateway answered 502 in BuildPixel's place (squid/5.7): "Access Denied"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a proxy or gateway answered {} in BuildPixel's place", self.status)?;
        if let Some(sender) = &self.sender {
            write!(f, " ({sender})")?;
        }
        if let Some(words) = &self.words {
            write!(f, ": \"{words}\"")?;
        }
        Ok(())
    }
}

/// The useful text of a body: the title of a page, the message of a JSON object, or everything.
pub(super) fn words(body: &str) -> Option<String> {
    let body = body.trim();
    if let Ok(object) = Object::parse(body) {
        let text = |field| object.get::<String>(field);
        let message = ["message", "error_description", "detail", "error", "title"];
        return Some(message.into_iter().find_map(text).unwrap_or_else(|| body.to_owned()));
    }
    if !body.starts_with('<') {
        return Some(body.to_owned());
    }
    ["title", "h1", "body"]
        .into_iter()
        .filter_map(|name| element(body, name))
        .chain([body])
        .map(without_tags)
        .find(|text| !text.trim().is_empty())
}

/// The content of the first such element.
fn element<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = page;
    loop {
        rest = rest.get(rest.find('<')? + 1..)?;
        let is_name = rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
        let after = rest.get(name.len()..).filter(|_| is_name);
        if after.is_some_and(|after| after.starts_with(|c: char| c == '>' || c.is_whitespace())) {
            break;
        }
    }
    let content = rest.get(rest.find('>')? + 1..)?;
    let end = content
        .match_indices("</")
        .find(|(at, _)| {
            let closing = content.get(at + 2..at + 2 + name.len());
            closing.is_some_and(|closing| closing.eq_ignore_ascii_case(name))
        })
        .map_or(content.len(), |(at, _)| at);
    content.get(..end)
}

fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        plain.push(' ');
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    [
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(plain, |text, (entity, character)| text.replace(entity, character))
}

fn with_single_spaces(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_useful_words_of_a_page_are_found() {
        for (body, expected) in [
            ("", None),
            (" \n ", None),
            ("upstream connect error", Some("upstream connect error")),
            (
                "<html><head><TITLE lang=en>\n ERROR: Access\n Denied</TITLE></head>x",
                Some("ERROR: Access Denied"),
            ),
            ("<html><title></title><h1>502 <b>Bad</b> Gateway</h1>", Some("502 Bad Gateway")),
            (
                "<titles>no</titles><body class='x'>Blocked by &quot;R&amp;D&quot;</body>",
                Some("Blocked by \"R&D\""),
            ),
            ("<!doctype html><p>Sign in", Some("Sign in")),
            (
                r#"{"message":"no Route matched with those values"}"#,
                Some("no Route matched with those values"),
            ),
            (r#"{"error":"Service Unavailable"}"#, Some("Service Unavailable")),
            (r#"{"code":7}"#, Some(r#"{"code":7}"#)),
            ("<title", None),
            ("<", None),
        ] {
            let answer = ForeignAnswer::new(502, &HeaderMap::new(), None, body, str::to_owned);
            assert_eq!(answer.words.as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn the_sender_is_named_and_the_quotation_is_short() {
        let mut headers = HeaderMap::new();
        headers.insert("server", "squid/6.13".parse().unwrap());
        headers.insert("x-squid-error", "ERR_CONNECT_FAIL 111".parse().unwrap());
        let body = "é".repeat(1000);
        let answer = ForeignAnswer::new(503, &headers, None, &body, str::to_owned);
        let expected = format!(
            "a proxy or gateway answered 503 in BuildPixel's place (squid/6.13, ERR_CONNECT_FAIL 111): \"{}\"",
            "é".repeat(QUOTED_CHARS)
        );
        assert_eq!(answer.to_string(), expected);
    }
}
