// Writing: replies, mentions and commands, Enter to send.
import { $, state, call, attempt, element, button, address, roomOf, isPrivate, botOf } from "./state.js";

export function replyTo(message) {
  state.replyTo = message;
  drawReplying();
  $("text").focus();
}

export function drawReplying() {
  $("replying").hidden = state.replyTo === null;
  if (!state.replyTo) return;
  const line = $("replying").firstElementChild;
  line.replaceChildren(element("b", "", state.replyTo.from_name || state.replyTo.from), ` ${(state.replyTo.text || "").slice(0, 120)}`);
}

function resize() {
  const t = $("text");
  t.style.height = "auto";
  t.style.height = `${t.scrollHeight + 2}px`;
}

function pick(name) {
  $("text").value = $("text").value.replace(/@([A-Za-z0-9_]*)$/, `@${name} `);
  $("mentions").hidden = true;
  $("text").focus();
}

function suggest() {
  const match = $("text").value.match(/(^|\s)@([A-Za-z0-9_]*)$/);
  const here = isPrivate(state.current) ? [botOf(state.current)?.name].filter(Boolean) : roomOf(state.current)?.bots ?? [];
  const wanted = match?.[2].toLowerCase() ?? "";
  const names = match ? here.filter((b) => b.toLowerCase().includes(wanted)).slice(0, 8) : [];
  $("mentions").hidden = names.length === 0;
  $("mentions").replaceChildren(...names.map((name, i) => {
    const item = button(`@${name}`, "Mention", () => pick(name));
    item.setAttribute("aria-selected", String(i === 0));
    return item;
  }));
}

function choose(step) {
  const items = [...$("mentions").children];
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  items.forEach((item, i) => item.setAttribute("aria-selected", String(i === (at + step + items.length) % items.length)));
}

function onKey(event) {
  const choosing = !$("mentions").hidden;
  if (choosing && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    choose(event.key === "ArrowDown" ? 1 : -1);
  } else if (choosing && (event.key === "Tab" || event.key === "Enter")) {
    event.preventDefault();
    $("mentions").querySelector("[aria-selected=true]")?.click();
  } else if (event.key === "Escape") {
    $("mentions").hidden = true;
    state.replyTo = null;
    drawReplying();
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("composer").requestSubmit();
  }
}

async function send() {
  const text = $("text").value.trim();
  if (!text) return;
  await call("POST", "/messages", { ...address(), text, reply_to: state.replyTo?.message_id });
  $("text").value = "";
  state.replyTo = null;
  drawReplying();
  resize();
  $("log").scrollTop = $("log").scrollHeight;
}

export function wireComposer() {
  $("composer").addEventListener("submit", (event) => { event.preventDefault(); attempt(send); });
  $("text").addEventListener("input", () => { resize(); suggest(); });
  $("text").addEventListener("keydown", onKey);
  $("replying").querySelector("button").addEventListener("click", () => { state.replyTo = null; drawReplying(); });
}
