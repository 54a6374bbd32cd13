//! Credentials in addresses: `https://user:password@host`, `https://token@host`, webhooks.

use std::ops::Range;

use super::line::{Line, is_blank, is_quote};
use super::values::is_placeholder;

/// The paths of webhooks. The part behind them is the secret.
const WEBHOOKS: &[&str] = &[
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "webhook.office.com/webhookb2/",
];

/// The length of `discord.com`.
const SHORTEST_HOST: usize = 11;
/// A user name of so many characters with a digit is a token.
const TOKEN: usize = 20;
/// A word in the place of the password, which means that the user is a token.
const NO_PASSWORD: &[u8] = b"x-oauth-basic";

/// Masks the password of the address whose `://` was found, or the token before its `@`.
pub(super) fn address(line: &mut Line<'_>, hit: Range<usize>) {
    let start = hit.end;
    let is_end = |byte: u8| is_blank(byte) || is_quote(byte) || matches!(byte, b'<' | b'>' | b'\\');
    let authority = line.run(start, |byte| !is_end(byte) && !matches!(byte, b'/' | b'?' | b'#'));
    let Some(at) = last_at(line, start, authority) else {
        if !webhook(line, start, authority) {
            odd_password(line, start, authority);
        }
        return;
    };
    let Some(colon) = line.part(&(start..at)).iter().position(|byte| *byte == b':') else {
        let is_token = |user: &[u8]| user.len() >= TOKEN && user.iter().any(u8::is_ascii_digit);
        if is_token(line.part(&(start..at))) && !line.part(&(start..at)).contains(&b'.') {
            line.mask(start..at);
        }
        return;
    };
    let (user, password) = (start..start + colon, start + colon + 1..at);
    match line.part(&password) {
        [] | NO_PASSWORD => line.mask(user),
        _ => {
            if line.part(&user).len() >= TOKEN && line.part(&user).iter().any(u8::is_ascii_digit) {
                line.mask(user);
            }
            line.mask(password);
        }
    }
}

/// A password with an unescaped `/`, `?` or `#`: the part behind the colon is no port then.
fn odd_password(line: &mut Line<'_>, start: usize, authority: usize) {
    let Some(colon) = line.part(&(start..authority)).iter().position(|byte| *byte == b':') else {
        return;
    };
    let password = start + colon + 1;
    let port = line.part(&(password..authority));
    let is_port = port.iter().all(u8::is_ascii_digit) || is_placeholder(port);
    if is_port || line.byte(start) == Some(b'[') {
        return;
    }
    let is_part = |byte: u8| !is_blank(byte) && !is_quote(byte) && byte != b':';
    let end = line.run(password, is_part);
    if let Some(at) = last_at(line, password, end) {
        line.mask(password..at);
    }
}

/// The last `@` that a host follows.
fn last_at(line: &Line<'_>, from: usize, to: usize) -> Option<usize> {
    let at = from + line.part(&(from..to)).iter().rposition(|byte| *byte == b'@')?;
    let host = line.byte(at + 1)?;
    (host.is_ascii_alphanumeric() || matches!(host, b'[' | b'$' | b'%' | b'_')).then_some(at)
}

fn webhook(line: &mut Line<'_>, start: usize, authority: usize) -> bool {
    let host = line.part(&(start..authority));
    if host.len() < SHORTEST_HOST {
        return false;
    }
    let known = WEBHOOKS.iter().find_map(|webhook| {
        let (domain, _) = webhook.split_once('/')?;
        let subdomain = host.len().checked_sub(domain.len())?;
        line.after(start + subdomain, webhook)
    });
    let Some(secret) = known else { return false };
    let end = line.run(secret, |byte| byte.is_ascii_alphanumeric() || b"-_/@.".contains(&byte));
    line.mask(secret..end);
    true
}
