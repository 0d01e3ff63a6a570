/** What is to be looked after: done, or taken up. */

import { address, post } from "./http.js";
import { failed } from "./toasts.js";

document.addEventListener("desk:event", ({ detail: event }) => {
  if (event.type === "follow_up" || event.type === "lost") location.reload();
});

document.querySelector("main").addEventListener("click", async ({ target }) => {
  const { done, take } = target.closest("button")?.dataset ?? {};
  try {
    if (done) {
      await post(`/desk/follow-ups/${done}/done`);
    } else if (take) {
      const { ticket } = await post("/desk/take-over", { conversation_id: take });
      location.assign(address(`/desk/tickets/${ticket.id}`));
    }
  } catch (error) {
    failed(error);
  }
});
