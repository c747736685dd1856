"""The report in a real browser: what a reader sees, and what a stranger's text cannot do."""
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import unittest

from support import CHORUS, ROOT, ChorusTest, wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BOT = [sys.executable, os.path.join(ROOT, "tests", "e2e", "metered_bot.py")]
SCENARIO = """version: 1
name: metered
target: {{ kind: command, bots: {{ count: 1 }}, metrics: "http://127.0.0.1:{port}/metrics",
          env: {{ METRICS_PORT: "{port}" }} }}
limits: "off"
llm: {{ ttft: 40ms, tokens_per_s: 400, reply_tokens: 20..60, prices: {{ input: 0.15, output: 0.6 }} }}
rooms:
  - {{ id: dm, type: private, bots: split, people: all }}
  - {{ id: hall, title: Hall, bots: all, people: all }}
people:
  person: {{ count: 12, rate: 40/min, action: mention, text: "@{{bot}} {{{{word}}}} {{{{number}}}}?",
            expect: {{ reply: {{ from: addressed, within: 10s }} }} }}
scenarios: {{ main: {{ executor: constant-vus, duration: {seconds}s }} }}
faults:
  - {{ at: 4s, for: 2s, match: {{ method: sendMessage }}, fault: {{ status: 429, retry_after: 1 }} }}
thresholds: {{ reply_latency: ["p(95)<8000"], errors: ["rate<0.5"] }}
"""


