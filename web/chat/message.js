// One message in the log: bubble, quote, buttons, reactions and the tools of the pointer.
import { $, state, call, attempt, toast, element, button, avatar, address, myId, clock } from "./state.js";
import { rich } from "./text.js";
import { replyTo } from "./composer.js";

const quickReactions = ["👍", "❤", "🔥", "😁", "🤔", "👏", "🎉"];
const kinds = { photo: "🖼 Photo", document: "📎 Document" };

export function dayOf(at) {
  const day = new Date(at);
  const today = new Date();
  const days = Math.round((today.setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return day.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
}

function quoteOf(m, all) {
  const target = all.find((o) => o.message_id === m.reply_to);
  const quote = button("", "Show it", () => {
    const row = document.getElementById(`m${m.reply_to}`);
    row?.scrollIntoView({ block: "center", behavior: "smooth" });
    row?.classList.add("found");
    setTimeout(() => row?.classList.remove("found"), 1200);
  }, "quote");
  quote.append(element("b", "", target ? target.from_name || target.from : "a message"), element("span", "", target ? target.text || kinds[target.kind] : "that is not kept any more"));
  return quote;
}

export function drawMessage(m, before, all) {
  if (m.kind === "service") return element("div", "service", m.text || "the room changed");
  const mine = m.from === state.person;
  const near = before && before.from === m.from && before.kind !== "service" && m.at - before.at < 300000 && dayOf(before.at) === dayOf(m.at);
  const row = element("div", `row${mine ? " mine" : ""}${near ? "" : " first"}`);
  row.id = `m${m.message_id}`;
  if (!mine) row.append(near ? element("span", "avatar gap") : avatar(m.from_name || m.from));
  const bubble = element("div", "bubble");
  if (!near && !mine) {
    const who = element("div", "who", m.from_name || m.from);
    if (m.is_bot) who.append(element("em", "", "bot"));
    bubble.append(who);
  }
  if (m.reply_to) bubble.append(quoteOf(m, all));
  if (kinds[m.kind]) bubble.append(element("div", "file", kinds[m.kind]));
  if (m.text) bubble.append(rich(m.text, m.entities));
  const meta = element("span", "meta", (m.edited_at ? "edited " : "") + clock(m.at));
  meta.title = `message ${m.message_id}, ${new Date(m.at).toLocaleString()}`;
  bubble.append(meta);
  if (m.reactions.length) bubble.append(drawReactions(m));
  const column = element("div", "column");
  column.append(bubble);
  if (m.reply_markup) column.append(drawKeys(m));
  bubble.append(drawTools(m));
  row.append(column);
  return row;
}

export function drawDraft(draft) {
  const row = element("div", "row first draft");
  const bubble = element("div", "bubble");
  bubble.append(element("div", "who", draft.from), element("div", "body", draft.text || "…"));
  row.append(avatar(draft.from), bubble);
  return row;
}

function drawKeys(m) {
  const keys = element("div", "keys");
  for (const line of m.reply_markup.inline_keyboard ?? []) {
    const div = element("div");
    for (const key of line) {
      div.append(button(key.url ? `${key.text} ↗` : key.text, key.callback_data ?? key.url ?? "", () => attempt(async () => {
        if (key.callback_data === undefined) return toast(key.url ? `opens ${key.url}` : "this kind of button does nothing here");
        await call("POST", "/messages", { ...address(), reply_to: m.message_id, callback: key.callback_data });
      })));
    }
    keys.append(div);
  }
  // The keyboard that replaces a phone's own: its buttons say their text.
  for (const line of m.reply_markup.keyboard ?? []) {
    const div = element("div");
    for (const key of line) {
      const text = key.text ?? key;
      div.append(button(text, "Say it", () => attempt(() => call("POST", "/messages", { ...address(), text }))));
    }
    keys.append(div);
  }
  keys.hidden = keys.childElementCount === 0;
  return keys;
}

async function react(m, emoji) {
  const own = m.reactions.some((r) => r.emoji === emoji && r.by.includes(myId()));
  await call("POST", "/actions", { type: "react", room: state.current, message_id: m.message_id, from: state.person, emoji: own ? "" : emoji });
}

function nameOf(id) {
  const found = state.people.find((p) => p.id === id) ?? state.bots.find((b) => b.id === id);
  return found?.first_name || found?.name || String(id);
}

function drawReactions(m) {
  const box = element("div", "reactions");
  for (const r of m.reactions) {
    const names = r.by.slice(0, 10).map(nameOf).join(", ");
    const node = button("", names, () => attempt(() => react(m, r.emoji)), r.by.includes(myId()) ? "own" : "");
    node.append(element("span", "emoji", r.emoji), element("span", "", String(r.count)));
    box.append(node);
  }
  return box;
}

function drawTools(m) {
  const tools = element("div", "tools");
  tools.append(button("↩", "Reply", () => replyTo(m)));
  for (const emoji of quickReactions) tools.append(button(emoji, `React with ${emoji}`, () => attempt(() => react(m, emoji)), "emoji"));
  if (m.from === state.person) tools.append(button("✎", "Edit", () => edit(m)), button("🗑", "Delete", () => attempt(() => call("POST", "/actions", { type: "delete", room: state.current, message_id: m.message_id }))));
  return tools;
}

function edit(m) {
  const text = prompt("Edit the message", m.text);
  if (!text || text === m.text) return;
  attempt(() => call("POST", "/actions", { type: "edit", room: state.current, message_id: m.message_id, from: state.person, text }));
}
