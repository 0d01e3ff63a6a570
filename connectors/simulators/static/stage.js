// What the server of the simulator knows, as it changes, and what can be asked of it.

export const stage = { people: new Map(), bubbles: new Map(), exchanges: [], switches: {}, server: {}, about: {} };

const listeners = new Map();

/** Have something done whenever something of a type has changed. */
export function on(type, act) {
  listeners.set(type, [...(listeners.get(type) ?? []), act]);
}

function tell(type, change) {
  for (const act of listeners.get(type) ?? []) act(change);
}

const changes = {
  snapshot(change) {
    Object.assign(stage, { about: change.about, switches: change.switches, server: change.server });
    stage.people = new Map(change.people.map((person) => [person.id, person]));
    stage.bubbles = new Map(change.bubbles.map((bubble) => [bubble.id, bubble]));
    stage.exchanges = change.exchanges;
  },
  bubble: ({ bubble }) => stage.bubbles.set(bubble.id, bubble),
  person: ({ person }) => stage.people.set(person.id, person),
  exchange: ({ exchange }) => stage.exchanges.push(exchange),
  switches: ({ switches }) => (stage.switches = switches),
  server: ({ server }) => (stage.server = server),
  typing: () => {},
};

export function connect() {
  const source = new EventSource("/page/events");
  source.onmessage = (event) => {
    const change = JSON.parse(event.data);
    changes[change.type](change);
    tell(change.type, change);
  };
  source.onerror = () => {
    stage.server = { state: "gone", text: "The simulator itself has stopped. Start it again: aftercare simulate" };
    tell("server", {});
  };
}

/** Ask for something. Throws an `Error` with words for people. */
export async function act(name, told = {}) {
  let response;
  try {
    response = await fetch(`/page/${name}`, { method: "POST", body: JSON.stringify(told) });
  } catch {
    throw new Error("The simulator itself does not answer.");
  }
  if (!response.ok) throw new Error((await response.json().catch(() => ({}))).error ?? `Status ${response.status}`);
}

/** Keep a file; its id. */
export async function keep(blob, name) {
  const response = await fetch(`/page/files?name=${encodeURIComponent(name)}`, {
    method: "POST",
    body: blob,
    headers: { "Content-Type": blob.type || "application/octet-stream" },
  });
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(told.error ?? `Status ${response.status}`);
  return told.id;
}
