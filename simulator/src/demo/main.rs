//! Shows on this machine what a CI would show of a BuildPixel build.
fn main() {}
