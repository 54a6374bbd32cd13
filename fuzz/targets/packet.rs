//! Target: frames of Engine.IO and Socket.IO, and BuildPixel's events in them.

#![no_main]

use buildpixel_ci::socket::invariants;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| invariants::check(&String::from_utf8_lossy(bytes)));
