/** Tickets that are offered to the agent: for a while they are theirs to take. */

import { notify, signal } from "./alerts.js";
import { address, get, post } from "./http.js";
import { shortcut } from "./shortcuts.js";
import { failed } from "./toasts.js";
import { t } from "./words.js";

const TICK = 250; // milliseconds

const me = Number(document.documentElement.dataset.agent);

class Offers extends HTMLElement {
  #shown = new Map();
  #asking = null;

  connectedCallback() {
    document.addEventListener("desk:event", ({ detail: event }) => {
      const mine = event.type === "offer" && event.agent_id === me;
      const changed = event.type === "ticket" && this.#shown.has(event.id);
      if (mine || changed || event.type === "welcome" || event.type === "lost") this.#load();
    });
  }

  /** Shows what the server has; an answer that was asked for earlier than another says nothing. */
  async #load() {
    const asked = (this.#asking = get("/desk/offers").catch(() => null));
    const offers = await asked;
    if (!offers || asked !== this.#asking) return;
    const ids = new Set(offers.map((offer) => offer.ticket_id));
    for (const [id, card] of this.#shown) if (!ids.has(id)) this.#drop(id, card);
    for (const offer of offers) if (!this.#shown.has(offer.ticket_id)) this.#show(offer);
  }

  #show(offer) {
    const card = document.createElement("section");
    card.className = "offer";
    card.setAttribute("role", "alertdialog");
    card.setAttribute("aria-labelledby", `offer-${offer.ticket_id}`);
    const head = Object.assign(document.createElement("h2"), { id: `offer-${offer.ticket_id}` });
    head.append(offer.name, Object.assign(document.createElement("span"), { className: "pill brand", textContent: offer.language }));
    const bar = Object.assign(document.createElement("progress"), { max: offer.seconds, value: offer.seconds });
    bar.setAttribute("aria-label", t("common_js_offer_time"));
    const actions = Object.assign(document.createElement("div"), { className: "actions" });
    actions.append(
      button("", t("common_js_accept"), "a", () => this.#accept(offer)),
      button("plain", t("common_js_not_now"), "n", () => this.#decline(offer)),
    );
    card.append(head, Object.assign(document.createElement("p"), { textContent: offer.want }), bar, actions);
    this.append(card);
    const ends = performance.now() + offer.seconds * 1000;
    const ticking = setInterval(() => {
      bar.value = Math.max(0, (ends - performance.now()) / 1000);
      if (!bar.value) this.#drop(offer.ticket_id, this.#shown.get(offer.ticket_id));
    }, TICK);
    const group = t("common_js_keys_offer");
    const keys = [
      shortcut("a", t("common_js_accept"), () => this.#accept(offer), { group }),
      shortcut("n", t("common_js_not_now"), () => this.#decline(offer), { group }),
    ];
    this.#shown.set(offer.ticket_id, { card, end: () => [() => clearInterval(ticking), ...keys].forEach((each) => each()) });
    signal("offer");
    notify(t("common_js_offer", { name: offer.name }), offer.want, `/desk/tickets/${offer.ticket_id}`);
  }

  #drop(id, shown) {
    shown?.end();
    shown?.card.remove();
    this.#shown.delete(id);
  }

  async #accept({ ticket_id: id }) {
    this.#drop(id, this.#shown.get(id));
    try {
      await post(`/desk/tickets/${id}/accept`);
      location.assign(address(`/desk/tickets/${id}`));
    } catch (error) {
      failed(error);
      this.#load();
    }
  }

  #decline({ ticket_id: id }) {
    this.#drop(id, this.#shown.get(id));
    post(`/desk/tickets/${id}/decline`).catch(failed);
  }
}

function button(kind, label, key, press) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: kind });
  made.append(label, " ", Object.assign(document.createElement("kbd"), { textContent: key, ariaHidden: "true" }));
  made.addEventListener("click", press);
  return made;
}

customElements.define("desk-offers", Offers);
