/** The language that the widget speaks, and its strings. */

import { load } from "./dom.js";

export class Language {
  #messages;
  #plurals;

  /** From what the server sends: `code` and `dir`, and the `languages` among which the visitor can choose. */
  constructor({ lang, dir, languages, messages }) {
    Object.assign(this, { code: lang, dir, languages });
    this.#messages = messages;
    this.#plurals = new Intl.PluralRules(lang);
  }

  static async load(code) {
    const response = await load(new URL(`${code}.json`, import.meta.url));
    return new Language(await response.json());
  }

  /** Where the visitor writes dates and numbers: their own region, if their browser speaks this language. */
  get locale() {
    return navigator.languages.find((tag) => tag.split("-")[0] === this.code.split("-")[0]) ?? this.code;
  }

  /** The text of a key, with its values filled in; `count` chooses among the plural forms. */
  t(key, values = {}) {
    let text = this.#messages[key] ?? key;
    if (text.other) text = text[this.#plurals.select(values.count)] ?? text.other;
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name]?.toLocaleString(this.locale));
  }
}
