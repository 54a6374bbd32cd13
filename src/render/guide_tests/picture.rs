//! Draws the rows of a page as an SVG, which looks the same everywhere.

use std::fmt::Write as _;

use simulator::page::{Looks, Row};

const COLUMNS: usize = 112;
const CELL: f32 = 7.8;
const ROW: usize = 18;
const FONT: usize = 13;
const MARGIN: usize = 16;

/// The colours of a page.
struct Theme {
    ground: &'static str,
    text: &'static str,
    red: &'static str,
    green: &'static str,
    yellow: &'static str,
    blue: &'static str,
}

const DARK: Theme = Theme {
    ground: "#0d1117",
    text: "#c9d1d9",
    red: "#ff7b72",
    green: "#3fb950",
    yellow: "#d29922",
    blue: "#79c0ff",
};
const BLACK: Theme = Theme {
    ground: "#111111",
    text: "#d0d0d0",
    red: "#ff6b68",
    green: "#5fd787",
    yellow: "#e0c050",
    blue: "#5fd7d7",
};
const LIGHT: Theme = Theme {
    ground: "#ffffff",
    text: "#24292f",
    red: "#c0262d",
    green: "#116329",
    yellow: "#8a6100",
    blue: "#0b62b0",
};

/// The CIs whose pages have these colours; those of all others are black.
const THEMES: [(&[&str], &Theme); 2] =
    [(&["github", "forgejo"], &DARK), (&["jenkins", "teamcity", "bitbucket"], &LIGHT)];

impl Theme {
    fn of(ci: &str) -> &'static Self {
        THEMES.iter().find(|(names, _)| names.contains(&ci)).map_or(&BLACK, |(_, theme)| theme)
    }
}

/// Neighbouring characters of the same style.
struct Span {
    text: String,
    colour: &'static str,
    is_bold: bool,
}

pub(super) fn drawn(ci: &str, rows: &[Row]) -> String {
    let theme = Theme::of(ci);
    let lines: Vec<Vec<Span>> = rows.iter().flat_map(|row| wrapped(spans(row, theme))).collect();
    let width = 2.0 * MARGIN as f32 + COLUMNS as f32 * CELL;
    let height = 2 * MARGIN + lines.len() * ROW;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height}\" \
         font-family=\"ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace\" \
         font-size=\"{FONT}\" xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\" stroke=\"#8b949e\" stroke-opacity=\"0.4\"/>\n",
        theme.ground
    );
    for (index, line) in lines.iter().enumerate() {
        let y = MARGIN + index * ROW + FONT;
        let mut column = 0;
        for Span { text, colour, is_bold } in line {
            let (x, length) = (MARGIN as f32 + column as f32 * CELL, text.chars().count());
            let weight = if *is_bold { " font-weight=\"bold\"" } else { "" };
            if !text.trim().is_empty() {
                let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                let long = length as f32 * CELL;
                writeln!(
                    svg,
                    "<text x=\"{x:.1}\" y=\"{y}\" fill=\"{colour}\"{weight} textLength=\"{long:.1}\" \
                     lengthAdjust=\"spacingAndGlyphs\">{escaped}</text>"
                )
                .unwrap();
            }
            column += length;
        }
    }
    svg + "</svg>\n"
}

fn spans(row: &Row, theme: &'static Theme) -> Vec<Span> {
    let (mark, colour, is_bold) = match row.looks {
        Looks::Text => ("", theme.text, false),
        Looks::Folded => ("▸ ", theme.text, true),
        Looks::Unfolded => ("▾ ", theme.text, true),
        Looks::Error => ("", theme.red, false),
        Looks::Warning => ("", theme.yellow, false),
        Looks::Notice => ("", theme.blue, false),
    };
    let indent = " ".repeat(2 * row.depth);
    let mut spans = vec![Span { text: format!("{indent}{mark}"), colour, is_bold }];
    let mut style = (colour, is_bold);
    let mut parts = row.text.split("\x1b[");
    let plain = |text: &str, (colour, is_bold)| Span { text: text.to_owned(), colour, is_bold };
    spans.extend(parts.next().map(|text| plain(text, style)));
    for part in parts {
        let (sequence, text) = part.split_once('m').expect("only SGR is written");
        style = match sequence {
            "31" => (theme.red, style.1),
            "32" => (theme.green, style.1),
            "33" => (theme.yellow, style.1),
            "36" => (theme.blue, style.1),
            "1" => (style.0, true),
            _ => (colour, is_bold),
        };
        spans.push(plain(text, style));
    }
    spans
}

/// Breaks a line as the page does.
fn wrapped(spans: Vec<Span>) -> Vec<Vec<Span>> {
    let mut lines = vec![Vec::new()];
    let mut column = 0;
    for Span { text, colour, is_bold } in spans {
        let mut rest: Vec<char> = text.chars().collect();
        while !rest.is_empty() {
            if column == COLUMNS {
                lines.push(Vec::new());
                column = 0;
            }
            let after = rest.split_off(rest.len().min(COLUMNS - column));
            column += rest.len();
            let text = rest.into_iter().collect();
            lines.last_mut().unwrap().push(Span { text, colour, is_bold });
            rest = after;
        }
    }
    lines
}
