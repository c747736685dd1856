"""`chorus serve` as an operator runs it: founding routes, status, and what a crash leaves behind."""
import os
import re
import signal
import sqlite3
import time
import unittest

from support import CHORUS, ChorusTest, call, wait_until

KEY = {"X-API-Key": "dev-test-key-12345"}


class Serve(ChorusTest):
    def serve(self, sandbox, *flags, env=None):
        extra = {"API_KEY": KEY["X-API-Key"], "TELEGRAM_API_BASE": sandbox["telegram"],
                 "CHORUS_PACING": "none", **(env or {})}
        return self.start_ready(
            [CHORUS, "serve", "--listen", "127.0.0.1:0", "--data", self.folder + "/fleet",
             "--key-file", self.folder + "/keys/ring", *flags], env=extra, log="serve.log")

    def test_founding_scripts_run_unchanged(self):
        _, sandbox = self.sandbox()
        _, ready = self.serve(sandbox)
        base = ready["listen"]
        status, bot = call("POST", base + "/bots", {"name": "LoadTest_Bot_1",
                                                    "token": "TEST_TOKEN_1_1700000000",
                                                    "speed_profile": {"base_delay": 5}}, KEY)
        self.assertEqual(status, 201, bot)
        self.assertTrue(bot["has_token"])
        self.assertNotIn("TEST_TOKEN_1_1700000000", str(bot))
        self.assertEqual(bot["speed_profile"], {"base_delay": 5})
        for chat_id in ("-1001234567890_LOADTEST", -1009876543210):
            status, chat = call("POST", base + "/chats",
                                {"chat_id": chat_id, "title": "Load Test Chat", "topics": ["BIST"]}, KEY)
            self.assertEqual(status, 201, chat)
        self.assertEqual(call("GET", base + "/bots")[0], 401)
        self.assertEqual(len(call("GET", base + "/bots", headers=KEY)[1]), 1)
        status, stats = call("GET", base + "/queue/stats")
        self.assertEqual(status, 200)
        self.assertEqual(stats["total_queued"], 0)
        self.assertTrue(call("GET", base + "/healthz")[1]["ok"])
        status, text = call("GET", base + "/metrics")
        self.assertEqual(status, 200)
        self.assertIn("# TYPE", text)
        update = {"update_id": 1, "message": {
            "message_id": 1, "from": {"id": 5, "is_bot": False, "first_name": "A"},
            "chat": {"id": -1001234567890, "type": "supergroup", "title": "Load Test Chat"},
            "date": int(time.time()), "text": "hello"}}
        for _ in range(2):  # the second one is a duplicate and is fine
            status, answer = call("POST", base + "/webhook/telegram/TEST_TOKEN_1_1700000000", update)
            self.assertEqual(status, 200, answer)
        self.assertEqual(call("POST", base + "/webhook/telegram/unknown", update)[0], 404)
        self.assertEqual(call("POST", base + "/bots", {"name": "x"}, KEY)[0], 400)
        with open(self.folder + "/serve.log") as log:
            self.assertNotIn("TEST_TOKEN_1_1700000000", log.read())

    def test_first_start_makes_keys_and_status_works(self):
        _, sandbox = self.sandbox()
        process, ready = self.serve(sandbox, env={"API_KEY": ""})
        port = ready["listen"].rsplit(":", 1)[1]
        flags = ["--listen", port, "--data", self.folder + "/fleet",
                 "--key-file", self.folder + "/keys/ring"]
        for name in ("ring", "admin.key"):
            self.assertEqual(os.stat(f"{self.folder}/keys/{name}").st_mode & 0o777, 0o600)
        code, out, err = self.run_chorus("status", *flags)
        self.assertEqual(code, 0, err)
        self.assertIn("running", out)
        for command, word in (("pause", "paused"), ("status", "paused"), ("resume", "resumed")):
            code, out, err = self.run_chorus(command, *flags)
            self.assertEqual((code, word in out), (0, True), out + err)
        code, _, err = self.run_chorus("db", "check", *flags)
        self.assertEqual(code, 1, err)
        self.assertRegex(err, r"held|use|process")
        self.assertEqual(self.run_chorus("stop", *flags)[0], 0)
        self.assertEqual(process.wait(timeout=20), 0)
        code, out, err = self.run_chorus("db", "check", *flags)
        self.assertEqual(code, 0, out + err)
        with open(self.folder + "/keys/admin.key") as key, open(self.folder + "/serve.log") as log:
            self.assertNotIn(key.read().strip(), log.read())

    def test_a_character_is_imported_compared_and_rolled_back(self):
        _, sandbox = self.sandbox()
        os.makedirs(self.folder + "/people")
        with open(self.folder + "/token", "w") as out:
            out.write("111111:" + "A" * 35)
        with open(self.folder + "/people/deniz.yaml", "w") as out:
            out.write("version: 2\nname: Deniz\ntone: calm\n"
                      "hours: { zone: Europe/Istanbul, active: ['08:00-23:00'] }\n")
        with open(self.folder + "/founding.yaml", "w") as out:
            out.write("name: Kaan\npersona_hint: You are a human who sings. Likes tea.\n"
                      "persona_profile: { style: short and dry, watchlist: [THYAO] }\n")
        with open(self.folder + "/chorus.yaml", "w") as out:
            out.write(f"version: 1\npersonas: {self.folder}/people\nbots:\n"
                      "  - { name: Ada, token: 'file:token', persona: deniz }\n")
        _, ready = self.serve(sandbox, "--config", self.folder + "/chorus.yaml", env={"API_KEY": ""})
        listen = ["--listen", ready["listen"].rsplit(":", 1)[1],
                  "--data", self.folder + "/fleet", "--key-file", self.folder + "/keys/ring"]

        def personas(*arguments):
            code, out, err = self.run_chorus("personas", *arguments, *listen)
            return code, out + err

        self.assertEqual(personas("lint", self.folder + "/people/deniz.yaml"), (0, "no findings\n"))
        code, text = personas("import", self.folder + "/founding.yaml", "--bot", "Ada")
        self.assertEqual(code, 104, text)
        self.assertIn("version 2 is stored disabled; Ada goes on as before", text)
        self.assertIn('"You are a human who sings."', text)
        self.assertIn('name: "Deniz"', personas("show", "--bot", "Ada")[1])
        code, text = personas("accept", "Ada", "2")
        self.assertEqual((code, text), (0, "Ada lives by version 3 now\n"))
        self.assertIn('tone: "calm" -> ""', personas("diff", "Ada", "1")[1])
        self.assertEqual(personas("rollback", "Ada", "1")[0], 0)
        self.assertEqual(personas("diff", "Ada", "1"), (0, ""))
        code, text = personas("export", "--bot", "Ada", "-o", self.folder + "/ada.yaml")
        self.assertEqual(code, 0, text)
        self.assertEqual(personas("lint", self.folder + "/ada.yaml")[0], 0)
        self.assertIn("rollback to 1  current", personas("history", "Ada")[1])
        with open(self.folder + "/keys/admin.key") as key:
            headers = {"X-API-Key": key.read().strip()}
        status, _ = call("POST", ready["listen"] + "/chats",
                         {"chat_id": "-1001234567890", "title": "Square", "topics": ["boats"]},
                         headers)
        self.assertEqual(status, 201)
        code, out, err = self.run_chorus("prompt", "preview", "--bot", "Ada", "--room", "Square",
                                         "--text", "is the bridge open?", *listen)
        self.assertEqual(code, 0, err)
        self.assertTrue(out.startswith("--- system\nYou write as "), out)
        self.assertRegex(out, r"\[\w+\]boats\[/")
        self.assertRegex(out, r"somebody: \[\w+\]is the bridge open\?\[/")
        self.assertIn("(canary)", out)
        self.assertNotIn("A" * 35, out)

    def test_nothing_acknowledged_is_lost_over_20_crashes(self):
        _, sandbox = self.sandbox()
        control = sandbox["control"] + "/control/v1"
        tokens = []
        names = [f"crash_{i}_bot" for i in range(3)]
        for name in names:
            status, bot = call("POST", control + "/bots", {"username": name})
            self.assertEqual(status, 200, bot)
            tokens.append(bot["token"])
        status, room = call("POST", control + "/rooms", {"title": "Crash", "bots": names,
                                                         "people": ["ada"]})
        self.assertEqual(status, 200, room)
        os.makedirs(self.folder + "/tokens")
        lines = ["version: 1", "bots:"]
        for i, token in enumerate(tokens):
            with open(f"{self.folder}/tokens/{i}", "w") as out:
                out.write(token)
            lines.append(f"  - {{ name: {names[i]}, token: 'file:tokens/{i}', persona: helper }}")
        with open(self.folder + "/chorus.yaml", "w") as out:
            out.write("\n".join(lines) + "\n")

        # On a busy machine nothing is answered before the next crash: what then waits is more than
        # a bot keeps in mind in one room, or one person may ask at once.
        patient = {"CHORUS_TURN_QUEUE": "1000", "CHORUS_MAX_CONVERSATIONS_PER_USER": "1000"}
        asked = []
        for crash in range(20):
            process, _ = self.serve(sandbox, "--config", self.folder + "/chorus.yaml",
                                    env={"CHORUS_MAX_REPLY_AGE_GROUP": "10m",
                                         "CHORUS_SEND_PROFILE": "off", **patient})
            for i in range(4):
                status, sent = call("POST", control + "/messages", {
                    "room": room["id"], "from": "ada", "mention": names[i % 3],
                    "text": f"question {crash}-{i} about gardens"})
                self.assertEqual(status, 200, sent)
                asked.append(sent["message_id"])
            # Killed somewhere between taking the updates in and sending the answers.
            time.sleep(0.003 * crash)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process, ready = self.serve(sandbox, "--config", self.folder + "/chorus.yaml",
                                    env={"CHORUS_MAX_REPLY_AGE_GROUP": "10m",
                                         "CHORUS_SEND_PROFILE": "off", **patient})

        def status():
            return call("GET", ready["listen"] + "/api/v1/status", headers=KEY)[1]

        def settled():
            s = status()
            return s if s["store"]["inbox_new"] == 0 and s["outbox"]["queued"] == 0 and \
                s["turns"]["under_way"] == 0 and s["turns"]["waiting"] == 0 else None
        wait_until(lambda: call("GET", control + "/ledger")[1]["pending"] == 0, 30, "empty queues")
        final = wait_until(settled, 30, "rest of the fleet")
        messages = call("GET", f"{control}/messages?room={room['id']}&limit=1000")[1]
        answers = {}
        for message in messages:
            if message["is_bot"] and message["reply_to"]:
                answers.setdefault(message["reply_to"], []).append(message)
        unknown = final["store"]["outbox_unknown"]
        unanswered = [m for m in asked if m not in answers]
        doubled = [m for m in asked if len(answers.get(m, [])) > 1]
        process.terminate()  # the store is held while its fleet runs
        process.wait(timeout=20)
        why = (f"unanswered {unanswered}, unknown {unknown}, turns without a message "
               f"{self.silent_turns()}, store {final['store']}")
        self.assertLessEqual(len(unanswered), unknown, why)
        self.assertEqual(doubled, [], why)

    def silent_turns(self):
        """What the fleet's own store says of turns that sent nothing: for the message of a failure."""
        with sqlite3.connect(f"file:{self.folder}/fleet/chorus.db?mode=ro", uri=True) as store:
            return store.execute("SELECT t.id, t.outcome, t.detail, o.state FROM turns t"
                                 " LEFT JOIN outbox o ON o.turn = t.id"
                                 " WHERE t.outcome != 'sent' OR o.state != 3").fetchall()  # 3: sent


if __name__ == "__main__":
    unittest.main()
