// The text of a message as the platform formats it. Entities count in UTF-16, as JavaScript does.
import { element } from "./state.js";

const tags = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre", blockquote: "blockquote", expandable_blockquote: "blockquote",
};
const classes = { mention: "mention", text_mention: "mention", hashtag: "mention", cashtag: "mention", bot_command: "command", email: "mention", phone_number: "mention", spoiler: "spoiler" };

function nodeFor(entity, inner) {
  if (entity.type === "url" || entity.type === "text_link") {
    const link = element("a");
    const target = entity.url ?? (/^[a-z]+:/i.test(inner) ? inner : `https://${inner}`);
    if (/^https?:/i.test(target)) link.href = target;
    link.target = "_blank";
    link.rel = "noreferrer noopener";
    return link;
  }
  return element(tags[entity.type] ?? "span", classes[entity.type] ?? "");
}

/// Nested ranges: an entity that lies in another becomes its child; a crossing one is cut off.
function fill(parent, text, from, to, entities) {
  let at = from;
  for (let i = 0; i < entities.length; i++) {
    const entity = entities[i];
    const start = Math.max(entity.offset, at);
    const end = Math.min(entity.offset + entity.length, to);
    if (start >= end) continue;
    parent.append(text.slice(at, start));
    const node = nodeFor(entity, text.slice(start, end));
    const inside = entities.slice(i + 1).filter((e) => e.offset < end);
    fill(node, text, start, end, inside);
    parent.append(node);
    at = end;
  }
  parent.append(text.slice(at, to));
}

export function rich(text, entities = []) {
  const body = element("div", "body");
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  fill(body, text, 0, text.length, sorted);
  return body;
}
