/** What a shop's page tells the chat: who is signed in, and what its buttons say. */

// The chat takes the place of the list when it has loaded, and carries out what is on it.
const tell = (...call) => (window.aftercare ??= []).push(call);

const { identity } = document.body.dataset;

async function token() {
  const response = await fetch(identity, { method: "POST" });
  if (!response.ok) throw new Error(`no token: ${response.status}`);
  return (await response.json()).token;
}

tell("identify", identity ? token : null);

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-say]");
  if (button) tell("send", button.dataset.say);
  // One menu at a time, and none beside which one clicks.
  for (const menu of document.querySelectorAll("details[open]")) if (!menu.contains(target)) menu.open = false;
});

document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[open]")) {
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  }
});
