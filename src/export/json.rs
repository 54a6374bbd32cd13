//! The outputs as one JSON object of strings, in their documented order.

use serde::{Serialize, Serializer};

use super::pretty;

struct Object<'a>(&'a [(&'a str, String)]);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, text)| (name, text)))
    }
}

/// Writes `outputs.json`.
pub fn render(outputs: &[(&str, String)]) -> String {
    pretty(&Object(outputs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_keep_their_order() {
        let json = render(&[("b", "1".to_owned()), ("a", "\"x\"\n".to_owned())]);
        assert_eq!(json, "{\n  \"b\": \"1\",\n  \"a\": \"\\\"x\\\"\\n\"\n}\n");
    }
}
