"""`chorus serve` with bots of Matrix against the sandbox's homeserver."""
import json
import os
import signal
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

    def sync_config(self, tokens, extra=""):
        bots = ""
        for name, token in tokens.items():
            self.write(f"{name}.token", token)
            bots += f"  - {{name: {name}, platform: matrix, token: 'file:{name}.token'}}\n"
        self.write("chorus.yaml", f"""version: 1
matrix:
  homeserver: {self.box['matrix']}
  mode: sync
  allow_invites: ["*:sandbox"]
{extra}bots:
{bots}settings:
  pacing: none
""")

    def serve(self, port="0"):
        return self.start_ready(
            [CHORUS, "serve", "--config", self.folder + "/chorus.yaml", "--listen", port,
             "--data", self.folder + "/fleet", "--key-file", self.folder + "/keys/ring"],
            env={"API_KEY": API_KEY, "TELEGRAM_API_BASE": self.box["telegram"],
                 "LOAD_TEST_MODE": "true", "CHORUS_MAX_REPLY_AGE_GROUP": "10m"}, log="serve.log")

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

    def test_a_bot_that_syncs_joins_and_answers_a_mention(self):
        self.sync_config({"nova": self.bot("nova")})
        self.serve()
        _, _, _, answer = self.converse()
        self.assertEqual(answer["content"]["msgtype"], "m.notice")
        self.assertIn("@ada:sandbox", answer["content"]["m.mentions"]["user_ids"])


if __name__ == "__main__":
    unittest.main()
