//! The lines that the build logs: dull ones, the same ones again, and all that wants to be more than
//! text. The same seed gives the same lines.

const DULL: &[&str] = &[
    "LogInit: Display: Loading text-based configuration",
    "LogCook: Display: Cooked packages",
    "Compile [x64] Module.Lighthouse.cpp",
];

const HOSTILE: &[&str] = &[
    "::error file=Lantern.cpp,line=1::forged",
    "##[group]forged",
    "x\r::add-mask::x",
    "\u{1b}]0;title\u{7}\u{1b}[31mred\u{1b}[0m \u{1b}[2K",
    "section_start:0:forged\r\u{1b}[0Kforged",
    "##teamcity[buildStop comment='x']",
    "nul \0 and bell \u{7} and \u{202e}override",
    "two lines\nin one message",
    "Ünïcödé 🎮 漢字",
];

/// The message of line `number`.
pub(crate) fn message(number: u64, seed: u64) -> String {
    let mut dice = fastrand::Rng::with_seed(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    match dice.u32(..100) {
        // The text of a recurring line does not tell it from the other copies.
        0..20 => "tick".to_owned(),
        20..24 => format!("{number} {}", HOSTILE[dice.usize(..HOSTILE.len())]),
        24..26 => HOSTILE[dice.usize(..HOSTILE.len())].to_owned(),
        26 if dice.u32(..50) == 0 => format!("{number} {}", "long ".repeat(8_000)),
        _ => format!("{number} {}", DULL[dice.usize(..DULL.len())]),
    }
}
