// The chat page of the sandbox. State comes from the control API; the event stream keeps it fresh.
const api = "/control/v1";
const $ = (id) => document.getElementById(id);
const state = { people: [], bots: [], rooms: [], messages: new Map(), current: null, person: null, replyTo: null, unread: new Map(), drafts: new Map() };
const quickReactions = ["👍", "❤", "🔥", "😁", "🤔", "👏"];

async function call(method, path, body) {
  const answer = await fetch(api + path, {
    method, headers: body ? { "Content-Type": "application/json" } : {}, body: body ? JSON.stringify(body) : undefined,
  });
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(data.error?.message ?? `the sandbox answered ${answer.status}`);
  return data;
}

function toast(text, bad = false) {
  const note = element("div", bad ? "bad" : "", text);
  $("toasts").append(note);
  setTimeout(() => note.remove(), 5000);
}
const attempt = (work) => work().catch((error) => toast(error.message, true));

function element(tag, className = "", text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}
function button(text, title, onClick, className = "") {
  const node = element("button", className, text);
  node.type = "button";
  node.title = title;
  node.addEventListener("click", onClick);
  return node;
}
function avatar(name, extra = "") {
  let hash = 0;
  for (const c of name) hash = (hash * 31 + c.codePointAt(0)) >>> 0;
  const letters = name.replace(/_?bot$/i, "").split(/[_\s]+/).filter(Boolean).map((w) => w[0]).slice(0, 2).join("");
  return element("span", `avatar hue${hash % 8} ${extra}`, (letters || "?").toUpperCase());
}

// ---- loading

async function loadPeople() {
  state.people = await call("GET", "/people");
  if (state.people.length === 0) {
    await call("POST", "/people", { name: "you", first_name: "You" });
    state.people = await call("GET", "/people");
  }
  if (!state.people.some((p) => p.name === state.person)) state.person = localStorage.getItem("person") ?? state.people[0].name;
  if (!state.people.some((p) => p.name === state.person)) state.person = state.people[0].name;
  $("person").replaceChildren(...state.people.slice(0, 500).map((p) => {
    const option = element("option", "", p.first_name && p.first_name !== p.name ? `${p.first_name} (${p.name})` : p.name);
    option.value = p.name;
    option.selected = p.name === state.person;
    return option;
  }));
}

async function loadRooms() {
  [state.bots, state.rooms] = await Promise.all([call("GET", "/bots"), call("GET", "/rooms")]);
  drawSide();
}

const privateId = (bot) => `private:${bot}:${state.person}`;
const keyOf = (room) => String(room.id);
const roomOf = (key) => state.rooms.find((r) => keyOf(r) === key);

async function open(key) {
  state.current = key;
  state.replyTo = null;
  state.unread.delete(key);
  const found = await call("GET", `/messages?room=${encodeURIComponent(key)}&limit=300`);
  state.messages.set(key, found);
  drawSide();
  drawChat();
  $("text").focus();
}

// ---- drawing

function sideItem(key, name, last, mark) {
  const item = element("li");
  const link = element("button");
  link.type = "button";
  link.setAttribute("aria-current", String(key === state.current));
  const label = element("span", "name", name);
  label.append(element("span", "last", last));
  link.append(mark, label);
  const unread = state.unread.get(key);
  if (unread) link.append(element("span", "badge", String(unread)));
  link.addEventListener("click", () => attempt(() => open(key)));
  item.append(link);
  return item;
}

function drawSide() {
  const groups = state.rooms.filter((r) => r.type !== "private");
  $("rooms").replaceChildren(...groups.map((room) => sideItem(keyOf(room), room.title,
    `${room.bots.length} bots, ${room.people.length} people`, avatar(room.title))));
  $("privates").replaceChildren(...state.bots.slice(0, 200).map((bot) => sideItem(privateId(bot.name), bot.first_name || bot.name,
    `@${bot.name}${bot.ready ? "" : ", not connected"}`, avatar(bot.name, bot.ready ? "ready" : ""))));
}

function drawChat() {
  const key = state.current;
  $("composer").hidden = key === null;
  if (key === null) return drawWelcome();
  const room = roomOf(key);
  if (key.startsWith("private:")) {
    const bot = state.bots.find((b) => b.name === key.split(":")[1]);
    $("title").textContent = bot ? bot.first_name || bot.name : key;
    $("members").textContent = `@${bot?.name ?? ""}, in private with ${state.person}`;
  } else {
    $("title").textContent = room?.title ?? key;
    $("members").textContent = room ? [...room.bots.map((b) => "@" + b), ...room.people].slice(0, 40).join(", ") : "";
  }
  const log = $("log");
  const nearEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  const messages = state.messages.get(key) ?? [];
  const rows = messages.map((m, i) => drawMessage(m, messages[i - 1], messages));
  for (const [id, draft] of state.drafts) {
    if (key === `private:${draft.from}:${draft.person}`) rows.push(drawDraft(draft, id));
  }
  if (rows.length === 0) rows.push(element("div", "service", "Nothing was said here yet"));
  log.replaceChildren(...rows);
  if (nearEnd || log.dataset.key !== key) log.scrollTop = log.scrollHeight;
  log.dataset.key = key;
  drawReplying();
}

