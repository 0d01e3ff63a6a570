/** The live board: it loads itself again when something happens at the desk, and now and then. */

import { tick } from "./ago.js";
import { fragment } from "./http.js";
import { failed } from "./toasts.js";

const TOGETHER = 1_000; // milliseconds
const AT_LEAST_EVERY = 30_000;
const TELLING = new Set(["ticket", "presence", "offer", "warning", "spike", "lost", "welcome"]);

class Board extends HTMLElement {
  #soon;
  #html = "";

  connectedCallback() {
    document.addEventListener("desk:event", ({ detail: event }) => TELLING.has(event.type) && this.#changed(TOGETHER));
    this.#changed(AT_LEAST_EVERY);
  }

  /** What comes meanwhile is loaded together. */
  #changed(wait) {
    if (this.#soon && wait === TOGETHER && this.hasAttribute("changed")) return;
    this.toggleAttribute("changed", wait === TOGETHER);
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.#load(), wait);
  }

  async #load() {
    this.removeAttribute("changed");
    try {
      if (document.visibilityState === "visible") this.#show(await fragment("/desk/board?fragment=1"));
    } catch (error) {
      if (error.code !== "offline") failed(error);
    } finally {
      this.#changed(AT_LEAST_EVERY);
    }
  }

  #show(html) {
    if (html === this.#html) return;
    this.#html = html;
    const focused = this.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const page = new DOMParser().parseFromString(html, "text/html");
    this.replaceChildren(...document.adoptNode(page.body).childNodes);
    if (focused) this.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    tick();
  }
}

customElements.define("desk-board", Board);
