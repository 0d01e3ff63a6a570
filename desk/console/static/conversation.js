/** The page of a conversation. */

import { Acts } from "./acts.js";
import { Composer } from "./composer.js";
import { fragment, post } from "./http.js";
import { watch } from "./live.js";
import { shortcut } from "./shortcuts.js";
import { failed, toast } from "./toasts.js";
import { Transcript } from "./transcript.js";
import { language, t } from "./words.js";

const LATER = 400; // milliseconds: what changes at once is fetched once

class Conversation extends HTMLElement {
  connectedCallback() {
    const id = Number(this.dataset.ticket);
    this.path = `/desk/tickets/${id}`;
    this.transcript = new Transcript(this);
    this.composer = new Composer(this);
    this.acts = new Acts(this, this.composer);
    this.#keys();
    this.#panel();
    this.addEventListener("said", () => this.transcript.update().then(() => this.transcript.toEnd()));
    this.addEventListener("acted", () => this.#summarize());
    document.addEventListener("desk:event", ({ detail }) => this.#take(detail, id));
    watch(id);
    if ("holds" in this.dataset && matchMedia("(min-width: 48rem)").matches) this.composer.focus();
  }

  #take(frame, id) {
    switch (frame.type) {
      case "conversation":
        if (frame.ticket_id !== id) return;
        this.transcript.take(frame.event);
        if (frame.event.type === "message") this.#summarize();
        if (frame.event.message?.author === "customer") this.querySelector("[data-unreachable]")?.remove();
        return;
      case "watching":
        if (frame.ticket_id !== id) return;
        this.transcript.catchUp();
        this.#changed(frame); // Since the page was written.
        return;
      case "note":
        if (frame.conversation_id === this.dataset.conversation) this.transcript.update();
        return;
      case "ticket":
        if (frame.id === id) this.#changed(frame);
        this.#list();
        return;
      case "lost":
        this.transcript.update();
        this.#summarize();
    }
  }

  /** Another state, or another agent: the page is another one. What is being written stays in the drafts. */
  #changed({ state, agent_id: agent }) {
    const holds = agent === Number(document.documentElement.dataset.agent) && ["open", "snoozed"].includes(state);
    if (state === this.dataset.state && holds === "holds" in this.dataset) return;
    if (this.querySelector("dialog[open]")) toast(t("conversation_js_changed"), { kind: "bad" });
    else location.reload();
  }

  /** Brings the list of the agent's conversations up to date. */
  #list() {
    clearTimeout(this.listing);
    this.listing = setTimeout(async () => {
      const list = this.querySelector(".mine");
      const html = await fragment(`${this.path}/mine`).catch(() => null);
      if (html !== null && !list.contains(document.activeElement)) list.innerHTML = html;
    }, LATER);
  }

  #summarize() {
    clearTimeout(this.later);
    this.later = setTimeout(async () => {
      const panel = this.querySelector("[data-summary]");
      const html = await fragment(`${this.path}/summary`).catch(() => null);
      if (html === null || panel.contains(document.activeElement)) return;
      const open = [...panel.querySelectorAll("details.order")].map((each) => [each.dataset.order, each.open]);
      panel.innerHTML = html;
      for (const [order, was] of open) {
        const each = panel.querySelector(`details[data-order="${CSS.escape(order)}"]`);
        if (each) each.open = was;
      }
    }, LATER);
  }

  #keys() {
    const step = (by) => {
      const links = [...this.querySelectorAll(".mine a")];
      const at = links.findIndex((link) => link.ariaCurrent);
      links[at < 0 ? 0 : (at + by + links.length) % links.length]?.click();
    };
    shortcut("j", t("conversation_js_key_next"), () => step(1));
    shortcut("k", t("conversation_js_key_previous"), () => step(-1));
    shortcut("a", t("conversation_js_key_accept"), () => this.acts.run("accept"));
    for (const [key, name] of [["c", "close"], ["t", "transfer"], ["s", "snooze"], ["h", "hand_back"]]) {
      shortcut(key, t(`conversation_js_key_${name}`), () => this.acts.open(name));
    }
    shortcut("d", t("conversation_js_key_details"), () => this.querySelector("[data-panel]").click());
    shortcut("Ctrl+k", t("conversation_js_key_search"), () => this.dispatchEvent(new CustomEvent("find")));
  }

  /** On narrow screens, the details and the conversation stand in each other's place. */
  #panel() {
    const button = this.querySelector("[data-panel]");
    button.addEventListener("click", () => {
      const shown = this.classList.toggle("with-panel");
      button.setAttribute("aria-expanded", shown);
      button.textContent = t(shown ? "conversation_js_show_talk" : "conversation_js_show_details");
    });
    this.querySelector("[data-tags]").addEventListener("change", ({ currentTarget }) => {
      const tags = [...currentTarget.querySelectorAll("input:checked")].map(({ value }) => value);
      post(`${this.path}/tag`, { tags }).catch(failed);
    });
  }
}

/** What time it is somewhere. */
class Clock extends HTMLElement {
  connectedCallback() {
    const format = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit", timeZone: this.dataset.zone });
    const tick = () => (this.textContent = format.format(new Date()));
    tick();
    this.timer = setInterval(tick, 10_000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }
}

customElements.define("desk-clock", Clock);
customElements.define("desk-conversation", Conversation);
