/** The dialogs of a conversation: what is done with it, and with its orders. */

import { newKey } from "./composer.js";
import { address, get, post } from "./http.js";
import { failed, toast } from "./toasts.js";
import { t } from "./words.js";

const PAUSE = 200; // milliseconds

export class Acts {
  #root;
  #path;
  #composer;
  #key; // of what is about to be done: asked for twice, it is done once
  #timer;

  constructor(root, composer) {
    this.#root = root;
    this.#path = `/desk/tickets/${root.dataset.ticket}`;
    this.#composer = composer;
    root.addEventListener("click", ({ target }) => this.#clicked(target));
    for (const form of root.querySelectorAll("[data-dialog]")) {
      form.addEventListener("submit", (event) => this.#submitted(event, form));
      form.addEventListener("input", () => this.#changed(form));
    }
    this.#search();
  }

  /** Opens a dialog, if the page has a button for it. */
  open(name, values = {}) {
    if (["close", "transfer", "snooze", "hand_back"].includes(name) && !this.#root.querySelector(`[data-open="${name}"]`)) return;
    const dialog = this.#root.querySelector(`#dialog-${name}`);
    const form = dialog.querySelector("form");
    form.reset();
    this.#problem(form);
    for (const [field, value] of Object.entries(values)) if (form.elements[field]) form.elements[field].value = value;
    const pieces = form.querySelector("[data-pieces]");
    if (pieces) {
      const lines = this.#root.querySelector(`.order[data-order="${CSS.escape(values.order_number)}"] [data-lines]`);
      pieces.replaceChildren(lines.content.cloneNode(true));
      // Of one line, there is nothing to choose.
      const boxes = pieces.querySelectorAll("[name=sku]");
      if (boxes.length === 1) boxes[0].checked = true;
    }
    this.#key = newKey();
    this.#changed(form);
    dialog.showModal();
  }

  /** Does something that needs no further word. */
  async run(name) {
    if (!this.#root.querySelector(`[data-do="${name}"]`)) return;
    try {
      await post(`${this.#path}/${name}`);
      location.reload();
    } catch (error) {
      failed(error);
    }
  }

  #clicked(target) {
    const button = target.closest("button");
    if (!button) return;
    const { open, act, order, do: name } = button.dataset;
    if (open) this.open(open);
    if (name) this.run(name);
    if (act) this.open(act, { order_number: order, return_number: button.dataset.return ?? "" });
    if ("dismiss" in button.dataset) button.closest("dialog").close();
  }

  #problem(form, text = "") {
    const shown = form.querySelector("[data-problem]");
    shown.textContent = text;
    shown.hidden = !text;
  }

  // What is done with the conversation

  async #submitted(event, form) {
    event.preventDefault();
    const confirm = form.querySelector("[data-confirm]");
    if (confirm.disabled) return;
    confirm.disabled = true;
    this.#problem(form);
    try {
      const name = form.dataset.dialog;
      if (form.querySelector("[data-plan]")) await this.#done(form);
      else {
        await post(`${this.#path}/${PATHS[name] ?? name}`, BODIES[name](form));
        // What was given away is not always there to be seen any more.
        if (name === "transfer") location.assign(address("/desk/mine"));
        else location.reload();
      }
    } catch (error) {
      this.#problem(form, error.message || t("common_js_failed"));
    }
    confirm.disabled = false;
  }

  #changed(form) {
    const at = form.querySelector("[data-date]");
    if (at) at.hidden = form.elements.for.value !== "date";
    if (!form.querySelector("[data-plan]")) return;
    const scope = form.elements.scope?.value ?? "items";
    const pieces = form.querySelector("[data-pieces]");
    if (pieces) pieces.hidden = scope !== "items";
    const amount = form.querySelector("[data-amount]");
    if (amount) amount.hidden = scope !== "goodwill";
    form.querySelector("[data-confirm]").disabled = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#plan(form), PAUSE);
  }

  // What is done with an order

  /** Shows what will happen. */
  async #plan(form) {
    const shown = form.querySelector("[data-plan]");
    const confirm = form.querySelector("[data-confirm]");
    const wanted = act(form);
    this.#problem(form);
    shown.replaceChildren();
    if (!isComplete(wanted)) return;
    try {
      const { lines, confirm: label, refused } = await post(`${this.#path}/plan`, wanted);
      if (JSON.stringify(act(form)) !== JSON.stringify(wanted)) return;
      shown.replaceChildren(...lines.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
      if (label) confirm.textContent = label;
      confirm.disabled = Boolean(refused);
      this.#problem(form, refused);
    } catch (error) {
      this.#problem(form, error.message || t("common_js_failed"));
    }
  }

  async #done(form) {
    const { message, draft } = await post(`${this.#path}/act`, { key: this.#key, what: act(form) });
    form.closest("dialog").close();
    toast(message, { action: { label: t("conversation_js_tell_customer"), run: () => this.#composer.insert(draft) } });
    this.#root.dispatchEvent(new CustomEvent("acted"));
  }

  // Articles

  #search() {
    const dialog = this.#root.querySelector("#dialog-search");
    const field = dialog.querySelector("input");
    const list = dialog.querySelector(".found");
    this.#root.addEventListener("find", () => {
      if (dialog.open) return;
      dialog.showModal();
      field.select();
    });
    let timer;
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#find(field, list, dialog), PAUSE);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") list.querySelector("button")?.focus();
      if (event.key === "Enter") list.querySelector("button")?.click();
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      const next = step && event.target.closest("li")[step];
      if (step) (next?.querySelector("button") ?? field).focus();
    });
  }

