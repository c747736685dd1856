// What the page knows, and how it asks the sandbox.
export const api = "/control/v1";
export const $ = (id) => document.getElementById(id);

export const state = {
  people: [], bots: [], rooms: [], stats: {},
  messages: new Map(),   // room key -> messages, oldest first
  current: null,         // key of the open room
  person: null,          // name of who speaks
  replyTo: null,
  unread: new Map(),     // room key -> number
  firstUnread: new Map(),  // room key -> id of the first message that nobody has seen
  last: new Map(),       // room key -> newest message, for the list
  drafts: new Map(),
  typing: new Map(),     // "room key|bot" -> until
};

export async function call(method, path, body) {
  const answer = await fetch(api + path, {
    method, headers: body ? { "Content-Type": "application/json" } : {}, body: body ? JSON.stringify(body) : undefined,
  });
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(data.error?.message ?? `the sandbox answered ${answer.status}`);
  return data;
}

export function toast(text, bad = false) {
  const note = element("div", bad ? "bad" : "", text);
  $("toasts").append(note);
  setTimeout(() => note.remove(), 5000);
}
export const attempt = (work) => work().catch((error) => toast(error.message, true));

export function element(tag, className = "", text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}
export function button(text, title, onClick, className = "") {
  const node = element("button", className, text);
  node.type = "button";
  node.title = title;
  node.addEventListener("click", onClick);
  return node;
}
export function avatar(name, extra = "") {
  let hash = 2166136261;
  for (const c of name) hash = Math.imul(hash ^ c.codePointAt(0), 16777619) >>> 0;
  hash = (hash ^ (hash >>> 13)) >>> 0;  // the low bits alone are much alike in short names
  const words = name.replace(/_?bot$/i, "").split(/[_\s]+/).filter(Boolean);
  const letters = words.map((w) => [...w][0]).slice(0, 2).join("");
  return element("span", `avatar hue${hash % 8} ${extra}`, (letters || "?").toUpperCase());
}

export const privateId = (bot) => `private:${bot}:${state.person}`;
export const keyOf = (room) => String(room.id);
export const roomOf = (key) => state.rooms.find((r) => keyOf(r) === key);
export const isPrivate = (key) => key.startsWith("private:");
export const botOf = (key) => state.bots.find((b) => b.name === key.split(":")[1]);
export const myId = () => state.people.find((p) => p.name === state.person)?.id;
/// Where the person that is chosen writes now, as the control API wants it.
export const address = () => ({
  ...(isPrivate(state.current) ? { bot: state.current.split(":")[1] } : { room: Number(state.current) }), from: state.person,
});
export const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
