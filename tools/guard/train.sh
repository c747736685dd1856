#!/usr/bin/env bash
# Trains the guard's second voice (docs/guard.md) from the labelled lines and prints what it is
# worth: tools/guard/train.sh. Needs the dev preset to be configured.
set -euo pipefail
cd "$(dirname "$0")/../.."
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
python3 -B tools/guard/grammar.py 400 > "$lines"
ninja -C build/dev guard_train
build/dev/guard_train models/guard_voice.txt "$lines" \
  tests/data/guard/labelled.tsv tests/data/guard/fresh.tsv tests/data/guard/fresh2.tsv \
  tests/data/guard/composed.tsv tests/data/guard/composed2.tsv tests/data/guard/taught.tsv \
  tests/data/guard/general.tsv
