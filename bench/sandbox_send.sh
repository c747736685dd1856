#!/usr/bin/env bash
# sendMessage over sockets at 50 connections: calls per second, calls per second of the sandbox's CPU
# (what a free core would do; the two agree on an idle machine) and its memory over time.
# The sandbox has one core, wrk the other.
#   bench/sandbox_send.sh [BUILD_DIR] [ROUNDS] [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release} rounds=${2:-3} seconds=${3:-5}
ready=$(mktemp)
taskset -c 0 "$build/chorus" sandbox --telegram 0 --matrix 0 --llm 0 --control 0 > "$ready" 2> /dev/null &
pid=$!
trap 'kill "$pid" 2> /dev/null || true; rm -f "$ready"' EXIT
for _ in $(seq 100); do [[ -s $ready ]] && break; sleep 0.05; done
url=$(sed -E 's/.*"telegram":"([^"]*)".*/\1/' "$ready")
curl -s "$url/bot1001:benchmark-secret-of-35-characters-0/getMe" > /dev/null
ticks=$(getconf CLK_TCK)
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
rss() { awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$pid/status"; }
echo "round   calls/s  calls/CPU-s   p99      RSS MiB before -> after"
for ((round = 1; round <= rounds; ++round)); do
  before=$(rss) spent=$(cpu_ticks)
  out=$(taskset -c 1 wrk -t1 -c50 -d"${seconds}s" --latency -s bench/sandbox_send.lua "$url")
  if grep -q 'Non-2xx' <<< "$out"; then echo "sandbox_send: errors were answered" >&2; exit 1; fi
  spent=$(($(cpu_ticks) - spent))
  printf '%5d %9.0f %12.0f   %-8s %s -> %s\n' "$round" \
      "$(awk '/Requests\/sec/ { print $2 }' <<< "$out")" \
      "$(awk -v t="$spent" -v hz="$ticks" '/requests in/ { print $1 * hz / t }' <<< "$out")" \
      "$(awk '/99%/ { print $2 }' <<< "$out")" "$before" "$(rss)"
done