function rich(text) {
  const body = element("div", "body");
  let rest = text;
  for (const match of text.matchAll(/(^|\s)([@/][A-Za-z0-9_@]{2,})/g)) {
    const at = text.length - rest.length;
    const start = match.index + match[1].length;
    body.append(rest.slice(0, start - at), element("b", match[2][0] === "@" ? "mention" : "command", match[2]));
    rest = text.slice(start + match[2].length);
  }
  body.append(rest);
  return body;
}

function drawMessage(m, before, all) {
  if (m.kind === "service") return element("div", "service", m.text || "the room changed");
  const mine = m.from === state.person;
  const first = !before || before.from !== m.from || before.kind === "service";
  const row = element("div", `row${mine ? " mine" : ""}${first ? " first" : ""}`);
  row.id = `m${m.message_id}`;
  if (!mine) row.append(first ? avatar(m.from) : element("span", "avatar gap"));
  const bubble = element("div", "bubble");
  if (first && !mine) {
    const who = element("div", "who", m.from_name || m.from);
    if (m.is_bot) who.append(element("em", "", "bot"));
    bubble.append(who);
  }
  if (m.reply_to) {
    const target = all.find((o) => o.message_id === m.reply_to);
    const quote = button(target ? `${target.from_name || target.from}: ${target.text}` : `message ${m.reply_to}`, "Show it",
      () => document.getElementById(`m${m.reply_to}`)?.scrollIntoView({ block: "center", behavior: "smooth" }), "quote");
    bubble.append(quote);
  }
  if (m.kind === "photo" || m.kind === "document") bubble.append(element("div", "body", m.kind === "photo" ? "🖼 photo" : "📎 document"));
  if (m.text) bubble.append(rich(m.text));
  const time = new Date(m.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  bubble.append(element("span", "meta", (m.edited_at ? "edited " : "") + time));
  bubble.append(drawKeys(m), drawReactions(m), drawTools(m));
  row.append(bubble);
  return row;
}

function drawDraft(draft, id) {
  const row = element("div", "row first draft");
  const bubble = element("div", "bubble");
  bubble.append(element("div", "who", draft.from), element("div", "body", draft.text || "…"));
  row.id = `d${id}`;
  row.append(avatar(draft.from), bubble);
  return row;
}

function drawKeys(m) {
  const keys = element("div", "keys");
  const rows = m.reply_markup?.inline_keyboard ?? [];
  for (const line of rows) {
    const div = element("div");
    for (const key of line) {
      const label = key.url ? `${key.text} ↗` : key.text;
      div.append(button(label, key.callback_data ?? key.url ?? "", () => attempt(async () => {
        if (key.callback_data === undefined) return toast(key.url ? `opens ${key.url}` : "this kind of button does nothing here");
        await call("POST", "/messages", { ...address(), reply_to: m.message_id, callback: key.callback_data });
      })));
    }
    keys.append(div);
  }
  if (rows.length === 0) keys.hidden = true;
  return keys;
}

function myId() { return state.people.find((p) => p.name === state.person)?.id; }

async function react(m, emoji) {
  const own = m.reactions.some((r) => r.emoji === emoji && r.by.includes(myId()));
  await call("POST", "/actions", { type: "react", room: state.current, message_id: m.message_id, from: state.person, emoji: own ? "" : emoji });
}

function drawReactions(m) {
  const box = element("div", "reactions");
  for (const r of m.reactions) {
    box.append(button(`${r.emoji} ${r.count}`, "React too, or take it back", () => attempt(() => react(m, r.emoji)), r.by.includes(myId()) ? "own" : ""));
  }
  if (m.reactions.length === 0) box.hidden = true;
  return box;
}

function drawTools(m) {
  const tools = element("div", "tools");
  tools.append(button("↩", "Reply", () => { state.replyTo = m; drawReplying(); $("text").focus(); }));
  for (const emoji of quickReactions) tools.append(button(emoji, "React", () => attempt(() => react(m, emoji))));
  if (m.from === state.person) {
    tools.append(button("✎", "Edit", () => attempt(async () => {
      const text = prompt("Edit the message", m.text);
      if (text) await call("POST", "/actions", { type: "edit", room: state.current, message_id: m.message_id, from: state.person, text });
    })), button("🗑", "Delete", () => attempt(() => call("POST", "/actions", { type: "delete", room: state.current, message_id: m.message_id, from: state.person }))));
  }
  return tools;
}

function drawReplying() {
  $("replying").hidden = state.replyTo === null;
  if (state.replyTo) $("replying").firstElementChild.textContent = `Reply to ${state.replyTo.from_name || state.replyTo.from}: ${state.replyTo.text.slice(0, 80)}`;
}

let stats = {};
function drawWelcome() {
  $("title").textContent = "Welcome";
  $("members").textContent = "a chat platform on this machine; nothing leaves it";
  const box = element("div", "welcome");
  const code = (text) => {
    const pre = element("pre");
    pre.append(element("code", "", text), button("copy", "Copy", () => navigator.clipboard?.writeText(text).then(() => toast("copied"))));
    return pre;
  };
  box.append(element("h2", "", "Talk to any bot here"));
  const list = element("ol");
  const step = (text, ...more) => { const li = element("li", "", text); li.append(...more); list.append(li); };
  step("Start your bot with its API root set to this address. In most frameworks it is one line:", code(stats.telegram || "…"),
    code(`TELEGRAM_API_ROOT=${stats.telegram || ""} TELEGRAM_BOT_TOKEN=1001:any-secret-of-24-characters-or-more python3 bot.py`));
  step("Any token of that form registers itself; the bot appears on the left and joins the room “default”.");
  step("Choose a room or a private chat and write. Mention a bot with @, press its buttons, react, reply.");
  step("For bots that use a language model, this answers like OpenAI:", code(`OPENAI_BASE_URL=${stats.llm || ""}`));
  box.append(list, element("p", "soft", "To load it with many people: chorus test --people 200 -- python3 bot.py"));
  $("log").replaceChildren(box);
}

async function drawCounters() {
  stats = await call("GET", "/stats");
  const l = stats.ledger;
  const parts = [`${l.person_messages} from people`, `${l.bot_messages} from bots`];
  if (l.pending) parts.push(`${l.pending} updates waiting`);
  if (l.withheld_by_privacy_mode) parts.push(`${l.withheld_by_privacy_mode} not delivered: privacy mode`);
  $("counters").textContent = parts.join(" · ");
}

// ---- writing

const address = () => ({ room: undefined, ...(state.current.startsWith("private:") ? { bot: state.current.split(":")[1] } : { room: Number(state.current) }), from: state.person });

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  attempt(async () => {
    await call("POST", "/messages", { ...address(), text, reply_to: state.replyTo?.message_id });
    $("text").value = "";
    state.replyTo = null;
    drawReplying();
    resize();
    $("log").scrollTop = $("log").scrollHeight;
  });
});
function resize() { const t = $("text"); t.style.height = "auto"; t.style.height = `${t.scrollHeight + 2}px`; }
$("text").addEventListener("input", () => { resize(); suggest(); });
$("text").addEventListener("keydown", (event) => {
  if (!$("mentions").hidden && (event.key === "Tab" || event.key === "Enter")) { event.preventDefault(); $("mentions").firstElementChild?.click(); return; }
  if (event.key === "Escape") { $("mentions").hidden = true; state.replyTo = null; drawReplying(); }
  if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); $("composer").requestSubmit(); }
});
function suggest() {
  const match = $("text").value.match(/@([A-Za-z0-9_]*)$/);
  const room = roomOf(state.current);
  const names = match ? (room?.bots ?? []).filter((b) => b.toLowerCase().startsWith(match[1].toLowerCase())).slice(0, 8) : [];
  $("mentions").hidden = names.length === 0 || (names.length === 1 && names[0] === match[1]);
  $("mentions").replaceChildren(...names.map((name) => button("@" + name, "Mention", () => {
    $("text").value = $("text").value.replace(/@([A-Za-z0-9_]*)$/, `@${name} `);
    $("mentions").hidden = true;
    $("text").focus();
  })));
}
$("replying").querySelector("button").addEventListener("click", () => { state.replyTo = null; drawReplying(); });
$("person").addEventListener("change", () => {
  const wasPrivate = state.current?.startsWith("private:") ? state.current.split(":")[1] : null;
  state.person = $("person").value;
  localStorage.setItem("person", state.person);
  drawSide();
  attempt(() => (wasPrivate ? open(privateId(wasPrivate)) : Promise.resolve(drawChat())));
});
$("new-person").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = event.target.elements.name;
  const name = input.value.trim();
  if (!name) return;
  attempt(async () => {
    await call("POST", "/people", { name, first_name: name });
    state.person = name;
    localStorage.setItem("person", name);
    input.value = "";
    await loadPeople();
    drawSide();
    drawChat();
  });
});
$("add-room").addEventListener("click", () => {
  $("room-bots").replaceChildren(...state.bots.slice(0, 200).map((bot) => {
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.value = bot.name;
    box.checked = state.bots.length <= 5;
    label.append(box, `@${bot.name}`);
    return label;
  }));
  if (state.bots.length === 0) $("room-bots").textContent = "no bot has registered yet";
  $("room-dialog").showModal();
});
$("room-dialog").addEventListener("close", (event) => {
  if (event.target.returnValue !== "make") return;
  const form = event.target.querySelector("form");
  const bots = [...form.querySelectorAll("input:checked")].map((box) => box.value);
  attempt(async () => {
    const room = await call("POST", "/rooms", { type: form.elements.type.value, title: form.elements.title.value, bots, people: [state.person] });
    form.reset();
    await loadRooms();
    await open(keyOf(room));
  });
});

