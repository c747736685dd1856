"""A load test that outlives its lab: checkpoints, a lab killed with -9, and the report of both parts."""
import glob
import json
import os
import signal
import sys
import unittest

from support import CHORUS, ChorusTest, wait_until

BOT = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "echo_bot.py")]
STUBBORN_BOT = ["sh", "-c", "trap '' TERM; exec \"$0\" \"$@\"", *BOT]
SCENARIO = """version: 1
name: short-soak
target: {{ kind: command, command: {command}, bots: {{ count: 1 }}, env: {{ DELAY: "${{DELAY:-0}}", TOKEN_OF_MINE: "secret://SOAK_TEST_SECRET" }} }}
limits: "off"
rooms: [{{ id: dm, type: private, bots: split, people: all }}]
people: {{ person: {{ count: {people}, rate: 30/min, text: "hello {{{{number}}}}", expect: required }} }}
scenarios: {{ main: {{ executor: soak, duration: 40s }} }}
thresholds: {{ reply_latency: ["p(95)<8000"], messages_misrouted: ["count==0"] }}
"""
SECRET = {"SOAK_TEST_SECRET": "not-for-any-file-4711"}


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class LabResume(ChorusTest):
    def scenario(self, people=20, bot=BOT):
        path = os.path.join(self.folder, "soak.yaml")
        with open(path, "w") as out:
            out.write(SCENARIO.format(command=json.dumps(bot), people=people))
        return path

    def folders(self):
        return glob.glob(self.folder + "/runs/*-short-soak*")

    def read(self, name):
        with open(os.path.join(self.folders()[0], name)) as text:
            return text.read()

    def result(self):
        return json.loads(self.read("result.json"))

    def bots(self):
        """Processes of this test's bot."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as env:
                    if self.folder.encode() in env.read() and alive(pid):
                        with open(f"/proc/{pid}/cmdline", "rb") as line:
                            if b"echo_bot.py" in line.read():
                                found.append(int(pid))
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                pass
        return found

    def run_until_measured(self, *flags, seconds=6, bot=BOT):
        """Starts the soak and waits until a checkpoint has so much of the window."""
        run = self.start([CHORUS, "lab", "run", self.scenario(bot=bot), "--checkpoint", "1s", "-q", *flags],
                         SECRET, log="run.log")

        def has_measured():
            if run.poll() is not None:
                with open(self.folder + "/run.log") as log:
                    self.fail(f"the run ended: {log.read()}")
            return self.folders() and os.path.exists(self.folders()[0] + "/checkpoint.json") \
                and self.result()["windows"]["measured_s"] >= seconds
        wait_until(has_measured, 150, "a checkpoint")
        return run

    def kill(self, run):
        os.kill(run.pid, signal.SIGKILL)
        run.wait(timeout=30)
        wait_until(lambda: not self.bots(), 60, "the end of the bot with its lab")

    def test_a_killed_lab_goes_on_and_its_report_covers_both_parts(self):
        run = self.run_until_measured("-o", "ndjson=records.ndjson", "--seed", "3")
        code, _, err = self.run_chorus("lab", "run", "--resume", self.folders()[0], env=SECRET)
        self.assertEqual(code, 1, err)
        self.assertIn(f"still at work (process {run.pid})", err)
        self.kill(run)
        before = self.result()
        self.assertEqual(before["end"], "cut_off")
        self.assertNotIn(SECRET["SOAK_TEST_SECRET"], self.read("checkpoint.json"))

        code, out, err = self.run_chorus("lab", "report", self.folders()[0])
        self.assertEqual(code, 0, err)
        self.assertIn("INVALID", out)
        self.assertIn("a checkpoint after", out)
        self.assertIn("was cut off", err)

        code, _, err = self.run_chorus("lab", "run", "--resume", self.folders()[0])
        self.assertEqual(code, 104, err)
        self.assertIn("SOAK_TEST_SECRET", err)

        folder = self.folders()[0]
        code, out, err = self.run_chorus("lab", "run", "--resume", os.path.basename(folder), "-q", env=SECRET,
                                         timeout=240)
        result = self.result()
        # A busy machine may make the lab late, and the gap is a large part of so short a window.
        self.assertIn(code, (0, 120), out + err)
        self.assertEqual(result["end"], "complete", out + err)
        self.assertEqual(len(result["away"]), 1)
        gap = result["away"][0]
        self.assertGreaterEqual(gap["from_s"], 6)
        self.assertGreater(gap["until_s"], gap["from_s"])
        self.assertAlmostEqual(result["windows"]["measured_s"], 40, delta=0.01)
        ledger = result["ledger"]
        self.assertGreater(ledger["sent"], before["ledger"]["sent"] + 100)
        self.assertEqual(ledger["sent"], sum(ledger[k] for k in (
            "answered", "ignored_ok", "unanswered", "lost", "failed", "in_flight")))
        self.assertEqual(ledger["lost"], 0)
        self.assertEqual(ledger["in_flight"], gap["in_flight"])
        self.assertEqual(result["seed"], 3)
        self.assertIn("the lab was away", out)
        self.assertIn('"away"', self.read("report.html"))
        with open(self.folder + "/records.ndjson") as lines:
            records = [json.loads(line) for line in lines]
        self.assertEqual(len(records), ledger["sent"])
        self.assertEqual([r["n"] for r in records], list(range(ledger["sent"])))
        self.assertEqual(self.bots(), [])
        self.assertEqual(sorted(os.listdir(folder)), ["report.html", "result.json", "target.log"])

        code, _, err = self.run_chorus("lab", "run", "--resume", folder, env=SECRET)
        self.assertEqual(code, 104, err)
        self.assertIn("has ended", err)

    def test_a_run_leaves_a_store_alone_that_is_there_already(self):
        with open(self.folder + "/mine.db", "w") as store:
            store.write("somebody's bots")
        with open(self.folder + "/fleet.yaml", "w") as out:
            out.write("""version: 1
