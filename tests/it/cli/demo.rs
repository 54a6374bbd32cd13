//! The demo knows every CI that the program knows, and pretends to be it well enough.

use std::path::Path;

use buildpixel_ci::ci::{all, choose};
use buildpixel_ci::config::Env;
use simulator::ci::Ci;

#[test]
fn the_demo_knows_every_ci_of_the_program() {
    let known: Vec<_> = all().map(|ci| ci.name()).collect();
    assert_eq!(Ci::ALL.map(Ci::name).as_slice(), known);
}

#[test]
fn the_program_recognises_each_ci_that_the_demo_pretends_to_be() {
    for ci in Ci::ALL {
        let variables = ci.environment(Path::new("/work"));
        let env: Env = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let chosen = choose(env.get("BUILDPIXEL_CI"), &env, false).unwrap();
        assert_eq!(chosen.name(), ci.name(), "{variables:?}");
    }
}
