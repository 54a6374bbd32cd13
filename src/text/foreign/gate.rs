//! A fast test whether a line has one of many words. It looks at every third byte of most lines.

use std::fmt;

/// So many bytes of each word are looked for.
const GRAM: usize = 4;
/// For seven bits of one byte and six of the next one.
const PAIRS: usize = 1 << 13;

/// The algorithm of Wu and Manber: the last two bytes of a window say how far it may move on.
#[derive(Clone)]
pub(super) struct Gate {
    /// How far the window may move on. 0 if it may be one of the grams.
    moves: Box<[u8]>,
    /// Sorted.
    grams: Vec<[u8; GRAM]>,
}

impl Gate {
    /// Of each word, four bytes that are rare in a log are looked for.
    pub(super) fn new<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let mut grams: Vec<[u8; GRAM]> = words.flat_map(grams).collect();
        grams.sort_unstable();
        grams.dedup();
        let longest = u8::try_from(GRAM - 1).unwrap_or(u8::MAX);
        let mut moves = vec![longest; PAIRS].into_boxed_slice();
        for gram in &grams {
            for (pair, rest) in gram.windows(2).zip((0..longest).rev()) {
                if let [first, second] = pair
                    && let Some(entry) = moves.get_mut(pair_index(*first, *second))
                {
                    *entry = rest.min(*entry);
                }
            }
        }
        Self { moves, grams }
    }

    /// True if the text has one of the grams.
    pub(super) fn is_match(&self, text: &str) -> bool {
        let text = text.as_bytes();
        let mut end = GRAM;
        while let Some(window) = text.get(end - GRAM..end).and_then(<[u8]>::first_chunk::<GRAM>) {
            let [_, _, first, second] = *window;
            match self.moves.get(pair_index(first, second)) {
                Some(0) | None => {
                    if self.grams.binary_search(window).is_ok() {
                        return true;
                    }
                    end += 1;
                }
                Some(more) => end += usize::from(*more),
            }
        }
        false
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gate({} grams)", self.grams.len())
    }
}

fn pair_index(first: u8, second: u8) -> usize {
    (usize::from(first & 0x7f) << 6) | usize::from(second & 0x3f)
}

/// The part of a word that is looked for: the one whose last two bytes are the rarest. A scheme may
/// end in any letter.
fn grams(word: &str) -> Vec<[u8; GRAM]> {
    if word == "://" {
        let letters = (b'a'..=b'z').chain(b'A'..=b'Z').chain(b'0'..=b'9');
        return letters.map(|letter| [letter, b':', b'/', b'/']).collect();
    }
    // Many ordinary words end in `ity `.
    if word == "security " {
        return vec![*b"curi"];
    }
    let windows = word.as_bytes().windows(GRAM).filter_map(<[u8]>::first_chunk::<GRAM>);
    windows
        .max_by_key(|[.., first, second]| rarity(*first) + rarity(*second))
        .copied()
        .into_iter()
        .collect()
}

fn rarity(byte: u8) -> u8 {
    match byte {
        b'k' | b'q' | b'z' | b'x' | b'j' | b'w' | b'v' | b'y' | b'f' => 2,
        b'a'..=b'z' | b' ' | b'.' => 0,
        _ => 3,
    }
}
