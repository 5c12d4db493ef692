#!/bin/sh
# Builds my-component.wasm. MEMLOOM names the binary, by default `memloom`.
set -eu
cd "$(dirname "$0")"
if ! command -v cargo > /dev/null; then
  echo "error: cargo is missing: install Rust from rustup.rs" >&2
  exit 1
fi
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then
  echo "error: Rust's std for Wasm is missing: rustup target add wasm32-unknown-unknown" >&2
  exit 1
fi
cargo build --release --target wasm32-unknown-unknown
"${MEMLOOM:-memloom}" componentize \
  "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/release/component.wasm" my-component.wasm
