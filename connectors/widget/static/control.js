/** What the launcher can do: open and close the chat, greet, and pass on what the page says. */

import { drawing, h, styleSheet } from "./dom.js";
import { Language } from "./i18n.js";
import { local, session } from "./storage.js";

const OPEN = "aftercare:open"; // "yes" or "no": what the visitor last did, on this page or the one before
const GREETED = "aftercare:greeted";
const LANGUAGE = "aftercare:language";

export class Control {
  #widget;
  #server;
  #emit;
  #identity;
  #language;
  #chat;
  #opened = false;
  #timers = [];
  #bubble;
  #status = h("p", { class: "unseen", role: "status" });

  constructor(widget, server, emit) {
    this.#widget = widget;
    this.#server = server;
    this.#emit = emit;
    this.#identity = widget.options.identity ?? null;
    window.navigation?.addEventListener("navigatesuccess", () => this.#plan());
  }

  /** Opens the chat again that was open on the page before, or starts to wait for the moment to greet. */
  resume() {
    const last = session.getItem(OPEN);
    if (last === "yes" || (!last && this.#widget.options.open !== undefined)) this.#open(false);
    else this.#plan();
  }

  prefetch() {
    import("./chat.js").catch(() => {}); // Opening tries again, and says so if it cannot.
  }

  open() {
    return this.#open(true);
  }

  async close() {
    session.setItem(OPEN, "no");
    if (!this.#opened) return;
    const chat = await this.#chat;
    this.#opened = this.#widget.launcher.hidden = false;
    if (chat.close()) this.#widget.launcher.focus();
    this.#emit("close");
  }

  toggle() {
    return this.#opened ? this.close() : this.open();
  }

  async send(text) {
    const chat = await this.open();
    chat?.send({ text });
  }

  /** A signed token, a function that fetches one, or null: nobody is logged in any more. */
  async identify(identity) {
    this.#identity = identity;
    const chat = await this.#chat;
    chat?.identify();
  }

  async setLanguage(code) {
    const chat = await this.#chat;
    try {
      this.#widget.options.language = code;
      await this.#widget.speak();
      const language = await this.#speak();
      this.#widget.draw();
      local.setItem(LANGUAGE, language.code);
      chat?.speak(language);
      this.#emit("language", { language: language.code });
    } catch {
      chat?.configure(); // It shows again which language it is.
      this.#emit("error", { kind: "load" });
    }
  }

  async configure({ identity, language, ...options }) {
    Object.assign(this.#widget.options, options);
    this.#widget.draw();
    this.#plan();
    if (identity !== undefined) await this.identify(identity);
    if (language) await this.setLanguage(language);
    const chat = await this.#chat;
    chat?.configure();
  }

  async #open(focus) {
    session.setItem(OPEN, "yes");
    this.#hush();
    this.#chat ??= this.#load();
    try {
      const chat = await this.#chat;
      if (!this.#opened && session.getItem(OPEN) === "yes") {
        this.#opened = this.#widget.launcher.hidden = true;
        chat.open(focus);
        this.#emit("open");
      }
      return chat;
    } catch {
      this.#chat = undefined; // The next time tries again.
      this.#emit("error", { kind: "load" });
      await this.#say(this.#widget.strings.messages.launcher_failed);
    }
  }

  async #load() {
    // message.js is deep among what chat.js imports: named here, it does not wait for the rest.
    const [{ Chat }, language] = await Promise.all([import("./chat.js"), this.#speak(), import("./message.js")]);
    const chat = new Chat({
      server: this.#server,
      options: this.#widget.options,
      language,
      identity: async () => (typeof this.#identity === "function" ? this.#identity() : this.#identity),
      emit: this.#emit,
      close: () => this.close(),
      setLanguage: (code) => this.setLanguage(code),
      showUnread: (count) => this.#showUnread(count),
    });
    await chat.ready;
    this.#widget.frame.append(chat);
    this.#widget.corner.append(this.#status);
    return chat;
  }

  /** The language that the launcher has found, with all its strings. */
  async #speak() {
    const { lang } = this.#widget.strings;
    if (this.#language?.code !== lang) this.#language = await Language.load(lang);
    return this.#language;
  }

  async #showUnread(count) {
    const { badge, launcher, strings } = this.#widget;
    const language = await this.#speak();
    const open = strings.messages.launcher_open;
    badge.hidden = !count;
    badge.textContent = count.toLocaleString(language.locale);
    const unread = count ? language.t("unread", { count }) : "";
    launcher.ariaLabel = unread ? `${open} (${unread})` : open;
    this.#status.textContent = this.#opened ? "" : unread; // In the open chat, the message itself is read out.
  }

  /** Sets the clocks of this page's greetings. Nobody is greeted twice, or after having opened or closed the chat. */
  #plan() {
    this.#timers.forEach(clearTimeout);
    if (session.getItem(GREETED) || session.getItem(OPEN)) return;
    const { greeting, greetingAfter, greetingPages, greetings } = this.#widget.options;
    const single = greetingAfter === undefined ? [] : [{ text: greeting, after: greetingAfter, pages: greetingPages }];
    this.#timers = [...single, ...greetings]
      .filter(({ pages }) => matches(pages ?? "*", location.pathname))
      .map(({ text, after }) => setTimeout(() => this.#greet(text), after * 1000));
  }

  async #greet(text) {
    session.setItem(GREETED, "yes");
    await this.#say(text ?? (await this.#speak()).t("greeting"));
  }

  async #say(text) {
    this.#hush();
    const { shadowRoot, corner, strings } = this.#widget;
    if (!this.#bubble) {
      shadowRoot.adoptedStyleSheets.push(await styleSheet(new URL("greeting.css", import.meta.url)));
      this.#bubble = h("div", { class: "bubble", role: "status" });
      corner.prepend(this.#bubble);
    }
    this.#bubble.replaceChildren(
      h("button", { type: "button", class: "text", onclick: () => this.open() }, text),
      h(
        "button",
        { type: "button", class: "dismiss", "aria-label": strings.messages.launcher_dismiss, onclick: () => this.#hush() },
        drawing("m6 6 12 12", "M18 6 6 18"),
      ),
    );
    this.#bubble.hidden = false;
  }

  #hush() {
    this.#timers.forEach(clearTimeout);
    if (this.#bubble) this.#bubble.hidden = true;
  }
}

/** Whether a path fits one of the patterns, which commas separate; * stands for anything. */
function matches(patterns, path) {
  return patterns.split(",").some((pattern) => {
    const parts = pattern.trim().split("*").map((part) => part.replace(/[^\w/]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`).test(path);
  });
}
