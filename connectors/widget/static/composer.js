/** The field at the foot of the panel: text, pictures, and the button that sends them. */

import { Attachments } from "./attachments.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { session } from "./storage.js";

const DRAFT = "aftercare:draft"; // Gone with the tab: others may use this browser.
const WARNING = 0.9; // of the longest text: from here on, what is left is counted

export class Composer {
  #context;
  #field = h("textarea", { rows: 1, enterkeyhint: "send", "aria-describedby": "count" });
  #count = h("p", { class: "count", id: "count", "aria-live": "polite" });
  #attach = h("button", { type: "button", class: "attach", onclick: () => this.attachments.open() }, icon("attach"));
  #send = h("button", { type: "button", class: "send", onclick: () => this.#submit() }, icon("send"));
  #awaiting = false; // sent by the visitor while a picture was still on its way

  constructor(context) {
    this.#context = context;
    this.attachments = new Attachments(context, () => this.#attached());
    // No form: a frame may be forbidden to submit any.
    this.element = h(
      "div",
      { class: "composer" },
      this.attachments.element,
      h("div", { class: "field" }, this.#attach, this.#field, this.#send),
      this.#count,
    );
    this.#field.value = session.getItem(DRAFT) ?? "";
    this.#field.addEventListener("input", () => this.#typed());
    this.#field.addEventListener("keydown", (event) => this.#press(event));
    this.#field.addEventListener("paste", (event) => this.#paste(event));
    // How high the text is depends on how wide the field is.
    new ResizeObserver(() => this.#grow()).observe(this.#field);
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  speak() {
    const { t } = this.#context;
    this.#field.placeholder = t("composer_placeholder");
    this.#field.ariaLabel = t("composer");
    this.#attach.ariaLabel = this.#attach.title = t("attach");
    this.#send.ariaLabel = this.#send.title = t("send");
    this.#changed();
  }

  get #length() {
    return [...this.#field.value.trim()].length; // Characters, as the server counts them.
  }

  #typed() {
    this.#awaiting = false;
    session.setItem(DRAFT, this.#field.value);
    if (this.#field.value) this.#context.connection.typing();
    this.#changed();
    this.#grow();
  }

  #attached() {
    const { busy, count, failed } = this.attachments;
    const arrived = this.#awaiting && !busy;
    this.#awaiting &&= busy;
    this.#changed();
    // What the visitor wanted to send with a picture does not go without it.
    if (arrived && count > 0 && !failed) this.#submit();
  }

  #changed() {
    const { t, connection } = this.#context;
    const { max_length: longest } = connection.limits;
    const left = longest - this.#length;
    this.#field.dir = this.#field.value ? "auto" : ""; // The placeholder goes with the language of the panel.
    this.#count.hidden = left > longest * (1 - WARNING);
    this.#count.className = left < 0 ? "count over" : "count";
    const count = left < 0 ? t("characters_over", { count: -left }) : t("characters_left", { count: left });
    this.#count.textContent = this.#count.hidden ? "" : count; // Even hidden, it would describe the field.
    this.#field.ariaInvalid = String(left < 0);
    this.#send.ariaDisabled = String(!this.#ready);
    this.#send.ariaBusy = String(this.#awaiting);
  }

  get #ready() {
    const { busy, count } = this.attachments;
    const something = this.#length > 0 || count > 0 || busy;
    return something && this.#length <= this.#context.connection.limits.max_length;
  }

  #submit() {
    if (!this.#ready) return;
    if (this.attachments.busy) {
      this.#awaiting = true;
      this.#changed();
      return;
    }
    this.#context.send({ text: this.#field.value.trim() || undefined, photos: this.attachments.take() });
    this.#field.value = "";
    session.removeItem(DRAFT);
    this.#changed();
    this.#grow();
    this.focus();
  }

  #press(event) {
    // 229: Safari says that composing is over before the Enter that ends it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#submit();
  }

  #paste(event) {
    const { files } = event.clipboardData;
    if (!files.length) return;
    event.preventDefault();
    this.attachments.add(files);
  }

  #grow() {
    const { style } = this.#field;
    style.setProperty("block-size", "auto");
    style.setProperty("block-size", `${this.#field.scrollHeight}px`);
  }
}
