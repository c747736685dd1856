"""Unmodified Matrix bots of other people against the sandbox's homeserver."""
import re
import socket
import unittest
from urllib.parse import urlsplit

from support import MATRIX_NIO_BOT, MATRIX_SDK_BOT, ChorusTest, call, wait_until


class MatrixStrangers(ChorusTest):
    def client(self, ready, user):
        status, login = call("POST", ready["matrix"] + "/_matrix/client/v3/login", {
            "type": "m.login.password", "password": "secret",
            "identifier": {"type": "m.id.user", "user": user}})
        self.assertEqual(status, 200, login)

        def ask(method, path, body=None):
            return call(method, ready["matrix"] + "/_matrix/client/v3/" + path, body,
                        {"Authorization": "Bearer " + login["access_token"]}, timeout=60)
        return ask

    def converse(self, command, env):
        """Login, sync, auto-join, message, threaded reply; then the same by the control API."""
        _, ready = self.sandbox()
        control = ready["control"] + "/control/v1"
        env = {"MATRIX_HOMESERVER": ready["matrix"], "MATRIX_USER": "@greeter:sandbox", **env}
        if "MATRIX_ACCESS_TOKEN" in env:
            status, bot = call("POST", control + "/bots", {
                "platform": "matrix", "username": "greeter", "token": env["MATRIX_ACCESS_TOKEN"]})
            self.assertEqual(status, 200, bot)
        self.start(command, env, log="bot.log")

        def is_ready():
            bots = call("GET", control + "/bots")[1]
            return any(b["username"] == "greeter" and b["ready"] for b in bots)
        wait_until(is_ready, 30, "the bot's first sync")

        ada = self.client(ready, "ada")
        status, room = ada("POST", "createRoom", {"preset": "private_chat", "name": "Garden",
                                                  "invite": ["@greeter:sandbox"]})
        self.assertEqual(status, 200, room)
        room = room["room_id"]
        wait_until(lambda: "@greeter:sandbox" in ada("GET", f"rooms/{room}/joined_members")[1]["joined"],
                   20, "joining after an invitation")
        status, sent = ada("PUT", f"rooms/{room}/send/m.room.message/one", {
            "msgtype": "m.text", "body": "what grows in winter?",
            "m.mentions": {"user_ids": ["@greeter:sandbox"]}})
        self.assertEqual(status, 200, sent)

        def answers():
            status, page = ada("GET", f"rooms/{room}/relations/{sent['event_id']}/m.thread")
            return page["chunk"] if status == 200 else []
        answer = wait_until(answers, 15, "the answer in the thread")[0]
        self.assertEqual(answer["sender"], "@greeter:sandbox")
        self.assertIn("what grows in winter?", answer["content"]["body"])
        self.assertEqual(answer["content"]["m.relates_to"]["m.in_reply_to"]["event_id"],
                         sent["event_id"])

        # A person of the control API, mentioning the bot in a room that it is in.
        status, hall = call("POST", control + "/rooms", {
            "platform": "matrix", "title": "Hall", "bots": ["greeter"], "people": ["eve", "carl"]})
        self.assertEqual(status, 200, hall)
        status, said = call("POST", control + "/messages", {
            "room": hall["id"], "from": "eve", "text": "and in spring?", "mention": "greeter"})
        self.assertEqual(status, 200, said)

        def replies():
            seen = call("GET", f"{control}/messages?room={hall['id']}"
                               f"&after={said['message_id']}&wait=5")[1]
            return [m for m in seen if m["is_bot"]]
        reply = wait_until(replies, 15, "the answer to a person")[0]
        self.assertEqual(reply["reply_to"], said["message_id"])
        self.assertIn("and in spring?", reply["text"])

        # In private every message is answered.
        status, private = call("POST", control + "/messages", {
            "bot": "greeter", "from": "eve", "text": "hello there"})
        self.assertEqual(status, 200, private)

        def whispered():
            seen = call("GET", f"{control}/messages?room=private:greeter:eve"
                               f"&after={private['message_id']}&wait=5")[1]
            return [m for m in seen if m["is_bot"]]
        self.assertIn("hello there", wait_until(whispered, 15, "the private answer")[0]["text"])
        ledger = call("GET", control + "/ledger")[1]
        self.assertEqual(ledger["person_messages"], 2)
        self.assertEqual(ledger["taken"], 3, ledger)
        pending = {b["username"]: b["pending"] for b in call("GET", control + "/bots")[1]}
        # The bot has all that was said to it; ada, who never synced, has not.
        self.assertEqual(pending, {"greeter": 0, "ada": 1})

    def test_each_answer_comes_in_one_piece(self):
        """An answer written in two pieces costs a client with delayed acknowledgements 40 ms."""
        _, ready = self.sandbox()
        status, bot = call("POST", ready["control"] + "/control/v1/bots",
                           {"platform": "matrix", "username": "greeter"})
        self.assertEqual(status, 200, bot)
        address = urlsplit(ready["matrix"])
        with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
            for path in ("versions", "v3/account/whoami", "v3/sync?timeout=0", "v3/joined_rooms",
                         "v3/no/such/path") * 20:
                connection.sendall((f"GET /_matrix/client/{path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
                                    f"Authorization: Bearer {bot['token']}\r\n\r\n").encode())
                piece = connection.recv(1 << 20)
                head, _, body = piece.partition(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                self.assertTrue(length, piece[:200])
                self.assertEqual(len(body), int(length.group(1)), path)

    def test_matrix_nio_converses_after_a_password_login(self):
        self.converse(MATRIX_NIO_BOT, {"MATRIX_PASSWORD": "secret"})

    def test_matrix_nio_converses_with_a_token(self):
        self.converse(MATRIX_NIO_BOT, {"MATRIX_ACCESS_TOKEN": "syt_a_token_for_a_bot"})

    def test_matrix_bot_sdk_converses_after_a_password_login(self):
        self.converse(MATRIX_SDK_BOT, {"MATRIX_PASSWORD": "secret"})

    def test_matrix_bot_sdk_converses_with_a_token(self):
        self.converse(MATRIX_SDK_BOT, {"MATRIX_ACCESS_TOKEN": "syt_a_token_for_a_bot"})


if __name__ == "__main__":
    unittest.main()
