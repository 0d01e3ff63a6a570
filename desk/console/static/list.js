/** A list of tickets that stays true by itself, and is walked through by keyboard. */

import { tick } from "./ago.js";
import { calmly } from "./calmly.js";
import { address, fragment, post } from "./http.js";
import { shortcut } from "./shortcuts.js";
import { failed } from "./toasts.js";
import { t } from "./words.js";

class List extends HTMLElement {
  #changed = calmly(() => this.#load());

  connectedCallback() {
    document.addEventListener("desk:event", ({ detail: event }) => {
      if (event.type === "ticket" || event.type === "lost") this.#changed();
    });
    this.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-accept]");
      if (button) this.#accept(button.dataset.accept);
    });
    const open = () => this.#current?.querySelector("a")?.click();
    shortcut("j", t("list_js_key_next"), () => this.#walk(1));
    shortcut("k", t("list_js_key_previous"), () => this.#walk(-1));
    shortcut("o", t("list_js_key_open"), open);
    shortcut("a", t("common_js_accept"), () => this.#current?.querySelector("button[data-accept]")?.click());
  }

  get #lines() {
    return [...this.querySelectorAll("[data-ticket]")];
  }

  get #current() {
    return document.activeElement?.closest("[data-ticket]") ?? this.#lines[0];
  }

  #walk(step) {
    const lines = this.#lines;
    const at = lines.indexOf(document.activeElement?.closest("[data-ticket]"));
    const next = lines[at < 0 ? 0 : Math.min(Math.max(at + step, 0), lines.length - 1)];
    next?.querySelector("a").focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  async #load() {
    try {
      const here = new URL(location.href);
      here.searchParams.set("fragment", "1");
      this.#show(await fragment(here.pathname.slice(address("").length) + here.search));
    } catch (error) {
      // The page says by itself that there is no connection, and loads again when there is one.
      if (error.code !== "offline") failed(error);
    }
  }

  /** Puts the new lines in place; whoever had the focus keeps it, or the line that came in its place gets it. */
  #show(html) {
    const known = new Set(this.#lines.map((line) => line.dataset.ticket));
    const focused = this.contains(document.activeElement) ? document.activeElement : null;
    const at = this.#lines.indexOf(focused?.closest("[data-ticket]"));
    const page = new DOMParser().parseFromString(html, "text/html");
    this.replaceChildren(...document.adoptNode(page.body).childNodes);
    for (const line of this.#lines) line.classList.toggle("new", !known.has(line.dataset.ticket));
    if (focused) {
      const there = this.#lines[Math.min(at, this.#lines.length - 1)]?.querySelector("a");
      (document.getElementById(focused.id) ?? there)?.focus({ preventScroll: true });
    }
    tick();
  }

  async #accept(id) {
    try {
      await post(`/desk/tickets/${id}/accept`);
      location.assign(address(`/desk/tickets/${id}`));
    } catch (error) {
      failed(error);
      this.#changed();
    }
  }
}

customElements.define("desk-list", List);
