#!/usr/bin/env bash
# JSON echo of net::Server against a raw epoll loop, as requests per second of server CPU.
# Floor and subject alternate within seconds, because machines have slow phases of 25 %; a round
# whose two floors differ by more than 5 % is discarded.
#   bench/net_echo.sh [BUILD_DIR] [ROUNDS] [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release} rounds=${2:-3} seconds=${3:-5}
ticks=$(getconf CLK_TCK)
declare -A pid port

start() {
  local name=$1 out
  out=$(mktemp)
  taskset -c 0 "$build/$name" > "$out" &
  pid[$name]=$!
  for _ in $(seq 100); do [[ -s $out ]] && break; sleep 0.05; done
  port[$name]=$(cat "$out")
  rm -f "$out"
}
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# Prints requests per second of server CPU.
measure() {
  local name=$1 before after requests
  before=$(cpu_ticks "${pid[$name]}")
  requests=$(taskset -c 1 wrk -t1 -c64 -d"${seconds}s" -s bench/net_echo.lua \
      "http://127.0.0.1:${port[$name]}" | tee "$log" | awk '/requests in/ { print $1 }')
  after=$(cpu_ticks "${pid[$name]}")
  if grep -q 'Non-2xx' "$log"; then echo "net_echo: $name answered with errors" >&2; exit 1; fi
  awk -v r="$requests" -v t="$((after - before))" -v hz="$ticks" 'BEGIN { printf "%.0f", r * hz / t }'
}

log=$(mktemp)
trap 'kill "${pid[@]}" 2> /dev/null || true; rm -f "$log"' EXIT
start net_floor
start net_echo
kept=0
echo "round   floor/CPU-s  subject/CPU-s   floor/CPU-s   ratio"
for ((round = 1; kept < rounds && round <= rounds * 3; ++round)); do
  first=$(measure net_floor)
  subject=$(measure net_echo)
  second=$(measure net_floor)
  read -r verdict ratio < <(awk -v a="$first" -v s="$subject" -v b="$second" 'BEGIN {
    d = (a - b) / ((a + b) / 2); if (d < 0) d = -d
    printf "%s %.3f\n", (d > 0.05 ? "discarded" : "kept"), s / ((a + b) / 2) }')
  printf '%5d %13d %14d %13d   %s %s\n' "$round" "$first" "$subject" "$second" "$ratio" \
      "$([[ $verdict == kept ]] || echo '(floors differ by more than 5 %: discarded)')"
  if [[ $verdict == kept ]]; then kept=$((kept + 1)); ratios+=("$ratio"); fi
done
[[ $kept -gt 0 ]] || { echo "net_echo: no round was quiet enough; try again"; exit 1; }
printf '%s\n' "${ratios[@]}" | sort -n | awk '{ v[NR] = $1 }
  END { printf "median ratio %.3f of the raw epoll floor (%d rounds, goal 0.82)\n", v[int((NR + 1) / 2)], NR }'
