"""`chorus lab watch`: a running system is followed from outside, and left alone."""
import glob
import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

from support import CHORUS, ROOT, TOKENS, ChorusTest, ServeTest, call, wait_until

STRANGER = [sys.executable, os.path.join(ROOT, "tests", "e2e", "stranger.py")]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def newest_result(folder):
    files = sorted(glob.glob(os.path.join(folder, "runs", "*", "result.json")))
    with open(files[-1]) as text:
        return json.load(text)


def open_files(pid):
    """What each descriptor of a process is, sockets apart: those come and go with readings."""
    out = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            continue
        if not target.startswith("socket:"):
            out[fd] = target
    return out


class WatchAStranger(ChorusTest):
    def stranger(self, chatty=False):
        port = free_port()
        env = {"STRANGER_PORT": str(port)}
        if chatty:
            env["STRANGER_CHATTY"] = "1"
        process = self.start(STRANGER, env=env)
        url = f"http://127.0.0.1:{port}/metrics"

        def answers():
            try:
                return call("GET", url)[0] == 200
            except OSError:
                return False
        wait_until(answers, 60, "the stranger's metrics")
        return process, url

    def test_its_counters_gauges_and_histograms_are_told(self):
        process, url = self.stranger()
        code, out, err = self.run_chorus(
            "lab", "watch", "--metrics", url.replace("//", "//me:hidden-word@") + "?key=hidden-word",
            "--pid", str(process.pid), "--for", "6s", "--threshold", "jobs_done_total: rate>1",
            "--threshold", "job_seconds: p(50)<100", "-o", "json=w.json", "-o", "ndjson=w.ndjson",
            "-o", "md=w.md", "-o", "csv=w.csv", timeout=180)
        self.assertEqual(code, 0, out + err)
        self.assertTrue(out.startswith("PASS"), out)
        self.assertIn("jobs_done_total{queue=mail}", out)
        result = json.load(open(os.path.join(self.folder, "w.json")))
        self.assertEqual(result["mode"], "watch")
        rows = {r["name"]: r for r in result["watch"]["rows"]}
        self.assertGreater(rows["jobs_done_total"]["value"], 20)
        self.assertGreater(rows["job_seconds"]["p95"], 0)
        self.assertGreaterEqual(rows["jobs_waiting"]["low"], 3)
        target = [p for p in result["process"] if p["name"] == "target"][0]
        self.assertGreater(target["rss"]["after"], 1_000_000)
        # One reading an interval: the first, and one after each of six seconds.
        self.assertLessEqual(result["watch"]["sources"][0]["reads"], 7)
        lines = open(os.path.join(self.folder, "w.ndjson")).read().splitlines()
        self.assertTrue(all("t" in json.loads(line) for line in lines) and lines, lines)
        written = out + err
        for path in glob.glob(os.path.join(self.folder, "runs", "*", "*")) + [
                os.path.join(self.folder, n) for n in ("w.json", "w.md", "w.csv")]:
            written += open(path).read()
        self.assertNotIn("hidden-word", written)
        self.assertEqual(process.poll(), None, "it goes on undisturbed")

    def test_it_is_left_alone_while_it_writes_a_lot(self):
        # Its standard output is a pipe that the test empties: the monitor must have no part in it.
        process, url = self.stranger(chatty=True)
        # Until somebody reads, the pipe is full and the program waits: that is the start.
        before = open_files(process.pid)
        watch = self.start([CHORUS, "lab", "watch", "--metrics", url, "--pid", str(process.pid),
                            "--for", "6s", "--every", "200ms", "-q"], log="watch.log")
        read = 0
        seen = set()
        while watch.poll() is None:
            read += len(os.read(process.stdout.fileno(), 65536))
            with open(f"/proc/{process.pid}/status") as status:
                seen.add([l for l in status if l.startswith("TracerPid")][0].split()[1])
            for fd in os.listdir(f"/proc/{watch.pid}/fd") if os.path.exists(f"/proc/{watch.pid}/fd") else []:
                try:
                    target = os.readlink(f"/proc/{watch.pid}/fd/{fd}")
                except OSError:
                    continue
                self.assertNotEqual(target, before["1"], "the watch holds the program's pipe")
        self.assertEqual(watch.returncode, 0)
        self.assertEqual(seen, {"0"}, "nobody traces it")
        self.assertEqual(open_files(process.pid), before)
        result = newest_result(self.folder)
        lines = {r["name"]: r for r in result["watch"]["rows"]}["lines_written_total"]["value"]
        # What it wrote while it was watched came through the pipe: the bytes are all here.
        self.assertGreater(lines, 1000, "a monitor that reads ten lines a second would hold it back")
        self.assertGreater(read, lines * 100)

    def test_its_end_ends_the_watch_and_says_how(self):
        process, url = self.stranger()
        watch = self.start([CHORUS, "lab", "watch", "--metrics", url, "--pid", str(process.pid)],
                           log="watch.log")
        wait_until(lambda: glob.glob(os.path.join(self.folder, "runs", "*")), 60, "the watch")
        time.sleep(1)
        call("GET", url.replace("/metrics", "/quit"))
        # The test does not ask for its status before the watch has seen it.
        out = watch.communicate(timeout=120)[0].decode()
        self.assertEqual(watch.returncode, 0, out)
        self.assertIn(f"process {process.pid} ended with status 3", out)
        self.assertEqual(newest_result(self.folder)["end"], "target_ended")

    def test_a_killed_process_ends_the_watch(self):
        process, url = self.stranger()
        watch = self.start([CHORUS, "lab", "watch", "--pid", str(process.pid)], log="watch.log")
        wait_until(lambda: glob.glob(os.path.join(self.folder, "runs", "*")), 60, "the watch")
        os.kill(process.pid, signal.SIGKILL)
        out = watch.communicate(timeout=120)[0].decode()
        self.assertIn("was ended by signal 9", out)

    def test_a_source_that_goes_away_is_a_gap(self):
        process, url = self.stranger()
        watch = self.start([CHORUS, "lab", "watch", "--metrics", url, "--every", "200ms"],
                           log="watch.log")
        wait_until(lambda: glob.glob(os.path.join(self.folder, "runs", "*")), 60, "the watch")
        time.sleep(1)
        os.kill(process.pid, signal.SIGKILL)
        time.sleep(2)
        self.assertIsNone(watch.poll(), "a gap is no end")
        os.kill(watch.pid, signal.SIGINT)
        out = watch.communicate(timeout=120)[0].decode()
        self.assertEqual(watch.returncode, 0, out)
        self.assertIn("by Ctrl-C", out)
        source = newest_result(self.folder)["watch"]["sources"][0]
        self.assertEqual(len(source["gaps"]), 1, source)
        self.assertGreater(source["failed"], 1)

    def test_each_wrong_input_has_one_clear_line(self):
        process, url = self.stranger()
        gone = f"http://127.0.0.1:{free_port()}/metrics"
        for arguments, code, says in [
                ([], 2, "say what to watch"),
                (["--metrics", gone], 122, f"no metrics come from {gone}"),
                (["--metrics", "ftp://x"], 2, "--metrics"),
                (["--metrics", url + "/nothing", "--for", "1s", "--every", "nonsense"], 2, "--every"),
                (["--metrics", url, "--every", "1ms"], 2, "from 100ms to 1h"),
                (["--pid", "999999999"], 122, "there is no process 999999999"),
                (["--pid", "0"], 2, "--pid"),
                (["--sandbox", url.replace("/metrics", "")], 122, "no sandbox answers"),
                (["--metrics", url, "--threshold", "jobs_done_totl: rate>1"], 2,
                 "did you mean 'jobs_done_total'"),
                (["--metrics", url, "--threshold", "nonsense"], 2, "METRIC: EXPRESSION"),
                (["--metrics", url, "--name", "../x"], 2, "--name"),
                (["--metrics", url, "-o", "pdf"], 2, "unknown output 'pdf'"),
                (["--metrics", url, "--for", "3s", "--every", "5s"], 2, "shorter than")]:
            got, out, err = self.run_chorus("lab", "watch", *arguments)
            self.assertEqual(got, code, (arguments, out, err))
            self.assertIn(says, err, arguments)
            self.assertEqual(len(err.strip().splitlines()), 1, err)
        self.assertFalse(os.path.exists(os.path.join(self.folder, "runs")), "nothing was run")

    def test_the_runs_folder_treats_it_as_what_it_is(self):
        process, url = self.stranger()
        for _ in range(2):
            code, out, err = self.run_chorus("lab", "watch", "--metrics", url, "--for", "2s",
                                             "--every", "500ms", "-q", timeout=180)
            self.assertEqual(code, 0, out + err)
            self.assertTrue(out.startswith("WATCHED"), out)
            self.assertNotIn("PASS", out)
        first, second = sorted(glob.glob(os.path.join(self.folder, "runs", "*-watch*")))
        code, out, err = self.run_chorus("lab", "report", first)
        self.assertEqual(code, 0, err)
        self.assertTrue(out.startswith("WATCHED"), out)
        code, out, err = self.run_chorus("lab", "compare", first, second)
        self.assertNotIn("not comparable", out + err)
        load = os.path.join(self.folder, "load.json")
        code, out, err = self.run_chorus("lab", "run", "echo", "--virtual-time", "--for", "5s", "-o",
                                         "json=" + load, timeout=300)
        if os.path.exists(load):
            code, out, err = self.run_chorus("lab", "compare", first, load)
            self.assertEqual(code, 104, out + err)
            self.assertIn("one is a watch and the other a load test", out + err)


