#!/usr/bin/env python3
"""A bot as one would write it with python-telegram-bot 13: it answers when it is mentioned, replied
to, or spoken to in private. The only line that a sandbox needs is `base_url`.

TELEGRAM_BOT_TOKENS (comma separated) runs one bot per token in this process, TELEGRAM_BOT_TOKEN one.
"""
import logging
import os
import signal
import sys
import threading
import warnings

warnings.filterwarnings("ignore", message=".*upstream urllib3.*")

from telegram import MessageEntity
from telegram.ext import Filters, MessageHandler, Updater

ROOT = os.environ.get("TELEGRAM_API_ROOT", "https://api.telegram.org")
TOKENS = [
    token.strip()
    for token in (os.environ.get("TELEGRAM_BOT_TOKENS") or os.environ.get("TELEGRAM_BOT_TOKEN", "")).split(",")
    if token.strip()
]


def is_for_me(message, bot):
    if message.chat.type == "private":
        return True
    replied = message.reply_to_message
    if replied is not None and replied.from_user is not None and replied.from_user.id == bot.id:
        return True
    mentions = message.parse_entities([MessageEntity.MENTION]).values()
    return any(name.lower() == "@" + bot.username.lower() for name in mentions)


def on_message(update, context):
    message = update.message
    if message is not None and is_for_me(message, context.bot):
        message.reply_text("You said: " + message.text, quote=True)


def main():
    if not TOKENS:
        print("set TELEGRAM_BOT_TOKEN or TELEGRAM_BOT_TOKENS", file=sys.stderr)
        return 2
    logging.basicConfig(level=logging.WARNING)
    updaters = []
    for token in TOKENS:
        updater = Updater(token, base_url=ROOT + "/bot", workers=1)
        updater.dispatcher.add_handler(MessageHandler(Filters.text, on_message))
        updater.start_polling(timeout=10)
        updaters.append(updater)
    print(len(updaters), "bots run", flush=True)

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    stops = [threading.Thread(target=updater.stop) for updater in updaters]
    for thread in stops:
        thread.start()
    for thread in stops:
        thread.join(timeout=5)
    return 0


if __name__ == "__main__":
    sys.exit(main())
