// What went over the wire: each request and its answer, the newest first.

import { clock, el } from "/static/dom.js";
import { on, stage } from "/static/stage.js";

const panel = document.getElementById("wire");
const list = panel.querySelector(".exchanges");
let direction = "";

function draw(exchange) {
  const { status, direction: way } = exchange;
  const bad = status === null || status >= 400 || refused(exchange);
  const path = exchange.address.replace(/^https?:\/\/[^/]+/, "").replace(/\?.*/, "");
  const summary = el(
    "summary",
    {},
    el("span", { class: `way ${way}` }, way === "webhook" ? "to your server" : "from your server"),
    el("code", {}, `${exchange.method} ${path}`),
    el("span", { class: bad ? "status bad" : "status" }, status === null ? "no answer" : String(status)),
    el("small", {}, `${clock(exchange.at, true)} · ${exchange.milliseconds} ms${hint(exchange)}`),
  );
  const details = el("details", { data: { id: exchange.id } }, summary);
  // Most are never opened.
  details.addEventListener("toggle", () => details.open && details.childElementCount === 1 && details.append(...inside(exchange)));
  return el("li", { hidden: direction !== "" && direction !== way, data: { way } }, details);
}

function refused({ response }) {
  return /^\{"errcode":(?!0\b)/.test(response);
}

function hint({ request, inside, note }) {
  const told = [/"type": ?"(\w+)"/.exec(request)?.[1], /"status": ?"(\w+)"/.exec(request)?.[1], /"msgtype": ?"(\w+)"/.exec(request)?.[1]];
  const xml = /<(?:Event|MsgType)><!\[CDATA\[(?!event)(\w+)/.exec(inside ?? request)?.[1];
  const kind = told[1] ?? told[2] ?? xml ?? told[0];
  return [kind && ` · ${kind}`, note && ` · ${note}`].filter(Boolean).join("");
}

function* inside(exchange) {
  yield el("p", { class: "address" }, exchange.address);
  const headers = Object.entries(exchange.headers);
  if (headers.length) yield el("pre", { class: "headers", tabIndex: 0 }, headers.map(([name, value]) => `${name}: ${value}`).join("\n"));
  yield* body("Request", exchange.request);
  if (exchange.inside) yield* body("Decrypted", exchange.inside);
  yield* body(exchange.status === null ? "No answer" : `Answer, status ${exchange.status}`, exchange.response);
  if (exchange.response_inside) yield* body("Answer, decrypted", exchange.response_inside);
}

function* body(title, text) {
  if (!text) return;
  yield el("h3", {}, title);
  yield el("pre", { tabIndex: 0 }, ...coloured(pretty(text)));
}

/** JSON and XML with a line for each thing. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    if (!text.startsWith("<xml>")) return text;
    const lines = text.replace(/>\s*<(?!!\[|\/)/g, ">\n<").replace(/\s*<\/xml>\s*$/, "\n</xml>");
    return lines.replace(/^<(?!\/?xml>)/gm, "  <");
  }
}

function coloured(text) {
  if (!/^[{[]/.test(text)) return [text];
  return text.split(/("(?:[^"\\]|\\.)*"(?=:))/).map((part, number) => (number % 2 ? el("b", {}, part) : part));
}

function redraw() {
  list.replaceChildren(...stage.exchanges.map(draw).reverse());
  count();
}

function count() {
  document.querySelector(".open-wire .count").textContent = String(stage.exchanges.length);
  panel.querySelector(".nothing").hidden = stage.exchanges.length > 0;
}

on("snapshot", redraw);
on("exchange", ({ exchange }) => {
  list.prepend(draw(exchange));
  count();
});
panel.querySelector(".filter").addEventListener("change", (event) => {
  direction = event.target.value;
  for (const item of list.children) item.hidden = direction !== "" && direction !== item.dataset.way;
});
