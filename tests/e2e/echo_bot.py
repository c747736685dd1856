"""The lightest polling bot: answers every message with a link to it. Standard library only.

DELAY is how many seconds it thinks."""
import http.client
import json
import os
import time
import urllib.parse

ROOT = urllib.parse.urlparse(os.environ["TELEGRAM_API_ROOT"])
TOKEN = os.environ["TELEGRAM_BOT_TOKEN"]
LINK = http.client.HTTPConnection(ROOT.netloc, timeout=60)


def call(method, **body):
    LINK.request("POST", f"/bot{TOKEN}/{method}", json.dumps(body),
                 {"Content-Type": "application/json"})
    return json.load(LINK.getresponse()).get("result", [])


offset = 0
while True:
    for update in call("getUpdates", offset=offset, timeout=30):
        offset = update["update_id"] + 1
        if message := update.get("message"):
            time.sleep(float(os.environ.get("DELAY", "0")))
            call("sendMessage", chat_id=message["chat"]["id"], text=message["text"],
                 reply_parameters={"message_id": message["message_id"]})
