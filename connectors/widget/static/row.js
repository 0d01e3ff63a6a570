/** One message of the conversation: who said it, what, when, and how far it has got. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { renderMessage } from "./message.js";

const TOGETHER = 5 * 60_000; // milliseconds: messages of one author that stand together

const MARKS = { queued: "clock", sending: "clock", sent: "check", read: "read", failed: "alert" };

export class Row {
  element = h("div", { class: "row" });
  #context;
  #day = h("p", { class: "day" });
  #author = h("p", { class: "author" });
  #body = h("div");
  #meta = h("p", { class: "meta", "aria-live": "off" });
  #shown = {};

  /** `quiet` where it is no news: visitors said it themselves, or it was said before they came. */
  constructor(context, quiet) {
    this.#context = context;
    this.element.append(this.#day, this.#author, this.#body, this.#meta);
    if (quiet) this.#hush();
    // What visitors unfold or turn over themselves is no news either.
    for (const type of ["focusin", "click"]) this.element.addEventListener(type, () => this.#hush());
  }

  /** Shows an entry between its neighbours; `isLastOwn` where nothing newer of the visitor's has been sent. */
  update(entry, { before, after, isCurrent, isLastOwn }) {
    const { t, format, language } = this.#context;
    const isFirst = !follows(entry, before);
    const isLast = !after || !follows(after, entry);
    this.element.className = `row ${entry.author} ${isFirst ? "first" : ""} ${isLast ? "last" : ""}`;
    this.#author.hidden = entry.author === "system";
    const day = sameDay(entry, before) ? "" : format.day(entry.at);
    const author = entry.content.name ?? t(entry.author === "customer" ? "author_customer" : "author_bot");
    this.#redraw("head", [day, author], () => {
      this.#day.hidden = !day;
      this.#day.textContent = day;
      this.#author.textContent = author;
    });
    this.#redraw("body", [entry.content, isCurrent, language], () => {
      const body = renderMessage(entry, { ...this.#context, isCurrent });
      body.classList.add("body");
      this.#body.replaceWith(body);
      this.#body = body;
    });
    this.#redraw("meta", [entry.status, isLast, isLastOwn, language], () => this.#drawMeta(entry, isLast, isLastOwn));
  }

  /**
   * Draws a part if what it shows has changed. Only what is new is read out, not what looks different now; but the
   * next message may come, and change the marks below this one, before there was time to.
   */
  #redraw(part, values, draw) {
    const shows = JSON.stringify(values);
    if (this.#shown[part] === shows) return;
    if (part in this.#shown && part !== "meta") this.#hush();
    this.#shown[part] = shows;
    draw();
  }

  #hush() {
    this.element.ariaLive = "off";
  }

  #drawMeta(entry, isLast, isLastOwn) {
    const { t, format, connection } = this.#context;
    const { author, status, at } = entry;
    const pending = author === "customer" && !["sent", "read"].includes(status);
    const failed = pending && status === "failed";
    const time = h("time", { datetime: at.toISOString(), title: format.dateTime(at) }, format.time(at));
    const state = h("span", { role: failed && "alert" }, t(`status_${status}`));
    const button = (key, act) => h("button", { type: "button", onclick: () => act(entry) }, t(key));
    this.#meta.className = `meta ${pending ? status : ""}`;
    this.#meta.hidden = author === "system" || !(isLast || pending);
    this.#meta.replaceChildren(
      ...(pending || isLastOwn ? [icon(MARKS[status]), state] : []),
      ...(failed
        ? [button("resend", (one) => connection.resend(one)), button("discard", (one) => connection.discard(one))]
        : [time]),
    );
  }
}

/** Whether an entry stands together with the one before it. */
function follows(entry, before) {
  return (
    sameDay(entry, before) &&
    entry.author === before.author &&
    entry.content.name === before.content.name &&
    entry.at - before.at < TOGETHER
  );
}

function sameDay(entry, before) {
  return before?.at.toDateString() === entry.at.toDateString();
}
