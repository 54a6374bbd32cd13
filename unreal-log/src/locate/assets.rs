//! Assets by their names in the engine: `/Game/Maps/Level.Level_C:Part`.

use regex::Regex;

use crate::pattern;

/// Messages that name the asset in which something is wrong. That asset exists.
const SOURCES: &[&str] = &[
    r"from Source: (?<asset>/\S+)",
    r"Failed to compile Material (?<asset>/\S+)",
    r"^(?<asset>/[^\s:]+): Failed to compile Material",
    r"Property '?[A-Za-z0-9_]+ (?<asset>/[^\s']+)'?\. Unknown structure",
    r"Source package: (?<asset>/\S+)",
];

/// Messages about the file of an asset.
const PACKAGES: &[&str] = &[
    r"Package (?<asset>\S.*?\.(?:uasset|umap)) (?:is too (?:old|new)|has newer custom version)",
    r#"(?:^|\[AssetLog\] )(?<asset>(?:[A-Za-z]:)?[^:*?"<>|]*?\.(?:uasset|umap)): "#,
];

/// The patterns, compiled.
#[derive(Debug, Clone)]
pub(super) struct Assets {
    sources: Vec<Regex>,
    packages: Vec<Regex>,
}

impl Assets {
    pub(super) fn new() -> Self {
        let compile =
            |patterns: &[&str]| patterns.iter().map(|&text| pattern::compile(text)).collect();
        Self { sources: compile(SOURCES), packages: compile(PACKAGES) }
    }

    /// The asset in which something is wrong.
    pub(super) fn source<'m>(&self, message: &'m str) -> Option<&'m str> {
        first(&self.sources, message)
    }

    /// The file of the asset that the message is about.
    pub(super) fn package<'m>(&self, message: &'m str) -> Option<&'m str> {
        first(&self.packages, message)
    }
}

fn first<'m>(patterns: &[Regex], message: &'m str) -> Option<&'m str> {
    patterns.iter().find_map(|pattern| Some(pattern.captures(message)?.name("asset")?.as_str()))
}

/// The names of assets in a message, whatever it says about them. An asset need not exist.
pub(super) fn mentioned(message: &str) -> impl Iterator<Item = &str> {
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '(' | ')' | ',' | ';' | '[' | ']');
    message.split(ends).filter(|word| {
        let mut names = word.split('/');
        names.next() == Some("") && names.clone().count() >= 2 && names.all(|name| !name.is_empty())
    })
}

/// The file of an asset, without its ending: by the name of an asset it may be a `.uasset` or a `.umap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssetFile<'m> {
    /// `Game`, `Engine`, or the name of a plugin.
    pub mount: &'m str,
    /// The path below `Content`.
    pub path: &'m str,
}

/// The file of an asset or of an object inside it: `/Game/A/B.B_C:x` is in `Content/A/B`. None for code, and for a text
/// that is no name of an asset.
pub fn file_of(asset: &str) -> Option<AssetFile<'_>> {
    let (mount, path) = asset.strip_prefix('/')?.split_once('/')?;
    let path = path.split(':').next()?;
    let name_at = path.rfind('/').map_or(0, |slash| slash + 1);
    let name = path.get(name_at..)?.split('.').next()?;
    let path = path.get(..name_at + name.len())?;
    let is_plain = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains('\\');
    (mount != "Script" && !mount.is_empty() && path.split('/').all(is_plain))
        .then_some(AssetFile { mount, path })
}

/// The module of `/Script/Module.Class`, which is code and has no file of its own.
pub fn module_of(asset: &str) -> Option<&str> {
    let module = asset.strip_prefix("/Script/")?.split(['.', ':']).next()?;
    (!module.is_empty() && module.chars().all(|c| c.is_alphanumeric() || c == '_'))
        .then_some(module)
}

