[private]
default:
    @just --list

# Build the program for this machine
build:
    cargo build

# Run the tests that need no other program
test:
    cargo test --workspace

# Watch a scripted build: just demo --ci gitlab --scenario success
demo *options:
    cargo demo {{ options }}

# Look for input that breaks an invariant: just fuzz 60 packet
fuzz *options:
    fuzz/run {{ options }}

# Measure how fast the log is read: just bench; just bench --check fails if that is too slow
bench *options:
    cargo bench --manifest-path bench/Cargo.toml --target-dir target --bench log -- {{ options }}

# Run the program against the reference Socket.IO server and inside real CI runners
e2e:
    .ci/run e2e

# Run everything that must hold before a change goes in
ci:
    .ci/run
