/** The frame of every page: presence, counts, offers, alerts, shortcuts. */

import "./ago.js";
import "./offers.js";
import { notify, signal } from "./alerts.js";
import { calmly } from "./calmly.js";
import { address, get, post } from "./http.js";
import { connect } from "./live.js";
import { shortcut, showShortcuts } from "./shortcuts.js";
import { failed, toast } from "./toasts.js";
import { n, t } from "./words.js";

const FIRST_DOUBT = 1500; // a line that is back before this is not spoken of, in milliseconds

const agent = Number(document.documentElement.dataset.agent);

// Presence

customElements.define(
  "desk-presence",
  class extends HTMLElement {
    connectedCallback() {
      const select = this.querySelector("select");
      select.addEventListener("change", () => {
        this.show(select.value);
        post("/desk/presence", { presence: select.value }).catch((error) => {
          select.value = this.known;
          this.show(this.known);
          failed(error);
        });
      });
      this.known = select.value;
    }

    show(presence) {
      this.querySelector("select").value = presence;
      this.querySelector(".dot").dataset.presence = presence;
    }

    /** What the server says it is. */
    set(presence) {
      this.known = presence;
      this.show(presence);
    }
  },
);

// Counts

let unread = Number(document.querySelector("[data-count=unread]")?.textContent);

const recount = calmly(async () => {
  const counts = await get("/desk/counts").catch(() => null);
  if (!counts) return;
  for (const shown of document.querySelectorAll("[data-count]")) {
    const count = counts[shown.dataset.count] ?? 0;
    shown.textContent = count;
    shown.hidden = !count;
  }
  if (counts.unread > unread) {
    signal("message");
    notify(n("common_js_unread", counts.unread), "", "/desk/mine");
  }
  unread = counts.unread;
});

// What happens

let doubting;

const show = (path) => ({ label: t("common_js_show"), run: () => location.assign(address(path)) });

document.addEventListener("desk:event", ({ detail: event }) => {
  if (["ticket", "follow_up", "note", "lost"].includes(event.type)) recount();
  if (event.type === "note" && event.mentions.includes(agent)) {
    signal("message");
    notify(t("common_js_mentioned"), "", "/desk/follow-ups");
  }
  if (event.type === "warning") {
    const kind = event.timer.endsWith("broken") ? "bad" : "warn";
    toast(t(`common_js_timer_${event.timer}`), { kind, action: show(`/desk/tickets/${event.ticket_id}`) });
  }
  if (event.type === "spike") toast(t("common_js_spike"), { kind: "warn", action: show("/desk/board") });
  if ((event.type === "presence" && event.agent_id === agent) || event.type === "welcome") {
    document.querySelector("desk-presence").set(event.presence);
  }
});

document.addEventListener("desk:state", ({ detail: state }) => {
  clearTimeout(doubting);
  const line = document.getElementById("line");
  if (state === "online") line.hidden = true;
  else doubting = setTimeout(() => (line.hidden = false), FIRST_DOUBT);
});

// Shortcuts

const group = t("common_js_keys_everywhere");
const go = (path) => () => location.assign(address(path));

shortcut("?", t("common_js_key_help"), showShortcuts, { group });
shortcut("/", t("common_js_key_search"), () => search(), { group });
shortcut("g q", t("common_js_key_queue"), go("/desk/queue"), { group });
shortcut("g m", t("common_js_key_mine"), go("/desk/mine"), { group });
shortcut("g t", t("common_js_key_team"), go("/desk/team"), { group });
shortcut("g s", t("common_js_key_snoozed"), go("/desk/snoozed"), { group });
shortcut("g f", t("common_js_key_follow_ups"), go("/desk/follow-ups"), { group });
document.querySelector("[data-help]").addEventListener("click", showShortcuts);

function search() {
  const field = document.getElementById("find_");
  if (!field.checkVisibility()) document.getElementById("more").showPopover();
  field.focus();
}

connect();
