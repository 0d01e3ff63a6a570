// The telephone: a chat of one customer, and what they can send. What differs between platforms comes from `platform`.

import { draw, summary } from "/static/bubbles.js";
import { el, icon } from "/static/dom.js";
import { act, connect, keep, on, stage } from "/static/stage.js";
import "/static/wire.js";

const $ = (selector) => document.querySelector(selector);
const phone = $(".phone");
const log = $(".log");
const field = $("#text");
const attach = $(".attach");
const sheet = $(".sheet");
const chooser = $("input[type=file]");
const wide = matchMedia("(min-width: 1080px)");

const HELLO = "Write as this customer would: your server is told by webhook, and answers here.";
const USUAL = ["", "as usual"];
const LOST = ["lost", "nothing: taken, but the answer is lost"];
const SWITCHES = [
  ["webhooks_twice", "Each webhook comes twice"],
  ["wrong_signature", "Webhooks have a wrong signature"],
];

let platform;
let customer = null;
let replyTo = null;
let typingTimer = null;
const unread = new Set();

export const at = { get customer() { return customer; } };

/** Do something; say what goes wrong with it. */
export async function attempt(work) {
  $(".problem.said").textContent = "";
  try {
    await work();
  } catch (error) {
    $(".problem.said").textContent = error.message;
  }
}

export const say = (message) => attempt(() => act("say", { customer, message, ...answered() }));

function answered() {
  const id = replyTo;
  reply(null);
  return id ? { reply_to: id } : {};
}

/** Ask for some values. `fields` are `[name, label, value]`; null where it was given up. */
export function ask(title, fields, button = "Send") {
  return new Promise((resolve) => {
    const inputs = fields.map(([name, label, value]) => el("label", {}, label, el("input", { name, value, required: false, autocomplete: "off" })));
    const form = el("form", { method: "dialog" }, el("h2", {}, title), inputs, el("div", { class: "row" }, el("button", { type: "button", on: { click: () => sheet.close() } }, "Cancel"), el("button", { class: "primary" }, button)));
    let values = null;
    form.addEventListener("submit", () => (values = Object.fromEntries(new FormData(form))));
    show(form, () => resolve(values));
  });
}

function show(content, closed = () => {}) {
  sheet.replaceChildren(content);
  sheet.addEventListener("close", closed, { once: true });
  sheet.showModal();
}

/** Have the developer choose a file; null where they do not. */
export function choose(accept) {
  return new Promise((resolve) => {
    chooser.accept = accept;
    chooser.value = "";
    chooser.onchange = () => resolve(chooser.files[0] ?? null);
    chooser.oncancel = () => resolve(null);
    chooser.click();
  });
}

/** Send a file. */
export function sendFile(kind, blob, name, more = {}) {
  return attempt(async () => act("send-file", { customer, kind, file: await keep(blob, name), ...more }));
}

/** Send a photograph of a jacket with a tear, so that nobody has to look for one. */
export async function sendSamplePhoto() {
  const canvas = el("canvas", { width: 800, height: 600 });
  const pen = canvas.getContext("2d");
  const ground = pen.createLinearGradient(0, 0, 800, 600);
  ground.addColorStop(0, "#e8dcc6");
  ground.addColorStop(1, "#bfa67e");
  pen.fillStyle = ground;
  pen.fillRect(0, 0, 800, 600);
  pen.fillStyle = "#2f4a6d";
  pen.fill(new Path2D("M250 120 330 80h140l80 40 110 130-80 70-40-50v260H270V270l-40 50-80-70z"));
  pen.strokeStyle = "#c9d6e6";
  pen.lineWidth = 4;
  pen.stroke(new Path2D("M400 85v445M330 80l70 60 70-60"));
  pen.strokeStyle = "#f3ead8";
  pen.lineWidth = 9;
  pen.stroke(new Path2D("M300 350l22 18-14 16 26 20-12 18 20 24"));
  pen.fillStyle = "#5a4526";
  pen.font = "22px sans-serif";
  pen.fillText(`Sample photograph, ${new Date().toLocaleString("en-GB")}`, 24, 580);
  return sendFile("image", await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85)), "jacket.jpg");
}

/** Send what says that it is a photograph, and is none. */
export const sendNoPhoto = () => sendFile("image", new Blob(["This is no photograph."], { type: "image/jpeg" }), "photo.jpg");

const acts = {
  say: (title, id) => platform.sayChoice(title, id),
  choose: (bubble, choice) => attempt(() => act("choose", { bubble: bubble.id, choice })),
  again: (bubble) => attempt(() => act("again", { bubble: bubble.id })),
  open: openList,
  askLocation: () => platform.sendLocation(),
};

