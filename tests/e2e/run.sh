#!/usr/bin/env bash
# End-to-end tests: chorus as a user starts it, with unmodified clients of other people. The binary is
# CHORUS_BINARY or build/dev/chorus, which has every check of the code switched on.
# Arguments are names of tests (unittest syntax); without any, all run.
set -euo pipefail
cd "$(dirname "$0")/../.."
for example in grammy telegraf node-telegram-bot-api openai matrix-bot-sdk; do
  stamp=examples/$example/node_modules/.chorus-stamp
  if [[ ! -f $stamp || examples/$example/package-lock.json -nt $stamp ]]; then
    (cd "examples/$example" && npm ci --ignore-scripts --silent --no-fund --no-audit)
    touch "$stamp"
  fi
done
export CHORUS_BINARY=${CHORUS_BINARY:-$PWD/build/dev/chorus}
exec /usr/bin/python3 tests/e2e/main.py "$@"
