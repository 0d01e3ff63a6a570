/** The panel: a conversation between its head and the field in which the visitor writes. */

import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { h, styleSheet } from "./dom.js";
import { Format } from "./format.js";
import { Head } from "./head.js";
import { Log } from "./log.js";
import { local } from "./storage.js";

const PATIENCE = 2000; // milliseconds without a connection until the visitor is told
const FULL = matchMedia("(max-width: 480px), (max-height: 420px)"); // as in chat.css: the panel fills the screen

export class Chat extends HTMLElement {
  /** Fulfilled when the panel can be shown. */
  ready;
  #control;
  #language;
  #connection;
  #context;
  #head;
  #log;
  #composer;
  #banner = h("p", { class: "banner", role: "status", hidden: true });
  #drop = h("div", { class: "drop", "aria-hidden": "true", hidden: true });
  #panel;
  #impatient;

  /** `control` is {server, options, language, identity, emit, close, setLanguage, showUnread}; see control.js. */
  constructor(control) {
    super();
    this.#control = control;
    this.#language = control.language;
    this.#connection = new Connection({
      server: control.server,
      storage: local,
      locale: () => this.#language.locale,
      identity: control.identity,
    });
    this.#context = {
      connection: this.#connection,
      t: (key, values) => this.#language.t(key, values),
      send: (message) => this.send(message),
      press: (button) => this.send(button),
      chooseFiles: () => this.#composer.attachments.open(),
    };
    this.#head = new Head(this.#context, control.options, { onclose: control.close, onlanguage: control.setLanguage });
    this.#log = new Log(this.#context, control.options, () => this.#see());
    this.#composer = new Composer(this.#context);
    this.#panel = h(
      "dialog",
      { class: "panel", tabindex: -1, hidden: true },
      this.#head.element,
      this.#banner,
      this.#log.element,
      this.#composer.element,
      this.#drop,
    );
    this.#write();
    this.#listen();
    this.ready = this.#dress();
  }

  /** Shows the panel, and connects the first time. */
  open(focus) {
    this.#panel.hidden = false;
    this.#lay();
    this.#fit();
    this.#connection.start();
    if (focus) this.#composer.focus();
    this.#see();
  }

  /** Hides the panel; returns whether the focus was in it. */
  close() {
    const focused = Boolean(this.shadowRoot.activeElement);
    this.#panel.hidden = true;
    this.#lay();
    return focused;
  }

  /** The page may take the widget out, and put it in again. */
  connectedCallback() {
    this.#lay();
  }

  /** Sends what was written, {text, photos}, or pressed, {payload, title}. */
  send(message) {
    this.#connection.send(message);
    this.#control.emit("sent", { kind: message.payload ? "button" : message.photos?.length ? "photos" : "text" });
  }

  /** Goes on in another language, and tells the assistant if it speaks that and there is a conversation. */
  speak(language) {
    const changed = language.code !== this.#language.code;
    this.#language = language;
    this.#write();
    const served = language.languages.find(({ lang }) => lang === language.code);
    if (!changed || !served || !this.#connection.entries.length) return;
    this.send({ payload: `/change_language${JSON.stringify({ language: language.code })}`, title: served.name });
  }

  /** Takes the options as they are now. */
  configure() {
    this.#write();
  }

  /** Begins again as whoever the visitor is now. */
  identify() {
    this.#connection.restart();
  }

  async #dress() {
    const sheets = ["chat.css", "cards.css"].map((name) => styleSheet(new URL(name, import.meta.url)));
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = await Promise.all(sheets);
    root.append(this.#panel);
  }

  #write() {
    const { code, dir, locale } = this.#language;
    const { corner, name } = this.#control.options;
    Object.assign(this.#context, { language: code, format: new Format(locale) });
    this.#panel.className = `panel ${corner}`;
    this.#panel.lang = code;
    this.#panel.dir = dir;
    this.#panel.ariaLabel = name || this.#language.t("title");
    this.#drop.textContent = this.#language.t("drop");
    this.#head.speak(this.#language);
    this.#log.speak();
    this.#composer.speak();
    this.#showState();
  }

  #listen() {
    const { emit, showUnread, close } = this.#control;
    const heard = {
      state: () => {
        this.#update({});
        if (this.#connection.state === "refused") emit("error", { kind: "refused" });
      },
      entries: ({ detail }) => this.#update(detail),
      typing: () => this.#log.show(this.#connection.typist),
      unread: () => {
        showUnread(this.#connection.unread);
        this.#see();
      },
      identity: ({ detail }) => emit("identity", detail),
    };
    for (const [type, listener] of Object.entries(heard)) this.#connection.addEventListener(type, listener);
    document.addEventListener("visibilitychange", () => this.#see());
    visualViewport.addEventListener("resize", () => this.#fit());
    visualViewport.addEventListener("scroll", () => this.#fit());
    FULL.addEventListener("change", () => this.#lay());
    this.#panel.addEventListener("cancel", (event) => {
      event.preventDefault(); // Closing is more than the browser knows of.
      close();
    });
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing && !event.defaultPrevented) close();
    });
    this.#acceptDrops();
  }

  #update(detail) {
    const arrived = this.#log.update(detail);
    this.#showState();
    const { emit } = this.#control;
    for (const { author, content } of arrived) {
      if (content.event === "continued") emit("continued", { name: content.name });
      else if (author === "system") emit("handoff", { kind: content.event });
      else emit("received", { author, kind: content.custom?.type ?? "text" });
    }
    for (const { content } of detail.changed ?? []) if (content.rating) emit("rated", { stars: content.rating.stars });
  }

  #showState() {
    const { state } = this.#connection;
    this.#head.show(state, this.#person);
    if (state === "online") this.#head.offer(this.#connection.elsewhere);
    const reason = ["offline", "refused"].includes(state) ? state : "waiting";
    const banner = this.#language.t(`banner_${reason}`);
    if (this.#banner.textContent !== banner) this.#banner.textContent = banner; // It is read out once, not at each attempt.
    if (state !== "online") {
      this.#impatient ??= setTimeout(() => (this.#banner.hidden = false), PATIENCE);
    } else {
      clearTimeout(this.#impatient);
      this.#impatient = undefined;
      this.#banner.hidden = true;
    }
  }

  /** The name of the person who has joined and not left. */
  get #person() {
    const last = this.#connection.entries.findLast(({ content }) => ["joined", "left"].includes(content.event))?.content;
    return last?.event === "joined" ? last.name : undefined;
  }

  /** What has come is read when its end is in view. */
  #see() {
    const inView = !this.#panel.hidden && document.visibilityState === "visible" && this.#log.atEnd;
    if (!inView || !this.#connection.unread) return;
    this.#connection.read();
    this.#control.emit("read");
  }

  /** Nothing behind the panel can be reached where it covers the page; elsewhere both can be used. */
  #lay() {
    const covers = FULL.matches && !this.#panel.hidden;
    if (!this.isConnected || covers === this.#panel.matches(":modal")) return;
    const focused = this.shadowRoot.activeElement;
    this.#panel.close();
    if (covers) this.#panel.showModal();
    (focused ?? this.#panel).focus({ preventScroll: true });
  }

  /** On a phone the keyboard covers a part of the page; the panel fills the rest. */
  #fit() {
    const { height, offsetTop, scale } = visualViewport;
    if (scale !== 1 || !FULL.matches) return;
    this.#panel.style.setProperty("--height", `${height}px`);
    this.#panel.style.setProperty("--top", `${offsetTop}px`);
  }

  #acceptDrops() {
    const hasFiles = ({ dataTransfer }) => dataTransfer.types.includes("Files");
    this.#panel.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.#drop.hidden = false;
    });
    this.#panel.addEventListener("dragleave", ({ relatedTarget }) => {
      if (!this.#panel.contains(relatedTarget)) this.#drop.hidden = true;
    });
    this.#panel.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.#drop.hidden = true;
      this.#composer.attachments.add(event.dataTransfer.files);
      this.#composer.focus();
    });
  }
}

customElements.define("aftercare-chat", Chat);
