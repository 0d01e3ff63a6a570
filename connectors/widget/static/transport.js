/** The two ways to the server: a socket, or requests where something on the way blocks sockets. */

const HELLO_TIMEOUT = 10_000;
const SILENCE = 25_000; // after so long without a frame, the server is asked whether it is still there
const ANSWER_TIMEOUT = 10_000;
const POLL_TIMEOUT = 40_000;

/** The server refuses for good: this website may not use it. */
export class Refused extends Error {}

/** The server wants the window to wait. */
export class TooOften extends Error {}

/**
 * A socket. `opened` resolves when the server has answered the hello, `closed` when the socket is gone.
 *
 * `hello()` makes the first frame; `onframe` is given all that come.
 */
export class Socket {
  #socket;
  #onframe;
  #watch;
  #welcomed;

  constructor(server, hello, onframe) {
    this.#onframe = onframe;
    this.#socket = new WebSocket(new URL("webhooks/widget/socket", server).href.replace(/^http/, "ws"));
    this.opened = new Promise((resolve, reject) => {
      const late = setTimeout(() => this.close(), HELLO_TIMEOUT);
      this.#welcomed = () => {
        clearTimeout(late);
        resolve();
      };
      this.#socket.onopen = () => this.send({ type: "hello", ...hello() });
      this.closed = new Promise((gone) => {
        this.#socket.onclose = ({ code }) => {
          clearTimeout(late);
          clearTimeout(this.#watch);
          reject(code === 4403 ? new Refused() : code === 4429 ? new TooOften() : new Error(`closed: ${code}`));
          gone();
        };
      });
    });
    this.#socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
  }

  send(frame) {
    this.#socket.send(JSON.stringify(frame));
  }

  /** Makes sure that the server is still there: a phone that was asleep does not know. */
  probe() {
    clearTimeout(this.#watch);
    if (this.#socket.readyState === WebSocket.OPEN) this.send({ type: "ping" });
    this.#watch = setTimeout(() => this.close(), ANSWER_TIMEOUT);
  }

  close() {
    this.#socket.close();
    // Where the network is gone, the browser waits long for the other side to agree.
    this.#socket.onclose?.({ code: 1006 });
    this.#socket.onclose = this.#socket.onmessage = null;
  }

  #take(frame) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.probe(), SILENCE);
    if (frame.type === "welcome") this.#welcomed();
    this.#onframe(frame);
  }
}

/** Requests: one that waits until something happens, again and again, and one for each frame that is sent. */
export class Polling {
  #server;
  #hello;
  #onframe;
  #aborter = new AbortController();
  #queue = Promise.resolve();
  #fail;

  constructor(server, hello, onframe) {
    this.#server = server;
    this.#hello = hello;
    this.#onframe = onframe;
    this.closed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.opened = this.#poll(false);
    this.opened.then(() => this.#pollOn()).catch(() => {});
  }

  /** Frames go one after the other, as on a socket. */
  send(frame) {
    this.#queue = this.#queue.then(() => this.#post("send", { hello: this.#hello(), frame })).catch(() => this.close());
  }

  probe() {}

  close() {
    this.#aborter.abort();
    this.#fail();
  }

  async #pollOn() {
    try {
      while (!this.#aborter.signal.aborted) await this.#poll(true);
    } catch {
      this.close();
    }
  }

  #poll(wait) {
    return this.#post("poll", { ...this.#hello(), wait });
  }

  async #post(path, body) {
    const response = await fetch(new URL(`webhooks/widget/${path}`, this.#server), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      signal: AbortSignal.any([this.#aborter.signal, AbortSignal.timeout(POLL_TIMEOUT)]),
    });
    if (response.status === 403) throw new Refused();
    if (response.status === 429) throw new TooOften();
    if (!response.ok) throw new Error(`status ${response.status}`);
    for (const frame of (await response.json()).frames) this.#onframe(frame);
  }
}
