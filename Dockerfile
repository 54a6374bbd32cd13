# One static binary, in two images:
#   docker build .                  with a shell and without an entrypoint: a job's `image:` in GitLab CI
#   docker build --target action .  nothing but the binary, for `docker run` and docker actions

FROM rust:1.95-bookworm AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends musl-tools \
    && rm -rf /var/lib/apt/lists/* \
    && rustup target add "$(uname -m)-unknown-linux-musl"
WORKDIR /source
COPY . .
RUN target="$(uname -m)-unknown-linux-musl" \
    && TARGET_CC=musl-gcc cargo build --release --locked --bin buildpixel-ci --target "$target" \
    && mv "target/$target/release/buildpixel-ci" /buildpixel-ci

FROM scratch AS action
COPY --from=build /buildpixel-ci /buildpixel-ci
ENTRYPOINT ["/buildpixel-ci"]

FROM alpine:3.22 AS job
COPY --from=build /buildpixel-ci /usr/local/bin/buildpixel-ci
