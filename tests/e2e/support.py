"""What every end-to-end test needs: processes that are always ended, and a small HTTP client."""
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CHORUS = os.environ.get("CHORUS_BINARY", os.path.join(ROOT, "build", "release", "chorus"))
PYTHON_BOT = ["/usr/bin/python3", os.path.join(ROOT, "examples", "python-telegram-bot", "bot.py")]
GRAMMY_BOT = ["node", os.path.join(ROOT, "examples", "grammy", "bot.mjs")]
TELEGRAF_BOT = ["node", os.path.join(ROOT, "examples", "telegraf", "bot.mjs")]
MATRIX_NIO_BOT = ["/usr/bin/python3", os.path.join(ROOT, "examples", "matrix-nio", "bot.py")]
MATRIX_SDK_BOT = ["node", os.path.join(ROOT, "examples", "matrix-bot-sdk", "bot.mjs")]
NODE_TELEGRAM_BOT = ["node", os.path.join(ROOT, "examples", "node-telegram-bot-api", "bot.mjs")]


TOKENS = [f"{1001 + i}:any-secret-of-24-characters-{i}" for i in range(4)]


def call(method, url, body=None, headers=None, timeout=30):
    """(status, decoded JSON or text)"""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    if data is not None:
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            status, raw = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, raw = error.code, error.read()
    text = raw.decode()
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


def wait_until(condition, timeout, what):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {timeout} s")


class ChorusTest(unittest.TestCase):
    """Starts programs in a folder of its own and ends them, whatever happens."""

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="chorus-e2e-")
        self.folder = self._folder.name
        self._processes = []

    def tearDown(self):
        for process in self._processes:
            if process.poll() is None:
                try:
                    os.killpg(process.pid, signal.SIGTERM)
                    process.wait(timeout=10)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait(timeout=10)
            if process.stdout:
                process.stdout.close()
        self._folder.cleanup()

    def environment(self, extra=None):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith(("TELEGRAM_", "MATRIX_", "OPENAI_", "GROQ_", "LLM_", "CHORUS_"))}
        env.update({"HOME": self.folder, "XDG_DATA_HOME": self.folder + "/data",
                    "XDG_CONFIG_HOME": self.folder + "/config", "CI": "1"})
        env.update(extra or {})
        return env

    def start(self, command, env=None, log="out.log"):
        """Starts a program whose output goes to a file; it is ended with the test."""
        with open(os.path.join(self.folder, log), "ab") as out:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=out,
                                       env=self.environment(env), cwd=self.folder,
                                       start_new_session=True)
        self._processes.append(process)
        return process

    def start_ready(self, command, env=None, log="chorus.log"):
        """Starts `chorus sandbox` or `chorus serve` and answers its ready line."""
        process = self.start(command, env, log)
        line = process.stdout.readline()
        if not line:
            with open(os.path.join(self.folder, log)) as text:
                self.fail(f"{command} did not get ready: {text.read()}")
        ready = json.loads(line)
        self.assertTrue(ready["ready"])
        return process, ready

    def sandbox(self, *flags):
        return self.start_ready([CHORUS, "sandbox", "--telegram", "0", "--matrix", "0", "--llm", "0",
                                 "--control", "0", *flags], log="sandbox.log")

    def run_chorus(self, *arguments, env=None, timeout=120):
        """Runs to the end: (exit code, stdout, stderr)."""
        done = subprocess.run([CHORUS, *arguments], capture_output=True, text=True,
                              env=self.environment(env), cwd=self.folder, timeout=timeout)
        return done.returncode, done.stdout, done.stderr

    def bot_env(self, ready, *tokens):
        return {"TELEGRAM_API_ROOT": ready["telegram"], "TELEGRAM_BOT_TOKENS": ",".join(tokens),
                "TELEGRAM_BOT_TOKEN": tokens[0]}


class ServeTest(ChorusTest):
    """A sandbox, a `chorus serve` against it, and the commands of an operator."""

    def setUp(self):
        super().setUp()
        _, self.box = self.sandbox()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write(text)
        return path

    def flags(self, ready=None):
        port = ready["listen"].rsplit(":", 1)[1] if ready else "0"
        return ["--listen", port, "--data", self.folder + "/fleet",
                "--key-file", self.folder + "/keys/ring"]

    def serve(self, *arguments, env=None):
        return self.start_ready([CHORUS, "serve", *self.flags(), *arguments],
                                env={"TELEGRAM_API_BASE": self.box["telegram"], **(env or {})},
                                log="serve.log")

    def chorus(self, *arguments, env=None, code=0, says=""):
        """Runs it, checks the exit code and that what it says holds `says`; gives both streams."""
        env = {"TELEGRAM_API_BASE": self.box["telegram"], **(env or {})}
        got, out, err = self.run_chorus(*arguments, env=env)
        if code is not None:
            self.assertEqual(got, code, (arguments, out, err))
        self.assertIn(says, out + err, arguments)
        for token in TOKENS:
            self.assertNotIn(token, out + err)
        return out + err

    def api(self, ready, method, path, body=None):
        """(status, answer) of the running fleet, with its admin key."""
        with open(self.folder + "/keys/admin.key") as key:
            return call(method, ready["listen"] + path, body, {"X-API-Key": key.read().strip()})