TALK = """version: 1
name: talk
target: { kind: fleet, bots: { count: 1, name: "Talk_{index}", personas: [helper] }, pacing: fast }
limits: "off"
llm: { ttft: 50ms, reply_tokens: 30..60 }
rooms: [{ id: dm, type: private, bots: all, people: all }]
people: { guest: { count: 6, rate: 30/min, text: "hi {{number}}", expect: optional } }
metrics: { order_total: { type: trend, unit: number } }
conversations:
  order:
    steps:
      - user: { text: "@{bot} hello {{number}}", mention: true }
      - bot: { within: 20s, check: answers, metrics: { order_total: "42" } }
      - check: { name: never, text: "a", match: "^b" }
scenarios: { main: { executor: per-vu-iterations, vus: 6, iterations: 2, conversation: order, think: 0s } }
thresholds: { "checks{check:answers}": ["rate==1"] }
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@unittest.skipUnless(CHROMIUM, "no Chromium on this machine")
class Report(ChorusTest):
    def browse(self, page):
        """The document as a browser has made it, and what its console said."""
        done = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
             "--user-data-dir=" + os.path.join(self.folder, "browser"), "--window-size=1200,900",
             "--virtual-time-budget=5000", "--dump-dom", "file://" + os.path.join(self.folder, page)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=180, env=self.environment())
        console = [line for line in done.stderr.decode().splitlines() if "CONSOLE" in line]
        return done.stdout.decode(), console

    def chorus(self, *arguments):
        code, out, err = self.run_chorus(*arguments, timeout=300)
        return code, out + err

    def check_drawn(self, document, console, titles):
        self.assertEqual(console, [])
        self.assertNotIn("could not be drawn</h3>", document)
        headings = [re.sub("<[^>]*>", "", h) for h in re.findall(r"<h3[^>]*>(.*?)</h3>", document, re.S)]
        for title in titles:
            self.assertTrue(any(h.startswith(title) for h in headings), f"{title}: {headings}")

    def run_metered(self, seconds=10):
        scenario = os.path.join(self.folder, "metered.yaml")
        with open(scenario, "w") as out:
            out.write(SCENARIO.format(port=free_port(), seconds=seconds))
        code, out = self.chorus("lab", "run", scenario, "--seed", "4", "--", *BOT)
        pages = glob.glob(os.path.join(self.folder, "runs", "*", "report.html"))
        self.assertTrue(pages, f"{code}: {out}")
        return os.path.dirname(pages[0]), out

    def test_a_watch_is_drawn_in_full(self):
        port = free_port()
        stranger = self.start([sys.executable, os.path.join(ROOT, "tests", "e2e", "stranger.py")],
                              env={"STRANGER_PORT": str(port)})
        url = f"http://127.0.0.1:{port}/metrics"
        wait_until(lambda: self.run_chorus("lab", "watch", "--metrics", url, "--pid",
                                           str(stranger.pid), "--for", "4s", "--every", "500ms", "-q",
                                           "--threshold", "jobs_done_total: rate>0")[0] == 0,
                   180, "a watch that passes")
        page = glob.glob(os.path.join(self.folder, "runs", "*", "report.html"))[0]
        document, console = self.browse(os.path.relpath(page, self.folder))
        self.check_drawn(document, console, [
            "Thresholds", "Not proven by a watch", "Counters", "Histograms and summaries", "Gauges",
            "Processes", "Target memory", "jobs_done_total", "Where it looked"])
        shown = document.split('<script type="application/json"')[0]
        self.assertIn("a watch makes no load", shown)
        self.assertFalse("reply p95" in shown, "a latency that nobody measured is shown")

    def test_a_strangers_run_is_drawn_in_full(self):
        run, out = self.run_metered()
        with open(os.path.join(run, "result.json")) as text:
            result = json.load(text)
        self.assertGreater(result["ledger"]["answered"], 20, out)
        self.assertGreater(result["scrape"]["scrapes"], 3, result["scrape"])
        self.assertGreater(result["legs"]["replies"], 20, result["legs"])
        self.assertGreater(result["obedience"]["limited"], 0)
        self.assertGreater(result["llm"]["cost"], 0)
        self.assertIn("legs, p50 / p95: queue", out)
        page = os.path.join(run, "report.html")
        self.assertLess(os.path.getsize(page), 1_000_000)
        document, console = self.browse(page)
        self.check_drawn(document, console, [
            "Thresholds", "Faults injected", "Reply latency over time", "Percentile spectrum", "Latency heatmap",
            "Where a reply's time goes", "Latencies in numbers", "Plan and actual", "In flight and queued",
            "Limits and load factor", "Ledger", "Bot messages", "Fairness", "429s and obedience", "Errors", "LLM",
            "LLM over time", "Processes", "Target memory", "CPU", "Descriptors and threads",
            "The target's own metrics", "bot_messages_total", "How it was measured"])
        self.assertGreaterEqual(document.count("<canvas"), 12)
        self.assertIn("✓ adds up", document)

    def test_what_a_run_did_not_have_is_said_in_a_line(self):
        code, out = self.chorus("lab", "run", "dm", "--virtual-time", "--for", "20s", "--seed", "3",
                                "--set", "target.kind=fleet", "-o", "html=page.html", "-q")
        self.assertIn(code, (0, 99, 120), out)
        document, console = self.browse("page.html")
        self.check_drawn(document, console, ["Not in this report", "Ledger", "Percentile spectrum"])
        self.assertIn("simulated: the target has no process of its own", document)
        self.assertIn("no call was answered 429", document)

    def test_conversations_are_drawn_with_their_checks(self):
        with open(os.path.join(self.folder, "talk.yaml"), "w") as out:
            out.write(TALK)
        code, out = self.chorus("lab", "run", "talk.yaml", "--virtual-time", "-q", "-o", "html=page.html")
        self.assertEqual(code, 0, out)
        document, console = self.browse("page.html")
        self.check_drawn(document, console, ["Conversations", "Checks", "Latencies in numbers"])
        rows = [re.sub("<[^>]*>", "|", row) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", document, re.S)]
        cells = [[cell for cell in row.split("|") if cell.strip()] for row in rows]
        self.assertIn(["✓", "answers", "12", "12", "100 %"], cells)
        self.assertIn(["✗", "never", "0", "12", "0 %"], cells)
        self.assertIn(["order_total", "12", "42", "42", "–", "–", "–", "42"], cells)

    def test_a_strangers_text_stays_text(self):
        code, out = self.chorus("lab", "run", "dm", "--virtual-time", "--for", "10s", "--seed", "3",
                                "--set", "target.kind=fleet", "-o", "json=r.json", "-q")
        self.assertIn(code, (0, 99, 120), out)
        with open(os.path.join(self.folder, "r.json")) as text:
            result = json.load(text)
        attack = "<!--<script>\"><img src=x onerror=\"document.title='PWNED'\"></script>"
        result["name"] = result["description"] = result["target"]["description"] = attack
        result["fairness"]["worst_people"] = [{"name": attack, "required": 3, "answered": 1, "mean_ms": 5}]
        result["errors"] = {attack: 2}
        result["faults"] = [attack]
        with open(os.path.join(self.folder, "r.json"), "w") as text:
            json.dump(result, text)
        code, out = self.chorus("lab", "report", "r.json", "-o", "html=page.html")
        self.assertEqual(code, 0, out)
        document, console = self.browse("page.html")
        self.check_drawn(document, console, ["Ledger", "Errors"])
        self.assertNotIn("<title>PWNED", document)
        self.assertNotIn("<img", document)
        self.assertGreaterEqual(document.count("&lt;img src=x"), 3)

    def test_a_comparison_and_a_search_have_a_page(self):
        for seed in ("1", "2"):
            code, out = self.chorus("lab", "run", "dm", "--virtual-time", "--for", "30s", "--seed", seed,
                                    "--set", "target.kind=fleet", "-q", "-o", f"json={seed}.json")
            self.assertIn(code, (0, 99, 120), out)
        code, out = self.chorus("lab", "compare", "1.json", "2.json", "-o", "html=diff.html")
        self.assertEqual(code, 0, out)
        document, console = self.browse("diff.html")
        self.check_drawn(document, console, ["Decision:", "Both spectra", "Ledger"])
        code, out = self.chorus("lab", "search", "dm", "--virtual-time", "--goal", "p(95)<5000", "--from", "30",
                                "--to", "60", "--probe", "10s", "--confirm", "10s", "--set", "target.kind=fleet",
                                "-q", "-o", "html=search.html")
        self.assertIn(code, (0, 99, 120), out)
        document, console = self.browse("search.html")
        self.check_drawn(document, console, ["Levels", "Probes"])


if __name__ == "__main__":
    unittest.main()
