/** Where an agent writes: answers to the customer, and notes to the team. */

import { get, post } from "./http.js";
import { shortcut } from "./shortcuts.js";
import { failed, toast } from "./toasts.js";
import { photoAddress } from "./transcript.js";
import { t } from "./words.js";

const PAUSE = 350; // milliseconds without a key after which somebody has stopped to think
const TYPING = 3000; // milliseconds: so often the customer is told that somebody writes
const TALLEST = 220; // pixels

/** A key that is nobody else's. `crypto.randomUUID` is not there on pages without encryption. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export class Composer {
  #root;
  #path;
  #form;
  #text;
  #mode;
  #key = newKey(); // of the message that is being written: sent twice, it is one
  #busy = false;
  #told = 0;
  #files = []; // {name, id, element}
  #choices;
  #chosen = 0;
  #answers = [];
  #timer;
  #translated = null; // {of, text}

  constructor(root) {
    this.#root = root;
    this.#path = `/desk/tickets/${root.dataset.ticket}`;
    this.#form = root.querySelector("[data-composer]");
    this.#text = this.#form.elements.text;
    this.#choices = root.querySelector("#choices");
    this.#mode = this.#form.querySelector('[aria-selected="true"]').dataset.mode;
    this.#listen();
    this.#load();
  }

  /** Puts text where the agent is writing an answer. */
  insert(text) {
    if (this.#tab("answer")) this.mode = "answer";
    const { selectionStart: start, value } = this.#text;
    const gap = start && !/\s$/.test(value.slice(0, start)) ? "\n" : "";
    this.#text.setRangeText(gap + text, start, this.#text.selectionEnd, "end");
    this.#changed();
    this.#text.focus();
  }

  focus() {
    this.#text.focus();
  }

  get mode() {
    return this.#mode;
  }

  set mode(mode) {
    if (!this.#tab(mode) || mode === this.#mode) return;
    this.#mode = mode;
    for (const tab of this.#form.querySelectorAll("[data-mode]")) tab.setAttribute("aria-selected", tab.dataset.mode === mode);
    this.#load();
    this.#text.focus();
  }

  toggle() {
    this.mode = this.#mode === "note" ? "answer" : "note";
  }

  get #draft() {
    return `desk:draft:${this.#root.dataset.ticket}:${this.#mode}`;
  }

  get #translates() {
    const asIs = this.#form.querySelector("[data-as-is]");
    return this.#mode === "answer" && asIs && !asIs.checked;
  }

  #tab(mode) {
    return this.#form.querySelector(`[data-mode="${mode}"]`);
  }

  #load() {
    this.#form.classList.toggle("note", this.#mode === "note");
    this.#form.querySelector("#write").setAttribute("aria-labelledby", `mode-${this.#mode}`);
    this.#text.placeholder = this.#text.dataset[this.#mode];
    this.#text.value = sessionStorage.getItem(this.#draft) ?? "";
    this.#changed(false);
  }

  #listen() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#form.addEventListener("click", ({ target }) => {
      const mode = target.closest("[data-mode]")?.dataset.mode;
      if (mode) this.mode = mode;
      if (target.closest("[data-search]")) this.#root.dispatchEvent(new CustomEvent("find"));
    });
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", (event) => this.#pressed(event));
    this.#text.addEventListener("blur", () => setTimeout(() => this.#suggest([]), 150));
    this.#form.querySelector("[data-as-is]")?.addEventListener("change", () => this.#preview());
    this.#choices.addEventListener("mousedown", (event) => {
      event.preventDefault(); // The focus stays where it is.
      const index = [...this.#choices.children].indexOf(event.target.closest("li"));
      if (index >= 0) this.#choose(index);
    });
    const input = this.#form.querySelector("[data-files]");
    if (input) this.#takeFiles(input);
    // Some browsers keep this one to themselves, so that the list of shortcuts has the other.
    shortcut("Ctrl+Shift+n", "", () => this.toggle());
    shortcut("Ctrl+.", t("conversation_js_key_note"), () => this.toggle());
    shortcut("w", t("conversation_js_key_write"), () => this.focus());
  }

  #takeFiles(input) {
    input.addEventListener("change", () => {
      this.#attach(input.files);
      input.value = "";
    });
    this.#text.addEventListener("paste", (event) => {
      if (!event.clipboardData.files.length) return;
      event.preventDefault();
      this.#attach(event.clipboardData.files);
    });
    const talk = this.#root.querySelector(".talk");
    talk.addEventListener("dragover", (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      talk.classList.add("dropping");
    });
    for (const over of ["dragleave", "drop"]) talk.addEventListener(over, () => talk.classList.remove("dropping"));
    talk.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#attach(event.dataTransfer.files);
    });
  }

  #pressed(event) {
    if (event.isComposing) return;
    const open = !this.#choices.hidden;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (open && step) {
      event.preventDefault();
      this.#mark((this.#chosen + step + this.#answers.length) % this.#answers.length);
    } else if (open && ["Enter", "Tab"].includes(event.key)) {
      event.preventDefault();
      this.#choose(this.#chosen);
    } else if (event.key === "Escape") {
      if (open) this.#suggest([]);
      else this.#text.blur();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    }
  }

  /** What follows from other words in the field. */
  #changed(written = true) {
    const { value } = this.#text;
    if (value) sessionStorage.setItem(this.#draft, value);
    else sessionStorage.removeItem(this.#draft);
    this.#text.style.blockSize = "auto";
    this.#text.style.blockSize = `${Math.min(this.#text.scrollHeight + 2, TALLEST)}px`;
    clearTimeout(this.#timer);
    if (!written) return this.#preview();
    if (this.#mode === "answer" && value) this.#tellTyping();
    if (this.#mode === "answer" && /^\/\S*$/.test(value)) this.#timer = setTimeout(() => this.#lookUp(value.slice(1)), 60);
    else {
      this.#suggest([]);
      this.#timer = setTimeout(() => this.#preview(), PAUSE);
    }
  }

  #tellTyping() {
    if (Date.now() - this.#told < TYPING) return;
    this.#told = Date.now();
    post(`${this.#path}/typing`).catch(() => null);
  }

  // Prepared answers

  async #lookUp(query) {
    const { name, order } = this.#root.dataset;
    const parameters = new URLSearchParams({ q: query, name, order });
    const { answers } = await get(`${this.#path}/canned?${parameters}`).catch(() => ({ answers: [] }));
    if (this.#text.value === `/${query}`) this.#suggest(answers);
  }

  #suggest(answers) {
    this.#answers = answers;
    this.#choices.hidden = !answers.length;
    this.#text.toggleAttribute("aria-activedescendant", false);
    this.#choices.replaceChildren(
      ...answers.map(({ shortcut: name, text }, i) => {
        const item = Object.assign(document.createElement("li"), { id: `choice-${i}` });
        item.setAttribute("role", "option");
        item.append(Object.assign(document.createElement("strong"), { textContent: `/${name}` }), ` ${text}`);
        return item;
      }),
    );
    if (answers.length) this.#mark(0);
  }

  #mark(index) {
    this.#chosen = index;
    [...this.#choices.children].forEach((item, i) => item.setAttribute("aria-selected", i === index));
    this.#text.setAttribute("aria-activedescendant", `choice-${index}`);
    this.#choices.children[index].scrollIntoView({ block: "nearest" });
  }

  #choose(index) {
    const { text } = this.#answers[index];
    this.#suggest([]);
    this.#text.value = text;
    this.#changed();
    this.#text.setSelectionRange(text.length, text.length);
    this.#translated = { of: text, text: null }; // It is in the customer's language already.
    this.#preview();
  }

  // Translation

  async #preview() {
    const shown = this.#form.querySelector(".preview");
    const text = this.#text.value.trim();
    if (!this.#translates || !text) {
      shown.hidden = true;
      return;
    }
    if (this.#translated?.of !== text) {
      const answer = await post(`${this.#path}/translate`, { text }).catch(() => ({ text: null }));
      if (this.#text.value.trim() !== text) return;
      this.#translated = { of: text, text: answer.text };
    }
    shown.hidden = !this.#translated.text;
    shown.querySelector("[data-preview]").textContent = this.#translated.text ?? "";
  }

  // Files

  #attach(files) {
    if (this.#mode === "answer") for (const file of files) this.#upload(file);
  }

  async #upload(file) {
    const list = this.#form.querySelector(".attachments");
    const item = document.createElement("li");
    item.textContent = t("conversation_js_uploading", { name: file.name });
    list.append(item);
    list.hidden = false;
    const form = new FormData();
    form.append("file", file);
    try {
      const { id, width } = await post(`${this.#path}/photos`, form);
      const entry = { id, item };
      this.#files.push(entry);
      const remove = Object.assign(document.createElement("button"), { type: "button", className: "plain small", textContent: "×" });
      remove.setAttribute("aria-label", t("conversation_js_remove", { name: file.name }));
      remove.addEventListener("click", () => this.#drop(entry));
      const shown = width ? Object.assign(new Image(), { src: photoAddress(this.#root.dataset.ticket, id), alt: file.name }) : file.name;
      item.replaceChildren(shown, remove);
    } catch (error) {
      item.remove();
      failed(error);
    }
    list.hidden = !list.children.length;
    this.#text.focus();
  }

  #drop(entry) {
    this.#files = this.#files.filter((other) => other !== entry);
    entry.item.remove();
    this.#form.querySelector(".attachments").hidden = !this.#files.length;
    this.#text.focus();
  }

  // Sending

  async #send() {
    const text = this.#text.value.trim();
    if (this.#busy || (!text && !(this.#mode === "answer" && this.#files.length))) return;
    if (text && this.#translates && !(await this.#checked(text))) return;
    this.#busy = true;
    try {
      if (this.#mode === "note") {
        await post(`${this.#path}/note`, { text });
        toast(t("conversation_js_note_saved"));
      } else {
        const photos = this.#files.map(({ id }) => id);
        const translated = this.#translates ? (this.#translated?.text ?? null) : null;
        await post(`${this.#path}/answer`, { id: this.#key, text, photos, translated });
        for (const entry of [...this.#files]) this.#drop(entry);
      }
      this.#key = newKey();
      this.#told = 0;
      this.#translated = null;
      // What was written meanwhile stays.
      this.#text.value = this.#text.value.trim() === text ? "" : this.#text.value;
      this.#changed(false);
      this.#root.dispatchEvent(new CustomEvent("said"));
    } catch (error) {
      failed(error);
    } finally {
      this.#busy = false;
    }
  }

  /** Whether the agent has seen what the customer will get; if not, it is shown. */
  async #checked(text) {
    if (this.#translated?.of === text) return true;
    await this.#preview();
    toast(t(this.#translated?.text ? "conversation_js_check" : "conversation_js_untranslated"));
    return false;
  }
}
