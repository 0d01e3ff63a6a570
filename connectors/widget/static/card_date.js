/**
 * A day to choose: the first few as buttons, and a calendar of the month as the grid that the ARIA Authoring Practices
 * describe. Days are times in UTC here, so that no time zone moves them.
 */

import { answerButton } from "./cards.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

const FIRST = 3;
const CURRENT = "[tabindex='0']";
const DAY = 24 * 60 * 60 * 1000; // milliseconds

export function dateCard({ days }, context) {
  const chips = h("div", { class: "replies" }, days.slice(0, FIRST).map((day) => answerButton(day, context, "chip")));
  return days.length > FIRST ? [chips, new Calendar(days, context).element] : chips;
}

class Calendar {
  element = h("div", { class: "box calendar", "aria-live": "off", onkeydown: (event) => this.#key(event) });
  #context;
  #days; // the possible ones by their time
  #first;
  #last;
  #current; // the day that Tab reaches; its month shows
  #weekStart; // 0 is Sunday, as with Date

  constructor(days, context) {
    this.#context = context;
    this.#days = new Map(days.map((day) => [Date.parse(day.date), day]));
    this.#first = Math.min(...this.#days.keys());
    this.#last = Math.max(...this.#days.keys());
    const answered = days.find(({ payload }) => payload === context.answer);
    this.#current = answered ? Date.parse(answered.date) : this.#first;
    this.#weekStart = firstDayOfWeek(context.language) % 7;
    this.#draw();
  }

  #draw() {
    const month = monthOf(this.#current);
    const title = this.#text(month, { month: "long", year: "numeric" });
    const start = month - this.#dayOfWeek(month) * DAY;
    const rows = [];
    for (let week = start; week < monthOf(month, 1); week += 7 * DAY) {
      rows.push(h("tr", {}, seven((day) => this.#cell(week + day * DAY, month))));
    }
    this.element.replaceChildren(
      h(
        "div",
        { class: "month" },
        h("h3", {}, title),
        monthOf(this.#first) !== monthOf(this.#last) && [this.#turn("month_previous", -1), this.#turn("month_next", 1)],
      ),
      h(
        "table",
        { role: "grid", "aria-label": title },
        h("thead", {}, h("tr", {}, seven((day) => this.#columnHead(start + day * DAY)))),
        h("tbody", {}, rows),
      ),
    );
  }

  #columnHead(time) {
    return h("th", { scope: "col", abbr: this.#text(time, { weekday: "long" }) }, this.#text(time, { weekday: "short" }));
  }

  #cell(time, month) {
    if (monthOf(time) !== month) return h("td");
    const { format, isCurrent, answer, press } = this.#context;
    const day = this.#days.get(time);
    return h(
      "td",
      { role: "gridcell", "aria-selected": day && String(day.payload === answer) },
      h(
        "button",
        {
          type: "button",
          disabled: !isCurrent,
          "aria-disabled": !day && "true",
          "aria-label": day?.title ?? this.#text(time, { dateStyle: "full" }),
          tabindex: time === this.#current ? 0 : -1,
          "data-time": time,
          onclick: day && (() => press(day)),
        },
        format.number(new Date(time).getUTCDate()),
      ),
    );
  }

  #turn(label, months) {
    const time = monthOf(this.#current, months);
    const name = months < 0 ? "back" : "on";
    return h(
      "button",
      {
        type: "button",
        class: `turn ${name}`,
        "aria-label": this.#context.t(label),
        disabled: time < monthOf(this.#first) || time > this.#last,
        onclick: () => this.#show(time, `.${name}:enabled`),
      },
      icon("forward"),
    );
  }

  #key(event) {
    if (!event.target.dataset.time || event.ctrlKey || event.metaKey || event.altKey) return;
    const now = this.#current;
    const ahead = getComputedStyle(this.element).direction === "rtl" ? -DAY : DAY;
    const time = {
      ArrowLeft: now - ahead,
      ArrowRight: now + ahead,
      ArrowUp: now - 7 * DAY,
      ArrowDown: now + 7 * DAY,
      Home: now - this.#dayOfWeek(now) * DAY,
      End: now + (6 - this.#dayOfWeek(now)) * DAY,
      PageUp: monthOf(now, -1),
      PageDown: monthOf(now, 1),
    }[event.key];
    if (time === undefined) return;
    event.preventDefault();
    this.#show(time, CURRENT);
  }

  /** Shows a time, no further than the possible days go, and gives the focus to what was used, or else to the day. */
  #show(time, used) {
    this.#current = Math.min(Math.max(time, this.#first), this.#last);
    this.#draw();
    (this.element.querySelector(used) ?? this.element.querySelector(CURRENT)).focus();
  }

  #dayOfWeek(time) {
    return (new Date(time).getUTCDay() - this.#weekStart + 7) % 7; // 0 is the first of the week
  }

  #text(time, options) {
    return new Intl.DateTimeFormat(this.#context.language, { ...options, timeZone: "UTC", calendar: "gregory" }).format(time);
  }
}

function seven(make) {
  return Array.from({ length: 7 }, (_, place) => make(place));
}

/** The first day of a time's month, or of one so many months later. */
function monthOf(time, later = 0) {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later);
}

/** 1 is Monday, 7 Sunday: where the reader is, for the language alone does not say it. */
function firstDayOfWeek(language) {
  const locale = new Intl.Locale(navigator.languages.find((name) => name.startsWith(language)) ?? language);
  return (locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay ?? 1;
}
