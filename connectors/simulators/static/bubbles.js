// Messages, as a telephone draws them.

import { clock, el, icon } from "/static/dom.js";
import { anchor, wechat, whatsapp } from "/static/markup.js";
import { stage } from "/static/stage.js";

const STATES = {
  waiting: ["clock", "Under way"],
  sent: ["tick", "Sent"],
  delivered: ["ticks", "Delivered"],
  read: ["ticks", "Read"],
  failed: ["warning", "Failed"],
};

/** A message. `acts` has what can be done with it: choose, open, again, reply, react, askLocation. */
export function draw(bubble, acts) {
  const { content, author } = bubble;
  if (author === "platform") return drawNotice(bubble, acts);
  const parts = [
    content.label && el("p", { class: "label" }, content.label),
    bubble.reply_to && quote(bubble.reply_to),
    content.header && el("p", { class: "header" }, content.header),
    content.image && picture(content.image),
    content.document && paper(content.document),
    content.file && paper(content.file),
    content.voice && voice(content.voice),
    content.location && place(content.location),
    content.contacts?.map((one) => el("p", { class: "contact" }, icon("person"), el("span", {}, one.name), el("small", {}, one.phone))),
    content.text && words(content, bubble, acts),
    content.items && el("ul", { class: "items" }, content.items.map((item) => el("li", {}, choice(bubble, item, acts, "link")))),
    content.tail && el("p", { class: "text" }, content.tail),
    content.detail && el("p", { class: "detail" }, content.detail),
    content.lines && el("dl", {}, content.lines.flatMap(({ name, value }) => [el("dt", {}, name), el("dd", {}, value)])),
    content.footer && el("p", { class: "footer" }, content.footer),
  ];
  const meta = el("p", { class: "meta" }, el("time", { dateTime: bubble.at }, clock(bubble.at)), ticks(bubble));
  const more = acts.reply
    ? el("button", { type: "button", class: "more", "aria-expanded": "false", on: { click: (event) => toggle(event.currentTarget) } }, icon("more"), el("span", { class: "unseen" }, "Answer or react"))
    : null;
  const body = el("div", { class: "bubble" }, parts, meta, more);
  const reactions = Object.values(bubble.reactions);
  return el(
    "article",
    { class: `message ${author} ${content.kind}`, id: `m-${bubble.id}`, data: { state: bubble.state } },
    body,
    controls(bubble, acts),
    reactions.length > 0 && el("p", { class: "reactions", title: "Reactions" }, reactions.join(" ")),
    failure(bubble, acts),
    more && actions(bubble, acts),
  );
}

function drawNotice(bubble, acts) {
  return el(
    "article",
    { class: "message platform", id: `m-${bubble.id}`, data: { state: bubble.state } },
    el("p", {}, bubble.content.text),
    failure(bubble, acts),
  );
}

function words(content, bubble, acts) {
  const chosen = (id, title) => acts.say(title, id);
  const drawn = content.markup ? whatsapp(content.text) : content.links ? wechat(content.text, chosen) : [content.text];
  return el("p", { class: "text" }, drawn);
}

function ticks(bubble) {
  if (stage.about.platform === "WeChat" && bubble.state !== "waiting") return null;
  const [name, title] = STATES[bubble.state];
  return el("span", { class: `ticks ${bubble.state}`, title, role: "img", "aria-label": title }, icon(name));
}

function quote(id) {
  const quoted = stage.bubbles.get(id);
  const by = quoted?.author === "shop" ? "Demonstration shop" : "You";
  return el("blockquote", {}, el("strong", {}, quoted ? by : "A message"), el("span", {}, quoted ? summary(quoted) : "that is no longer here"));
}

/** A message in a few words. */
export function summary({ content }) {
  return content.text ?? content.header ?? content.label ?? content.image?.name ?? content.document?.name ?? content.kind;
}

