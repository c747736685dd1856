// A bot as one would write it with matrix-bot-sdk: it joins rooms it is invited to, and answers in a
// thread when it is mentioned, replied to, or spoken to by one person alone. The only line that a
// sandbox needs is the homeserver's address.
//
// MATRIX_HOMESERVER, and MATRIX_ACCESS_TOKEN or MATRIX_USER with MATRIX_PASSWORD.
import { AutojoinRoomsMixin, LogLevel, LogService, MatrixAuth, MatrixClient, MemoryStorageProvider,
  SimpleFsStorageProvider }
  from "matrix-bot-sdk";

const homeserver = process.env.MATRIX_HOMESERVER ?? "https://matrix.org";
const user = process.env.MATRIX_USER ?? "";
const password = process.env.MATRIX_PASSWORD ?? "";
let token = process.env.MATRIX_ACCESS_TOKEN ?? "";
if (!token && !(user && password)) {
  console.error("set MATRIX_ACCESS_TOKEN, or MATRIX_USER and MATRIX_PASSWORD");
  process.exit(2);
}
LogService.setLevel(LogLevel.WARN);

if (!token) {
  const localpart = user.replace(/^@/, "").split(":")[0];
  token = (await new MatrixAuth(homeserver).passwordLogin(localpart, password)).accessToken;
}
// A stored sync token belongs to one server: without a file of its own the bot begins anew.
const file = process.env.EXAMPLE_STORE;
const storage = file ? new SimpleFsStorageProvider(file) : new MemoryStorageProvider();
const client = new MatrixClient(homeserver, token, storage);
AutojoinRoomsMixin.setupOnClient(client);

const me = await client.getUserId();
const mine = new Set();

async function isForMe(roomId, content) {
  if (content["m.mentions"]?.user_ids?.includes(me)) return true;
  if (mine.has(content["m.relates_to"]?.["m.in_reply_to"]?.event_id)) return true;
  return (await client.getJoinedRoomMembers(roomId)).length === 2;
}

client.on("room.message", async (roomId, event) => {
  const content = event.content;
  if (event.sender === me || content?.msgtype !== "m.text") return;
  if (!await isForMe(roomId, content)) return;
  const relation = content["m.relates_to"] ?? {};
  const root = relation.rel_type === "m.thread" ? relation.event_id : event.event_id;
  await client.setTyping(roomId, true, 5000);
  await client.sendReadReceipt(roomId, event.event_id);
  mine.add(await client.sendMessage(roomId, {
    msgtype: "m.notice",
    body: `You said: ${content.body}`,
    "m.mentions": { user_ids: [event.sender] },
    "m.relates_to": {
      rel_type: "m.thread", event_id: root, is_falling_back: false,
      "m.in_reply_to": { event_id: event.event_id },
    },
  }));
  await client.setTyping(roomId, false);
});

const stop = () => { client.stop(); process.exit(0); };
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
await client.start();
console.log(`${me} runs`);
