// The chat page of the sandbox. State comes from the control API; the event stream keeps it fresh.
import { $, api, state, call, attempt, toast, element, avatar, keyOf, roomOf, isPrivate, botOf, privateId } from "./state.js";
import { drawMessage, drawDraft, dayOf } from "./message.js";
import { drawReplying, wireComposer } from "./composer.js";
import { drawWelcome } from "./welcome.js";
import { drawSide as drawList, loadPeople, drawCounters, drawMe, count } from "./side.js";

const kept = 300;
const drawSide = () => drawList(open);

async function loadRooms() {
  [state.bots, state.rooms] = await Promise.all([call("GET", "/bots"), call("GET", "/rooms")]);
  drawSide();
}

async function open(key) {
  if (state.current !== key) state.firstUnread.delete(state.current);
  state.current = key;
  state.replyTo = null;
  state.unread.delete(key);
  document.body.classList.add("reading");
  state.messages.set(key, await call("GET", `/messages?room=${encodeURIComponent(key)}&limit=${kept}`));
  drawSide();
  drawChat();
  if (matchMedia("(min-width: 721px)").matches) $("text").focus();
}

// ---- the open room

function drawHead(key) {
  const room = roomOf(key);
  if (isPrivate(key)) {
    const bot = botOf(key);
    const name = bot?.first_name || bot?.name || key.split(":")[1];
    $("face").replaceChildren(avatar(name, bot?.ready ? "ready" : ""));
    $("title").textContent = name;
    $("members").textContent = `@${bot?.name ?? key.split(":")[1]} · ${bot?.ready ? "connected" : "not connected"} · in private with ${state.person}`;
    return;
  }
  $("face").replaceChildren(avatar(room?.title ?? "?", "room"));
  $("title").textContent = room?.title ?? key;
  const names = room ? [...room.bots.map((b) => `@${b}`), ...room.people].slice(0, 40).join(", ") : "";
  $("members").textContent = room ? `${count(room.bots.length, "bot")}, ${count(room.people.length, "person", "people")} · ${names}` : "";
  $("members").title = names;
}

function rowsOf(key, messages) {
  const rows = [];
  const firstUnread = state.firstUnread.get(key);
  messages.forEach((m, i) => {
    const before = messages[i - 1];
    if (!before || dayOf(before.at) !== dayOf(m.at)) rows.push(element("div", "service day", dayOf(m.at)));
    if (m.message_id === firstUnread) rows.push(element("div", "fresh", "New messages"));
    rows.push(drawMessage(m, before, messages));
  });
  for (const draft of state.drafts.values()) {
    if (key === `private:${draft.from}:${draft.person}`) rows.push(drawDraft(draft));
  }
  if (rows.length === 0) rows.push(emptyRoom(key));
  return rows;
}

function emptyRoom(key) {
  const box = element("div", "quiet");
  const bot = isPrivate(key) ? botOf(key) : null;
  box.append(element("strong", "", "Nothing was said here yet"),
    element("span", "", bot ? "Write the first message; /start is what a bot expects." : "Write something, and mention a bot with @ to make it answer."));
  return box;
}

function drawChat() {
  const key = state.current;
  $("composer").hidden = key === null;
  $("face").hidden = key === null;
  if (key === null) return drawWelcome();
  drawHead(key);
  const log = $("log");
  const opened = log.dataset.key !== key;
  const nearEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  log.replaceChildren(...rowsOf(key, state.messages.get(key) ?? []));
  log.dataset.key = key;
  if (opened || nearEnd) log.scrollTop = log.scrollHeight;
  if (opened) log.querySelector(".fresh")?.scrollIntoView({ block: "center" });
  drawReplying();
  drawTyping();
  drawJump();
}

function drawTyping() {
  const now = Date.now();
  for (const [key, until] of state.typing) if (until <= now) state.typing.delete(key);
  const names = [...state.typing.keys()].filter((key) => key.startsWith(`${state.current}|`)).map((key) => key.split("|")[1]);
  $("typing").classList.toggle("on", names.length > 0);
  if (names.length === 0) return;
  const dots = element("i", "dots");
  dots.append(element("i"), element("i"), element("i"));
  $("typing").replaceChildren(dots, `${names.slice(0, 3).join(", ")} ${names.length > 1 ? "are" : "is"} typing`);
}

function drawJump() {
  const log = $("log");
  $("jump").hidden = state.current === null || log.scrollHeight - log.scrollTop - log.clientHeight < 200;
}

// ---- events

function put(message) {
  const key = String(message.room);
  const list = state.messages.get(key);
  let isNew = true;
  if (list) {
    const at = list.findIndex((m) => m.message_id === message.message_id);
    isNew = at < 0;
    if (isNew) list.push(message); else list[at] = message;
    if (list.length > kept + 100) list.splice(0, list.length - kept);
  }
  if (message.is_bot) {
    state.typing.delete(`${key}|${message.from}`);
    for (const [id, draft] of state.drafts) if (key === `private:${draft.from}:${draft.person}`) state.drafts.delete(id);
  }
  return { key, isNew };
}

function onMessage(message) {
  const { key, isNew } = put(message);
  state.last.set(key, message);
  const unseen = key !== state.current || document.hidden;
  if (isNew && unseen && message.from !== state.person) {
    state.unread.set(key, (state.unread.get(key) ?? 0) + 1);
    if (!state.firstUnread.has(key)) state.firstUnread.set(key, message.message_id);
  }
  if (!state.rooms.some((r) => keyOf(r) === key)) refreshSoon();
  later("side");
  if (key === state.current) later("chat");
}

