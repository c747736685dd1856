#!/usr/bin/env bash
# Sends to 100 Matrix rooms at once, each answered after a simulated round trip (20 ms): sends per
# second, and per second of the sandbox's CPU. 100 connections at 20 ms cannot do more than 5,000.
#   bench/matrix_send.sh [BUILD_DIR] [ROUNDS] [SECONDS] [ROUND_TRIP]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release} rounds=${2:-3} seconds=${3:-5} trip=${4:-20ms} rooms=100
ready=$(mktemp)
taskset -c 0 "$build/chorus" sandbox --telegram 0 --matrix 0 --llm 0 --control 0 > "$ready" 2> /dev/null &
pid=$!
trap 'kill "$pid" 2> /dev/null || true; rm -f "$ready"' EXIT
for _ in $(seq 100); do [[ -s $ready ]] && break; sleep 0.05; done
field() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\\1/" "$ready"; }
url=$(field matrix) control=$(field control)
post() { curl -s -H 'Content-Type: application/json' "${@:3}" -d "$2" "$1"; }
token=$(post "$control/control/v1/bots" '{"platform":"matrix","username":"bench"}' |
  sed -E 's/.*"token":"([^"]*)".*/\1/')
names=()
for ((i = 0; i < rooms; ++i)); do
  names+=("$(post "$url/_matrix/client/v3/createRoom" '{}' -H "Authorization: Bearer $token" |
    sed -E 's/.*"room_id":"([^"]*)".*/\1/')")
done
if [[ $trip != 0 ]]; then
  post "$control/control/v1/faults" \
    "{\"match\":{\"platform\":\"matrix\",\"method\":\"send\"},\"fault\":{\"latency\":\"$trip\"},\"for\":\"1h\"}" > /dev/null
fi
ticks=$(getconf CLK_TCK)
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
echo "round   sends/s  sends/CPU-s   p99"
for ((round = 1; round <= rounds; ++round)); do
  spent=$(cpu_ticks)
  out=$(taskset -c 1 wrk -t1 -c100 -d"${seconds}s" --latency -s bench/matrix_send.lua "$url" -- \
    "$token" "${names[@]}")
  if grep -q 'Non-2xx' <<< "$out"; then echo "matrix_send: errors were answered" >&2; exit 1; fi
  spent=$(($(cpu_ticks) - spent))
  printf '%5d %9.0f %12.0f   %s\n' "$round" "$(awk '/Requests\/sec/ { print $2 }' <<< "$out")" \
    "$(awk -v t="$spent" -v hz="$ticks" '/requests in/ { print $1 * hz / (t > 0 ? t : 1) }' <<< "$out")" \
    "$(awk '/99%/ { print $2 }' <<< "$out")"
done
