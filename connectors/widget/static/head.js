/** The head of the panel: whom the visitor talks to, the state of the connection, the language, and the way out. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

export class Head {
  #context;
  #options;
  #avatar = h("span", { class: "avatar" });
  #name = h("h2", { dir: "auto" });
  #state = h("span", { class: "state" });
  #elsewhere = h("span", { class: "elsewhere" });
  #languages = h("select", { onchange: ({ target }) => this.#onlanguage(target.value) });
  #language = h("label", { class: "tool" }, icon("globe"), this.#languages);
  #close = h("button", { type: "button", class: "tool" }, icon("close"));
  #onlanguage;

  element = h(
    "header",
    { role: "presentation" }, // The page has its own.
    this.#avatar,
    h("div", { class: "who" }, this.#name, this.#state),
    this.#elsewhere,
    this.#language,
    this.#close,
  );

  constructor(context, options, { onclose, onlanguage }) {
    this.#context = context;
    this.#options = options;
    this.#onlanguage = onlanguage;
    this.#close.addEventListener("click", onclose);
  }

  speak({ code, languages }) {
    const { t } = this.#context;
    const { name, avatar } = this.#options;
    this.#name.textContent = name || t("title");
    const face = avatar && h("img", { src: avatar, alt: "", onerror: () => face.replaceWith(icon("headset")) });
    this.#avatar.replaceChildren(face || icon("headset"));
    this.#close.ariaLabel = this.#close.title = t("close");
    this.#languages.ariaLabel = this.#language.title = t("language");
    this.#language.hidden = languages.length < 2;
    this.#languages.replaceChildren(
      ...languages.map(({ lang, name }) => h("option", { value: lang, lang, selected: lang === code }, name)),
    );
    if (!languages.some(({ lang }) => lang === code)) this.#languages.value = "";
  }

  /** Shows where else the visitor can go on. */
  offer(elsewhere) {
    const link = ({ name, url }) => {
      const label = this.#context.t("continue_on", { name });
      const fresh = { href: url, target: "_blank", rel: "noopener", "aria-label": label, title: label };
      return h("a", { class: "tool", ...fresh }, icon("phone"));
    };
    this.#elsewhere.replaceChildren(...elsewhere.map(link));
  }

  /** Shows the state of the connection, and the name of the person who has taken over, if there is one. */
  show(state, person) {
    const { t } = this.#context;
    const online = person ? "state_person" : "state_online";
    const key = { online, offline: "state_offline", refused: "state_offline" }[state] ?? "state_connecting";
    this.#state.className = `state ${state}`;
    this.#state.textContent = t(key, { name: person });
  }
}
