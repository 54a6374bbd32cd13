//! Target: the log pipeline. The first byte says for which dialect, 0x1f where a message ends.

#![no_main]

use buildpixel_ci::reader::invariants;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let [style, log @ ..] = bytes {
        invariants::check(*style, &String::from_utf8_lossy(log));
    }
});
