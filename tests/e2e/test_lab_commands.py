"""What surrounds a load test: targets of other kinds, families, bounds, and reports of finished runs."""
import glob
import http.server
import json
import os
import re
import shutil
import socket
import threading
import time
import unittest
import urllib.parse

from support import CHORUS, GRAMMY_BOT, ChorusTest, call, wait_until

SCENARIO = """version: 1
name: {name}
target: {target}
limits: "off"
rooms: [{{ id: dm, type: private, bots: split, people: all }}]
people: {{ person: {{ count: 30, rate: 60/min, text: "hello {{{{number}}}}", expect: required }} }}
scenarios: {{ main: {{ executor: constant-vus, duration: 5s }} }}
thresholds: {{ reply_latency: ["p(95)<5000"], messages_lost: ["count==0"] }}
"""


class Webhook(http.server.BaseHTTPRequestHandler):
    """A bot that answers every text in the webhook's own answer."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        update = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = b"{}"
        message = update.get("message", {})
        if "text" in message:
            body = json.dumps({
                "method": "sendMessage", "chat_id": message["chat"]["id"], "text": message["text"],
                "reply_parameters": {"message_id": message["message_id"]}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class LabCommands(ChorusTest):
    def scenario(self, name, target):
        path = os.path.join(self.folder, name + ".yaml")
        with open(path, "w") as out:
            out.write(SCENARIO.format(name=name, target=target))
        return path

    def result(self, pattern="*"):
        files = sorted(glob.glob(os.path.join(self.folder, "runs", pattern, "result.json")))
        self.assertTrue(files, os.listdir(self.folder))
        with open(files[-1]) as text:
            return json.load(text)

    def check_answered(self, result):
        """A busy machine may make the lab late; the account must hold all the same."""
        ledger = result["ledger"]
        self.assertGreater(ledger["sent"], 100, result["reasons"])
        self.assertEqual(ledger["answered"], ledger["sent"], result["reasons"])

    def test_attach_waits_for_a_bot_that_somebody_else_starts(self):
        path = self.scenario("attached", "{ kind: attach, bots: { count: 1 } }")
        run = self.start([CHORUS, "lab", "run", path, "--telegram", "0", "-q"], log="run.log")

        def invitation():
            with open(self.folder + "/run.log") as log:
                return re.search(r"TELEGRAM_API_ROOT=(\S+)\s+TELEGRAM_BOT_TOKEN=(\S+)", log.read())
        root, token = wait_until(invitation, 20, "the invitation").groups()
        self.start(GRAMMY_BOT, {"TELEGRAM_API_ROOT": root, "TELEGRAM_BOT_TOKEN": token,
                                "TELEGRAM_BOT_TOKENS": token}, log="bot.log")
        out, _ = run.communicate(timeout=60)
        self.check_answered(self.result())
        self.assertIn(b"attach: bots that were started elsewhere", out)

    def test_webhook_posts_to_a_url(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_address[1]}/hook/{{username}}"
        path = self.scenario("hooked", f"{{ kind: webhook, url: \"{url}\", bots: {{ count: 2 }} }}")
        _, out, _ = self.run_chorus("lab", "run", path, "-q")
        self.check_answered(self.result())
        self.assertIn("webhook: http://127.0.0.1", out)

    def test_webhook_that_nobody_serves_is_said(self):
        path = self.scenario("nobody", "{ kind: webhook, url: \"http://127.0.0.1:9/x\", "
                                       "bots: { count: 1 }, ready_timeout: 2s }")
        code, out, _ = self.run_chorus("lab", "run", path, "-q")
        self.assertEqual(code, 122, out)
        self.assertIn("http://127.0.0.1:9/x is not accepted", " ".join(out.split()))
        self.assertRegex(self.result()["started_at"], time.strftime("^%Y-"))
        self.assertTrue(glob.glob(self.folder + "/runs/" + time.strftime("%Y") + "*-nobody"))

    def test_a_family_gives_one_table_and_a_folder_each(self):
        code, out, err = self.run_chorus("lab", "run", "baseline", "--all", "--virtual-time",
                                         "-o", "json=out.json")
        self.assertEqual(code, 0, out + err)
        rows = [line.split()[:2] for line in out.splitlines()]
        self.assertEqual(rows[1:4], [["baseline-low", "PASS"], ["baseline-medium", "PASS"],
                                     ["baseline-high", "PASS"]], out)
        for name in ("low", "medium", "high"):
            with open(f"{self.folder}/out-baseline-{name}.json") as text:
                self.assertEqual(json.load(text)["name"], "baseline-" + name)
        # Simulated runs begin at the same instant; none overwrites another.
        self.run_chorus("lab", "run", "baseline-low", "--virtual-time", "-q")
        self.assertEqual(len(glob.glob(self.folder + "/runs/*-baseline-low*")), 2)
        for arguments, says in ((["baseline"], "run them all: chorus lab run baseline --all"),
                                (["--tag", "nope"], "carries the tag 'nope'")):
            code, _, err = self.run_chorus("lab", "run", *arguments)
            self.assertEqual((code, says in err), (104, True), err)

    def test_both_modes_of_a_conversation_test_run_by_name(self):
        code, out, err = self.run_chorus("lab", "run", "mx-rapid", "--all", "--virtual-time",
                                         "-e", "CYCLES=100", "-o", "json=out.json")
        self.assertEqual(code, 0, out + err)
        rows = sorted(line.split()[:2] for line in out.splitlines()[1:])
        self.assertEqual(rows, [["mx-rapid", "PASS"], ["mx-rapid-inproc", "PASS"]], out)
        with open(self.folder + "/out-mx-rapid-inproc.json") as text:
            slots = json.load(text)["slots"]
        self.assertEqual((slots["requests"], slots["ended"], slots["differences"]),
                         (100, {"completed": 100}, []))
        # It needs no --virtual-time, and a tag finds it.
        code, out, err = self.run_chorus("lab", "run", "--tag", "inproc", "-e", "CYCLES=100")
        self.assertEqual(code, 0, out + err)
        self.assertEqual((out.count("-inproc "), out.count(" PASS ")), (7, 7), out)

    def test_a_repeated_run_takes_the_next_seed_each_time(self):
        code, out, err = self.run_chorus("lab", "run", "test_burst_load_pattern", "--virtual-time",
                                         "--repeat", "2", "-o", "json=out.json")
        self.assertEqual(code, 0, out + err)
        seeds = []
        for number in (1, 2):
            with open(f"{self.folder}/out-mx-burst-{number}.json") as text:
                seeds.append(json.load(text)["seed"])
        self.assertEqual(seeds, [1, 2])
        code, out, _ = self.run_chorus("lab", "run", "mx-burst", "--virtual-time", "--repeat", "2",
                                       "--seed", "9", "-o", "json=given.json")
        for number in (1, 2):
            with open(f"{self.folder}/given-mx-burst-{number}.json") as text:
                self.assertEqual(json.load(text)["seed"], 9)
        _, out, _ = self.run_chorus("lab", "list")
        self.assertIn("test_concurrent_user_load_50_users", out)

    def test_a_killed_fleet_answers_everybody_when_it_is_back(self):
        self.kill_twice("telegram")

    def test_a_killed_fleet_on_matrix_answers_everybody_when_it_is_back(self):
        self.kill_twice("matrix")

    def kill_twice(self, platform):
        _, out, err = self.run_chorus("lab", "run", "restart-under-load", "-q",
                                      "--platform", platform,
                                      "-e", "DURATION=20s", "-e", "KILL_AT=4s",
                                      "-e", "KILL_AGAIN_AT=12s", timeout=240)
        result = self.result("*-restart-under-load")
        self.assertEqual(len(result["fault_windows"]), 2, out + err)
        ledger = result["ledger"]
        self.assertGreater(ledger["sent"], 20, result["reasons"])
        self.assertEqual(ledger["duplicated"], 0, result["reasons"])
        self.assertEqual(ledger["lost"], 0, result["reasons"])
        # A send that was under way at a kill is unknown, and is never made twice.
        self.assertGreaterEqual(ledger["answered"], ledger["sent"] - 2, result["reasons"])
        # What only a killed process had counted is held against nobody.
        self.assertNotIn("the fleet stored", " ".join(result["reasons"]))

    def test_a_target_that_cannot_be_killed_is_said_in_one_line(self):
        path = self.scenario("attached", "{ kind: attach, bots: { count: 1 } }")
        with open(path, "a") as out:
            out.write("faults: [ { at: 1s, fault: { target: kill } } ]\n")
        for arguments in (["restart-under-load", "--virtual-time"], [path]):
            code, _, err = self.run_chorus("lab", "run", *arguments)
            self.assertEqual((code, err.count("\n")), (104, 1), err)
            self.assertIn("needs a target whose processes the lab has started", err)

    def test_a_finished_run_is_shown_again(self):
        code, out, err = self.run_chorus("lab", "run", "demo", "--virtual-time", "-o", "md=first.md")
        run = glob.glob(self.folder + "/runs/*-demo")[0]
        code, again, err = self.run_chorus("lab", "report", run)
        self.assertEqual(code, 0, err)
        self.assertEqual(again, out[:out.index("  report:")])
        code, _, err = self.run_chorus("lab", "report", run + "/result.json", "-o", "md=second.md",
                                       "-o", "html=r.html", "-o", "junit=r.xml", "-o", "csv=r.csv")
        self.assertEqual(code, 0, err)
        with open(self.folder + "/first.md") as a, open(self.folder + "/second.md") as b:
            self.assertEqual(a.read(), b.read())
        with open(run + "/report.html") as a, open(self.folder + "/r.html") as b:
            self.assertEqual(a.read(), b.read())
        for arguments, code, says in ((["nowhere"], 104, "cannot read nowhere"),
                                      ([self.folder + "/first.md"], 104, "not a result.json"),
                                      ([run, "-o", "ndjson"], 2, "a stored result has none"),
                                      ([run, "-o", "pdf"], 2, "unknown output 'pdf'")):
            got, _, err = self.run_chorus("lab", "report", *arguments)
            self.assertEqual((got, says in err), (code, True), err)

    def virtual(self, *arguments):
        """A short simulated run with people; gives its folder."""
        before = set(glob.glob(self.folder + "/runs/*/result.json"))
        code, _, err = self.run_chorus("lab", "run", "demo", "--virtual-time", "-q", "--for", "60s",
                                       *arguments)
        self.assertIn(code, (0, 99, 120), err)
        new, = set(glob.glob(self.folder + "/runs/*/result.json")) - before
        return os.path.dirname(new)

    def test_runs_are_compared(self):
        first = self.virtual("--seed", "1", "--label", "old")
        second = self.virtual("--seed", "2", "--label", "new")
        code, out, err = self.run_chorus("lab", "compare", first, second, "--fail-on", "regression")
        self.assertEqual(code, 0, out + err)
        self.assertIn("reply_latency:p95", out)
        self.assertIn("1 run before, 1 run after", out)
        code, by_label, err = self.run_chorus("lab", "compare", "old", "--against", "new")
        self.assertEqual((code, by_label), (0, out), err)
        # The same run, a quarter slower: 10 of the 32 bins of an octave.
        with open(second + "/result.json") as text:
            slow = json.load(text)
        for point in slow["series"]:
            bins = [pair.split(":") for pair in point.get("bins", "").split()]
            point["bins"] = " ".join(f"{int(b) + 10}:{n}" for b, n in bins)
        slow_path = os.path.join(self.folder, "slow.json")
        with open(slow_path, "w") as text:
            json.dump(slow, text)
        code, out, err = self.run_chorus("lab", "compare", second, slow_path, "--fail-on",
                                         "regression", "-o", "json", "-o", "md=c.md",
                                         "-o", "junit=c.xml")
        self.assertEqual(code, 121, out + err)
        self.assertEqual(json.loads(out)["decision"], "worse")
        with open(self.folder + "/c.md") as text:
            self.assertIn("**worse**", text.read())
        code, _, _ = self.run_chorus("lab", "compare", second, slow_path)
        self.assertEqual(code, 0, "only --fail-on makes a regression fail")
        for arguments, code, says in (([first], 2, "compare needs two sides"),
                                      ([first, "nowhere"], 104, "no run at 'nowhere'"),
                                      ([first, second, "--metric", "nope"], 2, "unknown metric"),
                                      ([first, second, "-o", "pdf"], 2, "there are text, md")):
            got, _, err = self.run_chorus("lab", "compare", *arguments)
            self.assertEqual((got, says in err), (code, True), err)

    def test_runs_are_kept_and_their_trend_is_shown(self):
        for seed in ("1", "2", "3"):
            self.virtual("--seed", seed)
        code, _, err = self.run_chorus("lab", "run", "demo", "--virtual-time", "-q", "--for", "60s",
                                       "--keep", "2")
        self.assertIn(code, (0, 99, 120), err)
        self.assertEqual(len(glob.glob(self.folder + "/runs/*/result.json")), 2)
        for what in ("runs", "demo"):
            code, out, err = self.run_chorus("lab", "trend", what, "-o", "json")
            self.assertEqual(code, 0, err)
            trend = json.loads(out)["trends"][0]
            self.assertEqual(len(trend["points"]) + trend["left_out"], 4, out)
        code, out, _ = self.run_chorus("lab", "trend", "demo")
        self.assertIn("too few runs for a change to be told from chance", out)
        code, _, err = self.run_chorus("lab", "trend", "phase2")
        self.assertEqual((code, "no run of 'phase2'; there are demo" in err), (104, True), err)

    def test_the_capacity_is_searched(self):
        code, out, err = self.run_chorus("lab", "search", "demo", "--virtual-time", "--goal",
                                         "p(95)<15s", "--from", "4", "--to", "8", "--probe", "60s",
                                         "--confirm", "60s", "-o", "json")
        found = json.loads(out)
        self.assertEqual(found["end"] in ("found", "at_least"), code == 0, out + err)
        self.assertGreaterEqual(len(found["probes"]), 2, out)
        self.assertIn("6 different loads", found.get("no_usl", ""), out)
        self.assertTrue(glob.glob(self.folder + "/runs/search-demo/*/result.json"))
        for arguments, says in ((["demo", "--goal", "max<5"], "is no goal of a search"),
                                (["demo", "--probe", "5"], "--probe"),
                                (["demo", "-o", "pdf"], "there are text, md, json")):
            code, _, err = self.run_chorus("lab", "search", *arguments)
            self.assertEqual((code, says in err), (2, True), err)

    def test_a_timeout_aborts_with_a_report(self):
        path = self.scenario("bounded", "{ kind: attach, bots: { count: 1 } }")
        code, out, err = self.run_chorus("lab", "run", path, "--timeout", "1s", "-v")
        self.assertEqual(code, 108, out + err)
        self.assertIn("--timeout 1s ended the run before the target was ready",
                      " ".join(out.split()))
        self.assertEqual(self.result()["end"], "timed_out")

    def test_what_a_dying_bot_said_is_told(self):
        code, out, _ = self.run_chorus("lab", "run", "echo", "-q", "--", "/usr/bin/python3", "-c",
                                       "raise SystemExit('no token was given')")
        self.assertEqual(code, 122)
        self.assertIn("exited with 1 and said 'no token was given'; its output is in runs/",
                      " ".join(out.split()))

    def test_every_shipped_scenario_can_be_looked_at(self):
        code, out, _ = self.run_chorus("lab", "list")
        self.assertNotIn("needs a", out)
        shipped, _, founding = out.partition("\n\n")
        self.assertIn("test_concurrent_user_load_50_users", founding)
        for line in shipped.splitlines():
            name = line.split()[0]
            for command in ("validate", "inspect"):
                code, out, err = self.run_chorus("lab", command, name)
                self.assertEqual(code, 0, err)

    @unittest.skipUnless(shutil.which("prometheus"),
                         "the Debian package prometheus is not installed")
    def test_prometheus_takes_a_run(self):
        with socket.socket() as probe:  # it cannot be told to choose a port itself
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        with open(self.folder + "/prometheus.yml", "w") as out:
            out.write("global: {}\n")
        self.start(["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb",
                    "--web.enable-remote-write-receiver", f"--web.listen-address={address}"],
                   log="prometheus.log")

        def ready():
            try:
                return call("GET", f"http://{address}/-/ready")[0] == 200
            except OSError:
                return False
        wait_until(ready, 20, "the start of prometheus")
        self.run_chorus("lab", "run", "dm", "--for", "5s", "-q", "-o",
                        f"prometheus-rw=http://{address}/api/v1/write", "--", *GRAMMY_BOT)
        query = urllib.parse.quote('chorus_lab_ledger_messages{outcome="answered"}')
        _, answer = call("GET", f"http://{address}/api/v1/query?query={query}")
        series = answer["data"]["result"]
        self.assertEqual(len(series), 1, answer)
        self.assertEqual(series[0]["metric"]["scenario"], "dm")
        self.assertEqual(int(series[0]["value"][1]), self.result()["ledger"]["answered"])

    def test_a_receiver_that_refuses_is_said_without_its_password(self):
        _, box = self.sandbox()
        address = box["telegram"].replace("http://", "http://me:hush@") + "/api/v1/write"
        path = self.scenario("refused", "{ kind: attach, bots: { count: 1 } }")
        code, out, err = self.run_chorus("lab", "run", path, "--timeout", "1s", "-o",
                                         "prometheus-rw=" + address)
        self.assertEqual(code, 108)
        self.assertRegex(err, "-o prometheus-rw: " + box["telegram"] + " answered 4[0-9][0-9]")
        self.assertNotIn("hush", out + err)


if __name__ == "__main__":
    unittest.main()
