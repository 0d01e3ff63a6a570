/** What one message says: its text, and below it pictures, a card and the answers to choose from. */

import { dateCard } from "./card_date.js";
import { ratingCard } from "./card_rating.js";
import { answerButton, choicesCard, filesCard, ordersCard, picture, summaryCard, trackingCard } from "./cards.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { anchor, markdown } from "./markdown.js";

const CARDS = new Map([
  ["orders", ordersCard],
  ["tracking", trackingCard],
  ["summary", summaryCard],
  ["choices", choicesCard],
  ["files", filesCard],
  ["date", dateCard],
  ["rating", ratingCard],
  ["text", () => null],
]);

// More answers, or longer ones, stand below each other.
const CHIPS = 5;
const CHIP_LENGTH = 28; // characters

/**
 * The content of `entry`: an element whose child `.text`, if there is one, belongs in a bubble; its other children,
 * `.card`, stand below that at full width.
 *
 * `context` is {t, format, language, connection, press({payload, title}), chooseFiles(), isCurrent}.
 */
export function renderMessage(entry, context) {
  const { author, content } = entry;
  if (author === "system") return h("div", {}, h("div", { class: "text" }, systemLine(content, context)));

  const { custom } = content;
  const card = CARDS.get(custom?.type);
  const known = { ...context, entry, answer: answerTo(entry, context) };
  const shown = card?.(custom, known);
  const text = card && custom.lead !== undefined ? custom.lead : (content.title ?? content.text);
  return h(
    "div",
    {},
    text && h("div", { class: "text" }, author === "customer" ? h("p", { dir: "auto" }, text) : markdown(text)),
    content.image && h("div", { class: "card photo" }, picture(content.image, context.t("photo"))),
    content.photos?.length > 0 && h("ul", { class: "card photos" }, content.photos.map((each) => photo(each, context))),
    shown && h("div", { class: "card" }, shown),
    replies(content, known),
  );
}

/** What the customer pressed below this entry: the payload of what they said next. */
function answerTo(entry, { connection, isCurrent }) {
  if (isCurrent || !(entry.content.buttons || entry.content.custom)) return undefined;
  const after = connection.entries.slice(connection.entries.findIndex(({ key }) => key === entry.key) + 1);
  return after.find(({ author }) => author === "customer")?.content.payload;
}

/** The answers to choose from, without those that the card shows in its own way. */
function replies({ buttons = [], custom }, context) {
  const { items = [], days = [], orders = [] } = custom ?? {};
  const shown = new Set([...items, ...days, ...orders.flatMap(({ actions }) => actions)].map(({ payload }) => payload));
  const others = buttons.filter(({ payload }) => !shown.has(payload));
  const asksForPhotos = custom?.type === "photos";
  if (!others.length && !asksForPhotos) return null;
  const short = others.length <= CHIPS && others.every(({ title }) => title.length <= CHIP_LENGTH);
  return h(
    "div",
    { class: short ? "card replies" : "card replies list" },
    asksForPhotos && photosButton(custom, context),
    others.map((button) => answerButton(button, context, "chip")),
  );
}

function photosButton({ most }, { t, isCurrent, chooseFiles }) {
  return h(
    "button",
    { type: "button", class: "primary", disabled: !isCurrent, onclick: () => chooseFiles() },
    icon("attach"),
    t("photos_add", { count: most }),
  );
}

/** A picture that was sent, small, or a document, which has no size; a press on it opens it in full. */
function photo({ url, width, height, name }, { t }) {
  if (!width) return h("li", { class: "document" }, anchor(url, {}, icon("file"), name || t("document")));
  const frame = picture(url, "", { width, height });
  frame.style.aspectRatio = `${width} / ${height}`;
  return h("li", {}, anchor(url, { "aria-label": name || t("photo") }, frame));
}

function systemLine({ event, name }, { t }) {
  return t(`system_${event}`, { name });
}
