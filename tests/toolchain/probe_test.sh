#!/usr/bin/env bash
# The compiler that builds Chorus must pass both probes (README.md). Usage: probe_test.sh COMPILER
set -euo pipefail
cd "$(dirname "$0")"
compiler=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for level in -O0 -O2; do
  "$compiler" -std=c++20 "$level" gcc12_coroutine_probe.cpp -o "$dir/probe"
  "$dir/probe"
done
"$compiler" -std=c++23 -fsyntax-only expected_probe.cpp
echo "2 passed, 0 failed"
