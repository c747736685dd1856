"""The commands of an operator, against a running and a stopped `chorus serve`."""
import json
import os
import unittest

from support import TOKENS, ServeTest, call

KEY = "dev-test-key-12345"


class Commands(ServeTest):
    def test_sandbox_records_what_happens_as_a_trace(self):
        path = self.folder + "/trace.ndjson"
        _, ready = self.sandbox("--record", path)
        control = ready["control"] + "/control/v1"
        bot = call("POST", control + "/bots", {"username": "echo_bot"})[1]
        call("POST", control + "/messages", {"bot": "echo_bot", "from": "ada", "text": "hello"})
        call("POST", f"{ready['telegram']}/bot{bot['token']}/getMe")
        with open(path) as text:
            lines = [json.loads(line) for line in text]
        self.assertEqual([line["text"] for line in lines if "from" in line], ["hello"])
        self.assertEqual([line["status"] for line in lines if line.get("call") == "getme"], [200])
        with open(path) as text:
            self.assertNotIn(bot["token"], text.read())

    def test_rooms_are_switched_off_and_on(self):
        _, ready = self.serve()
        flags = self.flags(ready)
        rooms = lambda *a, **k: self.chorus("rooms", *a, *flags, **k)  # noqa: E731
        rooms("list", says="no rooms yet")
        status, _ = self.api(ready, "POST", "/chats",
                             {"chat_id": -1001234567890, "title": "Tea Society"})
        self.assertEqual(status, 201)
        self.assertRegex(rooms("list"), r"-1001234567890 +enabled +Tea Society")
        rooms("disable", "Tea Society", says="disabled Tea Society")
        self.assertRegex(rooms("list"), r"-1001234567890 +disabled")
        rooms("enable", "-1001234567890", says="enabled -1001234567890")
        self.assertRegex(rooms("list"), r"-1001234567890 +enabled")
        rooms("disable", "nowhere", code=1, says="there is no room 'nowhere'; chorus rooms list")

    def test_bots_from_the_first_to_the_last(self):
        process, ready = self.serve()
        flags = self.flags(ready)
        bots = lambda *a, **k: self.chorus("bots", *a, *flags, **k)  # noqa: E731
        bots("list", says="no bots yet; chorus bots add")
        token = self.write("ada.token", TOKENS[0] + "\n")
        bots("add", "Ada", "--token-file", token, "--persona", "traider", code=1,
             says="there is no persona 'traider', did you mean 'trader'?")
        bots("add", "Ada", "--token-file", token, "--persona", "trader", says="added Ada")
        bots("add", "Ada", "--token-file", self.write("two", TOKENS[1]), code=1,
             says="another bot has the name 'Ada'")
        bots("add", "Eve", "--token-file", "nofile", code=1, says="cannot read nofile")
        bots("add", "Eve", "--token-file", self.write("empty", "\n"), code=1,
             says="there is no token in")
        bots("add", "Eve", "--token-file", self.write("many", "\n".join(TOKENS)), code=1,
             says="must hold one token and nothing else")
        listed = self.write("bots.csv", f"name,token,persona\nEve,{TOKENS[1]},analyst\n"
                                        f"Ada,{TOKENS[2]}\nMax,{TOKENS[3]}\n")
        said = bots("import", listed, code=1, says="another bot has the name 'Ada'")
        self.assertIn("added Eve", said)
        self.assertIn("added Max", said)
        bots("import", self.write("bad.csv", f"{TOKENS[0]}\n"), code=104,
             says="bad.csv:1: expected name,token")
        bots("disable", "Ada", says="disabled Ada")
        self.assertRegex(bots("list"), r"Ada .*disabled .*switched off by an operator")
        bots("enable", "Ada", says="enabled Ada")
        bots("disable", "nobody", code=1, says="there is no bot 'nobody'")
        bots("remove", "Eve", says="removed Eve")
        self.assertNotIn("Eve", bots("list"))
        # What was said is kept, and asked of a stopped fleet there is one clear line.
        self.chorus("stop", *flags, says="stopping")
        self.assertEqual(process.wait(timeout=20), 0)
        for command in (["list"], ["disable", "Ada"], ["import", listed]):
            bots(*command, code=1, says="no chorus serve answers at")
        _, ready = self.serve()
        flags = self.flags(ready)
        self.assertRegex(bots("list"), r"Ada [\s\S]*Max ")
        with open(self.folder + "/serve.log") as log:
            text = log.read()
        for token in TOKENS:
            self.assertNotIn(token, text)

    def test_a_store_is_saved_and_brought_back(self):
        process, ready = self.serve()
        self.chorus("bots", "add", "Ada", "--token-file", self.write("t", TOKENS[0]),
                    *self.flags(ready))
        backup = self.folder + "/copy.db"
        self.chorus("db", "backup", backup, *self.flags(), code=1, says="in use by process")
        self.chorus("doctor", *self.flags(), says="in use by process")
        self.chorus("stop", *self.flags(ready))
        self.assertEqual(process.wait(timeout=20), 0)
        db = lambda *a, **k: self.chorus("db", *a, *self.flags(), **k)  # noqa: E731
        db("backup", backup, says="copied to")
        db("backup", backup, code=1, says="exists; choose another name")
        db("restore", backup, code=1, says="nothing is overwritten")
        self.chorus("keys", "new", *self.flags(), code=1, says="chorus keys rotate")
        self.chorus("keys", "rotate", *self.flags(), says="new primary key")
        # A doctor sees what a start would refuse: another installation's keys.
        self.chorus("doctor", *self.flags(), says="Nothing is wrong.")
        foreign = ["--data", self.folder + "/fleet", "--key-file", self.folder + "/keys/other"]
        self.chorus("keys", "new", *foreign)
        self.chorus("doctor", *foreign, code=1, says="the store is sealed by key")
        self.chorus("doctor", *self.flags(), env={"TOKEN_ENCRYPTION_KEY": "00" * 32}, code=0,
                    says="key ring TOKEN_ENCRYPTION_KEY")
        self.chorus("doctor", *foreign, env={"TOKEN_ENCRYPTION_KEY": "00" * 32}, code=1,
                    says="the store is sealed by key")
        os.rename(self.folder + "/fleet", self.folder + "/lost")
        db("check", code=1, says="there is no store at")
        db("restore", "nofile", code=1, says="nofile")
        db("restore", self.write("text", "no database, only words" * 100), code=1,
           says="is no store that could be restored")
        self.assertFalse(os.path.exists(self.folder + "/fleet/chorus.db"))
        db("restore", backup, says="restored")
        db("check", says="0 problems")
        db("migrate", says="newest schema")
        _, ready = self.serve()
        self.chorus("bots", "list", *self.flags(ready), says="Ada")

    def test_a_check_makes_nothing(self):
        self.chorus("db", "check", *self.flags(), code=1, says="there is no store at")
        self.assertFalse(os.path.exists(self.folder + "/keys/ring"))

    def test_doctor_tells_where_values_come_from_and_no_secret(self):
        self.write("chorus.yaml", "version: 1\nlisten: 9123\nbots:\n"
                                  "  - { name: Ada, token: 'env:ADA_TOKEN' }\n")
        self.write(".env", f"ADA_TOKEN={TOKENS[0]}\nOPENAI_API_KEY=sk-secret-of-dotenv\n")
        said = self.chorus("doctor", "--data", self.folder + "/fleet", "--key-file",
                           self.folder + "/keys/ring",
                           env={"API_KEY": KEY, "GROQ_API_KEY": "gsk-secret",
                                "DATABASE_URL": "sqlite:fleet.db",
                                "REDIS_URL": "redis://me:hush@127.0.0.1/0"},
                           says="Nothing is wrong.")
        for secret in (KEY, "gsk-secret", "sk-secret-of-dotenv", "hush"):
            self.assertNotIn(secret, said)
        self.assertRegex(said, r"listen +9123 +.*chorus.yaml")
        self.assertRegex(said, r"telegram_api_base .*environment TELEGRAM_API_BASE")
        self.assertRegex(said, r"openai_api_key .*\.env")
        self.chorus("doctor", "--config", "missing.yaml", code=104, says="missing.yaml")
        self.chorus("doctor", env={"TELEGRAM_API_BASE": "http://127.0.0.1:9"}, code=1,
                    says="1 problem.")

    def test_a_wrong_flag_is_answered_with_its_name_and_the_nearest(self):
        for typed, answer in (
                (["demo", "--fro", "30s"],
                 "chorus demo has no flag '--fro', did you mean '--for'? (see chorus demo --help)"),
                (["lab", "run", "echo", "--peple=3"],
                 "chorus lab run has no flag '--peple', did you mean '--people'?"),
                (["lab", "run", "echo", "extra"],
                 "chorus lab run does not know what to do with 'extra'"),
                (["test", "--people", "many"], "--people: expected a number from 0 to 1000000, not 'many'"),
                (["test", "--seed", "many"], "--seed: expected a number, not 'many'"),
                (["test", "--people", "-3"], "a number from 0 to 1000000, not '-3'"),
                (["test", "--people", "99999999"], "not '99999999'"),
                (["demo", "--for"], "--for needs a value (see chorus demo --help)"),
                (["demo", "--for", "1s", "--for", "2s"], "--for is given more than once"),
                (["lab", "run", "phase2", "--virtual-time", "--for", "0"],
                 "--virtual-time needs an end"),
                (["lab", "validate"], "scenario is required (see chorus lab validate --help)")):
            with self.subTest(typed):
                said = self.chorus(*typed, code=2, says=answer)
                self.assertEqual(len(said.strip().splitlines()), 1, said)

    def test_a_mistyped_command_is_answered_with_the_nearest(self):
        for typed, answer in ((["bots", "lisst"], "did you mean 'list'?"),
                              (["lab", "rum"], "did you mean 'run'?"),
                              (["dmeo"], "there is no command 'chorus dmeo', did you mean 'demo'?"),
                              (["keys"], "chorus keys needs a command: new, rotate"),
                              (["db", "backup"], "file is required")):
            self.chorus(*typed, code=2, says=answer)

    def test_founding_bots_show_in_the_list(self):
        _, ready = self.serve()
        with open(self.folder + "/keys/admin.key") as key:
            status, _ = call("POST", ready["listen"] + "/bots",
                             {"name": "Old", "token": TOKENS[2]}, {"X-API-Key": key.read().strip()})
        self.assertEqual(status, 201)
        self.chorus("bots", "list", *self.flags(ready), says="Old")


if __name__ == "__main__":
    unittest.main()
