/** Short words on what just happened. */

import { t } from "./words.js";

const SHOWN = 6000; // milliseconds

/** Says something `good`, something to look at (`warn`) or what is wrong (`bad`); an `action` gets a button. */
export function toast(text, { kind = "good", action = null } = {}) {
  const shown = Object.assign(document.createElement("div"), { className: `toast ${kind}` });
  shown.append(Object.assign(document.createElement("p"), { textContent: text }));
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action.label });
    button.addEventListener("click", () => {
      shown.remove();
      action.run();
    });
    shown.append(button);
  }
  document.getElementById("toasts").append(shown);
  setTimeout(() => shown.remove(), action ? SHOWN * 2 : SHOWN);
}

/** Says why something did not work. */
export function failed(error) {
  toast(error.message || t(error.code === "offline" ? "common_js_offline" : "common_js_failed"), { kind: "bad" });
}
