// How the telephones draw texts: WhatsApp's formatting, and WeChat's links.

import { el } from "/static/dom.js";

const LINK = /\bhttps?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]'*_~]/;
const INLINE = [
  [/```([\s\S]+?)```/, (inner) => el("code", {}, inner)],
  [/`([^`\n]+)`/, (inner) => el("code", {}, inner)],
  [LINK, null],
  [/(?<![\p{L}\p{N}*])\*(?=\S)([^*\n]*?\S)\*(?![\p{L}\p{N}*])/u, (inner) => el("strong", {}, ...inline(inner))],
  [/(?<![\p{L}\p{N}_])_(?=\S)([^_\n]*?\S)_(?![\p{L}\p{N}_])/u, (inner) => el("em", {}, ...inline(inner))],
  [/(?<![\p{L}\p{N}~])~(?=\S)([^~\n]*?\S)~(?![\p{L}\p{N}~])/u, (inner) => el("s", {}, ...inline(inner))],
];

function inline(text) {
  let first = null;
  for (const [pattern, make] of INLINE) {
    const found = pattern.exec(text);
    if (found && (first === null || found.index < first.found.index)) first = { found, make };
  }
  if (first === null) return text ? [text] : [];
  const { found, make } = first;
  const piece = make ? make(found[1]) : anchor(found[0], found[0]);
  return [...inline(text.slice(0, found.index)), piece, ...inline(text.slice(found.index + found[0].length))];
}

/** A text with `*bold*`, `_italic_`, `~struck~`, code, lists, quotes and addresses. */
export function whatsapp(text) {
  const block = /^(?:> |[-*] |\d+\. )/;
  return text.split(/(```[\s\S]+?```)/).flatMap((part) =>
    part.startsWith("```")
      ? inline(part)
      : part.split("\n").flatMap((line, number, lines) => {
          const mark = block.exec(line)?.[0];
          const kind = mark === "> " ? "quote" : "item";
          const sign = mark === "- " || mark === "* " ? "• " : mark === "> " ? "" : mark;
          const drawn = mark ? [el("span", { class: kind }, sign, ...inline(line.slice(mark.length)))] : inline(line);
          // After a block, a new line begins by itself.
          return number && !mark && !block.test(lines[number - 1]) ? ["\n", ...drawn] : drawn;
        }),
  );
}

/** A text in which `<a href="…">` are links, as WeChat has it. `choose` is called for those that stand for a choice. */
export function wechat(text, choose) {
  return text.split(/(<a\s[^>]*>[\s\S]*?<\/a>)/i).flatMap((part) => {
    const found = /^<a\s[^>]*href=(["'])(.*?)\1[^>]*>([\s\S]*?)<\/a>$/i.exec(part);
    if (!found) return addresses(part);
    const href = found[2].replaceAll("&amp;", "&");
    if (!href.startsWith("weixin://bizmsgmenu?")) return [anchor(href, found[3])];
    const asked = new URLSearchParams(href.slice(href.indexOf("?") + 1));
    const act = () => choose(asked.get("msgmenuid"), asked.get("msgmenucontent"));
    return [el("button", { type: "button", class: "link", on: { click: act } }, found[3])];
  });
}

function addresses(text) {
  const found = LINK.exec(text);
  if (!found) return text ? [text] : [];
  return [text.slice(0, found.index), anchor(found[0], found[0]), ...addresses(text.slice(found.index + found[0].length))];
}

/** A link, which leads only to the web. */
export function anchor(href, words) {
  const safe = /^https?:\/\//.test(href);
  return el(safe ? "a" : "span", safe ? { href, target: "_blank", rel: "noreferrer" } : {}, words);
}
