/**
 * Messages that the server has not answered yet, kept over reloads.
 *
 * Each is stored under a key of its own, so that windows of the same visitor do not overwrite each other's. A message
 * may be sent twice, by this window or by another one: the server knows it by its id, and it happens once.
 */

const PREFIX = "aftercare:outbox:";
const KEPT = 24 * 3600 * 1000; // milliseconds; later, nobody remembers what they wanted to say

export class Outbox {
  #storage;

  constructor(storage) {
    this.#storage = storage;
  }

  /** Keeps a message: `{id, at, conversation, text | payload + title, photos}`. */
  put(message) {
    this.#storage.setItem(PREFIX + message.id, JSON.stringify(message));
  }

  remove(id) {
    this.#storage.removeItem(PREFIX + id);
  }

  /** The messages of a conversation, in the order in which they were written; older ones are forgotten. */
  of(conversation) {
    const found = [];
    for (const key of this.#storage.keys()) {
      if (!key.startsWith(PREFIX)) continue;
      const message = parse(this.#storage.getItem(key));
      if (!message || Date.now() - message.at > KEPT) this.#storage.removeItem(key);
      else if (message.conversation === null || message.conversation === conversation) found.push(message);
    }
    return found.sort((one, other) => one.at - other.at);
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
