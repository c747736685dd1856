"""`chorus serve` with bots of Matrix against the sandbox's homeserver."""
import json
import os
import signal
import socket
import threading
import time
import unittest

from support import CHORUS, ChorusTest, call, wait_until

API_KEY = "an-operator-key-for-tests"


class MatrixFleet(ChorusTest):
    def setUp(self):
        super().setUp()
        _, self.box = self.sandbox("--data", self.folder + "/world")
        self.control = self.box["control"] + "/control/v1"

    def person(self, user):
        """A client of the homeserver."""
        status, login = call("POST", self.box["matrix"] + "/_matrix/client/v3/login", {
            "type": "m.login.password", "password": "secret",
            "identifier": {"type": "m.id.user", "user": user}})
        self.assertEqual(status, 200, login)

        def ask(method, path, body=None):
            return call(method, self.box["matrix"] + "/_matrix/client/v3/" + path, body,
                        {"Authorization": "Bearer " + login["access_token"]}, timeout=60)
        return ask

    def bot(self, name):
        """An account of the homeserver for a bot of the fleet: its access token."""
        status, bot = call("POST", self.control + "/bots", {"platform": "matrix", "username": name})
        self.assertEqual(status, 200, bot)
        return bot["token"]

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as out:
            out.write(text)

    def sync_config(self, tokens, settings=""):
        bots = ""
        for name, token in tokens.items():
            self.write(f"{name}.token", token)
            bots += f"  - {{name: {name}, platform: matrix, token: 'file:{name}.token'}}\n"
        self.write("chorus.yaml", f"""version: 1
matrix:
  homeserver: {self.box['matrix']}
  mode: sync
  allow_invites: ["*:sandbox"]
bots:
{bots}settings:
  pacing: none
{settings}""")

    def service_env(self):
        return {"API_KEY": API_KEY, "TELEGRAM_API_BASE": self.box["telegram"],
                "LOAD_TEST_MODE": "true", "CHORUS_MAX_REPLY_AGE_GROUP": "10m"}

    def at(self, ready):
        return self.flags(ready["listen"].rsplit(":", 1)[1])

    def flags(self, port):
        return ["--config", self.folder + "/chorus.yaml", "--listen", port,
                "--data", self.folder + "/fleet", "--key-file", self.folder + "/keys/ring"]

    def serve(self, port="0"):
        return self.start_ready([CHORUS, "serve", *self.flags(port)], env=self.service_env(),
                                log="serve.log")

    def converse(self, user="@nova:sandbox"):
        """Invitation, mention, answer; gives the client, the room, the question and the answer."""
        ada = self.person("ada")
        status, room = ada("POST", "createRoom", {"preset": "private_chat", "name": "Garden",
                                                  "invite": [user]})
        self.assertEqual(status, 200, room)
        room = room["room_id"]
        wait_until(lambda: user in ada("GET", f"rooms/{room}/joined_members")[1]["joined"],
                   60, "joining after an invitation")
        status, sent = ada("PUT", f"rooms/{room}/send/m.room.message/one", {
            "msgtype": "m.text", "body": "what grows in winter?",
            "m.mentions": {"user_ids": [user]}})
        self.assertEqual(status, 200, sent)
        return ada, room, sent["event_id"], self.answer_to(ada, room, sent["event_id"], user)

    def answer_to(self, client, room, event, user):
        def answer():
            page = client("GET", f"rooms/{room}/messages?dir=b&limit=100")[1]
            for said in page["chunk"]:
                relates = said["content"].get("m.relates_to", {})
                if said["sender"] == user and said["type"] == "m.room.message" and \
                        relates.get("m.in_reply_to", {}).get("event_id") == event:
                    return said
            return None
        return wait_until(answer, 60, "the answer")

    def service_config(self, users):
        """A fleet as application service: its port is fixed, because the homeserver calls it."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.write("as.token", "as-token-of-the-fleet")
        self.write("hs.token", "hs-token-of-the-homeserver")
        bots = "".join(f"  - {{name: {user}, platform: matrix, user: '@{user}:sandbox'}}\n"
                       for user in users)
        self.write("chorus.yaml", f"""version: 1
listen: 127.0.0.1:{port}
matrix:
  homeserver: {self.box['matrix']}
  mode: appservice
  as_token: file:as.token
  hs_token: file:hs.token
  allow_invites: ["*:sandbox"]
bots:
{bots}settings:
  pacing: none