function openList(bubble) {
  const { open, sections } = bubble.content;
  const rows = (section) =>
    section.rows.map((row) =>
      el("button", { type: "button", class: "choice", on: { click: () => { sheet.close(); acts.choose(bubble, row.id); } } }, el("span", {}, row.title), row.description && el("small", {}, row.description)),
    );
  const parts = sections.map((section) => [section.title && el("h3", {}, section.title), el("div", { class: "rows" }, rows(section))]);
  show(el("form", { method: "dialog", class: "list" }, el("h2", {}, open), parts.flat(), el("div", { class: "row" }, el("button", {}, "Close"))));
}

function reply(bubble) {
  replyTo = bubble?.id ?? null;
  const box = $(".quoted");
  box.hidden = !bubble;
  box.replaceChildren(...(bubble ? [el("p", {}, el("strong", {}, "In answer to"), el("span", {}, summary(bubble))), el("button", { type: "button", on: { click: () => reply(null) } }, "Cancel")] : []));
  if (bubble) field.focus();
}

// The chat

function drawLog() {
  const ours = [...stage.bubbles.values()].filter((bubble) => bubble.customer === customer);
  log.replaceChildren(...(ours.length ? ours.map((bubble) => draw(bubble, acts)) : [el("p", { class: "hello" }, HELLO)]));
  log.scrollTop = log.scrollHeight;
}

function drawBubble(bubble) {
  if (bubble.customer !== customer) {
    if (bubble.author === "shop" && !document.getElementById(`m-${bubble.id}`)) unread.add(bubble.customer);
    return drawPeople();
  }
  const down = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const drawn = draw(bubble, acts);
  const old = document.getElementById(`m-${bubble.id}`);
  log.querySelector(".hello")?.remove();
  if (old) old.replaceWith(drawn);
  else {
    log.append(drawn);
    if (bubble.reply_to) redrawOne(bubble.reply_to);
  }
  if (down || (!old && bubble.author === "customer")) log.scrollTop = log.scrollHeight;
  for (const picture of drawn.querySelectorAll("img")) picture.addEventListener("load", () => down && (log.scrollTop = log.scrollHeight));
  readSoon();
}

function redrawOne(id) {
  const old = document.getElementById(`m-${id}`);
  if (old && stage.bubbles.has(id)) old.replaceWith(draw(stage.bubbles.get(id), acts));
}

function readSoon() {
  if (!platform.reads || !$("#reads")?.checked || document.hidden || customer === null) return;
  const waiting = [...stage.bubbles.values()].some((one) => one.customer === customer && one.author === "shop" && one.state === "delivered");
  if (waiting) attempt(() => act("read", { customer }));
}

// Who is chatting

function drawPeople() {
  const person = stage.people.get(customer);
  $(".peer .status").textContent ||= "";
  $(".people").replaceChildren(
    ...[...stage.people.values()].map((one) =>
      el(
        "li",
        {},
        el(
          "button",
          { type: "button", "aria-pressed": String(one.id === customer), on: { click: () => become(one.id) } },
          el("span", { class: "avatar", "aria-hidden": "true" }, [...one.name][0]),
          el("span", { class: "who" }, el("span", {}, one.name), one.name !== one.id && el("small", {}, platform.written(one.id))),
          unread.has(one.id) && el("span", { class: "new" }, "new"),
        ),
      ),
    ),
  );
  return person;
}

function become(id) {
  customer = id;
  unread.delete(id);
  sessionStorage.setItem("customer", id);
  reply(null);
  typing(0);
  drawPeople();
  drawLog();
  readSoon();
  drawStatus();
  if (!wide.matches) closeDrawers();
}

function drawStatus(words) {
  const person = stage.people.get(customer);
  const who = person ? `You are ${person.name}` : "";
  $(".peer .status").textContent = words ?? who;
  $(".peer .status").classList.toggle("typing", Boolean(words));
}

function typing(seconds) {
  clearTimeout(typingTimer);
  drawStatus(seconds > 0 ? platform.typingWords : undefined);
  if (seconds > 0) typingTimer = setTimeout(() => drawStatus(), seconds * 1000);
}

// The server

let asking = null;

function drawServer() {
  const { state, text } = stage.server;
  const words = { ok: "Server answers", refused: "Server refuses", missing: "Server is not there", gone: "Simulator stopped", unknown: "Asking the server…" };
  $(".server").dataset.state = state;
  $(".server .words").textContent = words[state];
  $(".server").title = text;
  const bad = ["refused", "missing", "gone"].includes(state);
  $(".banner").hidden = !bad;
  $(".banner .words").textContent = text;
  $(".banner .check").hidden = state === "gone";
  clearTimeout(asking);
  // Until the server is there; then nobody need ask.
  if (state === "missing" && !document.hidden) asking = setTimeout(check, 3000);
}

async function check() {
  await act("check").catch(() => {});
  if (stage.server.state === "missing") drawServer();
}

// Settings