// Many events in one frame are drawn once, so that a load test does not freeze the page.
const dirty = { chat: false, side: false };
function later(what) {
  if (!dirty.chat && !dirty.side) {
    setTimeout(() => requestAnimationFrame(() => {
      if (dirty.side) drawSide();
      if (dirty.chat) drawChat();
      dirty.chat = dirty.side = false;
    }), 30);
  }
  dirty[what] = true;
}

function onTyping(event) {
  const group = state.rooms.find((r) => r.id === event.room);
  const key = group ? keyOf(group) : `private:${event.from}:${event.person}`;
  state.typing.set(`${key}|${event.from}`, Date.now() + 5000);
  drawTyping();
}

function listen() {
  const source = new EventSource(`${api}/events`);
  const on = (name, work) => source.addEventListener(name, (event) => work(JSON.parse(event.data)));
  const connection = (text, kind) => { $("connection").textContent = text; $("connection").className = `status ${kind}`; };
  source.onopen = () => { connection("connected", "on"); attempt(refresh); };
  source.onerror = () => connection("the sandbox does not answer", "off");
  on("message", onMessage);
  on("edit", (m) => { if (put(m).key === state.current) later("chat"); });
  on("delete", () => state.current && reloadSoon());
  on("reaction", () => state.current && reloadSoon());
  on("typing", onTyping);
  on("draft", (d) => { state.drafts.set(d.draft, d); later("chat"); });
  on("button", (b) => { if (b.person === state.person && b.text) toast(b.text, b.alert); });
  for (const name of ["bot", "person", "room", "reset"]) on(name, refreshSoon);
}

function debounce(work, ms) { let timer; return () => { clearTimeout(timer); timer = setTimeout(work, ms); }; }
const refreshSoon = debounce(() => attempt(refresh), 200);
const reloadSoon = debounce(() => state.current && attempt(async () => {
  state.messages.set(state.current, await call("GET", `/messages?room=${encodeURIComponent(state.current)}&limit=${kept}`));
  drawChat();
}), 80);

async function refresh() {
  await Promise.all([loadPeople(), loadRooms(), drawCounters()]);
  if (state.current === null) drawChat(); else reloadSoon();
}

// ---- the rest of the page

function speakAs(name) {
  const bot = state.current && isPrivate(state.current) ? state.current.split(":")[1] : null;
  state.person = name;
  localStorage.setItem("person", name);
  drawMe();
  drawSide();
  attempt(() => (bot ? open(privateId(bot)) : Promise.resolve(drawChat())));
}

async function addPerson(input) {
  const name = input.value.trim();
  if (!name) return;
  await call("POST", "/people", { name, first_name: name });
  input.value = "";
  $("new-person").hidden = true;
  await loadPeople();
  $("person").value = name;
  speakAs(name);
}

function askForRoom() {
  $("room-bots").replaceChildren(...state.bots.slice(0, 200).map((bot) => {
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.value = bot.name;
    box.checked = state.bots.length <= 5;
    label.append(box, `@${bot.name}`);
    return label;
  }));
  if (state.bots.length === 0) $("room-bots").textContent = "No bot has registered yet.";
  $("room-dialog").showModal();
}

async function makeRoom(form) {
  const bots = [...form.querySelectorAll("input:checked")].map((box) => box.value);
  const room = await call("POST", "/rooms", { type: form.elements.type.value, title: form.elements.title.value, bots, people: [state.person] });
  form.reset();
  await loadRooms();
  await open(keyOf(room));
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme;
  if (theme) localStorage.setItem("theme", theme); else localStorage.removeItem("theme");
}

/// `reading`: on a narrow screen the chat is shown, else the list.
function home(reading) {
  state.current = null;
  delete $("log").dataset.key;
  document.body.classList.toggle("reading", reading);
  drawSide();
  drawChat();
}

setTheme(localStorage.getItem("theme"));
$("theme").addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  setTheme(dark ? "light" : "dark");
});
$("home").addEventListener("click", () => home(true));
$("back").addEventListener("click", () => home(false));
$("person").addEventListener("change", () => speakAs($("person").value));
$("add-person").addEventListener("click", () => {
  $("new-person").hidden = !$("new-person").hidden;
  if (!$("new-person").hidden) $("new-person").elements.name.focus();
});
$("new-person").addEventListener("submit", (event) => { event.preventDefault(); attempt(() => addPerson(event.target.elements.name)); });
$("add-room").addEventListener("click", askForRoom);
$("room-dialog").addEventListener("close", (event) => {
  if (event.target.returnValue === "make") attempt(() => makeRoom(event.target.querySelector("form")));
});
$("log").addEventListener("scroll", drawJump);
$("jump").addEventListener("click", () => $("log").scrollTo({ top: $("log").scrollHeight, behavior: "smooth" }));
document.addEventListener("visibilitychange", () => {
  if (document.hidden || state.current === null) return;
  state.unread.delete(state.current);
  drawSide();
});

wireComposer();
setInterval(drawTyping, 1000);
setInterval(() => attempt(drawCounters), 3000);
attempt(refresh).then(listen);
