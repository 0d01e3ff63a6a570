/** Keeps `<time data-ago>` and `<time data-lasting>` true, as the server writes them (desk/console/times.py). */

import { language } from "./words.js";

const EVERY = 15_000; // milliseconds
const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["week", 604_800], ["day", 86_400], ["hour", 3600], ["minute", 60]];
const THRESHOLD = 1.2;

const relative = new Intl.RelativeTimeFormat(language, { style: "short" });

function split(seconds) {
  const [unit, length] = UNITS.find(([, each]) => seconds >= each * THRESHOLD) ?? UNITS.at(-1);
  return [Math.max(1, Math.round(seconds / length)), unit];
}

/** `4 min ago`, `in 2 hr`. */
export function ago(moment) {
  const seconds = (Date.now() - moment) / 1000;
  const [count, unit] = split(Math.abs(seconds));
  return relative.format(seconds < 0 ? count : -count, unit);
}

/** `4 min`. */
export function lasting(moment) {
  const [count, unit] = split(Math.abs(Date.now() - moment) / 1000);
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(count);
}

/** Brings all of them up to date. */
export function tick() {
  for (const time of document.querySelectorAll("time[data-ago]")) time.textContent = ago(new Date(time.dateTime));
  for (const time of document.querySelectorAll("time[data-lasting]")) time.textContent = lasting(new Date(time.dateTime));
}

setInterval(tick, EVERY);