function drawSwitches() {
  const { fail, fail_times: times } = stage.switches;
  const set = (name, value) => attempt(() => act("switch", { name, value }));
  const choice = (name, label, options) =>
    el("label", { class: "choose" }, label, el("select", { id: `switch-${name}`, on: { change: (event) => set(name, event.target.value) } }, options.map(([value, words]) => el("option", { value, selected: stage.switches[name] === value }, words))));
  const focused = document.activeElement?.id;
  const often = el("label", { class: "often" }, "How many", el("input", { id: "switch-times", type: "number", min: 1, max: 99, value: times, disabled: fail === "", on: { change: (event) => set("fail_times", Math.min(99, Math.max(1, Math.round(Number(event.target.value)) || 1))) } }));
  const toggles = [...platform.switches, ...SWITCHES].map(([name, words, detail]) => toggle(`switch-${name}`, words, detail, stage.switches[name], (on) => set(name, on)));
  const reads = platform.reads && toggle("reads", "Customers read their messages", "Once the chat is open here.", $("#reads")?.checked ?? true, readSoon);
  $(".switches").replaceChildren(
    ...(platform.choices ?? []).map(([name, label, options]) => choice(name, label, options)),
    choice("fail", "The next messages are answered with", [USUAL, ...platform.failures, LOST]),
    often,
    ...[reads, ...toggles].filter(Boolean),
    ...(platform.buttons ?? []).map(([name, words]) => el("button", { type: "button", on: { click: () => attempt(() => act(name)) } }, words)),
  );
  if (focused) document.getElementById(focused)?.focus();
}

function toggle(id, words, detail, checked, change) {
  return el("label", { class: "toggle" }, el("input", { type: "checkbox", id, checked, on: { change: (event) => change(event.target.checked) } }), el("span", {}, words, detail && el("small", {}, detail)));
}

const drawers = [["#settings", ".open-settings"], ["#wire", ".open-wire"]];

function openDrawer(id) {
  for (const [panel, button] of drawers) {
    const open = panel === id && !$(panel).classList.contains("open");
    $(panel).classList.toggle("open", open);
    $(button).setAttribute("aria-expanded", String(open));
    if (open) $(panel).querySelector(".close").focus();
  }
}

function closeDrawers() {
  const [, button] = drawers.find(([panel]) => $(panel).classList.contains("open")) ?? [];
  openDrawer(null);
  if (button) $(button).focus();
}

// Everything together

function fillAttach() {
  attach.replaceChildren(
    ...platform.attachments.map(([name, words, send]) =>
      el("button", { type: "button", on: { click: () => { showAttach(false); send(); } } }, icon(name), el("span", {}, words)),
    ),
  );
}

function showAttach(shown) {
  attach.hidden = !shown;
  $(".plus").setAttribute("aria-expanded", String(shown));
}

function grow() {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 140)}px`;
}

function submit() {
  const text = field.value.trim();
  if (!text || customer === null) return;
  field.value = "";
  grow();
  platform.sayText(text);
}

export function start(given) {
  platform = given;
  if (platform.canReply) {
    acts.reply = reply;
    acts.react = (bubble, emoji) => platform.react(bubble, emoji);
  }
  const { label, ...another } = platform.another;
  $(".another label").textContent = label;
  Object.assign($("#another"), another);
  $(".plus").append(icon("plus"));
  $(".send").append(icon("send"));
  fillAttach();
  on("snapshot", () => {
    const before = customer ?? sessionStorage.getItem("customer");
    customer = stage.people.has(before) ? before : [...stage.people.keys()][0];
    drawPeople();
    drawSwitches();
    drawServer();
    drawLog();
    drawStatus();
    readSoon();
    check();
  });
  on("bubble", ({ bubble }) => drawBubble(bubble));
  on("person", drawPeople);
  on("switches", drawSwitches);
  on("server", drawServer);
  on("typing", (change) => change.customer === customer && typing(change.seconds));
  $(".composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  field.addEventListener("input", grow);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  $(".plus").addEventListener("click", () => showAttach(attach.hidden));
  $(".another").addEventListener("submit", (event) => {
    event.preventDefault();
    const given = new FormData(event.target).get("customer").trim();
    const problem = platform.problemOf(given);
    $(".another .problem").textContent = problem ?? "";
    if (problem) return;
    const id = platform.idOf(given);
    if (!stage.people.has(id)) stage.people.set(id, { id, name: id, language: "" });
    event.target.reset();
    become(id);
  });
  $(".clear").addEventListener("click", () => attempt(() => act("clear")));
  $(".check").addEventListener("click", check);
  for (const [panel, button] of drawers) {
    $(button).addEventListener("click", () => openDrawer(panel));
    $(panel).querySelector(".close").addEventListener("click", closeDrawers);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || sheet.open) return;
    if (!attach.hidden) {
      showAttach(false);
      $(".plus").focus();
    } else closeDrawers();
  });
  document.addEventListener("visibilitychange", () => {
    readSoon();
    drawServer();
  });
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  // Whoever comes by a link of the shop's finds in the field what the link wants to be said.
  field.value = new URLSearchParams(location.search).get("text") ?? "";
  field.dispatchEvent(new Event("input"));
  connect();
}
