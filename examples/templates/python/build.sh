#!/bin/sh
# Builds my-component.wasm.
set -eu
cd "$(dirname "$0")"
if ! command -v componentize-py > /dev/null; then
  echo "error: the package componentize-py is missing: python3 -m pip install -r requirements.txt" >&2
  exit 1
fi
componentize-py --quiet -d wit -w WORLD componentize app --stub-wasi -o my-component.wasm
