/** The conversation: its messages, who is writing, and where the visitor is reading. */

import { answerButton } from "./cards.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { Row } from "./row.js";

const NEAR = 60; // pixels: so near an edge counts as being there
const HESITATION = 300; // milliseconds until somebody who writes is shown
const SUGGESTIONS = {
  suggestion_order: "/track_order",
  suggestion_return: "/return_item",
  suggestion_exchange: "/exchange_item",
  suggestion_person: "/human_handoff",
};

export class Log {
  /** Whether the newest message is in view. */
  atEnd = true;
  #context;
  #options;
  #onseen;
  #rows = new Map(); // by the keys of the entries
  #older = h("button", {
    type: "button",
    class: "older",
    "aria-live": "off",
    hidden: true,
    onclick: () => this.#loadOlder(),
  });
  #greeting = h("div", { class: "row bot first", hidden: true });
  #list = h("div", { class: "rows" });
  #suggestions = h("div", { class: "card replies", role: "group", "aria-live": "off", hidden: true });
  #typing = h("div", { class: "row bot first typing", "aria-live": "off", hidden: true });
  #content = h("div", { class: "content" }, this.#older, this.#greeting, this.#list, this.#suggestions, this.#typing);
  #scroller = h("div", { class: "log", role: "log", "aria-live": "polite", tabindex: "0" }, this.#content);
  #latest = h("button", { type: "button", class: "latest", hidden: true, onclick: () => this.toEnd() });
  #height = 0; // of the content, when its end was last brought into view
  #missed = 0; // messages that came while the visitor was reading further up
  #loading = false;
  #hesitating;

  element = h("div", { class: "conversation" }, this.#scroller, this.#latest);

  /** `context` is that of `renderMessage`; `onseen()` is called when the end comes into view. */
  constructor(context, options, onseen) {
    this.#context = context;
    this.#options = options;
    this.#onseen = onseen;
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // Pictures load, cards unfold, the field grows: who is at the end stays there.
    const observer = new ResizeObserver(() => this.atEnd && this.#scrollToEnd());
    observer.observe(this.#scroller);
    observer.observe(this.#content);
  }

  /** Writes everything in the language that it is now. */
  speak() {
    const { t } = this.#context;
    this.#scroller.ariaLabel = t("log");
    this.#older.textContent = t("older");
    this.#suggestions.ariaLabel = t("suggestions");
    if (this.#greeting.hasChildNodes()) this.#greeting.ariaLive = "off"; // It was read in the language before.
    const greeting = h("p", { dir: "auto" }, this.#options.greeting || t("greeting"));
    this.#greeting.replaceChildren(
      h("p", { class: "author" }, t("author_bot")),
      h("div", { class: "body" }, h("div", { class: "text" }, greeting)),
    );
    this.#suggestions.replaceChildren(
      ...Object.entries(SUGGESTIONS).map(([key, payload]) =>
        answerButton({ title: t(key), payload }, { press: this.#context.press, isCurrent: true }, "chip"),
      ),
    );
    this.#draw();
    this.#showLatest();
    this.show(this.#context.connection.typist);
  }

  /** Shows the entries as they are now; returns those of others that have just come. */
  update({ added = [], reset = false, older = false } = {}) {
    const fromEnd = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    const arrived = reset || older ? [] : added.filter(({ author }) => author !== "customer");
    if (reset) this.#rows.clear();
    this.#draw(reset || older);
    if (reset || added.some(({ status }) => ["queued", "sending"].includes(status))) this.toEnd();
    else if (older) this.#scroller.scrollTop = this.#scroller.scrollHeight - fromEnd;
    else if (arrived.length) this.#arrive(arrived);
    return arrived;
  }

  /** Shows who is writing, {author, name, waits}, or null; who waits has not begun. */
  show(typist) {
    clearTimeout(this.#hesitating);
    if (!typist) {
      this.#typing.hidden = true;
      return;
    }
    const { t } = this.#context;
    const name = typist.name ?? t("author_bot");
    const dots = [h("span", { class: "unseen" }, t("typing", { name })), h("i"), h("i"), h("i")];
    this.#typing.classList.toggle("typing", !typist.waits);
    this.#typing.ariaLive = typist.waits ? "polite" : "off";
    this.#typing.replaceChildren(
      h("p", { class: "author" }, name),
      h("div", { class: "text" }, typist.waits ? h("p", {}, t("one_moment")) : dots),
    );
    this.#hesitating = setTimeout(() => (this.#typing.hidden = false), HESITATION);
  }

  toEnd() {
    this.atEnd = true;
    this.#missed = 0;
    this.#scrollToEnd();
    this.#showLatest();
    this.#onseen();
  }

  /** `quiet` where what is new to the window is no news. */
  #draw(quiet) {
    const { entries, hasOlder, state } = this.#context.connection;
    const focused = this.#scroller.getRootNode().activeElement;
    const mine = this.#scroller.contains(focused);
    const said = entries.findLastIndex(({ author, status }) => author === "customer" && status !== "failed");
    const sent = entries.findLastIndex(({ status }) => ["sent", "read"].includes(status));
    const rows = new Map(
      entries.map(({ key, author }) => [
        key,
        this.#rows.get(key) ?? new Row(this.#context, quiet || author === "customer"),
      ]),
    );
    entries.forEach((entry, i) => {
      const neighbours = { before: entries[i - 1], after: entries[i + 1] };
      rows.get(entry.key).update(entry, { ...neighbours, isCurrent: i > said, isLastOwn: i === sent });
    });
    this.#rows = rows;
    place(this.#list, [...rows.values()].map(({ element }) => element));

    // What was said before is not known until the server has answered.
    const known = entries.length > 0 || state !== "connecting";
    this.#older.hidden = !hasOlder;
    this.#greeting.hidden = hasOlder || !known;
    this.#suggestions.hidden = entries.length > 0 || !known;
    if (mine && !focused.checkVisibility()) this.#scroller.focus({ preventScroll: true });
  }

  #arrive(arrived) {
    const { element } = this.#rows.get(arrived[0].key);
    if (!this.atEnd) {
      this.#missed += arrived.length;
      this.#showLatest();
    } else if (this.#scroller.scrollHeight - element.offsetTop > this.#scroller.clientHeight) {
      this.atEnd = false;
      this.#scroller.scrollTop = element.offsetTop; // It is read from its beginning.
    }
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    // Something has come since, and the observer is about to follow it: nobody has scrolled away.
    if (this.atEnd && scrollHeight > this.#height) return;
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (atEnd !== this.atEnd) {
      this.atEnd = atEnd;
      if (atEnd) this.#missed = 0;
      this.#showLatest();
      if (atEnd) this.#onseen();
    }
    if (scrollTop < NEAR && this.#context.connection.hasOlder) this.#loadOlder();
  }

  async #loadOlder() {
    if (this.#loading) return;
    this.#loading = true;
    this.#older.ariaBusy = "true";
    try {
      await this.#context.connection.older();
    } finally {
      this.#loading = false;
      this.#older.ariaBusy = "false";
    }
  }

  #scrollToEnd() {
    this.#height = this.#scroller.scrollHeight;
    this.#scroller.scrollTop = this.#height;
  }

  #showLatest() {
    const { t } = this.#context;
    this.#latest.hidden = this.atEnd;
    this.#latest.title = t("latest");
    this.#latest.ariaLabel = this.#missed ? null : t("latest");
    this.#latest.replaceChildren(icon("down"), this.#missed ? t("unread", { count: this.#missed }) : "");
  }
}

/** Makes these the children of a list, and moves none that stands right: one that moves would lose the focus. */
function place(list, elements) {
  const wanted = new Set(elements);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  let next = list.firstElementChild;
  for (const element of elements) {
    if (element === next) next = next.nextElementSibling;
    else list.insertBefore(element, next);
  }
}