function picture(image) {
  if (!image.id) return el("p", { class: "pending" }, icon("photo"), image.link ? "The picture is being fetched" : "A picture that is not here");
  const shown = el("img", { src: `/page/files/${image.id}`, alt: image.name || "Picture", class: image.kind, loading: "lazy" });
  // Some are sent to see whether anybody looks at what is in them.
  shown.addEventListener("error", () => shown.replaceWith(el("p", { class: "pending" }, icon("warning"), `${image.name || "File"}: no picture, though it says so`)));
  return shown;
}

function paper(file) {
  const name = file.name || "File";
  const size = file.bytes ? `${Math.ceil(file.bytes / 1024)} kB · ` : "";
  const inside = [icon("file"), el("span", {}, name, el("small", {}, `${size}${file.content_type ?? "not fetched yet"}`))];
  if (!file.id) return el("p", { class: "paper" }, inside);
  return el("a", { class: "paper", href: `/page/files/${file.id}`, target: "_blank", rel: "noreferrer" }, inside);
}

function voice({ words }) {
  const bars = [4, 9, 14, 8, 16, 11, 6, 13, 9, 15, 7, 10, 5, 12, 8];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 75 20");
  svg.setAttribute("class", "wave");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", bars.map((height, i) => `M${i * 5 + 2} ${10 - height / 2}v${height}`).join(""));
  svg.append(path);
  return el("div", { class: "voice" }, el("p", { "aria-label": "Voice message", role: "img" }, icon("voice"), svg), el("small", {}, words ? `Recognized: “${words}”` : "Without recognized words"));
}

function place({ latitude, longitude, name, address }) {
  const where = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  return el("p", { class: "place" }, el("span", { class: "map" }, icon("place")), el("span", {}, el("strong", {}, name || "Location"), address && el("small", {}, address), el("small", {}, where)));
}

function controls(bubble, acts) {
  const { content } = bubble;
  const buttons = (content.buttons ?? []).map((one) => choice(bubble, one, acts));
  if (content.sections) {
    buttons.push(el("button", { type: "button", on: { click: () => acts.open(bubble) } }, icon("list"), content.open));
  }
  if (content.asks_location) {
    buttons.push(el("button", { type: "button", on: { click: () => acts.askLocation(bubble) } }, icon("place"), "Send location"));
  }
  if (content.link) buttons.push(anchor(content.link.url, content.link.title || content.link.url));
  return buttons.length > 0 && el("div", { class: "choices" }, buttons);
}

function choice(bubble, { id, title }, acts, kind) {
  const taken = [...stage.bubbles.values()].some((one) => one.reply_to === bubble.id && one.content.text === title);
  return el("button", { type: "button", class: kind, disabled: taken, on: { click: () => acts.choose(bubble, id) } }, title);
}

function failure(bubble, acts) {
  if (bubble.state !== "failed") return null;
  const again = bubble.author === "shop" ? null : el("button", { type: "button", class: "again", on: { click: () => acts.again(bubble) } }, "Send again");
  const said = bubble.author === "shop" ? `The customer does not see this. ${bubble.reason}` : bubble.reason;
  return el("p", { class: "failure" }, icon("warning"), el("span", {}, said), again);
}

function actions(bubble, acts) {
  const emoji = ["👍", "❤️", "😂", "😮", "🙏"];
  const mine = bubble.reactions.customer;
  return el(
    "div",
    { class: "actions", hidden: true },
    el("button", { type: "button", on: { click: () => acts.reply(bubble) } }, icon("back"), "Reply"),
    emoji.map((one) => el("button", { type: "button", "aria-label": `React with ${one}`, "aria-pressed": String(mine === one), on: { click: () => acts.react(bubble, mine === one ? "" : one) } }, one)),
  );
}

function toggle(button) {
  const shown = button.closest(".message").querySelector(".actions");
  for (const other of document.querySelectorAll(".actions:not([hidden])")) if (other !== shown) other.hidden = true;
  shown.hidden = !shown.hidden;
  button.setAttribute("aria-expanded", String(!shown.hidden));
  if (!shown.hidden) shown.scrollIntoView({ block: "nearest" });
}
