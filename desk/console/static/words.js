/** The sentences of the desk, in the language of the page; loaded before whoever imports this goes on. */

const { lang, dataset } = document.documentElement;

export const language = lang;

const response = await fetch(dataset.words, { credentials: "same-origin" });
const words = response.ok ? await response.json() : {};
const plurals = new Intl.PluralRules(language);

/** A sentence, with the values that it leaves open. */
export const t = (key, values = {}) => fill(words[key] ?? key, values);

/** The form of a sentence for so many things. */
export const n = (key, count, values = {}) => {
  const forms = words[key] ?? {};
  return fill(forms[plurals.select(count)] ?? forms.other ?? key, { count, ...values });
};

const fill = (text, values) => String(text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
