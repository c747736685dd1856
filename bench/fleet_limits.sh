#!/usr/bin/env bash
# How much of the documented limits our fleet uses when more is asked of it than they allow, and how
# often the platform had to refuse: 30 messages a second of each bot in private chats, 20 a minute of
# each bot in each group. Virtual time, so the figure does not depend on the machine.
#   bench/fleet_limits.sh [BUILD_DIR]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build/release}") dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# NAME ALLOWED_PER_MINUTE
share() {
  (cd "$dir" && "$build/chorus" lab run "$OLDPWD/bench/scenarios/$1.yaml" --virtual-time -q \
      -o "json=$dir/$1.json" > "$dir/$1.txt") || { cat "$dir/$1.txt"; exit 1; }
  python3 - "$dir/$1.json" "$1" "$2" << 'PY'
import json, sys
result, allowed = json.load(open(sys.argv[1])), int(sys.argv[3])
sent = result["rates"]["bot"]["per_minute"]
print(f"{sys.argv[2]:20} {sent:7.1f} of {allowed} a minute allowed: {100 * sent / allowed:.1f} %, "
      f"429s {result['counters']['rate_limited']} (goal 95 %, none)")
PY
}
share fleet_limits $((2 * 30 * 60))        # 2 bots
share fleet_limits_groups $((2 * 5 * 20))  # 2 bots in each of 5 groups
