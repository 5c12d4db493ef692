#!/bin/sh
# Builds my-component.wasm.
set -eu
cd "$(dirname "$0")"
PATH="$PWD/node_modules/.bin:$PATH"
if ! command -v node > /dev/null; then
  echo "error: node is missing: install Node.js 18 or newer" >&2
  exit 1
fi
if ! command -v componentize-qjs > /dev/null; then
  echo "error: the package componentize-qjs is missing: npm install" >&2
  exit 1
fi
componentize-qjs --wit wit --world WORLD --js app.js --sync --stub-wasi -o my-component.wasm