""")
        code, out, err = self.run_chorus("matrix", "registration", "--config",
                                         self.folder + "/chorus.yaml")
        self.assertEqual(code, 0, err)
        status, made = call("POST", self.control + "/appservices", json.loads(out))
        self.assertEqual(status, 200, made)
        return str(port)

    def test_a_bot_that_syncs_joins_and_answers_a_mention(self):
        self.sync_config({"nova": self.bot("nova")})
        self.serve()
        ada, room, _, answer = self.converse()
        self.assertEqual(answer["content"]["msgtype"], "m.notice")
        self.assertIn("@ada:sandbox", answer["content"]["m.mentions"]["user_ids"])
        self.in_a_thread(ada, room, "@nova:sandbox")

    def test_a_bot_of_the_application_service_joins_and_answers(self):
        port = self.service_config(["nova", "rex"])
        self.serve(port)
        ada, room, _, _ = self.converse()
        self.in_a_thread(ada, room, "@nova:sandbox")
        # Another one, and the first does not hear it as meant for itself.
        status, _ = ada("POST", f"rooms/{room}/invite", {"user_id": "@rex:sandbox"})
        self.assertEqual(status, 200)
        wait_until(lambda: "@rex:sandbox" in ada("GET", f"rooms/{room}/joined_members")[1]["joined"],
                   60, "joining after an invitation")
        asked = self.say(ada, room, "three", "and what do you grow?", ["@rex:sandbox"])
        self.answer_to(ada, room, asked, "@rex:sandbox")

    def test_a_bot_is_added_to_a_running_fleet(self):
        self.sync_config({"nova": self.bot("nova")})
        _, ready = self.serve()
        self.write("rex.token", self.bot("rex"))
        add = ["bots", "add", "rex", "--platform", "matrix"]
        env = self.service_env()
        code, _, err = self.run_chorus(*add, *self.at(ready), env=env)
        self.assertEqual(code, 2, err)
        code, _, err = self.run_chorus(*add, "--user", "@rex:sandbox", *self.at(ready), env=env)
        self.assertEqual((code, "matrix.as_token is not set" in err), (1, True), err)
        code, out, err = self.run_chorus(*add, "--token-file", self.folder + "/rex.token",
                                         *self.at(ready), env=env)
        self.assertEqual(code, 0, err)
        self.converse("@rex:sandbox")

    def say(self, client, room, txn, text, mentions, relates=None):
        content = {"msgtype": "m.text", "body": text, "m.mentions": {"user_ids": mentions}}
        if relates:
            content["m.relates_to"] = relates
        status, sent = client("PUT", f"rooms/{room}/send/m.room.message/{txn}", content)
        self.assertEqual(status, 200, sent)
        return sent["event_id"]

    def in_a_thread(self, client, room, user):
        root = self.say(client, room, "root", "let us talk about seeds", [])
        asked = self.say(client, room, "inside", "which ones keep longest?", [user], {
            "rel_type": "m.thread", "event_id": root, "is_falling_back": True,
            "m.in_reply_to": {"event_id": root}})
        answer = self.answer_to(client, room, asked, user)
        relates = answer["content"]["m.relates_to"]
        self.assertEqual((relates["rel_type"], relates["event_id"]), ("m.thread", root))
        self.assertFalse(relates.get("is_falling_back", False))

    def test_a_bot_reacts_where_nobody_answers(self):
        self.sync_config({"nova": self.bot("nova")},
                         "  reaction_probability: 1\n  threshold: 1\n")
        self.serve()
        ada, room, _, _ = self.converse()
        said = self.say(ada, room, "two", "the tomatoes are ripe", [])

        def reactions():
            status, page = ada("GET", f"rooms/{room}/relations/{said}/m.annotation")
            return page["chunk"] if status == 200 else []
        reaction = wait_until(reactions, 60, "a reaction")[0]
        self.assertEqual(reaction["sender"], "@nova:sandbox")
        self.assertEqual(reaction["type"], "m.reaction")

    def test_an_uninvited_room_and_an_encrypted_one(self):
        token = self.bot("nova")
        self.sync_config({"nova": token})
        text = open(self.folder + "/chorus.yaml").read()
        self.write("chorus.yaml", text.replace('"*:sandbox"', '"@ada:sandbox"'))
        process, _ = self.serve()
        eve, ada = self.person("eve"), self.person("ada")
        status, room = eve("POST", "createRoom", {"preset": "private_chat", "name": "Cellar",
                                                  "invite": ["@nova:sandbox"]})
        self.assertEqual(status, 200, room)

        def membership():
            status, content = eve("GET", f"rooms/{room['room_id']}/state/m.room.member/@nova:sandbox")
            return content.get("membership")
        wait_until(lambda: membership() == "leave", 60, "refusing an invitation")
        status, vault = ada("POST", "createRoom", {
            "preset": "private_chat", "name": "Vault", "invite": ["@nova:sandbox"],
            "initial_state": [{"type": "m.room.encryption", "state_key": "",
                               "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]})
        self.assertEqual(status, 200, vault)

        def told():
            page = ada("GET", f"rooms/{vault['room_id']}/messages?dir=b&limit=100")[1]
            return [e for e in page["chunk"] if e["sender"] == "@nova:sandbox" and
                    e["type"] == "m.room.message"]
        self.assertIn("encrypted", wait_until(told, 60, "the word about encryption")[0]["content"]["body"])
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        _, ready = self.serve()
        self.converse()
        status = call("GET", ready["listen"] + "/api/v1/status", headers={"X-API-Key": API_KEY})[1]
        self.assertEqual(status["matrix"]["encrypted_rooms"], [vault["room_id"]])
        _, out, _ = self.run_chorus("doctor", *self.at(ready), env=self.service_env())
        self.assertIn(f"the room {vault['room_id']} is encrypted", out)
        self.assertEqual(len(told()), 1, "said once, through restarts")

    def test_nothing_is_lost_or_doubled_over_20_kills_of_a_fleet_that_syncs(self):
        names = ["crash0", "crash1", "crash2"]
        self.sync_config({name: self.bot(name) for name in names})
        self.sweep("0", names)

    def test_nothing_is_lost_or_doubled_over_20_kills_of_an_application_service(self):
        names = ["crash0", "crash1", "crash2"]
        port = self.service_config(names)
        # Accounts of the service exist from their first use on.
        process, ready = self.serve(port)
        wait_until(lambda: all(b["state"] == "active" for b in self.status(ready)["bots"]), 60,
                   "the bots' registration")
        process.terminate()
        process.wait(timeout=60)
        self.sweep(port, names)

    def status(self, ready):
        return call("GET", ready["listen"] + "/api/v1/status", headers={"X-API-Key": API_KEY})[1]

    def sweep(self, port, names):
        """20 kills at different moments while people go on asking; then each question has one answer."""
        rooms = []
        for number in range(4):
            status, room = call("POST", self.control + "/rooms", {
                "platform": "matrix", "title": f"Crash {number}", "bots": names,
                "people": [f"person{i}" for i in range(8)]})
            self.assertEqual(status, 200, room)
            rooms.append(room["id"])
        asked, stop = [], threading.Event()

        def people():
            while not stop.wait(0.04):
                number = len(asked)
                status, sent = call("POST", self.control + "/messages", {
                    "room": rooms[number % 4], "from": f"person{number % 8}",
                    "mention": names[number % 3], "text": f"question {number} about gardens"})
                if status == 200:
                    asked.append((rooms[number % 4], sent["message_id"]))
        crowd = threading.Thread(target=people)
        crowd.start()
        try:
            for kill in range(20):
                process, _ = self.serve(port)
                before = self.answers(rooms)
                if kill % 2:  # in the middle of its work, else while it begins
                    wait_until(lambda: self.answers(rooms) > before, 120, "an answer")
                time.sleep(0.01 * kill)
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        finally:
            stop.set()
            crowd.join()
        process, ready = self.serve(port)

        def settled():
            s = self.status(ready)
            done = self.answers(rooms) >= len(asked) and s["store"]["inbox_new"] == 0 and \
                s["outbox"]["queued"] == 0 and s["turns"]["under_way"] == 0
            return s if done else None
        try:
            final = wait_until(settled, 180, "rest of the fleet")
        except AssertionError:
            final = self.status(ready)
        answers = {}
        for room in rooms:
            for message in self.messages(room):
                if message["is_bot"] and message["reply_to"]:
                    answers.setdefault((room, message["reply_to"]), []).append(message)
        why = f"{len(asked)} questions, store {final['store']}"
        self.assertGreater(len(asked), 40, why)
        self.assertEqual([m for m in asked if m not in answers], [], why)
        self.assertEqual([m for m in asked if len(answers[m]) > 1], [], why)
        self.assertEqual(final["store"]["outbox_unknown"], 0, why)

    def messages(self, room):
        return call("GET", f"{self.control}/messages?room={room}&limit=1000")[1]

    def answers(self, rooms):
        return sum(1 for room in rooms for m in self.messages(room) if m["is_bot"] and m["reply_to"])


if __name__ == "__main__":
    unittest.main()