class WatchAFleet(ServeTest):
    def test_a_fleet_under_load_shows_messages_calls_and_caches(self):
        tokens = self.write("tokens", TOKENS[0] + "\n")
        _, ready = self.serve()
        self.chorus("bots", "add", "anna", "--token-file", tokens, *self.flags(ready))
        control = self.box["control"]
        bots = wait_until(lambda: [b for b in call("GET", control + "/control/v1/bots")[1]
                                   if b["ready"]], 120, "the bot polls")
        name = bots[0]["username"]
        port = ready["listen"].rsplit(":", 1)[1]
        watch = self.start([CHORUS, "lab", "watch", "--admin", ready["listen"], "--sandbox", control,
                            "--for", "12s", "--every", "500ms",
                            "--threshold", "errors: rate<0.5"], log="watch.log")
        wait_until(lambda: glob.glob(os.path.join(self.folder, "runs", "*")), 60, "the watch")
        for n in range(12):
            call("POST", control + "/control/v1/messages",
                 {"bot": name, "from": f"person{n % 4}", "text": f"hello, how is day {n}?"})
            self.api(ready, "GET", "/api/v1/status")
            time.sleep(0.3)
        out = watch.communicate(timeout=180)[0].decode()
        self.assertEqual(watch.returncode, 0, out)
        result = newest_result(self.folder)
        self.assertEqual(result["verdict"], "PASS")
        self.assertGreaterEqual(result["metrics"]["messages{side:person}"]["value"], 12, out)
        self.assertGreater(result["metrics"]["api_calls"]["value"], 5, out)
        seen_by = {c["seen_by"] for c in result["watch"]["calls"]}
        self.assertEqual(seen_by, {"metrics", "sandbox"}, result["watch"]["calls"])
        polls = [c for c in result["watch"]["calls"]
                 if c["seen_by"] == "sandbox" and c["method"] == "getupdates"]
        self.assertGreater(polls[0]["count"], 0)
        self.assertGreater(sum(c["hits"] + c["misses"] for c in result["watch"]["caches"]), 0)
        self.assertTrue(result["watch"]["breakers"], "the host's breaker is known, and closed")
        self.assertTrue(result["watch"]["turns"], result["watch"])
        kinds = [s["kind"] for s in result["watch"]["sources"]]
        self.assertEqual(kinds, ["metrics", "sandbox", "process"], "its process was found by its port")
        for word in ("Calls", "Caches", "Decisions", "Breakers"):
            self.assertIn(word, out)
        # The folder of an installation says where it listens, like chorus status.
        code, out, err = self.run_chorus("lab", "watch", "--data", self.folder + "/fleet", "--listen",
                                         port, "--for", "1s", "-q", timeout=120)
        self.assertEqual(code, 0, out + err)
        for token in TOKENS:
            self.assertNotIn(token, json.dumps(result))


if __name__ == "__main__":
    unittest.main()