  async #find(field, list, dialog) {
    const query = field.value.trim();
    const { country } = this.#root.dataset;
    const parameters = new URLSearchParams({ q: query, country });
    const { articles } = await get(`${this.#path}/articles?${parameters}`).catch(() => ({ articles: [] }));
    if (field.value.trim() !== query) return;
    list.replaceChildren(
      ...articles.map(({ title, answer, insert }) => {
        const item = document.createElement("li");
        const button = Object.assign(document.createElement("button"), { type: "button", className: "plain" });
        button.append(
          Object.assign(document.createElement("strong"), { textContent: title }),
          Object.assign(document.createElement("span"), { className: "quiet", textContent: answer }),
        );
        button.addEventListener("click", () => {
          dialog.close();
          this.#composer.insert(insert);
        });
        item.append(button);
        return item;
      }),
    );
    if (query && !articles.length) {
      list.append(Object.assign(document.createElement("li"), { className: "quiet", textContent: t("conversation_js_none_found") }));
    }
  }
}

const PATHS = { transfer: "assign", hand_back: "hand-back" };

const BODIES = {
  close: ({ elements }) => ({ reason: elements.reason.value, rating: elements.rating.checked }),
  transfer: ({ elements }) => {
    const [kind, value] = split(elements.to.value);
    return { ...(kind === "agent" ? { agent_id: Number(value) } : { team: value }), note: elements.note.value.trim() };
  },
  snooze: ({ elements }) => ({ until: moment(elements.for.value, elements.at.value).toISOString() }),
  hand_back: ({ elements }) => ({ flow: elements.flow.value || null, note: elements.note.value.trim() }),
};

function split(value) {
  const at = value.indexOf(":");
  return [value.slice(0, at), value.slice(at + 1)];
}

/** When a conversation comes back. */
function moment(choice, at) {
  const when = new Date();
  if (choice === "date") return at ? new Date(at) : when;
  if (Number(choice)) return new Date(when.getTime() + Number(choice) * 3_600_000);
  when.setDate(when.getDate() + (choice === "tomorrow" ? 1 : (8 - when.getDay()) % 7 || 7));
  when.setHours(9, 0, 0, 0);
  return when;
}

/** What a form asks for. */
function act(form) {
  const { dataset, elements } = form;
  const wanted = { act: dataset.dialog, order_number: elements.order_number.value };
  const items = {};
  for (const piece of form.querySelectorAll(".piece")) {
    const box = piece.querySelector("[name=sku]");
    if (box.checked) items[box.value] = Number(piece.querySelector("[name=quantity]").value);
  }
  switch (wanted.act) {
    case "label":
      return { ...wanted, return_number: elements.return_number.value };
    case "return":
      return { ...wanted, items, reason: elements.reason.value, resolution: elements.resolution.value };
  }
  const scope = elements.scope.value;
  const part = { items: { items }, goodwill: { amount: elements.amount.value }, full: {} }[scope];
  return { ...wanted, scope, cause: elements.cause.value, ...part };
}

function isComplete({ items, amount, scope }) {
  if (items) return Object.keys(items).length > 0;
  return scope !== "goodwill" || Number(amount) > 0;
}
