#!/usr/bin/env bash
# Runs every fuzzer of build/fuzz for FUZZ_SECONDS (30) on a copy of its corpus; a crash is left in
# fuzz/corpus/<name>/ so that it is replayed as a plain test from then on.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-30}
passed=0
failed=0
for fuzzer in build/fuzz/*_fuzz; do
  name=$(basename "$fuzzer" _fuzz)
  corpus=$(mktemp -d)
  mkdir -p "fuzz/corpus/$name"
  if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
      -artifact_prefix="fuzz/corpus/$name/" "$corpus" "fuzz/corpus/$name" \
      > "build/log/fuzz-$name.log" 2>&1; then
    echo "  $name: no crash in $seconds s"
    passed=$((passed + 1))
  else
    echo "  $name: FAILED, see build/log/fuzz-$name.log"
    failed=$((failed + 1))
  fi
  rm -rf "$corpus"
done
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