// ---- events

function put(message) {
  const key = String(message.room);
  const list = state.messages.get(key);
  if (list) {
    const at = list.findIndex((m) => m.message_id === message.message_id);
    if (at >= 0) list[at] = message; else list.push(message);
    if (list.length > 400) list.splice(0, list.length - 300);
  }
  if (message.is_bot) {
    typing.delete(`${key} ${message.from}`);
    for (const [id, draft] of state.drafts) if (key === `private:${draft.from}:${draft.person}`) state.drafts.delete(id);
  }
  if (key !== state.current && message.from !== state.person) state.unread.set(key, (state.unread.get(key) ?? 0) + 1);
  return key;
}
const typing = new Map();
function drawTyping() {
  const now = Date.now();
  const names = [...typing].filter(([key, until]) => until > now && key.startsWith(`${state.current} `)).map(([key]) => key.split(" ")[1]);
  $("typing").hidden = names.length === 0;
  $("typing").textContent = names.length ? `${names.slice(0, 3).join(", ")} ${names.length > 1 ? "are" : "is"} typing…` : "";
}
setInterval(drawTyping, 1000);

// Many events in one frame are drawn once, so that a load test does not freeze the page.
let dirty = { chat: false, side: false };
function later(what) {
  if (!dirty.chat && !dirty.side) requestAnimationFrame(() => {
    if (dirty.side) drawSide();
    if (dirty.chat) { drawChat(); drawTyping(); }
    dirty = { chat: false, side: false };
  });
  dirty[what] = true;
}

