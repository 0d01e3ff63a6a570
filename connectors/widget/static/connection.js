/**
 * The conversation as a window has it: what was said, what waits to be sent, and the way to the server.
 *
 * Whatever happens to the network, the page or the server, each message arrives once: own messages are sent until the
 * server has answered them, and know their ids; of the others, the server is told which was the last to arrive.
 */

import { Outbox } from "./outbox.js";
import { Polling, Refused, Socket, TooOften } from "./transport.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const AFTER_TOO_OFTEN = 30_000;
const SOCKETS_TRIED = 2; // before requests are tried in their place
const SOCKETS_AGAIN = 5 * 60_000; // after so long with requests, sockets are tried again
const TYPING_SAID = 3_000; // how often the server is told that the visitor types
const TYPING_SHOWN = 10_000;
const WAITING_SHOWN = 30_000; // the server lets nothing wait for longer

const VISITOR = "aftercare:session:visitor";
const CUSTOMER = "aftercare:session:customer";

const LIMITS = { max_length: 2000, max_upload_bytes: 10 * 2 ** 20, upload_types: ["image/jpeg"], max_photos: 10 };

export class Connection extends EventTarget {
  state = "connecting";
  retryAt = null;
  entries = [];
  typist = null;
  unread = 0;
  hasOlder = false;
  limits = LIMITS;
  elsewhere = []; // {name, url} of other channels on which the visitor can go on

  #server;
  #storage;
  #locale;
  #identity;
  #token = null; // of whom the customer is
  #outbox;
  #transport = null;
  #conversation = null;
  #running = false;
  #attempts = 0;
  #socketsFailed = 0;
  #retry;
  #typistGone;
  #typed = 0;
  #readByShop = 0;
  #readByCustomer = 0;
  #asked = { history: null, rated: new Map() };
  #waiting = null; // for a connection

