#!/usr/bin/env bash
# Durable webhook ingest through the whole of `chorus serve`: every 200 stands for a committed row
# (SQLite, its log synced). The fleet is paused, so that what is measured is the way in, and not
# what a fleet has to say. Afterwards the store must hold every update that was acknowledged. The CPU
# time per update of the loop and of the store's writer can be compared on a busy machine too, where
# updates per second say only how busy it is.
#   bench/webhook_ingest.sh [BUILD_DIR] [CONNECTIONS] [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release} connections=${2:-100} seconds=${3:-10}
dir=$(mktemp -d)
export API_KEY=a-key-for-a-benchmark-on-loopback XDG_CONFIG_HOME=$dir XDG_DATA_HOME=$dir
LOAD_TEST_MODE=true TELEGRAM_API_BASE=http://127.0.0.1:9 \
  "$build/chorus" serve --data "$dir/data" --key-file "$dir/keys" --listen 127.0.0.1:0 \
  > "$dir/ready" 2> "$dir/log" &
pid=$!
trap 'kill "$pid" 2> /dev/null || true; wait "$pid" 2> /dev/null || true; rm -rf "$dir"' EXIT
for _ in $(seq 100); do [[ -s $dir/ready ]] && break; sleep 0.05; done
url=$(sed -E 's/.*"listen":"([^"]*)".*/\1/' "$dir/ready")
[[ $url == http* ]] || url=http://$url
token=1001:benchmark-secret-of-35-characters-0
post() { curl -sf -X POST -H "X-API-Key: $API_KEY" -H 'Content-Type: application/json' "$url$1" -d "$2" > /dev/null; }
post /bots "{\"name\":\"Ingest\",\"token\":\"$token\"}"
post /api/v1/pause '{}'
# Hundredths of a second that the loop (the first thread) and all other threads have used.
cpu() { cat "/proc/$pid"/task/*/stat | awk -v loop="$pid" '{ t[$1 == loop] += $14 + $15 } END { print t[1], t[0] }'; }
read -r loop_before writer_before < <(cpu)
out=$(wrk -t1 "-c$connections" "-d${seconds}s" --latency -s bench/webhook_ingest.lua "$url/webhook/telegram/$token")
awk '/Requests\/sec/ { print "updates/s   " $2 } /99%/ { print "p99         " $2 }
     /requests in/ { print "answered    " $1 } /Non-2xx/ { print "refused     " $NF }' <<< "$out"
read -r loop_after writer_after < <(cpu)
awk -v l=$((loop_after - loop_before)) -v w=$((writer_after - writer_before)) \
  '/requests in/ { printf "CPU/update  loop %.1f us, writer %.1f us\n", l * 1e4 / $1, w * 1e4 / $1 }' <<< "$out"
curl -sf -H "X-API-Key: $API_KEY" "$url/api/v1/status" |
  sed -E 's/.*"inbox_total":([0-9]+).*/in the store \1/' | tail -c 60
echo
