//! The forms in which a secret of this program may appear in a text.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The secret as it is, in lower case, and in the encodings that programs write it in.
pub(super) fn forms(secret: &str) -> impl Iterator<Item = String> {
    let json = json(secret);
    // The host of an address is shown in lower case.
    let mut forms = vec![secret.to_owned(), secret.to_lowercase(), json.replace('/', "\\/"), json];
    for keep in ["-._~", "-._~!*'()"] {
        let upper = percent(secret, keep);
        forms.push(upper.replace("%20", "+"));
        forms.push(lower_hex(&upper));
        forms.push(upper);
    }
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.push(hex.to_ascii_uppercase());
    forms.push(hex);
    // Without its last byte, which is zero for any ASCII text, so that it fits both byte orders.
    let mut utf16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    utf16.pop_if(|last| *last == 0);
    for shift in 0..3 {
        for bytes in [secret.as_bytes(), &utf16] {
            forms.push(base64(&STANDARD_NO_PAD, shift, bytes));
            forms.push(base64(&URL_SAFE_NO_PAD, shift, bytes));
        }
    }
    forms.into_iter()
}

/// As inside a JSON string.
fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned()
}

/// As in a URL; encoders differ in the punctuation that they keep.
fn percent(text: &str, keep: &str) -> String {
    let encode = |byte: u8| match char::from(byte) {
        c if c.is_ascii_alphanumeric() || keep.contains(c) => c.to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn lower_hex(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower.extend(["%", &hex.to_ascii_lowercase(), rest]);
    }
    lower
}

/// The characters that depend only on the secret if it stands `shift` bytes into a group of three.
fn base64(engine: &impl Engine, shift: usize, secret: &[u8]) -> String {
    let mut bytes = vec![0; shift];
    bytes.extend_from_slice(secret);
    let encoded = engine.encode(&bytes);
    let shared_start = (shift * 8).div_ceil(6);
    let shared_end = usize::from(!bytes.len().is_multiple_of(3));
    encoded.get(shared_start..encoded.len() - shared_end).unwrap_or_default().to_owned()
}
