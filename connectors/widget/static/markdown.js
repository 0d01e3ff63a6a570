/**
 * A safe subset of Markdown as DOM nodes: paragraphs, line breaks, **bold**, *emphasis*, `code`, flat lists, links and
 * bare addresses. What is not understood stays as it was written. Takes time linear in the length of the text.
 */

import { h } from "./dom.js";

const ITEM = /^\s*(?:[-*•]|(\d{1,3})[.)])\s+(?=\S)/;

// What a bare address may be made of. Chinese and Japanese end it, for they put no space behind it.
const ADDRESS = "[!#-)+-;=?-Z_a-z~À-ɏ]+";
const TOKEN = new RegExp(
  [
    "\\\\[\\\\*[\\]`]",
    "`[^`\\n]+`",
    "\\*+",
    "\\[",
    "\\]\\(((?:[^\\s()]|\\([^\\s()]*\\)){1,2000})\\)",
    `\\b(?:https?://|mailto:)${ADDRESS}`,
    "\\b[a-z]{1,6}-(?=[a-z]*\\d)[a-z0-9]+\\b", // The number of an order stays on its line.
    "\\n",
  ].join("|"),
  "gi",
);
const LINK = /^(?:https?:\/\/|mailto:|tel:)./i;

/** A link that opens in a new tab. */
export function anchor(href, props, ...children) {
  return h("a", { href: LINK.test(href) && href, target: "_blank", rel: "noopener nofollow", ...props }, ...children);
}

/** The paragraphs and lists of `text`. */
export function markdown(text) {
  const blocks = [];
  let block = { tag: null };
  let gap = true; // before this line
  for (const line of text.split(/\r\n?|\n/)) {
    const rest = line.trim();
    if (rest) {
      const [marker, number] = ITEM.exec(line) ?? [];
      const inside = block.tag && block.tag !== "p" && /^\s/.test(line);
      const tag = number ? "ol" : "ul";
      const next = block.tag === "ol" ? block.parts.length + 1 : 1; // "24. December" is no item, but a date.
      if (marker !== undefined && (inside || !number || Number(number) === 1 || Number(number) === next)) {
        if (!inside && block.tag !== tag) blocks.push((block = { tag, parts: [] }));
        block.parts.push(line.slice(marker.length));
      } else if (inside || (block.tag === "p" && !gap)) {
        block.parts[block.parts.length - 1] += `\n${rest}`;
      } else {
        blocks.push((block = { tag: "p", parts: [rest] }));
      }
    }
    gap = !rest;
  }
  return blocks.map(({ tag, parts }) =>
    tag === "p"
      ? h("p", { dir: "auto" }, inline(parts[0]))
      : h(tag, { dir: "auto" }, parts.map((item) => h("li", {}, inline(item)))),
  );
}

/** What stands in one block. Each mark is open at most once: nothing nests deeply, and nothing is read twice. */
function inline(text) {
  const nodes = [];
  let open = []; // marks without their end so far: {mark, at: where it stands in nodes, as it was written}

  const say = (words) => {
    if (typeof nodes.at(-1) === "string" && open.at(-1)?.at !== nodes.length - 1) nodes[nodes.length - 1] += words;
    else nodes.push(words);
  };
  const begin = (mark) => {
    open.push({ mark, at: nodes.length });
    nodes.push(mark);
  };
  const opened = (mark) => open.some((other) => other.mark === mark);
  const wrap = (mark, element) => {
    const place = open.findIndex((other) => other.mark === mark);
    const [, ...children] = nodes.splice(open[place].at);
    open = open.slice(0, place);
    element.append(...children);
    nodes.push(element);
  };
  const emphasis = (mark, before, after) => {
    if (opened(mark) && /\S/.test(before)) wrap(mark, h(mark === "*" ? "em" : "strong"));
    else if (!opened(mark) && /\S/.test(after) && !/[0-9a-zà-ɏ]/i.test(before)) begin(mark); // Not in 2*3 or Kund*in.
    else say(mark);
  };

  let last = 0;
  TOKEN.lastIndex = 0;
  for (let match; (match = TOKEN.exec(text)); last = TOKEN.lastIndex) {
    const [token, href] = match;
    say(text.slice(last, match.index));
    if (token === "\n") nodes.push(h("br"));
    else if (token[0] === "\\") say(token[1]);
    else if (token[0] === "`") nodes.push(h("code", {}, token.slice(1, -1)));
    else if (token[0] === "*") {
      const before = text[match.index - 1] ?? "";
      const after = text[TOKEN.lastIndex] ?? "";
      const marks = { 1: ["*"], 2: ["**"], 3: open.at(-1)?.mark === "*" ? ["*", "**"] : ["**", "*"] }[token.length];
      if (marks) for (const mark of marks) emphasis(mark, before, after);
      else say(token);
    } else if (token === "[") {
      open = open.filter(({ mark }) => mark !== "[");
      begin("[");
    } else if (href && opened("[") && LINK.test(href) && URL.canParse(href)) {
      const link = anchor(href);
      wrap("[", link);
      for (const inner of link.querySelectorAll("a")) inner.replaceWith(...inner.childNodes);
    } else if (href) {
      say("]");
      TOKEN.lastIndex = match.index + 1; // The address may be a link by itself.
    } else if (/^\w+-/.test(token)) {
      nodes.push(h("span", { class: "number" }, token));
    } else {
      const bare = withoutPunctuation(token);
      nodes.push(URL.canParse(bare) ? anchor(bare, {}, bare) : bare);
      TOKEN.lastIndex = match.index + bare.length;
    }
  }
  say(text.slice(last));
  return nodes;
}

/** An address without what belongs to the sentence around it: full stops, quotes, brackets that it did not open. */
function withoutPunctuation(url) {
  let unopened = url.split(")").length - url.split("(").length;
  let end = url.length;
  for (; end && (/[.,:;!?']/.test(url[end - 1]) || (url[end - 1] === ")" && unopened > 0)); end -= 1) {
    if (url[end - 1] === ")") unopened -= 1;
  }
  return url.slice(0, end);
}
