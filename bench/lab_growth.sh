#!/usr/bin/env bash
# Growth of the lab with its sandbox over a run in real time at 100 messages a second, with NDJSON and
# checkpoints, against a light echo bot: resident memory around minute 15 and at the end (goal 0 +- 1 MB).
#   bench/lab_growth.sh [BUILD_DIR] [LENGTH]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build/release}") length=${2:-60m}
bot=$PWD/tests/e2e/echo_bot.py scenario=$PWD/bench/scenarios/lab_growth.yaml
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
"$build/chorus" lab run "$scenario" -q --for "$length" -e BOT="$bot" --checkpoint 10m -o ndjson=records \
    > text 2>&1 & pid=$!
while [[ -e /proc/$pid/status ]]; do
  echo "$SECONDS $(awk '/VmRSS/ { print $2 }' "/proc/$pid/status" 2> /dev/null || true)" >> rss
  sleep 10
done
wait "$pid" || [[ $? == 120 ]] || { cat text >&2; exit 1; }
# The report itself is no part of the run: the last half minute is left out.
awk 'NF == 2 { t[NR] = $1; m[NR] = $2; n = NR }
     END { last = t[n] - 30
           for (i = 1; i <= n; ++i) {
             if (t[i] >= 900 && t[i] < 1020) { a += m[i]; ++an }
             if (t[i] >= last - 120 && t[i] < last) { b += m[i]; ++bn } }
           printf "minute 15 %.2f MiB, end (%.0f s) %.2f MiB: %+.2f MB\n",
                  a / an / 1024, last, b / bn / 1024, (b / bn - a / an) * 1.024 / 1000 }' rss
ls -s --block-size=1M records | awk '{ print "records: " $1 " MiB on disk" }'
