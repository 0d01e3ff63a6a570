/** What was said, as it is said. The server writes the lines (templates/transcript.html); this puts them in their place. */

import { address, fragment, post } from "./http.js";
import { t } from "./words.js";

const NEAR = 80; // pixels from the end at which somebody reads what comes
const TYPING = 6000; // milliseconds for which one word of typing counts
const AT_ONCE = 10; // messages that are translated with one request
const LATEST = 10; // messages that are looked at again after the page came back

export class Transcript {
  #root;
  #path;
  #list;
  #scroller;
  #work = Promise.resolve(); // one after the other, or lines come twice
  #typing;

  constructor(root) {
    this.#root = root;
    this.#path = `/desk/tickets/${root.dataset.ticket}`;
    this.#list = root.querySelector(".lines");
    this.#scroller = root.querySelector(".talk > .scroll");
    this.#list.addEventListener("click", ({ target }) => target.closest("[data-earlier]") && this.#earlier());
    // Pictures that arrive late make the lines longer.
    this.#list.addEventListener("load", () => this.#near && this.toEnd(), true);
    document.addEventListener("visibilitychange", () => this.#read());
    this.toEnd();
    this.#arrived();
  }

  /** Takes an event of the conversation. */
  take(event) {
    switch (event.type) {
      case "message":
        if (event.message.author === "customer") this.#show(false);
        return this.update();
      case "typing":
        return event.author === "customer" && this.#show(true);
      case "read":
        if (event.reader === "customer") return this.#seen(event.up_to);
        return event.reader === "bot" && this.#again([event.up_to]);
      case "delivery":
      case "rating":
        return this.#again([event.message_id]);
      case "lost":
        return this.update();
    }
  }

  /** Adds what is new. */
  update() {
    return this.#then(async () => {
      const near = this.#near;
      const html = await fragment(`${this.#path}/transcript?after=${this.#newest("m")}&note=${this.#newest("n")}`);
      for (const line of lines(html)) if (!document.getElementById(line.id)) this.#list.append(line);
      if (near) this.toEnd();
      this.#arrived();
    });
  }

  /** Brings up to date what was loaded before anything was heard of it: adds what is new, and shows the latest again. */
  catchUp() {
    const shown = [...this.#list.children].filter(({ id }) => id.startsWith("m")).slice(-LATEST);
    if (shown.length) this.#again(shown.map(({ dataset }) => dataset.id));
    return this.update();
  }

  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  get #near() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  #then(work) {
    this.#work = this.#work.then(work).catch(() => null);
    return this.#work;
  }

  #newest(prefix) {
    const ids = [...this.#list.children].filter(({ id }) => id.startsWith(prefix)).map(({ dataset }) => Number(dataset.id));
    return Math.max(0, ...ids);
  }

  #again(ids) {
    return this.#then(async () => {
      for (const line of lines(await fragment(`${this.#path}/transcript?some=${ids.join()}`))) {
        const shown = document.getElementById(line.id);
        const translation = shown?.querySelector(".translation");
        if (translation) line.querySelector(".text")?.after(translation);
        line.toggleAttribute("data-asked", shown?.hasAttribute("data-asked") ?? false);
        shown?.replaceWith(line);
      }
      this.#seen();
    });
  }

  #earlier() {
    const first = [...this.#list.children].find(({ id }) => id.startsWith("m"));
    return this.#then(async () => {
      const before = this.#scroller.scrollHeight - this.#scroller.scrollTop;
      const html = await fragment(`${this.#path}/transcript?before=${first.dataset.id}`);
      this.#list.querySelector(".earlier")?.remove();
      const known = new Set([...this.#list.children].map(({ id }) => id));
      this.#list.prepend(...lines(html).filter(({ id }) => !id || !known.has(id)));
      this.#scroller.scrollTop = this.#scroller.scrollHeight - before;
      this.#translate();
    });
  }

  #arrived() {
    this.#read();
    this.#seen();
    this.#translate();
  }

  #read() {
    const upTo = this.#newest("m");
    if (document.hidden || !upTo || !("holds" in this.#root.dataset)) return;
    post(`${this.#path}/read`, { up_to: upTo }).catch(() => null);
  }

  /** Says whether the customer has seen what was answered last. */
  #seen(upTo = Number(this.#root.dataset.read)) {
    this.#root.dataset.read = Math.max(upTo, Number(this.#root.dataset.read));
    const said = [...this.#list.children].filter(({ dataset }) => ["customer", "bot", "agent"].includes(dataset.kind)).at(-1);
    const shown = said?.dataset.kind === "agent" && Number(said.dataset.id) <= Number(this.#root.dataset.read);
    this.#root.querySelector(".seen").hidden = !shown;
  }

  #show(typing) {
    const near = this.#near;
    clearTimeout(this.#typing);
    this.#root.querySelector(".typing").textContent = typing ? t("conversation_js_typing") : "";
    if (typing) this.#typing = setTimeout(() => this.#show(false), TYPING);
    if (near) this.toEnd();
  }

  /** Puts translations under what the agent does not read, the latest first. */
  async #translate() {
    if (!("translates" in this.#root.dataset)) return;
    const waiting = [...this.#list.querySelectorAll("[data-foreign]:not([data-asked])")].reverse();
    for (const line of waiting) line.dataset.asked = "";
    for (let i = 0; i < waiting.length; i += AT_ONCE) {
      const ids = waiting.slice(i, i + AT_ONCE).map(({ dataset }) => Number(dataset.id));
      const { texts } = await post(`${this.#path}/translate`, { messages: ids }).catch(() => ({ texts: {} }));
      const near = this.#near;
      for (const [id, text] of Object.entries(texts)) {
        const shown = document.createElement("p");
        Object.assign(shown, { className: "translation", textContent: text, dir: "auto", title: t("conversation_js_translation") });
        document.getElementById(`m${id}`)?.querySelector(".text")?.after(shown);
      }
      if (near) this.toEnd();
    }
  }
}

function lines(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.children];
}

/** Where a picture of a conversation is. */
export const photoAddress = (ticket, id) => address(`/desk/tickets/${ticket}/photos/${id}`);
