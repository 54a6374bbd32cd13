//! Finds the line of a setting or of a plugin in the text of a file. Pure.

/// The line of a configuration that assigns the key, or else the first line with a key that begins
/// with it. A removal from a list assigns nothing.
pub(super) fn line_of_key(text: &str, section: Option<&str>, key: &str) -> Option<u32> {
    let mut current = "";
    let mut first_with_start = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            current = name;
        }
        if section.is_some_and(|section| !section.eq_ignore_ascii_case(current)) {
            continue;
        }
        let Some((name, _)) = line.trim_start_matches(['+', '.']).split_once('=') else { continue };
        let Some((start, rest)) = name.trim().split_at_checked(key.len()) else { continue };
        if !start.eq_ignore_ascii_case(key) {
            continue;
        }
        if rest.is_empty() {
            return Some(number);
        }
        first_with_start = first_with_start.or(Some(number));
    }
    first_with_start
}

/// The line of a project file that enables the plugin.
pub(super) fn line_of_plugin(project: &str, plugin: &str) -> Option<u32> {
    let asks = |line: &str| {
        let value = line.split_once("\"Name\"").and_then(|(_, rest)| rest.split('"').nth(1));
        value.is_some_and(|name| name.eq_ignore_ascii_case(plugin))
    };
    (1..).zip(project.lines()).find(|(_, line)| asks(line)).map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_key_is_its_assignment() {
        let ini = "; GameDefaultMap=no\r\n[A]\r\nPaths=1\r\n-Key=0\r\n[B]\r\n Paths = 2\r\n+KeyOfMany=3\r\n+Key=4\r\n";
        for (section, key, expected) in [
            (Some("B"), "Paths", Some(6)),
            (Some("a"), "paths", Some(3)),
            (None, "Paths", Some(3)),
            (Some("C"), "Paths", None),
            (None, "Key", Some(8)),
            (None, "KeyOf", Some(7)),
            (None, "GameDefaultMap", None),
        ] {
            assert_eq!(line_of_key(ini, section, key), expected, "{section:?} {key}");
        }
    }

    #[test]
    fn the_line_of_a_plugin_is_where_the_project_enables_it() {
        let project = "{\n\"Modules\": [{\"Name\": \"Game\"}],\n\"Plugins\": [\n{ \"Name\" : \"Doors\" },\n{\"Name\":\"DoorsEditor\"}]}";
        assert_eq!(line_of_plugin(project, "Doors"), Some(4));
        assert_eq!(line_of_plugin(project, "doorseditor"), Some(5));
        assert_eq!(line_of_plugin(project, "Door"), None);
    }
}
