"""Unmodified bots and clients of other people against the sandbox."""
import subprocess
import unittest

from support import (GRAMMY_BOT, NODE_TELEGRAM_BOT, PYTHON_BOT, ROOT, TELEGRAF_BOT, ChorusTest, call,
                     wait_until)


class Strangers(ChorusTest):
    def converse(self, command):
        _, ready = self.sandbox()
        control = ready["control"] + "/control/v1"
        tokens = []
        for name in ("first_bot", "second_bot"):
            status, bot = call("POST", control + "/bots", {"username": name})
            self.assertEqual(status, 200, bot)
            tokens.append(bot["token"])
        status, person = call("POST", control + "/people", {"name": "ada"})
        self.assertEqual(status, 200, person)
        status, room = call("POST", control + "/rooms", {
            "type": "supergroup", "title": "Garden", "bots": ["first_bot", "second_bot"],
            "people": ["ada"]})
        self.assertEqual(status, 200, room)
        self.start(command, self.bot_env(ready, *tokens), log="bot.log")

        def bots_poll():
            answer = call("GET", control + "/bots")[1]
            return sum(1 for bot in answer if bot.get("polling") or bot.get("ready")) >= 2
        wait_until(bots_poll, 30, "polling of both bots")

        def replies(after, wanted=1):
            seen = call("GET", f"{control}/messages?room={room['id']}&after={after}&wait=5")[1]
            return [m for m in seen if m["is_bot"]]

        # In the group only the mentioned bot answers, and the answer is a reply.
        status, sent = call("POST", control + "/messages", {
            "room": room["id"], "from": "ada", "text": "@second_bot what grows in winter?"})
        self.assertEqual(status, 200, sent)
        answer = wait_until(lambda: replies(sent["message_id"]), 15, "the answer to a mention")[0]
        self.assertEqual(answer["from"], "second_bot")
        self.assertEqual(answer["reply_to"], sent["message_id"])
        self.assertIn("what grows in winter?", answer["text"])

        # A reply to the bot's message is for that bot.
        status, reply = call("POST", control + "/messages", {
            "room": room["id"], "from": "ada", "text": "and in spring?",
            "reply_to": answer["message_id"]})
        self.assertEqual(status, 200, reply)
        answer = wait_until(lambda: replies(reply["message_id"]), 15, "the answer to a reply")[0]
        self.assertEqual(answer["from"], "second_bot")

        # Nothing is answered that is for nobody.
        status, plain = call("POST", control + "/messages", {
            "room": room["id"], "from": "ada", "text": "good morning everybody"})
        self.assertEqual(status, 200, plain)
        self.assertEqual(
            [m for m in call("GET", f"{control}/messages?room={room['id']}"
                             f"&after={plain['message_id']}&wait=2")[1] if m["is_bot"]], [])

        # In private every message is answered.
        status, private = call("POST", control + "/messages", {
            "bot": "first_bot", "from": "ada", "text": "hello there"})
        self.assertEqual(status, 200, private)

    def test_grammy_holds_a_conversation(self):
        self.converse(GRAMMY_BOT)

    def test_python_telegram_bot_holds_a_conversation(self):
        self.converse(PYTHON_BOT)

    def test_telegraf_holds_a_conversation(self):
        self.converse(TELEGRAF_BOT)

    def test_node_telegram_bot_api_holds_a_conversation(self):
        self.converse(NODE_TELEGRAM_BOT)

    def test_openai_client_talks_to_the_llm_server(self):
        _, ready = self.sandbox()
        done = subprocess.run(["node", ROOT + "/examples/openai/ask.mjs"], capture_output=True,
                              text=True, timeout=60, cwd=self.folder,
                              env=self.environment({"OPENAI_BASE_URL": ready["llm"],
                                                    "OPENAI_API_KEY": "sandbox"}))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("whole:", done.stdout)
        self.assertIn("streamed:", done.stdout)
        self.assertIn("unknown model: 404 model_not_found", done.stdout)
        self.assertIn("sandbox-small", done.stdout)


if __name__ == "__main__":
    unittest.main()
