#!/usr/bin/env bash
# One message to 500 bots that long-poll /sync in one room: time from the intended send to each bot's
# answer, the bots' next poll included. The sandbox has one core, the bots the other.
#   bench/matrix_fanout.sh [BUILD_DIR] [BOTS] [MESSAGES]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release} bots=${2:-500} messages=${3:-50}
ready=$(mktemp)
taskset -c 0 "$build/chorus" sandbox --telegram 0 --matrix 0 --llm 0 --control 0 > "$ready" 2> /dev/null &
pid=$!
trap 'kill "$pid" 2> /dev/null || true; rm -f "$ready"' EXIT
for _ in $(seq 100); do [[ -s $ready ]] && break; sleep 0.05; done
field() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\\1/" "$ready"; }
taskset -c 1 "$build/matrix_pollers" "$(field matrix)" "$(field control)" "$bots" "$messages"
