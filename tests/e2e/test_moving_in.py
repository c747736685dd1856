"""Moving a founding installation in, rehearsed in the sandbox."""
import datetime
import os
import sqlite3

from support import CHORUS, ChorusTest, wait_until

TOKENS = [f"{1001 + i}:any-secret-of-24-characters-{i}" for i in range(2)]
PASSPHRASE = "passphrase of the old system"
# TOKENS as the founding system's own library (Python's cryptography) sealed them.
SEALED = ["gAAAAABrAbL8GHOqQVhOJgH76GGHtwQ3cTUQ0nWQFIHyzKshWWaDm2yYPx_xEkInB0je3Y"
          "vUPUTStVAC5cuWnnapUfjvCp2ZUD0kXIy2B2xvuGz4BfZY48_eRTIvU-MaArfUPDnM2tVS",
          "gAAAAABrAbL8UbD8dzx_RLsnb7Oi8pa6vfUN9wtcyAs4F2gJBlLfCC4RV1CN6YMHctb1Iv"
          "HrK1MChDUyckwDCPzQhLhE-8wiU5_vFD37wDmj4wPMusNV1HRmxdrJkA_fhPzB8l2KpotB"]


class MovingIn(ChorusTest):
    def setUp(self):
        super().setUp()
        self.old = os.path.join(self.folder, "app.db")
        self.key = self.write("old.key", PASSPHRASE + "\n")
        self.flags = ["--data", self.folder + "/fleet", "--key-file", self.folder + "/keys/ring"]
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        db = sqlite3.connect(self.old)
        db.executescript("""
            CREATE TABLE bots (id INTEGER PRIMARY KEY, name, token, username, is_enabled,
                speed_profile, active_hours, persona_hint, persona_profile, emotion_profile, created_at);
            CREATE TABLE chats (id INTEGER PRIMARY KEY, chat_id, title, is_enabled, topics, created_at);
            CREATE TABLE settings (key PRIMARY KEY, value, updated_at);
            CREATE TABLE messages (id INTEGER PRIMARY KEY, bot_id, chat_db_id, telegram_message_id,
                text, reply_to_message_id, created_at, msg_metadata);
            CREATE TABLE bot_memories (id INTEGER PRIMARY KEY, bot_id, memory_type, content,
                relevance_score, created_at, last_used_at, usage_count);""")
        cards = ['{"tone":"calm","style":{"emojis":true,"length":"short"}}',
                 '{"tone":"dry","style":"concise"}']
        for i, name in enumerate(["Ada", "Bob"]):
            db.execute("INSERT INTO bots VALUES(?,?,?,NULL,1,'{}','[]','',?,'{}',?)",
                       (i + 1, name, SEALED[i], cards[i], str(now)))
        db.execute("INSERT INTO chats VALUES(1,'-1001234567890','Market',1,'[]',?)", (str(now),))
        db.executemany("INSERT INTO settings VALUES(?,?,NULL)",
                       [("simulation_active", '"false"'), ("reply_probability", '{"value": "0.4"}')])
        heard = '{"from_user_id": 9001, "username": "ann", "is_incoming": true}'
        for i in range(1, 701):
            db.execute("INSERT INTO messages VALUES(?,?,1,?,'hello',NULL,?,?)",
                       (i, 1 if i % 2 else None, i if i % 3 else None, str(now),
                        None if i % 2 else heard))
        db.execute("INSERT INTO bot_memories VALUES(1,1,'preference','Likes long walks.',.9,?,?,2)",
                   (str(now), str(now)))
        db.commit()
        db.close()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write(text)
        return path

    def take(self, *arguments, code=0, key=True):
        key = ["--old-key-file", self.key] if key else []
        got, out, err = self.run_chorus("import", self.old, *self.flags, *key, *arguments)
        self.assertEqual(got, code, out + err)
        for token in TOKENS:
            self.assertNotIn(token.split(":")[1], out + err)
        return out + err

    def test_dry_run_import_and_again(self):
        said = self.take("--dry-run")
        self.assertRegex(said, r"messages +700 +700 +0 +0\n")
        self.assertIn("a dry run: nothing was changed", said)
        self.assertFalse(os.path.exists(self.folder + "/fleet"))
        said = self.take()
        self.assertRegex(said, r"bots +2 +2 +0 +0\n")
        self.assertIn("settings: 1 row: imported bots stay off", said)
        self.assertIn("reply_probability: 0.4", said)
        self.assertIn("proven: read back from the store, 707 of 707 rows are there", said)
        again = self.take()
        self.assertRegex(again, r"messages +700 +0 +700 +0\n")
        self.assertIn("proven: read back from the store, 707 of 707 rows are there", again)
        code, out, err = self.run_chorus("db", "check", *self.flags)
        self.assertEqual(code, 0, out + err)

    def test_what_is_wrong_is_said_and_changes_nothing(self):
        self.write("wrong.key", "another")
        said = self.take("--old-key-file", self.folder + "/wrong.key", code=1, key=False)
        self.assertIn("the tokens of Ada, Bob do not open", said)
        self.assertIn("the tokens of Ada, Bob do not open", self.take(code=1, key=False))
        holder = sqlite3.connect(self.old, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        self.assertIn("has it locked; stop the old system first", self.take(code=1))
        holder.close()
        self.assertFalse(os.path.exists(self.folder + "/fleet"))

    def test_the_rehearsal_of_the_page(self):
        self.take()
        _, box = self.sandbox()
        _, ready = self.start_ready(
            [CHORUS, "serve", "--listen", "0", *self.flags],
            env={"TELEGRAM_API_BASE": box["telegram"]}, log="serve.log")
        said = self.take(code=1)
        self.assertNotIn("proven", said)  # a running fleet holds the store
        flags = ["--listen", ready["listen"].rsplit(":", 1)[1], *self.flags]

        def bots():
            code, out, err = self.run_chorus("bots", "list", *flags)
            self.assertEqual(code, 0, err)
            return out
        self.assertRegex(bots(), r"Ada .*disabled .*one token, one poller")
        self.assertEqual(self.run_chorus("bots", "enable", "Ada", *flags)[0], 0)
        wait_until(lambda: " active" in bots(), 20, "Ada becoming active")
        self.assertRegex(bots(), r"Bob .*disabled")
