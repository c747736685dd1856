"""The doors of an operator: breakers, budgets, a provider that is tried again, a person's data, and
notices to a web hook."""
import glob
import http.server
import json
import threading
import unittest

from support import TOKENS, ServeTest, call, wait_until

FLEET = """version: 1
llm:
  chain:
    - {{ kind: local, name: house, model: sandbox-small, base_url: '{llm}', prices: {{ in: 1000000, out: 1000000 }} }}
    - {{ kind: builtin }}
settings: {{ pacing: none, max_tokens: 20 }}
"""


class Operator(ServeTest):
    def setUp(self):
        super().setUp()
        self.write("chorus.yaml", FLEET.format(llm=self.box["llm"]))
        self.control = self.box["control"] + "/control/v1"
        self.start_fleet()
        status, bot = self.api(self.ready, "POST", "/api/v1/bots",
                               {"name": "Ada", "token": TOKENS[0], "persona": "helper"})
        self.assertEqual(status, 201, bot)
        self.bot = bot["id"]

    def start_fleet(self, env=None):
        self.process, self.ready = self.serve(env=env)

    def restart(self, env=None):
        self.chorus("stop", *self.flags(self.ready))
        self.assertEqual(self.process.wait(timeout=20), 0)
        self.start_fleet(env)

    def does(self, *arguments, **checks):
        return self.chorus(*arguments, *self.flags(self.ready), **checks)

    def status(self):
        return self.api(self.ready, "GET", "/api/v1/status")[1]

    def fault(self, fault, **more):
        status, answer = call("POST", self.control + "/faults",
                              {"match": {"method": "llm"}, "fault": fault, **more})
        self.assertEqual(status, 200, answer)

    def refuse_next_poll(self, bot):
        """The bot's next getUpdates is refused with 401. A poll that is under way already would be
        held for 30 s: a message ends it."""
        status, answer = call("POST", self.control + "/faults", {
            "match": {"method": "getUpdates", "bot": bot},
            "fault": {"status": 401, "description": "Unauthorized"}, "times": 1})
        self.assertEqual(status, 200, answer)
        status, sent = call("POST", self.control + "/messages",
                            {"bot": bot, "from": "zerrin", "text": "hello"})
        self.assertEqual(status, 200, sent)

    def says(self, text, person="zerrin"):
        """One private message, and the bot's answer to it."""
        before = self.status()["store"]["outbox_sent"]
        status, sent = call("POST", self.control + "/messages",
                            {"bot": "sandbox_1001_bot", "from": person, "text": text})
        self.assertEqual(status, 200, sent)
        wait_until(lambda: self.status()["store"]["outbox_sent"] > before, 20, "an answer")

    def test_a_breaker_is_seen_and_closed(self):
        said = self.does("breakers", "list")
        for name in ("host:127.0.0.1", "bot:Ada", "provider:house"):
            self.assertRegex(said, name + r" +closed")
        self.fault({"status": 500}, times=5)
        for i in range(5):
            self.says(f"question {i}")
        self.assertRegex(self.does("breakers", "list"),
                         r"provider:house +open .*tried again in .*last failure: server_error")
        self.does("breakers", "reset", "hous", code=1,
                  says="there is no breaker 'hous', did you mean")
        self.does("breakers", "reset", "house", says="closed provider:house")
        self.assertRegex(self.does("breakers", "list"), r"provider:house +closed")
        self.assertEqual(self.does("breakers", "reset").count("closed "), 3)

    def test_a_provider_that_was_switched_off_is_tried_again(self):
        self.fault({"status": 429, "code": "insufficient_quota"}, times=1)
        self.says("hello")
        self.does("status", says="not used: house")
        self.does("llm", "reset", "hose", code=1,
                  says="there is no LLM provider 'hose', did you mean 'house'?")
        self.does("llm", "reset", "house", says="house is tried again")
        self.assertNotIn("not used", self.does("status"))
        self.says("hello again")
        self.assertEqual(self.status()["llm"][0]["unusable"], "")

    def test_budgets_count_at_once_and_after_a_restart(self):
        self.says("hello")
        used = self.status()["llm"][0]["today"]["calls"]
        self.assertEqual(used, 1)
        budgets = lambda *a, **k: self.does("llm", "budgets", *a, **k)  # noqa: E731
        self.assertRegex(budgets("list"), r"fleet +none")
        # What was spent before the ceiling was set counts.
        budgets("set", "provider:house", "requests_per_day=1",
                says="requests_per_day       1 of 1 used")
        self.says("and now?")
        self.assertEqual(self.status()["llm"][0]["today"]["calls"], 1, "builtin answered")
        budgets("set", "bot:Ada", "tokens_per_day=5000", says="of 5000 used")
        self.assertRegex(budgets("list"), r"bot:Ada +stored")
        budgets("set", "fleet", "money_per_day=0.5", "requests_per_minute=100", says="of 0.5 used")
        for words, answer in ((["fleet", "money_per_dya=1"], "did you mean 'money_per_day'?"),
                              (["fleet", "money_per_day=-1"], "must be a number of 0 or more"),
                              (["fleet", "tokens_per_day=1.5"], "must be a whole number"),
                              (["provider:hose", "tokens_per_day=1"], "there is no budget"),
                              (["bot:Nobody", "tokens_per_day=1"], "there is no bot 'Nobody'")):
            budgets("set", *words, code=1, says=answer)
        budgets("set", "fleet", "money_per_day", code=2, says="write NAME=NUMBER")
        self.restart()
        said = budgets("list")
        self.assertRegex(said, r"provider:house +stored\n +requests_per_day +1 of 1 used")
        self.assertRegex(said, r"fleet +stored")
        budgets("reset", "provider:house", says="none")
        budgets("reset", "fleet")
        budgets("reset", "bot:Ada")
        self.says("once more")
        self.assertEqual(self.status()["llm"][0]["today"]["calls"], 2)

    def test_a_persons_data_is_given_out_and_forgotten(self):
        for i in range(5):
            self.says(f"I live in Canaryville and I like canaries {i}", person="zerrin_canary")
        people = call("GET", self.control + "/people")[1]
        person = str(next(p["id"] for p in people if "zerrin" in json.dumps(p)))
        document = json.loads(self.does("memory", "export", "--person", person))
        self.assertIn("Canaryville", json.dumps(document["messages"]))
        self.assertTrue(document["memories"])
        file = self.folder + "/person.json"
        self.does("memory", "export", "--person", person, "-o", file, says="written to")
        with open(file) as text:
            self.assertEqual(json.load(text)["messages"], document["messages"])
        self.does("memory", "export", "--person", "zerrin", code=1, says="numeric id")
        self.does("memory", "forget", "--person", "0", code=1, says="numeric id")
        self.does("memory", "forget", "--person", person, says=f"forgot person {person}: ")
        document = json.loads(self.does("memory", "export", "--person", person))
        self.assertEqual((document["messages"], document["memories"]), ([], []))
        # R22: not a byte of it in any file of the store, nor in a copy made afterwards.
        self.chorus("stop", *self.flags(self.ready))
        self.assertEqual(self.process.wait(timeout=20), 0)
        self.chorus("db", "backup", self.folder + "/fleet/copy.db", *self.flags())
        files = glob.glob(self.folder + "/fleet/**", recursive=True) + [self.folder + "/serve.log"]
        looked = 0
        for path in files:
            try:
                with open(path, "rb") as raw:
                    data = raw.read().lower()
            except IsADirectoryError:
                continue
            looked += 1
            for word in (b"canar", b"zerrin"):
                self.assertNotIn(word, data, path)
        self.assertGreaterEqual(looked, 3, files)

    def test_a_bot_gets_another_name_and_the_hour_is_told(self):
        self.says("hello")
        self.assertRegex(self.does("status"), r"hour    100.0 % of \d decisions? and 100.0 % of "
                                              r"1 send without an error")
        self.assertRegex(self.does("status"), r"\n1 bot\n")
        status, answer = self.api(self.ready, "PATCH", f"/api/v1/bots/{self.bot}",
                                  {"name": "Deniz"})
        self.assertEqual((status, answer["name"]), (200, "Deniz"))
        self.does("bots", "list", says="Deniz")
        self.api(self.ready, "POST", "/api/v1/bots", {"name": "Eve", "token": TOKENS[1]})
        status, answer = self.api(self.ready, "PATCH", f"/api/v1/bots/{self.bot}", {"name": "Eve"})
        self.assertEqual(status, 409, answer)
        metrics = call("GET", self.ready["listen"] + "/metrics")[1]
        self.assertIn('chorus_ticks_total{result="ok"} ', metrics)
        self.assertIn("chorus_tick_success 1\n", metrics)
        self.restart()
        self.assertRegex(self.does("bots", "list"), r"Deniz [\s\S]*Eve ")

    def test_a_command_without_its_subcommand_says_which_there_are(self):
        for words, answer in ((["bots"], "chorus bots needs a command: list, add, import"),
                              (["llm", "budgets"], "chorus llm budgets needs a command: list, set"),
                              (["settings", "--data", "x"], "chorus settings needs a command: list"),
                              (["llm", "budgets", "--data", "x"], "chorus llm budgets needs a com")):
            self.chorus(*words, code=2, says=answer)

    def test_a_refused_token_is_told_in_a_chat_and_so_is_its_end(self):
        self.says("hello", person="olga")
        people = call("GET", self.control + "/people")[1]
        chat = next(p["id"] for p in people if "olga" in json.dumps(p))
        self.does("settings", "set", "notify_telegram_bot", "Ada")
        self.does("settings", "set", "notify_telegram_chat", "@olga", code=1,
                  says="expected the numeric id of a chat")
        self.does("settings", "set", "notify_telegram_chat", str(chat))
        status, bot = self.api(self.ready, "POST", "/api/v1/bots",
                               {"name": "Eve", "token": TOKENS[1]})
        self.assertEqual(status, 201, bot)
        self.refuse_next_poll("sandbox_1002_bot")

        def told():
            room = "private:sandbox_1001_bot:olga"
            lines = call("GET", f"{self.control}/messages?room={room}&limit=100")[1]
            return [m["text"] for m in lines if m["text"].startswith("chorus: ")]
        wait_until(told, 60, "a notice in the chat")
        self.assertEqual(told(), ["chorus: bot Eve is switched off: the platform refused its token"])
        status, answer = self.api(self.ready, "PATCH", f"/api/v1/bots/{bot['id']}",
                                  {"token": TOKENS[2]})
        self.assertEqual(status, 200, answer)
        wait_until(lambda: len(told()) > 1, 60, "its end")
        self.assertTrue(told()[1].startswith("chorus: over: bot Eve"), told())

    def test_a_refused_token_is_told_to_a_web_hook(self):
        heard = []

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                heard.append((self.path, json.loads(
                    self.rfile.read(int(self.headers["Content-Length"])))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        secret = "/hook/very-secret-of-the-hook"
        self.restart({"CHORUS_NOTIFY_WEBHOOK": f"http://127.0.0.1:{server.server_port}{secret}"})
        self.assertRegex(self.does("settings", "get", "notify_webhook"),
                         r"= \(set\)[\s\S]*environment CHORUS_NOTIFY_WEBHOOK")
        self.refuse_next_poll("sandbox_1001_bot")
        wait_until(lambda: heard, 60, "a notice")
        path, body = heard[0]
        self.assertEqual((path, body["event"], body["key"]), (secret, "raised", "token:Ada"))
        self.assertIn("refused its token", body["text"])
        shown = self.does("doctor", code=None) + self.does("settings", "list")
        with open(self.folder + "/serve.log") as log:
            self.assertNotIn("very-secret", log.read() + shown)


if __name__ == "__main__":
    unittest.main()