  constructor({ server, storage, locale, identity }) {
    super();
    this.#server = server;
    this.#storage = storage;
    this.#locale = locale;
    this.#identity = identity;
    this.#outbox = new Outbox(storage);
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    addEventListener("online", this.#onOnline);
    addEventListener("offline", this.#onOffline);
    document.addEventListener("visibilitychange", this.#onVisible);
    this.#reset([], false);
    if (navigator.onLine) this.#connect();
    else this.#onOffline();
  }

  stop() {
    this.#running = false;
    removeEventListener("online", this.#onOnline);
    removeEventListener("offline", this.#onOffline);
    document.removeEventListener("visibilitychange", this.#onVisible);
    clearTimeout(this.#retry);
    this.#transport?.close();
    this.#transport = null;
  }

  /** Begins again, for whoever it is now. */
  restart() {
    if (!this.#running) return;
    this.stop();
    this.#conversation = null;
    this.#attempts = 0;
    this.start();
  }

  // What the visitor does

  send({ text, payload, title, photos = [] }) {
    const id = crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].join("-");
    const message = { id, at: Date.now(), conversation: this.#conversation, text, payload, title, photos };
    this.#outbox.put(message);
    const entry = waiting(message);
    this.entries.push(entry);
    this.#changed({ added: [entry] });
    this.read();
    this.#post(entry);
  }

  resend(entry) {
    this.#outbox.put({ ...entry.message, error: null });
    this.#post(entry);
  }

  discard(entry) {
    this.#outbox.remove(entry.key);
    this.entries = this.entries.filter((other) => other !== entry);
    this.#changed({});
  }

  typing() {
    if (this.state !== "online" || Date.now() - this.#typed < TYPING_SAID) return;
    this.#typed = Date.now();
    this.#transport.send({ type: "typing" });
  }

  read() {
    const last = this.#lastId;
    if (!last || last <= this.#readByCustomer) return;
    this.#readByCustomer = last;
    if (this.state === "online") this.#transport.send({ type: "read", up_to: last });
    this.#count();
  }

  async older() {
    const first = this.entries.find((entry) => entry.id);
    if (!first || !this.hasOlder) return false;
    await this.#online();
    await new Promise((resolve) => {
      this.#asked.history = resolve;
      this.#transport.send({ type: "history", before: first.id });
    });
    return this.hasOlder;
  }

  async rate(message, stars, comment) {
    await this.#online();
    return new Promise((resolve, reject) => {
      this.#asked.rated.set(message, { resolve, reject });
      this.#transport.send({ type: "rate", message, stars, comment: comment || null });
    });
  }

  async upload(file, { onprogress, signal } = {}) {
    await this.#online();
    return new Promise((resolve, reject) => {
      const fail = (code) => reject(Object.assign(new Error(code), { code }));
      // Of all ways to send something, this one tells how far it has got.
      const request = new XMLHttpRequest();
      request.open("POST", new URL("webhooks/widget/photos", this.#server));
      request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
      request.setRequestHeader("Authorization", `Bearer ${this.#session()}`);
      if (this.#token) request.setRequestHeader("X-Aftercare-Identity", this.#token);
      request.responseType = "json";
      request.upload.onprogress = ({ loaded, total }) => onprogress?.(total ? loaded / total : 0);
      request.onerror = request.ontimeout = request.onabort = () => fail("network");
      request.onload = () => {
        const { status, response } = request;
        if (status === 201) resolve({ ...this.#photo(response), name: file.name });
        else fail(status === 429 ? "rate_limited" : status >= 500 || !response ? "network" : response.error);
      };
      signal?.addEventListener("abort", () => request.abort());
      request.send(file);
    });
  }

  // The way to the server

  async #connect() {
    clearTimeout(this.#retry);
    this.#enter("connecting");
    this.#token = await this.#identity().catch(() => null);
    if (!this.#running || this.#transport) return;
    const polling = this.#socketsFailed >= SOCKETS_TRIED;
    let transport = null;
    let wait = null;
    try {
      transport = new (polling ? Polling : Socket)(this.#server, this.#hello, (frame) => {
        if (this.#transport === transport) this.#take(frame);
      });
      this.#transport = transport;
      await transport.opened;
      this.#attempts = 0;
      this.#socketsFailed = polling ? this.#socketsFailed : 0;
      const again = polling && setTimeout(() => this.#trySockets(transport), SOCKETS_AGAIN);
      await transport.closed;
      clearTimeout(again);
    } catch (error) {
      this.#socketsFailed = polling ? 0 : this.#socketsFailed + 1;
      if (error instanceof TooOften) wait = AFTER_TOO_OFTEN;
      if (error instanceof Refused) {
        this.stop();
        this.#enter("refused");
        return;
      }
    }
    if (this.#transport !== transport) return;
    this.#transport = null;
    if (this.#running && navigator.onLine) this.#retryLater(wait);
  }

  #trySockets(transport) {
    if (this.#transport !== transport) return;
    this.#socketsFailed = 0;
    transport.close();
  }

  /** Waits longer each time, and not as long as everybody else who lost the same server. */
  #retryLater(wait) {
    const longest = Math.min(FIRST_WAIT * 2 ** this.#attempts++, LONGEST_WAIT);
    wait ??= longest / 2 + (Math.random() * longest) / 2;
    this.retryAt = new Date(Date.now() + wait);
    this.#retry = setTimeout(() => this.#connect(), wait);
    this.#enter("waiting");
  }

  #onOnline = () => {
    this.#attempts = 0;
    if (!this.#transport) this.#connect();
  };

  #onOffline = () => {
    clearTimeout(this.#retry);
    this.#transport?.close();
    this.#transport = null;
    this.#enter("offline");
  };

  #onVisible = () => {
    if (document.visibilityState !== "visible") return;
    if (this.state === "waiting") this.#connect();
    else this.#transport?.probe();
  };

  #hello = () => ({
    token: this.#session(),
    identity: this.#token,
    // What this window has is of no use to it once the conversation is another.
    after: this.#conversation ? this.#lastId : null,
    locale: this.#locale(),
  });

  #session() {
    const customer = this.#token && this.#storage.getItem(CUSTOMER);
    return customer || this.#storage.getItem(VISITOR);
  }

  #enter(state) {
    if (state !== "waiting") this.retryAt = null;
    this.state = state;
    for (const entry of this.entries) {
      if (entry.status === "sending" && state !== "online") entry.status = "queued";
    }
    this.#tell("state");
    if (state !== "online") return this.#giveUp();
    this.#waiting?.resolve();
    this.#waiting = null;
  }

  #online() {
    if (this.state === "online") return Promise.resolve();
    this.#waiting ??= deferred();
    return this.#waiting.promise;
  }

  #post(entry) {
    entry.error = null;
    const online = this.state === "online";
    // One that the server has is sent again all the same, until it is answered.
    if (!entry.id) entry.status = online ? "sending" : "queued";
    if (online) {
      const { id, text, payload, title, photos } = entry.message;
      this.#transport.send({ type: "message", id, text, payload, title, photos: photos.map((photo) => photo.id) });
    }
    this.#changed({ changed: [entry] });
  }

  // What the server says

  #take(frame) {
    switch (frame.type) {
      case "welcome":
        return this.#welcome(frame);
      case "session":
        return this.#remember(frame);
      case "message":
        return this.#add([frame.message]);
      case "typing":
        return this.#show(frame);
      case "waiting":
        return this.#show({ author: "bot", waits: true });
      case "read":
        return this.#seen(frame);
      case "done":
        return this.#done(frame.id);
      case "failed":
        return this.#failed(frame);
      case "history":
        return this.#prepend(frame);
      case "rating":
        return this.#rated(frame);
      case "rated":
        return this.#answered(frame.message, "resolve");
      case "rating_refused":
        return this.#answered(frame.message, "reject");
      case "error":
        return this.#giveUp();
    }
  }

  #welcome(frame) {
    this.#remember(frame);
    const { conversation, limits, read_by_shop: readByShop, read_by_customer: readByCustomer } = frame;
    if (conversation !== this.#conversation) this.#readByCustomer = 0;
    this.#conversation = conversation;
    this.limits = limits;
    this.elsewhere = frame.elsewhere;
    this.#readByShop = readByShop ?? 0;
    const unsaid = this.#readByCustomer > (readByCustomer ?? 0);
    this.#readByCustomer = Math.max(this.#readByCustomer, readByCustomer ?? 0);
    if (frame.anew) this.#reset(frame.messages, frame.more);
    else this.#add(frame.messages);
    if (this.state !== "online") {
      this.#enter("online");
      if (unsaid) this.#transport.send({ type: "read", up_to: this.#readByCustomer });
      for (const entry of this.entries) if (entry.message && !entry.error) this.#post(entry);
      this.#tell("identity", { known: frame.identified });
    }
    this.#count();
  }

  #remember({ token, customer }) {
    // What somebody said before they signed in is theirs now, and nobody else's who uses this browser.
    if (customer && !this.#storage.getItem(CUSTOMER)) this.#storage.removeItem(VISITOR);
    this.#storage.setItem(customer ? CUSTOMER : VISITOR, token);
  }

  #reset(messages, more) {
    this.hasOlder = more;
    this.entries = messages.map((message) => this.#entry(message));
    const known = new Set(this.entries.map((entry) => entry.key));
    for (const message of this.#outbox.of(this.#conversation)) {
      if (known.has(message.id)) this.#find(message.id).message = message;
      else this.entries.push(waiting(message));
    }
    this.#changed({ added: this.entries, reset: true });
  }

  #add(messages, older = false) {
    const [added, changed] = [[], []];
    for (const message of messages) {
      const entry = this.#entry(message);
      const own = this.#find(entry.key);
      if (own) changed.push(Object.assign(own, { ...entry, message: own.message }));
      else if (!this.entries.some((other) => other.id === entry.id)) added.push(entry);
      if (entry.author === this.typist?.author) this.#show({ author: null });
    }
    const sure = [...this.entries.filter((entry) => entry.id), ...added].sort((one, other) => one.id - other.id);
    this.entries = [...sure, ...this.entries.filter((entry) => !entry.id)];
    this.#changed({ added, changed, older });
    this.#count();
  }

  #prepend({ messages, more }) {
    this.hasOlder = more;
    this.#add(messages, true);
    this.#asked.history?.();
    this.#asked.history = null;
  }

  #seen({ by, up_to: upTo }) {
    if (by === "customer") this.#readByCustomer = Math.max(this.#readByCustomer, upTo);
    else this.#readByShop = Math.max(this.#readByShop, upTo);
    const changed = this.entries.filter((entry) => entry.status === "sent" && entry.id <= this.#readByShop);
    for (const entry of changed) entry.status = "read";
    if (changed.length) this.#changed({ changed });
    this.#count();
  }

  #done(id) {
    this.#outbox.remove(id);
    const entry = this.#find(id);
    if (entry) delete entry.message;
    if (this.typist?.author === "bot") this.#show({ author: null });
  }

  async #failed({ id, code, seconds }) {
    const entry = this.#find(id);
    if (!entry?.message) return;
    this.#show({ author: null });
    if (code === "too_often" || code === "busy") {
      if (code === "busy") this.#show({ author: "bot", waits: true });
      setTimeout(() => entry.message && this.#post(entry), seconds * 1000);
    } else if (code === "unavailable" && seconds) {
      // Something is away for the moment, and whoever waits for it comes back at another one.
      if (!entry.id) entry.status = "queued";
      this.#changed({ changed: [entry] });
      setTimeout(() => entry.message && this.#post(entry), seconds * (500 + Math.random() * 1000));
    } else if (code === "identity_expired") {
      const fresh = await this.#identity().catch(() => null);
      // Where the page has no other one, the visitor goes on as anybody.
      this.#token = fresh === this.#token ? null : fresh;
      this.#tell("identity", { known: Boolean(this.#token) });
      if (this.state !== "online") return;
      this.#transport.send({ type: "identify", identity: this.#token });
      this.#post(entry);
    } else {
      Object.assign(entry, { status: "failed", error: code });
      this.#outbox.put({ ...entry.message, error: code });
      this.#changed({ changed: [entry] });
    }
  }

  #rated({ message, stars }) {
    const entry = this.entries.find((other) => other.id === message);
    if (!entry) return;
    entry.content = { ...entry.content, rating: { stars } };
    this.#changed({ changed: [entry] });
  }

  /** What was asked is not answered any more: the connection is gone, or the server refuses. */
  #giveUp() {
    this.#asked.history?.();
    this.#asked.history = null;
    for (const message of [...this.#asked.rated.keys()]) this.#answered(message, "reject");
  }

  #answered(message, how) {
    this.#asked.rated.get(message)?.[how]();
    this.#asked.rated.delete(message);
  }

  #show({ author, name = null, waits = false }) {
    clearTimeout(this.#typistGone);
    if (!author && !this.typist) return;
    this.typist = author ? { author, name, waits } : null;
    if (author) {
      this.#typistGone = setTimeout(() => this.#show({ author: null }), waits ? WAITING_SHOWN : TYPING_SHOWN);
    }
    this.#tell("typing");
  }

  // Entries

  get #lastId() {
    return this.entries.findLast((entry) => entry.id)?.id ?? null;
  }

  #find(key) {
    return this.entries.find((entry) => entry.key === key);
  }

  #entry({ id, author, content, at, client_id: clientId }) {
    const shown = { ...content };
    if (shown.photos) shown.photos = shown.photos.map((photo) => this.#photo(photo));
    const status = author !== "customer" ? null : id <= this.#readByShop ? "read" : "sent";
    return { key: clientId ?? `m${id}`, id, author, content: shown, at: new Date(at), status, error: null };
  }

  #photo(photo) {
    return { ...photo, url: photo.url && new URL(photo.url, this.#server).href };
  }

  #count() {
    const unread = this.entries.filter((entry) => entry.id > this.#readByCustomer && entry.author !== "customer").length;
    if (unread === this.unread) return;
    this.unread = unread;
    this.#tell("unread");
  }

  #changed({ added = [], changed = [], reset = false, older = false }) {
    this.#tell("entries", { added, changed, reset, older });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** The entry of a message that the server does not have yet, or has not answered. */
function waiting(message) {
  const { id, at, text, payload, title, photos, error = null } = message;
  const content = { ...(payload ? { payload, title } : { text }), ...(photos.length && { photos }) };
  const status = error ? "failed" : "queued";
  return { key: id, id: null, author: "customer", content, at: new Date(at), status, error, message };
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => Object.assign(made, { resolve }));
  return made;
}