/// The map of an actor that has a file of its own: `/Game/__ExternalActors__/Maps/Level/0/AB/XYZ` belongs to
/// `/Game/Maps/Level`.
pub(super) fn map_of(asset: &str) -> Option<String> {
    let AssetFile { mount, path } = file_of(asset)?;
    let inside = path.strip_prefix("__ExternalActors__/");
    let inside = inside.or_else(|| path.strip_prefix("__ExternalObjects__/"))?;
    // The last three names are parts of a hash.
    let map = inside.rsplitn(4, '/').nth(3)?;
    Some(format!("/{mount}/{map}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message for each pattern, and the asset in it.
    const OF_SOURCES: [(&str, &str); SOURCES.len()] = [
        (
            "[Compiler Door] ' Target ' must have a connection. from Source: /Game/Doors/Door.Door",
            "/Game/Doors/Door.Door",
        ),
        (
            "Failed to compile Material /Game/M/Rust.Rust (MI:/Game/M/Rust_2.Rust_2) for platform PCD3D_SM6",
            "/Game/M/Rust.Rust",
        ),
        (
            "/Game/M/Rust.Rust: Failed to compile Material for platform PCD3D_SM5",
            "/Game/M/Rust.Rust",
        ),
        (
            "FStructProperty::Serialize Loading: Property 'StructProperty /Game/A/Keys.Keys_C:Open:Key'. Unknown structure.",
            "/Game/A/Keys.Keys_C:Open:Key",
        ),
        (
            "Content is missing from cook.\n  Source package: /Game/Maps/Level\n  Target package: /Game/A/Gone",
            "/Game/Maps/Level",
        ),
    ];
    const OF_PACKAGES: [(&str, &str); PACKAGES.len()] = [
        (
            "Package ../../../Engine/Content/A B.uasset is too new. Engine Version: 1008",
            "../../../Engine/Content/A B.uasset",
        ),
        (
            r"/Game/Door : [AssetLog] C:\Game\Content\Door.uasset: Failed to load '/Game/Lock'",
            r"C:\Game\Content\Door.uasset",
        ),
    ];

    #[test]
    fn each_pattern_reads_its_example_and_no_earlier_pattern_does() {
        let assets = Assets::new();
        for (examples, patterns) in
            [(OF_SOURCES.as_slice(), &assets.sources), (&OF_PACKAGES, &assets.packages)]
        {
            for (at, (example, asset)) in examples.iter().enumerate() {
                let found = patterns.iter().position(|pattern| pattern.is_match(example));
                assert_eq!(found, Some(at), "{example}");
                assert_eq!(first(patterns, example), Some(*asset));
            }
        }
    }

    #[test]
    fn the_file_of_an_asset_has_no_objects_in_its_name() {
        let file = |asset| file_of(asset).map(|AssetFile { mount, path }| (mount, path));
        let table = [
            ("/Game/A/B", Some(("Game", "A/B"))),
            ("/Game/A/B.B_C", Some(("Game", "A/B"))),
            ("/Game/A/B.B_C:Open:Key.x", Some(("Game", "A/B"))),
            ("/Game/A.1/B.B", Some(("Game", "A.1/B"))),
            ("/Game/B", Some(("Game", "B"))),
            ("/Doors/A/B.B", Some(("Doors", "A/B"))),
            ("/Game/日本/ド.ド", Some(("Game", "日本/ド"))),
            ("/Script/Doors.Door", None),
            ("/Game/../B", None),
            ("/Game/A//B", None),
            ("/Game/.B", None),
            (r"/Game/A\..\B", None),
            ("/Game/", None),
            ("/Game", None),
            ("Game/A", None),
            ("//A", None),
        ];
        for (asset, expected) in table {
            assert_eq!(file(asset), expected, "{asset}");
        }
    }

    #[test]
    fn a_script_package_is_a_module() {
        for (asset, expected) in [
            ("/Script/Doors", Some("Doors")),
            ("/Script/Doors.Door:Open", Some("Doors")),
            ("/Script/", None),
            ("/Script/../x", None),
            ("/Game/Doors", None),
        ] {
            assert_eq!(module_of(asset), expected, "{asset}");
        }
    }

    #[test]
    fn an_actor_with_a_file_of_its_own_belongs_to_a_map() {
        for (asset, expected) in [
            ("/Game/__ExternalActors__/Maps/Level/0/AB/XYZ", Some("/Game/Maps/Level")),
            ("/Game/__ExternalObjects__/Level/0/AB/XYZ.XYZ", Some("/Game/Level")),
            ("/Doors/__ExternalActors__/Maps/L/0/AB/XYZ", Some("/Doors/Maps/L")),
            ("/Game/__ExternalActors__/0/AB/XYZ", None),
            ("/Game/Maps/Level", None),
        ] {
            assert_eq!(map_of(asset).as_deref(), expected, "{asset}");
        }
    }

    #[test]
    fn names_of_assets_are_found_in_any_message() {
        let found = |message| mentioned(message).collect::<Vec<_>>();
        assert_eq!(
            found("Enum collision: 'X::Y' is in both '/Game/A/X.X' and '/Game/B/X.X'"),
            ["/Game/A/X.X", "/Game/B/X.X"]
        );
        assert_eq!(found("Failed to load '/Game/A': Can't find file."), ["/Game/A"]);
        assert_eq!(found("(/Game/A/B.B) and/or // and / and /x /a//b"), ["/Game/A/B.B"]);
    }
}
