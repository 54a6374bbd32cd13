//! Finds secrets that are not ours, by their shape: the CI cannot mask them. This file has the
//! words that each of them contains; each kind is a file beside it.

mod addresses;
mod gate;
mod headers;
mod keys;
mod line;
mod tokens;
mod tools;
mod values;

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use gate::Gate;
use line::{Line, is_word};
use tokens::Chars;
use tools::Password;

pub use keys::OpenKey;

/// The kind of secret that a word announces.
#[derive(Clone, Copy)]
enum Kind {
    /// The end of the scheme of an address.
    Address,
    Authorization,
    Bearer,
    Cookie,
    /// A part of a name whose value may be secret.
    Name,
    /// `pass:` of openssl and apksigner.
    Pass,
    PrivateKey,
    /// The prefix of a token, which may stand in the middle of a word, and the least number of
    /// characters behind it.
    Token(Chars, usize),
    /// The same, but only at the start of a word.
    Word(Chars, usize),
    /// The second part of a JSON Web Token.
    Jwt,
    /// The name of a program.
    Tool(Password),
}

use Kind::{
    Address, Authorization, Bearer, Cookie, Jwt, Name, Pass, PrivateKey, Token, Tool, Word,
};

/// Each has at least four characters, apart from the first one.
#[rustfmt::skip]
const WORDS: &[(&str, Kind)] = &[
    ("://", Address), (":\\/\\/", Address),
    ("uthorization", Authorization), ("UTHORIZATION", Authorization),
    ("earer ", Bearer), ("ookie: ", Cookie), ("pass:", Pass), ("PRIVATE KEY", PrivateKey),
    ("assw", Name), ("ASSW", Name), ("assphrase", Name), ("ASSPHRASE", Name),
    ("orepass", Name), ("OREPASS", Name), ("orePass", Name), ("eypass", Name), ("EYPASS", Name), ("eyPass", Name),
    ("oken", Name), ("OKEN", Name), ("ecret", Name), ("ECRET", Name),
    ("pikey", Name), ("piKey", Name), ("PIKEY", Name), ("pi_key", Name), ("pi_Key", Name), ("I_KEY", Name),
    ("pi-k", Name), ("pi-K", Name), ("PI-K", Name),
    ("sskey", Name), ("ssKey", Name), ("SSKEY", Name), ("ss_key", Name), ("ss_Key", Name), ("SS_KEY", Name),
    ("ss-key", Name), ("ss-Key", Name), ("SS-KEY", Name),
    ("untkey", Name), ("untKey", Name), ("UNTKEY", Name), ("unt_key", Name), ("unt_Key", Name), ("UNT_KEY", Name),
    ("unt-key", Name), ("unt-Key", Name), ("UNT-KEY", Name),
    ("ion_key", Name), ("ion_Key", Name), ("ION_KEY", Name), ("ing_key", Name), ("ing_Key", Name), ("ING_KEY", Name),
    ("-aes=", Name), ("-Aes=", Name), ("-AES=", Name), ("sig=", Name), ("Sig=", Name), ("SIG=", Name),
    ("ignature", Name), ("IGNATURE", Name), ("redential=", Name), ("REDENTIAL=", Name), ("auth\"", Name), ("_auth", Name),
    // GitHub, GitLab
    ("ghp_", Token(Chars::Alphanumeric, 16)), ("gho_", Token(Chars::Alphanumeric, 16)), ("ghu_", Token(Chars::Any, 16)),
    ("ghs_", Token(Chars::Any, 16)), ("ghr_", Token(Chars::Alphanumeric, 16)), ("github_pat_", Word(Chars::Word, 16)),
    ("glpat-", Token(Chars::Any, 16)), ("glcbt-", Token(Chars::Any, 16)), ("glrt-", Token(Chars::Any, 16)), ("gldt-", Token(Chars::Any, 16)),
    ("glptt-", Token(Chars::Any, 16)), ("glsoat-", Token(Chars::Any, 16)), ("gloas-", Token(Chars::Any, 16)), ("glft-", Token(Chars::Any, 16)),
    ("glimt-", Token(Chars::Any, 16)), ("glffct-", Token(Chars::Any, 16)),
    ("dop_v1_", Token(Chars::Alphanumeric, 32)), ("doo_v1_", Token(Chars::Alphanumeric, 32)),
    // Slack, AWS, Google, JWT
    ("xoxb-", Token(Chars::Word, 12)), ("xoxp-", Token(Chars::Word, 12)), ("xoxa-", Token(Chars::Word, 12)), ("xoxs-", Token(Chars::Word, 12)),
    ("xoxr-", Token(Chars::Word, 12)), ("xoxe.", Token(Chars::Any, 12)), ("xoxe-", Token(Chars::Word, 12)), ("xoxc-", Token(Chars::Word, 12)), ("xoxd-", Token(Chars::Any, 12)),
    ("xapp-", Token(Chars::Word, 16)), ("AKIA", Word(Chars::Upper, 16)), ("ASIA", Word(Chars::Upper, 16)),
    ("AIza", Word(Chars::Word, 30)), ("ya29.", Token(Chars::Any, 20)), ("GOCSPX-", Token(Chars::Word, 20)), (".eyJ", Jwt),
    // package registries and services
    ("npm_", Token(Chars::Alphanumeric, 30)), ("pypi-", Token(Chars::Word, 40)), ("sk-proj-", Word(Chars::Word, 32)), ("sk-ant-", Word(Chars::Word, 32)),
    ("hvs.", Token(Chars::Word, 20)), ("hvb.", Token(Chars::Word, 20)), ("dckr_pat_", Word(Chars::Word, 16)), ("dckr_oat_", Word(Chars::Word, 16)),
    ("sk_live_", Word(Chars::Alphanumeric, 16)), ("rk_live_", Word(Chars::Alphanumeric, 16)), ("pk_live_", Word(Chars::Alphanumeric, 16)),
    // programs
    ("p4 -", Tool(Password::Attached("-P"))), ("p4.e", Tool(Password::Attached("-P"))),
    ("sshpass", Tool(Password::Attached("-p"))), ("security ", Tool(Password::Subcommand(tools::SECURITY))),
    ("ocker login", Tool(Password::Option(&["-p"]))), ("+login ", Tool(Password::Second)),
    ("curl", Tool(Password::User(&["--user", "--proxy-user"]))),
];

