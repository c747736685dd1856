#!/usr/bin/env bash
# Resident memory of lab and sandbox for each simulated person (goal 10 KB): the peak of a run with
# many people less that of one with few, each person with a private chat and one message said.
#   bench/lab_memory.sh [BUILD_DIR] [PEOPLE]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build/release}") people=${2:-20000} scenario=$PWD/bench/scenarios/lab_memory.yaml
dir=$(mktemp -d)
trap 'kill "$floor" 2> /dev/null || true; rm -rf "$dir"' EXIT
"$build/net_floor" > "$dir/port" & floor=$!
for _ in $(seq 100); do [[ -s $dir/port ]] && break; sleep 0.05; done
cd "$dir"
# Prints the peak in KiB.
peak() {
  "$build/chorus" lab run "$scenario" -q --people "$1" --for 30s \
      -e "URL=http://127.0.0.1:$(cat "$dir/port")/{token}" > "$dir/text" 2>&1 & local pid=$! most=0
  while [[ -e /proc/$pid/status ]]; do
    most=$(awk '/VmHWM/ { print $2 }' "/proc/$pid/status" 2> /dev/null || true); [[ -n $most ]] && echo "$most" > "$dir/most"
    sleep 0.2
  done
  wait "$pid" || [[ $? == 120 ]] || { cat "$dir/text" >&2; exit 1; }
  cat "$dir/most"
}
few=$(peak 1000) many=$(peak "$people")
awk -v few="$few" -v many="$many" -v n="$people" 'BEGIN {
  printf "1000 people %.1f MiB, %d people %.1f MiB: %.2f KB for each more (goal 10)\n",
         few / 1024, n, many / 1024, (many - few) * 1.024 / (n - 1000) }'
