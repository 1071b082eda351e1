#!/usr/bin/env bash
# Names the Go files that gofmt would change, and fails if there are any.
set -euo pipefail
cd "$(dirname "$0")/.."

files=$(find . \( -name node_modules -o -name .git \) -prune -o -name '*.go' -print0 | xargs -0 gofmt -l)
if [ -n "$files" ]; then
  printf 'gofmt would change:\n%s\n' "$files" >&2
  exit 1
fi
