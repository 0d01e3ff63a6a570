/** How it went, in stars. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

const MOST = 5;
const drafts = new Map(); // by the entry's key, for entries are drawn again while somebody writes

export function ratingCard(card, context) {
  const { entry } = context;
  const element = h("div", { class: "box rating" });
  if (!entry.content.rating) {
    showForm(element, context);
    return element;
  }
  const thanks = showThanks(element, entry.content.rating.stars, context);
  // Whoever has just pressed the button that is gone goes on here.
  if (drafts.get(entry.key)?.sending) queueMicrotask(() => thanks.focus());
  drafts.delete(entry.key);
  return element;
}

function showForm(element, context) {
  const { entry, t, connection } = context;
  const draft = drafts.get(entry.key) ?? { stars: 0, comment: "" };
  drafts.set(entry.key, draft);

  const comment = h("textarea", { rows: 2, maxlength: 1000, oninput: () => (draft.comment = comment.value) });
  comment.value = draft.comment;
  const problem = h("p", { class: "problem", role: "alert" });
  const choose = (stars) => {
    draft.stars = stars;
    rest.hidden = false;
  };
  const star = (stars) => {
    const input = h("input", {
      type: "radio",
      name: `rating_${entry.key}`,
      value: stars,
      checked: stars === draft.stars,
      "aria-label": t("rating_stars", { count: stars }),
      onchange: () => choose(stars),
    });
    return h("label", { class: "star" }, input, icon("star"));
  };
  const submit = async () => {
    if (draft.sending) return;
    draft.sending = true;
    problem.textContent = "";
    try {
      await connection.rate(entry.id, draft.stars, draft.comment.trim()); // The entry then has its rating.
    } catch {
      draft.sending = false;
      problem.textContent = t("rating_failed");
    }
  };
  // No form: a frame may be forbidden to submit any.
  const rest = h(
    "div",
    { class: "rest", hidden: !draft.stars },
    h("label", {}, t("rating_comment"), comment),
    problem,
    h("button", { type: "button", class: "primary", onclick: submit }, t("rating_send")),
  );
  element.replaceChildren(
    h("fieldset", {}, h("legend", {}, t("rating_question")), h("div", { class: "stars" }, stars(star))),
    rest,
  );
}

function showThanks(element, given, { t }) {
  const thanks = h("p", { tabindex: -1 }, t("rating_thanks"));
  element.replaceChildren(
    h(
      "div",
      { class: "stars", role: "img", "aria-label": t("rating_stars", { count: given }) },
      stars((place) => h("span", { class: place <= given ? "star given" : "star" }, icon("star"))),
    ),
    thanks,
  );
  return thanks;
}

function stars(make) {
  return Array.from({ length: MOST }, (_, place) => make(place + 1));
}
