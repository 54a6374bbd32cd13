//! Assets by the names that the engine has for them, as `/Game/Maps/Level.Level_C:Part`.

use regex::Regex;

use super::pattern;

/// A message that names the asset in which something is wrong, so that there is such an asset.
#[cfg_attr(not(test), expect(dead_code, reason = "the test of the table reads its examples"))]
struct Shape {
    pattern: &'static str,
    example: &'static str,
    asset: &'static str,
}

const SOURCES: &[Shape] = &[
    Shape {
        pattern: r"from Source: (?<asset>/\S+)",
        example: "[Compiler Door] ' Target ' must have a connection. from Source: /Game/Doors/Door.Door",
        asset: "/Game/Doors/Door.Door",
    },
    Shape {
        pattern: r"Failed to compile Material (?<asset>/\S+)",
        example: "Failed to compile Material /Game/M/Rust.Rust (MI:/Game/M/Rust_2.Rust_2) for platform PCD3D_SM6",
        asset: "/Game/M/Rust.Rust",
    },
    Shape {
        pattern: r"^(?<asset>/[^\s:]+): Failed to compile Material",
        example: "/Game/M/Rust.Rust: Failed to compile Material for platform PCD3D_SM5",
        asset: "/Game/M/Rust.Rust",
    },
    Shape {
        pattern: r"Property '?[A-Za-z0-9_]+ (?<asset>/[^\s']+)'?\. Unknown structure",
        example: "FStructProperty::Serialize Loading: Property 'StructProperty /Game/A/Keys.Keys_C:Open:Key'. Unknown structure.",
        asset: "/Game/A/Keys.Keys_C:Open:Key",
    },
    Shape {
        pattern: r"Source package: (?<asset>/\S+)",
        example: "Content is missing from cook.\n  Source package: /Game/Maps/Level\n  Target package: /Game/A/Gone",
        asset: "/Game/Maps/Level",
    },
];

/// A message about the file of an asset.
const PACKAGES: &[Shape] = &[
    Shape {
        pattern: r"Package (?<asset>\S.*?\.(?:uasset|umap)) (?:is too (?:old|new)|has newer custom version)",
        example: "Package ../../../Engine/Content/A B.uasset is too new. Engine Version: 1008",
        asset: "../../../Engine/Content/A B.uasset",
    },
    Shape {
        pattern: r#"(?:^|\[AssetLog\] )(?<asset>(?:[A-Za-z]:)?[^:*?"<>|]*?\.(?:uasset|umap)): "#,
        example: r"/Game/Door : [AssetLog] C:\Game\Content\Door.uasset: Failed to load '/Game/Lock'",
        asset: r"C:\Game\Content\Door.uasset",
    },
];

/// The shapes, compiled.
#[derive(Debug, Clone)]
pub(super) struct Assets {
    sources: Vec<Regex>,
    packages: Vec<Regex>,
}

impl Assets {
    pub(super) fn new() -> Self {
        let compile =
            |rows: &[Shape]| rows.iter().map(|row| pattern::compile(row.pattern)).collect();
        Self { sources: compile(SOURCES), packages: compile(PACKAGES) }
    }

    /// The asset in which something is wrong.
    pub(super) fn source<'m>(&self, message: &'m str) -> Option<&'m str> {
        first(&self.sources, message)
    }

    /// The file of an asset that the message is about.
    pub(super) fn package<'m>(&self, message: &'m str) -> Option<&'m str> {
        first(&self.packages, message)
    }
}

fn first<'m>(shapes: &[Regex], message: &'m str) -> Option<&'m str> {
    shapes.iter().find_map(|shape| Some(shape.captures(message)?.name("asset")?.as_str()))
}

/// The names of assets in a message, whatever it says of them: it may be that one does not exist.
pub(super) fn mentioned(message: &str) -> impl Iterator<Item = &str> {
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '(' | ')' | ',' | ';' | '[' | ']');
    message.split(ends).filter(|word| {
        let mut names = word.split('/');
        names.next() == Some("") && names.clone().count() >= 2 && names.all(|name| !name.is_empty())
    })
}

/// Where the file of an asset is, but for the ending that only the folder knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AssetFile<'m> {
    /// `Game`, `Engine`, or a plugin.
    pub(crate) mount: &'m str,
    /// Below `Content`.
    pub(crate) path: &'m str,
}

/// The file without the objects inside it: `/Game/A/B.B_C:x` is in `Content/A/B`.
pub(crate) fn file_of(asset: &str) -> Option<AssetFile<'_>> {
    let (mount, path) = asset.strip_prefix('/')?.split_once('/')?;
    let path = path.split(':').next()?;
    let name_at = path.rfind('/').map_or(0, |slash| slash + 1);
    let name = path.get(name_at..)?.split('.').next()?;
    let path = path.get(..name_at + name.len())?;
    let is_plain = |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains('\\');
    (mount != "Script" && !mount.is_empty() && path.split('/').all(is_plain))
        .then_some(AssetFile { mount, path })
}

/// The module of `/Script/Module.Class`, which is code and has no file.
pub(crate) fn module_of(asset: &str) -> Option<&str> {
    let module = asset.strip_prefix("/Script/")?.split(['.', ':']).next()?;
    (!module.is_empty() && module.chars().all(|c| c.is_alphanumeric() || c == '_'))
        .then_some(module)
}

/// The map to which an actor belongs that has a file of its own:
/// `/Game/__ExternalActors__/Maps/Level/0/AB/XYZ` belongs to `/Game/Maps/Level`.
pub(super) fn map_of(asset: &str) -> Option<String> {
    let AssetFile { mount, path } = file_of(asset)?;
    let inside = path.strip_prefix("__ExternalActors__/");
    let inside = inside.or_else(|| path.strip_prefix("__ExternalObjects__/"))?;
    // The last three names are made of a hash.
    let map = inside.rsplitn(4, '/').nth(3)?;
    Some(format!("/{mount}/{map}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_reads_its_example_and_none_before_it_does() {
        let assets = Assets::new();
        for (rows, patterns) in [(SOURCES, &assets.sources), (PACKAGES, &assets.packages)] {
            for (at, row) in rows.iter().enumerate() {
                let found = patterns.iter().position(|shape| shape.is_match(row.example));
                assert_eq!(found, Some(at), "{}", row.example);
                assert_eq!(first(patterns, row.example), Some(row.asset));
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
    fn a_module_is_code() {
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
