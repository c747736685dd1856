#!/usr/bin/env python3
"""A bot as one would write it with matrix-nio: it joins rooms it is invited to, and answers in a
thread when it is mentioned, replied to, or spoken to by one person alone. The only line that a
sandbox needs is the homeserver's address.

MATRIX_HOMESERVER, MATRIX_USER, and MATRIX_ACCESS_TOKEN or MATRIX_PASSWORD.
"""
import asyncio
import logging
import os
import signal
import sys

from nio import AsyncClient, AsyncClientConfig, InviteMemberEvent, LoginResponse, RoomMessageText

HOMESERVER = os.environ.get("MATRIX_HOMESERVER", "https://matrix.org")
USER = os.environ.get("MATRIX_USER", "")
TOKEN = os.environ.get("MATRIX_ACCESS_TOKEN", "")
PASSWORD = os.environ.get("MATRIX_PASSWORD", "")


class Bot:
    def __init__(self):
        self.client = AsyncClient(HOMESERVER, USER, config=AsyncClientConfig(encryption_enabled=False))
        self.mine = set()

    async def on_invite(self, room, event):
        if event.state_key == self.client.user_id and event.membership == "invite":
            await self.client.join(room.room_id)

    def is_for_me(self, room, event):
        content = event.source.get("content", {})
        if self.client.user_id in content.get("m.mentions", {}).get("user_ids", []):
            return True
        relation = content.get("m.relates_to", {})
        if relation.get("m.in_reply_to", {}).get("event_id") in self.mine:
            return True
        return room.member_count == 2

    async def on_message(self, room, event):
        if event.sender == self.client.user_id or not self.is_for_me(room, event):
            return
        relation = event.source["content"].get("m.relates_to", {})
        root = relation["event_id"] if relation.get("rel_type") == "m.thread" else event.event_id
        await self.client.room_typing(room.room_id, True, timeout=5000)
        await self.client.room_read_markers(room.room_id, event.event_id, event.event_id)
        sent = await self.client.room_send(room.room_id, "m.room.message", {
            "msgtype": "m.notice",
            "body": "You said: " + event.body,
            "m.mentions": {"user_ids": [event.sender]},
            "m.relates_to": {"rel_type": "m.thread", "event_id": root, "is_falling_back": False,
                             "m.in_reply_to": {"event_id": event.event_id}},
        })
        self.mine.add(getattr(sent, "event_id", None))
        await self.client.room_typing(room.room_id, False)

    async def run(self):
        if TOKEN:
            self.client.restore_login(USER, "SANDBOX", TOKEN)
        else:
            answer = await self.client.login(PASSWORD)
            if not isinstance(answer, LoginResponse):
                print("login failed:", answer, file=sys.stderr)
                return 1
        # What was said before it came is not answered.
        await self.client.sync(full_state=True)
        self.client.add_event_callback(self.on_invite, InviteMemberEvent)
        self.client.add_event_callback(self.on_message, RoomMessageText)
        for room_id in list(self.client.invited_rooms):
            await self.client.join(room_id)
        print(self.client.user_id, "runs", flush=True)
        loop = asyncio.get_running_loop()
        forever = asyncio.ensure_future(self.client.sync_forever(timeout=30000))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, forever.cancel)
        try:
            await forever
        except asyncio.CancelledError:
            pass
        await self.client.close()
        return 0


if __name__ == "__main__":
    if not USER or not (TOKEN or PASSWORD):
        print("set MATRIX_USER, and MATRIX_ACCESS_TOKEN or MATRIX_PASSWORD", file=sys.stderr)
        sys.exit(2)
    logging.basicConfig(level=logging.WARNING)
    sys.exit(asyncio.run(Bot().run()))
