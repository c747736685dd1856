// The list of rooms and bots, and who speaks.
import { $, state, call, attempt, element, button, avatar, keyOf, privateId, clock } from "./state.js";

function preview(last) {
  if (!last) return "";
  const text = last.text || (last.kind === "photo" ? "Photo" : last.kind === "document" ? "Document" : "");
  return `${last.from_name}: ${text.replace(/\s+/g, " ")}`;
}

function sideItem(key, name, empty, mark, open) {
  const item = element("li");
  const link = button("", name, () => attempt(() => open(key)));
  link.setAttribute("aria-current", String(key === state.current));
  const last = state.last.get(key);
  const label = element("span", "name", name);
  const unread = state.unread.get(key);
  link.append(mark, label, element("span", "when", last ? clock(last.at) : ""), element("span", "last", preview(last) || empty));
  link.classList.toggle("unread", unread > 0);
  if (unread) link.append(element("span", "badge", unread > 999 ? "999+" : String(unread)));
  item.append(link);
  return item;
}

export function drawSide(open) {
  for (const room of state.rooms) if (room.last) state.last.set(keyOf(room), newer(state.last.get(keyOf(room)), room.last));
  const groups = state.rooms.filter((r) => r.type !== "private");
  $("rooms").replaceChildren(...groups.slice(0, 300).map((room) => sideItem(keyOf(room), room.title,
    `${count(room.bots.length, "bot")}, ${count(room.people.length, "person", "people")}`, avatar(room.title, "room"), open)));
  if (groups.length === 0) $("rooms").append(element("li", "none", "The first bot opens the room “default”."));
  $("privates").replaceChildren(...state.bots.slice(0, 300).map((bot) => sideItem(privateId(bot.name), bot.first_name || bot.name,
    bot.ready ? `@${bot.name}` : "not connected", avatar(bot.first_name || bot.name, bot.ready ? "ready" : ""), open)));
  if (state.bots.length === 0) $("privates").append(element("li", "none", "No bot yet."));
  const unread = [...state.unread.values()].reduce((sum, n) => sum + n, 0);
  document.title = unread ? `(${unread}) Chorus sandbox` : "Chorus sandbox";
}

const newer = (a, b) => (a && a.at > b.at ? a : b);
export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

export async function loadPeople() {
  state.people = await call("GET", "/people");
  if (state.people.length === 0) {
    await call("POST", "/people", { name: "you", first_name: "You" });
    state.people = await call("GET", "/people");
  }
  const known = (name) => state.people.some((p) => p.name === name);
  if (!known(state.person)) state.person = localStorage.getItem("person");
  if (!known(state.person)) state.person = state.people[0].name;
  $("person").replaceChildren(...state.people.slice(0, 500).map((p) => {
    const option = element("option", "", p.first_name || p.name);
    option.value = p.name;
    option.title = p.name;
    option.selected = p.name === state.person;
    return option;
  }));
  drawMe();
}

export function drawMe() {
  const me = state.people.find((p) => p.name === state.person);
  $("me").replaceChildren(avatar(me?.first_name || me?.name || "?"));
}

export async function drawCounters() {
  state.stats = await call("GET", "/stats");
  const l = state.stats.ledger;
  const parts = [`${l.person_messages} from people`, `${l.bot_messages} from bots`];
  if (l.pending) parts.push(`${l.pending} updates waiting`);
  if (l.withheld_by_privacy_mode) parts.push(`${l.withheld_by_privacy_mode} not delivered: privacy mode`);
  $("counters").textContent = parts.join(" · ");
}
