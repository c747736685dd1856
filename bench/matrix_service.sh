#!/usr/bin/env bash
# The way to an application service: so many events wait for it, then it answers at once; events per
# second over real sockets, one transaction of at most 100 events under way. The sandbox has one core.
#   bench/matrix_service.sh [BUILD_DIR] [EVENTS] [PORT]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release} events=${2:-100000} port=${3:-18123}
ready=$(mktemp)
taskset -c 0 "$build/chorus" sandbox --telegram 0 --matrix 0 --llm 0 --control 0 > "$ready" 2> /dev/null &
pid=$!
trap 'kill "$pid" $service 2> /dev/null || true; rm -f "$ready"' EXIT
service=
for _ in $(seq 100); do [[ -s $ready ]] && break; sleep 0.05; done
field() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\\1/" "$ready"; }
url=$(field matrix) control=$(field control)
post() { curl -s -H 'Content-Type: application/json' "${@:3}" -d "$2" "$1"; }
taskset -c 1 "$build/matrix_service" "$port" "$control" "$events" &
service=$!
post "$control/control/v1/appservices" "{\"id\":\"bench\",\"url\":\"http://127.0.0.1:$port\",
  \"as_token\":\"bench-as\",\"hs_token\":\"bench-hs\",\"sender_localpart\":\"bench\",
  \"rate_limited\":false,\"namespaces\":{\"users\":[{\"regex\":\"@bench_.*\",\"exclusive\":true}]}}" > /dev/null
room=$(post "$url/_matrix/client/v3/createRoom" '{}' -H "Authorization: Bearer bench-as" |
  sed -E 's/.*"room_id":"([^"]*)".*/\1/')
seconds=$(((events + 9999) / 10000 + 2))
while kill -0 "$service" 2> /dev/null; do
  wrk -t1 -c50 -d"${seconds}s" -s bench/matrix_send.lua "$url" -- bench-as "$room" > /dev/null || break
  sleep 2
  seconds=2
done
wait "$service"
