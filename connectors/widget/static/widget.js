/**
 * The button at the corner of a shop's page, and `window.aftercare`, by which the page talks to it.
 * All the rest is loaded when it is wanted, and not before.
 */

import { drawing, h, load, styleSheet } from "./widget/{{version}}/dom.js";
import { local, session } from "./widget/{{version}}/storage.js";

const BASE = new URL("widget/{{version}}/", import.meta.url);
const SERVED = "{{languages}}".split(" ");

const dark = matchMedia("(prefers-color-scheme: dark)");
const emit = (type, detail = {}) => dispatchEvent(new CustomEvent(`aftercare:${type}`, { detail }));

class Widget extends HTMLElement {
  options = { corner: "end", theme: "auto", greetings: [] };
  badge = h("span", { class: "badge", "aria-hidden": "true", hidden: true });
  launcher = h(
    "button",
    { type: "button", class: "launcher", "aria-haspopup": "dialog", onclick: () => this.open() },
    drawing("M4 5.5h16V17h-8.5L7 20.5V17H4Z", "M8.5 9.8h7", "M8.5 13h4"),
    this.badge,
  );
  corner = h("div", { class: "corner" }, this.launcher);
  frame = h("div", {}, this.corner);
  #control;

  async start() {
    const [sheet] = await Promise.all([styleSheet(new URL("launcher.css", BASE)), this.speak()]);
    this.draw();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(this.frame);
    dark.addEventListener("change", () => this.draw());
    for (const event of ["pointerenter", "focus"]) this.launcher.addEventListener(event, () => this.call("prefetch"));
    const { greetings, greetingAfter, open } = this.options;
    if (greetings.length || greetingAfter || open !== undefined || session.getItem("aftercare:open")) this.call("resume");
  }

  async open() {
    this.launcher.ariaBusy = "true";
    await this.call("open");
    this.launcher.ariaBusy = "false";
  }

  /** Has a method of control.js carried out. */
  async call(name, ...values) {
    const make = ({ Control }) => new Control(this, new URL("./", import.meta.url).href, emit);
    const fail = () => {
      this.#control = undefined; // The next call tries again.
      emit("error", { kind: "load" });
    };
    this.#control ??= import(new URL("control.js", BASE)).then(make).catch(fail);
    const control = await this.#control;
    await control?.[name](...values);
  }

  /** Finds the language: the one that is asked for, or else the one that suits the visitor best. */
  async speak() {
    const { language } = this.options;
    const { lang } = document.documentElement;
    const best = served([local.getItem("aftercare:language"), lang, ...navigator.languages]) ?? "en";
    const strings = (code) => load(new URL(`launcher.${code}.json`, BASE)).then((response) => response.json());
    this.strings = await (language ? strings(served([language]) ?? language).catch(() => strings(best)) : strings(best));
    this.launcher.ariaLabel = this.strings.messages.launcher_open;
  }

  draw() {
    const { color, corner, theme } = this.options;
    const { lang, dir } = this.strings;
    this.frame.className = `widget ${corner} ${theme === "dark" || (theme === "auto" && dark.matches) ? "dark" : ""}`;
    this.frame.lang = lang;
    this.frame.dir = dir;
    if (CSS.supports("color", color)) this.frame.style.setProperty("--aftercare-accent", color);
  }
}

/** The first of the wishes that is served, where "de-AT" is content with "de". */
function served(wishes) {
  return wishes
    .flatMap((wish) => [wish, wish?.split("-")[0]])
    .map((tag) => SERVED.find((code) => code.toLowerCase() === tag?.toLowerCase()))
    .find(Boolean);
}

async function begin(widget) {
  if (!document.body) await new Promise((resolve) => addEventListener("DOMContentLoaded", resolve));
  const script = [...document.scripts].find(({ src }) => src === import.meta.url);
  Object.assign(widget.options, script?.dataset);
  document.documentElement.append(widget); // Some pages replace their body when they go on to another one.
  await widget.start();
  emit("ready");
}

if (!customElements.get("aftercare-widget")) {
  customElements.define("aftercare-widget", Widget);
  const widget = new Widget();
  const begun = begin(widget);
  const calls = window.aftercare;
  window.aftercare = {
    on: (type, listener) => addEventListener(`aftercare:${type}`, listener),
    off: (type, listener) => removeEventListener(`aftercare:${type}`, listener),
    push: (...calls) => calls.forEach(([name, ...values]) => aftercare[name]?.(...values)),
  };
  for (const name of ["open", "close", "toggle", "send", "identify", "setLanguage", "configure"]) {
    aftercare[name] = async (...values) => {
      await begun;
      await widget.call(name, ...values);
    };
  }
  begun.catch(() => emit("error", { kind: "load" }));
  if (Array.isArray(calls)) aftercare.push(...calls);
}
