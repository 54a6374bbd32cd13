use super::*;

fn subject<'s>(code: Option<&'s str>, message: &'s str) -> Subject<'s> {
    Subject { code, message, file: None, phase: None, severity: Severity::Error }
}

#[test]
fn each_row_explains_its_example_and_no_earlier_row_does() {
    let explanations = Explanations::new();
    for (index, row) in rows().enumerate() {
        let codes = if row.codes.is_empty() { &[""] } else { row.codes };
        for code in codes {
            let code = code.trim_end_matches('*');
            let code = Some(code).filter(|code| !code.is_empty());
            let subject = subject(code, row.example);
            let decides = explanations.row(code, row.example).and_then(|index| rows().nth(index));
            assert_eq!(decides.map(|row| row.example), Some(row.example), "row {index}, {code:?}");
            let explanation = explanations.explain(&subject).unwrap();
            assert_eq!(explanation.hint.as_deref(), Some(row.expected));
            assert_eq!((explanation.class, explanation.rank), (row.class, row.rank));
        }
        assert!(row.expected.ends_with('.'), "{}", row.expected);
        assert!(row.expected.chars().count() <= 200, "{}", row.expected);
        assert!(!row.expected.contains(['{', '}']), "{}", row.expected);
    }
}

#[test]
fn a_hint_asks_only_for_names_that_its_pattern_has() {
    for row in rows() {
        let pattern = pattern::compile(row.pattern);
        let names: Vec<_> = pattern.capture_names().flatten().collect();
        let asked = row.hint.split('{').skip(1).map(|part| part.split_once('}').unwrap().0);
        let asked: std::collections::BTreeSet<_> = asked.collect();
        assert_eq!(asked, names.into_iter().collect(), "{}", row.hint);
    }
}
