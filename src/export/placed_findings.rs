//! The findings that have a place in the repository, with what names them there: formats for code
//! review can show no others, and their readers recognise by the fingerprint which of them are new.

use std::collections::HashMap;

use crate::model::{Finding, Location};
use crate::report::BuildReport;
use crate::report::identity::without_places;

pub(super) struct PlacedFinding<'a> {
    pub(super) finding: &'a Finding,
    pub(super) location: &'a Location,
    /// The code, or one for all that have none.
    pub(super) check: &'a str,
    /// 32 hexadecimal digits, of which no two are the same.
    pub(super) fingerprint: String,
}

/// In the order of their rank.
pub(super) fn placed_findings(report: &BuildReport) -> Vec<PlacedFinding<'_>> {
    let mut seen = HashMap::new();
    let ranked = report.ranked().into_iter();
    ranked.filter_map(|finding| locate(finding, &mut seen)).collect()
}

/// `seen` counts how often the same thing was said about the same file.
fn locate<'a>(
    finding: &'a Finding,
    seen: &mut HashMap<(&'a str, &'a str, String), usize>,
) -> Option<PlacedFinding<'a>> {
    let location = finding.location.as_ref().filter(|location| location.in_repository)?;
    let check = finding.code.as_deref().unwrap_or("unreal");
    let essence = without_places(finding.message.lines().next().unwrap_or_default());
    let identity = (check, location.file.as_str(), essence.clone());
    let nth = seen.entry(identity).and_modify(|nth| *nth += 1).or_default();
    let fingerprint = hash(&[check, &location.file, &essence, &nth.to_string()]);
    Some(PlacedFinding { finding, location, check, fingerprint })
}

/// FNV-1a over 128 bits: the same in every version of this program.
fn hash(parts: &[&str]) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    let hash = bytes.fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::export::tests::{finding, report};

    fn fingerprints(findings: impl IntoIterator<Item = Finding>) -> Vec<String> {
        let report = report(findings);
        placed_findings(&report).into_iter().map(|placed| placed.fingerprint).collect()
    }

    #[test]
    fn a_finding_keeps_its_fingerprint_for_ever() {
        // Must never change: every old finding would be a new one.
        assert_eq!(
            fingerprints([finding("'x': undeclared identifier")]),
            ["b17de496d6263fb9a939768b5ee9f1f3"]
        );
    }

    #[test]
    fn the_same_message_twice_has_two_fingerprints() {
        let twice = fingerprints([finding("m"), finding("m")]);
        assert_ne!(twice[0], twice[1]);
    }

    #[test]
    fn neither_line_nor_notes_count() {
        let mut moved = finding("m\nA.h(33): note: see declaration");
        let location = moved.location.as_mut().unwrap();
        (location.line, location.column) = (None, None);
        assert_eq!(fingerprints([moved]), fingerprints([finding("m")]));
    }

    #[test]
    fn findings_outside_of_the_repository_are_left_out() {
        let mut outside = finding("m");
        outside.location.as_mut().unwrap().in_repository = false;
        let nowhere = Finding { location: None, ..finding("m") };
        assert_eq!(fingerprints([outside, nowhere]), [""; 0]);
    }

    proptest! {
        #[test]
        fn findings_that_come_or_go_change_no_other_fingerprint(
            messages in prop::collection::vec("[ab:(0-9]{0,4}", 1..6),
            before in prop::collection::vec("\\PC{0,9}", 0..4),
            after in prop::collection::vec("[ab:(0-9]{0,4}", 0..4),
        ) {
            let ours = || messages.iter().map(|message| finding(message));
            let others = |messages: &[String]| {
                let other = |message: &String| finding(&format!("other {message}"));
                messages.iter().map(other).collect::<Vec<_>>()
            };
            let alone: HashSet<_> = fingerprints(ours()).into_iter().collect();
            prop_assert_eq!(alone.len(), messages.len());
            let all = fingerprints(others(&before).into_iter().chain(ours()).chain(others(&after)));
            prop_assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
            prop_assert!(alone.is_subset(&all.into_iter().collect()));
        }
    }
}
