"""A stranger's bot that shows its own metrics: it types, asks the LLM, answers, and counts.

Standard library only. TELEGRAM_API_ROOT, TELEGRAM_BOT_TOKEN, OPENAI_BASE_URL and OPENAI_API_KEY as the lab
sets them; METRICS_PORT is where /metrics is. A 429 is waited for as long as it says, unless IMPATIENT is set."""
import concurrent.futures
import http.server
import json
import os
import threading
import time
import urllib.error
import urllib.request

API = f"{os.environ['TELEGRAM_API_ROOT']}/bot{os.environ['TELEGRAM_BOT_TOKEN']}/"
COUNTS = {"messages": 0, "limited": 0, "seconds": 0.0, "busy": 0}
LOCK = threading.Lock()


def count(key, by=1):
    with LOCK:
        COUNTS[key] += by


def post(url, body, headers=None, timeout=60):
    request = urllib.request.Request(url, json.dumps(body).encode(),
                                     {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def send(body):
    while True:
        status, answer = post(API + "sendMessage", body)
        if status != 429:
            return
        count("limited")
        wait = answer["parameters"]["retry_after"]
        time.sleep(0.3 if os.environ.get("IMPATIENT") else wait)


def think(text):
    _, answer = post(os.environ["OPENAI_BASE_URL"] + "/chat/completions",
                     {"model": "sandbox-small", "messages": [{"role": "user", "content": text}]},
                     {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]})
    return answer["choices"][0]["message"]["content"]


def respond(message):
    count("busy")
    begin = time.monotonic()
    chat = message["chat"]["id"]
    post(API + "sendChatAction", {"chat_id": chat, "action": "typing"})
    send({"chat_id": chat, "text": think(message["text"]),
          "reply_parameters": {"message_id": message["message_id"]}})
    count("busy", -1)
    count("messages")
    count("seconds", time.monotonic() - begin)


class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with LOCK:
            c = dict(COUNTS)
        body = (f"# TYPE bot_messages_total counter\nbot_messages_total {c['messages']}\n"
                f"# TYPE bot_limited_total counter\nbot_limited_total {c['limited']}\n"
                f"# TYPE bot_busy gauge\nbot_busy {c['busy']}\n"
                f"# TYPE bot_answer_seconds histogram\nbot_answer_seconds_bucket{{le=\"+Inf\"}} {c['messages']}\n"
                f"bot_answer_seconds_sum {c['seconds']}\nbot_answer_seconds_count {c['messages']}\n").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    port = int(os.environ["METRICS_PORT"])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    offset = 0
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        while True:
            _, answer = post(API + "getUpdates", {"offset": offset, "timeout": 20})
            for update in answer.get("result", []):
                offset = update["update_id"] + 1
                if "text" in update.get("message", {}):
                    pool.submit(respond, update["message"])


main()
