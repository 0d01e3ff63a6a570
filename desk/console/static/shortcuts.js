/** Shortcuts: one key ("a", "?", "Ctrl+k"), or two, one after the other ("g q"). `?` shows all of them. */

import { t } from "./words.js";

const PAUSE = 1200; // between two keys that belong together, in milliseconds

const known = [];
let first = null;

/**
 * Has a shortcut do something, and returns what takes it away again. The one that came last counts. While somebody
 * writes, only those with Ctrl do anything, and those that are meant to always.
 */
export function shortcut(keys, label, handler, { group = t("common_js_keys_here"), always = false } = {}) {
  const entry = { keys, label, handler, group, always };
  known.push(entry);
  return () => known.splice(known.indexOf(entry), 1);
}

function pressed(event) {
  const key = event.key.length === 1 ? (event.ctrlKey || event.metaKey ? event.key.toLowerCase() : event.key) : event.key;
  const shift = event.shiftKey && (event.ctrlKey || key.length > 1) ? "Shift+" : "";
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift}${key}`;
}

const writes = (element) => element?.isContentEditable || element?.matches?.("input:not([type=checkbox], [type=radio]), textarea, select");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const key = pressed(event);
  const busy = writes(event.target);
  const inDialog = Boolean(document.querySelector("dialog[open]"));
  const held = first;
  first = null;
  const found = known.findLast(({ keys, always }) => {
    if (!always && (inDialog || (busy && !key.startsWith("Ctrl+")))) return false;
    return keys === key || (held && keys === `${held} ${key}`);
  });
  if (found) {
    event.preventDefault();
    found.handler(event);
  } else if (!busy && !inDialog && known.some(({ keys }) => keys.startsWith(`${key} `))) {
    first = key;
    setTimeout(() => (first = null), PAUSE);
  }
});

/** All shortcuts, in a dialog. */
export function showShortcuts() {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "keys_");
  const title = Object.assign(document.createElement("h2"), { id: "keys_", textContent: t("common_js_keys") });
  dialog.append(title);
  const shown = known.filter((entry, i) => entry.label && known.findLastIndex(({ keys }) => keys === entry.keys) === i);
  for (const [group, entries] of Map.groupBy(shown, (entry) => entry.group)) {
    const list = document.createElement("dl");
    list.className = "keys";
    for (const { keys, label } of entries) {
      const term = document.createElement("dt");
      keys.split(/[ ](?=.)/).forEach((key, i) => {
        if (i) term.append(" ");
        const parts = key.length > 1 ? key.split("+") : [key];
        parts.forEach((part, j) => {
          if (j) term.append("+");
          term.append(Object.assign(document.createElement("kbd"), { textContent: part }));
        });
      });
      list.append(term, Object.assign(document.createElement("dd"), { textContent: label }));
    }
    dialog.append(Object.assign(document.createElement("h3"), { textContent: group }), list);
  }
  const actions = Object.assign(document.createElement("form"), { method: "dialog", className: "actions" });
  actions.append(Object.assign(document.createElement("button"), { textContent: t("common_js_close"), autofocus: true }));
  dialog.append(actions);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