/// The search for all words.
#[derive(Debug, Clone)]
pub(super) struct Foreign {
    gate: Gate,
    search: Option<AhoCorasick>,
}

impl Foreign {
    pub(super) fn new() -> Self {
        let words = || WORDS.iter().map(|(word, _)| *word);
        Self { gate: Gate::new(words()), search: fast_search(words()) }
    }

    /// True if a line needs a closer look. This is false for nearly all lines.
    pub(super) fn may_hit(&self, text: &str) -> bool {
        self.gate.is_match(text)
    }

    /// The ranges of secrets, and of what belongs to the private key that is open.
    pub(super) fn ranges(&self, text: &str, open: &mut OpenKey) -> Vec<Range<usize>> {
        let mut line = Line::new(text);
        open.advance(&mut line);
        line.done = 0;
        let mut command: Option<(usize, Password)> = None;
        let mut commands = Vec::new();
        for hit in self.search.iter().flat_map(|search| search.find_iter(text)) {
            let Some((_, kind)) = WORDS.get(hit.pattern().as_usize()) else { continue };
            if let Tool(password) = kind {
                let is_name =
                    line.before(hit.start()).is_none_or(|byte| !byte.is_ascii_alphanumeric());
                if is_name || matches!(password, Password::Option(_) | Password::Second) {
                    commands.extend(command.map(|(from, tool)| (from..hit.start(), tool)));
                    let option = usize::from(line.before(hit.end()) == Some(b'-'));
                    command = Some((hit.end() - option, *password));
                }
            } else if hit.start() >= line.done {
                look(&mut line, hit.range(), *kind, open);
            }
        }
        commands.extend(command.map(|(from, tool)| (from..text.len(), tool)));
        for (arguments, password) in commands {
            tools::command(&mut line, arguments, password);
        }
        line.found
    }
}

/// A search that looks at many bytes at once if there are at most 64 words. That needs this kind of
/// matches. The automaton runs only for a line with one of the words, and is the quickest to build.
pub(super) fn fast_search<W: AsRef<[u8]>>(
    words: impl IntoIterator<Item = W>,
) -> Option<AhoCorasick> {
    let mut search = AhoCorasick::builder();
    search.match_kind(MatchKind::LeftmostFirst).kind(Some(AhoCorasickKind::ContiguousNFA));
    // It fails only for more than 2 GiB of words.
    search.build(words).ok()
}

fn look(line: &mut Line<'_>, hit: Range<usize>, kind: Kind, open: &mut OpenKey) {
    match kind {
        Kind::Address => addresses::address(line, hit),
        Kind::Authorization => headers::authorization(line, hit),
        Kind::Bearer => headers::bearer(line, hit),
        Kind::Cookie => headers::cookie(line, hit),
        Kind::Name => values::named(line, hit),
        Kind::Pass => values::passed(line, hit),
        Kind::PrivateKey => keys::private_key(line, hit.end, open),
        Kind::Token(chars, least) => {
            tokens::token(line, hit.start, hit.end, chars, least);
        }
        Kind::Word(chars, least) => {
            if line.before(hit.start).is_none_or(|byte| !is_word(byte))
                || is_escaped(line, hit.start)
            {
                tokens::token(line, hit.start, hit.end, chars, least);
            }
        }
        Kind::Jwt => tokens::jwt(line, hit.start),
        Kind::Tool(_) => {}
    }
}

/// True if the letter before is the end of an escape: `\n`, `%3A`, `\u0026`.
fn is_escaped(line: &Line<'_>, at: usize) -> bool {
    let before = line.text.get(..at).unwrap_or_default();
    matches!(
        before,
        [.., b'\\', b'n' | b'r' | b't'] | [.., b'%', _, _] | [.., b'\\', b'u', _, _, _, _]
    )
}
