/** Dates and numbers as the visitor writes them. */

const DATE = { weekday: "long", day: "numeric", month: "long" };

export class Format {
  #locale;
  #relative;
  #time;
  #dateTime;

  constructor(locale) {
    this.#locale = locale;
    this.#relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
    this.#time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
    this.#dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  }

  /** "Today", "Yesterday", or the date. */
  day(date) {
    const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);
    const ago = Math.round((midnight(date) - midnight(Date.now())) / 86_400_000); // Rounded: some days have 23 hours.
    if (ago === 0 || ago === -1) {
      const name = this.#relative.format(ago, "day");
      return name.charAt(0).toLocaleUpperCase(this.#locale) + name.slice(1);
    }
    const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
    return date.toLocaleDateString(this.#locale, { ...DATE, year });
  }

  time(date) {
    return this.#time.format(date);
  }

  dateTime(date) {
    return this.#dateTime.format(date);
  }

  number(number) {
    return number.toLocaleString(this.#locale);
  }
}
