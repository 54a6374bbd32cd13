//! Output for a reader whose charset is not known: ASCII, which all of them have in common. Elsewhere a
//! character that the reader does not know would be lost as `?`.

/// Spells out what is not ASCII in all that `out` has from this byte on.
pub(super) fn transcribe(out: &mut Vec<u8>, from: usize) {
    let Some(written) = out.get(from..).filter(|written| !written.is_ascii()) else { return };
    let written = String::from_utf8_lossy(written).into_owned();
    out.truncate(from);
    for c in written.chars() {
        match c {
            '…' => out.extend_from_slice(b"..."),
            // Compilers quote with these.
            '‘' | '’' => out.push(b'\''),
            '“' | '”' => out.push(b'"'),
            '–' | '—' => out.push(b'-'),
            _ if c.is_ascii() => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => out.extend(c.escape_unicode().flat_map(|c| u8::try_from(c).ok())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn transcribed(text: &str) -> String {
        let mut out = text.as_bytes().to_vec();
        transcribe(&mut out, 0);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn typography_has_equivalents_and_all_else_is_spelt_out() {
        for (text, expected) in [
            ("", ""),
            ("plain\ttext ~\n", "plain\ttext ~\n"),
            ("\x1b[31mred\x1b[0m é\n", "\x1b[31mred\x1b[0m \\u{e9}\n"),
            ("(+3 more: A.java, …)", "(+3 more: A.java, ...)"),
            ("‘x’ – “y” — z", "'x' - \"y\" - z"),
            ("caf\u{e9} 漢", "caf\\u{e9} \\u{6f22}"),
            ("😀\u{fffd}\u{2407}", "\\u{1f600}\\u{fffd}\\u{2407}"),
            // Not a blank, or a blank would make another word of it.
            ("a\u{a0}b", "a\\u{a0}b"),
        ] {
            assert_eq!(transcribed(text), expected);
        }
    }

    #[test]
    fn earlier_output_stays_as_it_is() {
        let mut out = "é\n".as_bytes().to_vec();
        let from = out.len();
        out.extend_from_slice("é\n".as_bytes());
        transcribe(&mut out, from);
        assert_eq!(String::from_utf8(out).unwrap(), "é\n\\u{e9}\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_but_ascii_is_left_and_ascii_stays(text in "(\\PC|\n|[…’])*", ascii in "[ -~\n\t]*") {
            let shown = transcribed(&text);
            prop_assert!(shown.is_ascii());
            prop_assert_eq!(shown.matches('\n').count(), text.matches('\n').count());
            prop_assert_eq!(transcribed(&ascii), ascii);
        }
    }
}