name: fleet
target: { kind: fleet, bots: { count: 1 }, env: { DATABASE_URL: "sqlite:%s/mine.db" } }
rooms: [{ id: hall, bots: all, people: all }]
people: { person: { count: 1, rate: 6/min, text: "hm" } }
scenarios: { main: { executor: constant-vus, duration: 5s } }
""" % self.folder)
        code, out, _ = self.run_chorus("lab", "run", "fleet.yaml", "-q")
        self.assertEqual(code, 122, out)
        self.assertIn("may hold other bots", " ".join(out.split()))
        with open(self.folder + "/mine.db") as store:
            self.assertEqual(store.read(), "somebody's bots")

    def test_another_scenario_is_not_gone_on_with(self):
        self.kill(self.run_until_measured(seconds=1, bot=STUBBORN_BOT))
        self.scenario(people=21, bot=STUBBORN_BOT)
        code, _, err = self.run_chorus("lab", "run", "--resume", self.folders()[0], env=SECRET)
        self.assertEqual(code, 104, err)
        self.assertIn("people: '20 person' then, '21 person' now", err)
        self.assertTrue(os.path.exists(self.folders()[0] + "/checkpoint.json"))

    def test_a_terminated_lab_reports_and_leaves_nothing_behind(self):
        run = self.run_until_measured(seconds=2)
        os.kill(run.pid, signal.SIGTERM)
        out, _ = run.communicate(timeout=90)
        self.assertEqual(run.returncode, 105)
        self.assertIn(b"interrupted after", out)
        result = self.result()
        self.assertEqual(result["end"], "interrupted")
        self.assertGreater(result["ledger"]["sent"], 10)
        self.assertEqual(self.bots(), [])
        self.assertEqual(sorted(os.listdir(self.folders()[0])),
                         ["report.html", "result.json", "target.log"])


if __name__ == "__main__":
    unittest.main()
