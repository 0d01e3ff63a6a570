/** Orders and their parcels, summaries, things to choose from, files: the cards that only show and are pressed. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { anchor } from "./markdown.js";

const SHOWN = 3; // orders, and events of a parcel; the others are folded away

export function ordersCard({ orders }, context) {
  const rows = orders.map((order) =>
    h(
      "li",
      { class: "box" },
      head(order),
      order.items?.length > 0 && itemList(order.items, context),
      order.total && h("p", { class: "total" }, h("span", {}, context.t("order_total")), order.total),
      order.actions?.length > 0 &&
        h("div", { class: "replies" }, order.actions.map((action) => answerButton(action, context, "chip"))),
    ),
  );
  return folded("ul", "boxes", rows, context.t("orders_earlier"));
}

export function trackingCard({ order, parcels, notes }, context) {
  return h(
    "div",
    { class: "box" },
    head(order),
    parcels.map((parcel) => parcelPart(parcel, context)),
    notes?.length > 0 && h("ul", { class: "notes" }, notes.map((note) => h("li", {}, note))),
  );
}

/** An order's name, its state in a word, and how far it has come. */
function head({ title, date, status, expected }) {
  return [
    h(
      "div",
      { class: "order" },
      h("h3", {}, title),
      h("span", { class: `pill ${status.tone}` }, status.label),
      h("p", { class: "detail" }, date),
      expected && h("p", {}, expected),
    ),
    status.steps?.length > 0 &&
      Number.isInteger(status.step) &&
      status.step < status.steps.length - 1 && // At its end, its state says all.
      h(
        "ol",
        { class: `steps ${status.tone}` },
        status.steps.map((step, place) =>
          h("li", { class: place <= status.step && "done", "aria-current": place === status.step && "step" }, step),
        ),
      ),
  ];
}

function parcelPart({ title, carrier, number, url, label, items, events }, { t }) {
  const rows = (events ?? []).map(({ text, place, at, time, done }) =>
    h(
      "li",
      { class: done && "done" },
      h("span", {}, text),
      h("span", { class: "detail" }, [place, place && " · ", h("time", { datetime: at }, time)]),
    ),
  );
  return h(
    "div",
    { class: "parcel" },
    title && h("h4", {}, title),
    h("p", { class: "detail" }, carrier, " ", h("bdi", { class: "number" }, number), items && [h("br"), items]),
    rows.length > 0 && folded("ol", "events", rows, t("events_earlier")),
    url && anchor(url, { class: "link" }, label, icon("external")),
  );
}

export function summaryCard({ title, items, facts, total, note }, context) {
  const row = ({ label, value }, className) => h("div", { class: className }, h("dt", {}, label), h("dd", {}, value));
  return h(
    "div",
    { class: "box" },
    h("h3", {}, title),
    items?.length > 0 && itemList(items, context),
    (facts?.length > 0 || total) && h("dl", {}, facts?.map((fact) => row(fact)), total && row(total, "total")),
    note && h("p", { class: "note" }, note),
  );
}

export function choicesCard({ items }, context) {
  const pictures = items.some(({ image }) => image);
  return h(
    "ul",
    { class: "choices" },
    items.map((item) =>
      h(
        "li",
        {},
        answerButton(
          item,
          context,
          "choice",
          pictures && picture(item.image),
          item.swatch && h("span", { class: "swatch", style: { "background-color": item.swatch } }),
          named(item.title, item.detail, item.note && h("span", { class: "hint" }, item.note)),
        ),
      ),
    ),
  );
}

export function filesCard({ files }) {
  return h(
    "ul",
    { class: "files" },
    files.map(({ title, url, kind }) =>
      h("li", {}, anchor(url, { class: "file" }, icon("file"), named(title, kind), icon("download"))),
    ),
  );
}

/** A picture in a frame, which keeps its place while the picture loads, and when it does not. */
export function picture(url, alt = "", props = {}) {
  const onerror = ({ target }) => target.remove();
  const image = h("img", { src: url, alt, decoding: "async", loading: "lazy", onerror, ...props });
  return h("span", { class: "picture" }, url && image);
}

/** A button that answers for the customer; the one that was pressed stays marked. `answer` is its payload. */
export function answerButton({ title, payload }, { press, isCurrent, answer }, className, ...children) {
  const chosen = answer !== undefined && payload === answer;
  return h(
    "button",
    {
      type: "button",
      class: className,
      disabled: !isCurrent,
      "aria-pressed": chosen && "true",
      onclick: () => press({ payload, title }),
    },
    children.length ? children : title,
    chosen && icon("check"),
  );
}

/** Things with their names and pictures, as rows; no pictures if none of them has one. */
function itemList(items, { t }) {
  const pictures = items.some(({ image }) => image);
  return h(
    "ul",
    { class: "items" },
    items.map(({ name, detail, quantity, image }) =>
      h(
        "li",
        {},
        pictures && picture(image),
        named(name, detail),
        quantity > 1 && h("span", { class: "quantity" }, t("quantity", { count: quantity })),
      ),
    ),
  );
}

/** A name, and below it what distinguishes the thing. */
function named(name, detail, ...more) {
  return h("span", { class: "name" }, name, detail && h("span", { class: "detail" }, detail), more);
}

/** A list whose first few rows show; the others stand behind `label`. */
function folded(tag, className, rows, label) {
  const list = (some) => h(tag, { class: className }, some);
  if (rows.length <= SHOWN + 1) return list(rows);
  return [list(rows.slice(0, SHOWN)), h("details", {}, h("summary", {}, label), list(rows.slice(SHOWN)))];
}