function listen() {
  const source = new EventSource(api + "/events");
  const on = (name, work) => source.addEventListener(name, (event) => work(JSON.parse(event.data)));
  source.onopen = () => { $("connection").textContent = "connected"; $("connection").className = "status on"; attempt(refresh); };
  source.onerror = () => { $("connection").textContent = "sandbox not reachable"; $("connection").className = "status off"; };
  on("message", (m) => {
    const key = put(m);
    if (!state.rooms.some((r) => keyOf(r) === key)) refreshSoon();
    later(key === state.current ? "chat" : "side");
  });
  on("edit", (m) => { if (put(m) === state.current) later("chat"); });
  on("delete", () => { if (state.current) attempt(() => open(state.current)); });
  on("reaction", () => { if (state.current) reloadSoon(); });
  on("typing", (t) => {
    const group = state.rooms.find((r) => r.id === t.room);
    typing.set(`${group ? keyOf(group) : `private:${t.from}:${t.person}`} ${t.from}`, Date.now() + 5000);
    drawTyping();
  });
  on("draft", (d) => { state.drafts.set(d.draft, d); later("chat"); });
  on("button", (b) => { if (b.person === state.person && b.text) toast(b.text, b.alert); });
  for (const name of ["bot", "person", "room", "reset"]) on(name, refreshSoon);
}
function debounce(work, ms) { let timer; return () => { clearTimeout(timer); timer = setTimeout(work, ms); }; }
const refreshSoon = debounce(() => attempt(refresh), 200);
const reloadSoon = debounce(() => state.current && attempt(async () => {
  state.messages.set(state.current, await call("GET", `/messages?room=${encodeURIComponent(state.current)}&limit=300`));
  drawChat();
}), 80);

async function refresh() {
  await Promise.all([loadPeople(), loadRooms(), drawCounters()]);
  drawChat();
}

setInterval(() => attempt(drawCounters), 3000);
attempt(refresh).then(listen);
