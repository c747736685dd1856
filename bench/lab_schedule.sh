#!/usr/bin/env bash
# How late the lab wakes for its sends at 1,000 a second (goal p50 0.05 ms, p99 1 ms), lab and target
# on a core each; and how long after the start of the program the first message is out (goal 0.3 s),
# as the target sees it.
#   bench/lab_schedule.sh [BUILD_DIR] [SECONDS] [PEOPLE]
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build/release}") seconds=${2:-20} people=${3:-200} scenario=$PWD/bench/scenarios/lab_schedule.yaml
dir=$(mktemp -d)
trap 'kill "${pids[@]}" 2> /dev/null || true; rm -rf "$dir"' EXIT
pids=()
taskset -c 1 "$build/net_floor" > "$dir/port" & pids+=($!)
# Answers everything and says when the first message came: the first body with a text.
python3 -c '
import http.server, time
class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version, first = "HTTP/1.1", None
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if Sink.first is None and b"\"text\"" in body:
            Sink.first = time.time()
            print(Sink.first, flush=True)
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers()
        self.wfile.write(b"{}")
    def log_message(self, *_): pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # of five, the probes leave none free: a lost connect costs a second
server = Server(("127.0.0.1", 0), Sink)
print(server.server_port, flush=True)
server.serve_forever()' > "$dir/sink" & pids+=($!)
for _ in $(seq 100); do [[ -s $dir/port && -s $dir/sink ]] && break; sleep 0.05; done
cd "$dir"
# A verdict of INVALID (120: the lab was late) still has its figures.
run() { "$@" -q > "$dir/text" || [[ $? == 120 ]] || { cat "$dir/text"; exit 1; }; }
lab=("$build/chorus" lab run "$scenario")

began=$(date +%s.%N)
run "${lab[@]}" -e "URL=http://127.0.0.1:$(head -1 "$dir/sink")/{token}" --for 2s
awk -v began="$began" 'NR == 2 { printf "first message after %.0f ms (goal 300)\n", ($1 - began) * 1000 }' "$dir/sink"
run taskset -c 0 "${lab[@]}" -e "URL=http://127.0.0.1:$(cat "$dir/port")/{token}" --for "${seconds}s" --people "$people" -o "json=$dir/result.json"
python3 - "$dir/result.json" << 'PY'
import json, sys
result = json.load(open(sys.argv[1]))
late = result["metrics"]["generator_late"]
print(f"{result['rates']['person']['per_second']:.0f} sends/s, {late['count']} measured: woke late "
      f"p50 {late['p50']} p99 {late['p99']} max {late['max']} {late['unit']} (goal p50 50 us, p99 1 ms)")
PY
