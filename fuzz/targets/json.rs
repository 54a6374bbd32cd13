//! Target: text that is read as JSON.

#![no_main]

use buildpixel_ci::json::invariants;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| invariants::check(&String::from_utf8_lossy(bytes)));
