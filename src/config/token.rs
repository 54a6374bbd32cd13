//! Reads the API token from its file, and checks it before it is sent anywhere.

use std::path::Path;

use super::foreign_token;
use super::secret::Secret;
use crate::files::read;

/// Documented tokens are much longer.
const SHORTEST: usize = 8;

/// The most that is read of `token-file`.
const FILE_BYTES: u64 = 64 << 10;

/// Reads the token from the file with this path.
///
/// # Errors
/// The problem, as a sentence fragment.
pub(super) fn from_file(path: &str) -> Result<Secret, String> {
    let content = read::whole(Path::new(path), FILE_BYTES)
        .map_err(|error| format!("cannot be read: {error}"))?;
    let text = String::from_utf8_lossy(&content);
    // Windows puts a byte-order mark before a text.
    match text.trim_start_matches('\u{feff}').trim() {
        "" => Err("is an empty file".to_owned()),
        token => Ok(Secret::new(token)),
    }
}

/// The reason why this cannot be a token of BuildPixel, as a sentence fragment without the token.
pub(super) fn problem(token: &Secret) -> Option<String> {
    let token = token.expose();
    if Path::new(token).is_file() {
        return Some("is the path of a file; give it as `token-file`".to_owned());
    }
    if let Some(service) = foreign_token::service(token) {
        return Some(format!(
            "looks like a token of {service}; it was not sent; give an API token of BuildPixel"
        ));
    }
    // No other character can stand in an `Authorization` header.
    if !token.chars().all(|c| c.is_ascii_graphic()) {
        return Some("contains blanks or other characters that no token has".to_owned());
    }
    // A shorter token looks like ordinary words of a log, so it cannot be masked.
    (token.len() < SHORTEST)
        .then(|| format!("is too short for a token: {SHORTEST} characters at least"))
}
