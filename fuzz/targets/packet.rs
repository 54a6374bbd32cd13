//! Target: frames of Engine.IO and Socket.IO, and BuildPixel's events in them.

#![no_main]

use buildpixel_ci::socket::promises;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| promises::hold(&String::from_utf8_lossy(bytes)));
