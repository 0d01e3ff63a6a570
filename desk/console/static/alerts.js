/** What calls an agent who looks elsewhere: a sound, and a notification of the desktop. */

import { address } from "./http.js";

const { sound } = document.documentElement.dataset;
const TONES = { offer: [660, 880], message: [740] }; // in hertz, one after the other
const LENGTH = 0.14; // seconds
const LOUDNESS = 0.08;

let audio = null;
let speaks = false;

// Of several pages of the desk, one makes the noise.
navigator.locks?.request("desk-alerts", () => {
  speaks = true;
  return new Promise(() => {});
});

// Browsers let pages be heard that somebody has touched.
for (const touch of ["pointerdown", "keydown"]) {
  addEventListener(touch, () => (audio ??= sound === undefined ? null : new AudioContext()), { once: true });
}

/** Makes a sound, if the agent wants that: for an `offer`, or a `message`. */
export function signal(kind) {
  if (!speaks || !audio) return;
  TONES[kind].forEach((frequency, i) => {
    const start = audio.currentTime + i * LENGTH;
    const tone = new OscillatorNode(audio, { frequency, type: "sine" });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(LOUDNESS, start);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + LENGTH);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + LENGTH);
  });
}

/** Tells an agent whose page is not in sight; what they click leads to a path. */
export function notify(title, body, path) {
  if (!speaks || !document.hidden || globalThis.Notification?.permission !== "granted") return;
  const told = new Notification(title, { body, tag: path, icon: document.querySelector("link[rel=icon]").href });
  told.onclick = () => {
    window.focus();
    location.assign(address(path));
    told.close();
  };
}

customElements.define(
  "desk-alerts",
  class extends HTMLElement {
    connectedCallback() {
      this.hidden = globalThis.Notification?.permission !== "default";
      this.querySelector("button").addEventListener("click", async () => {
        await Notification.requestPermission();
        this.hidden = Notification.permission !== "default";
      });
    }
  },
);
