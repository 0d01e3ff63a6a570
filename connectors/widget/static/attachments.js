/** Pictures on their way into a message: chosen, made smaller, uploaded, and shown above the field until it is sent. */

import { h } from "./dom.js";
import { icon } from "./icons.js";

const LONGEST_SIDE = 2560; // pixels: enough to read the label on a photograph of a parcel
const QUALITY = 0.85;
const PREVIEW = 144; // pixels
const PASSING = ["network", "rate_limited"]; // problems after which it is worth trying again

export class Attachments {
  element = h("ul", { class: "attachments", role: "list" });
  #context;
  #onchange;
  #input; // kept, or a browser may throw it away while the visitor chooses
  #tiles = [];
  #work = Promise.resolve(); // pictures are prepared one after the other: a phone has little memory

  /** `context` is {connection, t}; `onchange()` is called when `busy` or `count` may have changed. */
  constructor(context, onchange) {
    this.#context = context;
    this.#onchange = onchange;
  }

  /** Whether a picture is still on its way. */
  get busy() {
    return this.#tiles.some(({ photo, problem }) => !photo && !problem);
  }

  /** Whether a picture could not be taken. */
  get failed() {
    return this.#tiles.some(({ problem }) => problem);
  }

  /** How many pictures are ready to be sent. */
  get count() {
    return this.#tiles.filter(({ photo }) => photo).length;
  }

  /** Lets the visitor choose pictures. */
  open() {
    this.#input = h("input", {
      type: "file",
      accept: this.#context.connection.limits.upload_types.join(),
      multiple: true,
      onchange: ({ target }) => this.add(target.files),
    });
    this.#input.click();
  }

  add(files) {
    const room = this.#context.connection.limits.max_photos - this.#tiles.filter(({ problem }) => !problem).length;
    this.#forget(({ problem }) => problem === "too_many");
    for (const file of [...files].slice(0, Math.max(0, room))) {
      this.#process(this.#tile(file));
    }
    if (files.length > room) this.#tile(null, "too_many");
    this.#onchange();
  }

  /** The pictures that are ready, for a message; they and what failed are gone from here. */
  take() {
    const photos = this.#tiles.map(({ photo }) => photo).filter(Boolean);
    this.#forget(({ photo, problem }) => photo || problem);
    return photos;
  }

  #tile(file, problem = null) {
    const tile = { file, problem, photo: null, preview: null, element: h("li"), controller: new AbortController() };
    this.#tiles.push(tile);
    this.#draw(tile);
    this.element.append(tile.element);
    return tile;
  }

  async #process(tile) {
    const { signal } = tile.controller;
    const prepared = this.#work.then(() => this.#prepare(tile));
    this.#work = prepared.catch(() => null);
    try {
      await prepared;
      signal.throwIfAborted();
      this.#draw(tile);
      const onprogress = (share) => tile.element.querySelector("progress")?.setAttribute("value", share);
      tile.photo = await this.#context.connection.upload(tile.file, { onprogress, signal });
    } catch (error) {
      if (signal.aborted) return;
      tile.problem = error.code ?? "broken";
    }
    this.#draw(tile);
    this.#onchange();
  }

  /** Draws the preview of a tile, and makes its file one that the shop takes if it is not. */
  async #prepare(tile) {
    const { upload_types: types, max_upload_bytes: most } = this.#context.connection.limits;
    const { file } = tile;
    const heic = /\.hei[cf]$/i.test(file.name); // Not every system knows the type, and few can show it.
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
    if (bitmap) {
      tile.preview = preview(bitmap);
      const fine = !heic && types.includes(file.type) && file.size <= most;
      tile.file = await reduced(file, bitmap, fine);
      bitmap.close();
    }
    if (!types.includes(tile.file.type || (heic && "image/heic"))) throw { code: "type" };
    if (tile.file.size > most) throw { code: "too_large" };
  }

  #draw(tile) {
    const { file, photo, problem, preview, element } = tile;
    const { t } = this.#context;
    const name = file?.name;
    const button = (className, label, act, ...children) =>
      h("button", { type: "button", class: className, "aria-label": label, onclick: () => act(tile) }, children);
    const failed = () => [
      icon("alert"),
      h("p", { role: "alert" }, name && [h("bdi", {}, name), h("br")], this.#reason(problem)),
      PASSING.includes(problem) && button("", null, (one) => this.#retry(one), icon("retry"), t("resend")),
    ];
    const progress = () => h("progress", { value: 0, "aria-label": t("file_uploading", { name }) });
    const label = problem ? t("dismiss") : t("file_remove", { name });
    const focused = element.matches(":focus-within");
    element.className = problem ? "failed" : "";
    element.replaceChildren(
      h(
        "div",
        {},
        problem ? failed() : [preview ?? icon("file"), h("span", { class: "unseen" }, name), !photo && progress()],
        button("remove", label, (one) => this.#remove(one), icon("close")),
      ),
    );
    if (focused) element.querySelector(".remove").focus();
  }

  #reason(problem) {
    const { max_upload_bytes: bytes, max_photos: count } = this.#context.connection.limits;
    return this.#context.t(`file_${problem}`, { size: Math.floor(bytes / 1e6), count });
  }

  #retry(tile) {
    tile.problem = null;
    this.#draw(tile);
    this.#process(tile);
    this.#onchange();
  }

  /** The focus goes to the neighbour, or back to the text. */
  #remove(tile) {
    const neighbour = tile.element.nextElementSibling ?? tile.element.previousElementSibling;
    this.#forget((other) => other === tile);
    (neighbour?.querySelector(".remove") ?? this.element.closest(".composer")?.querySelector("textarea"))?.focus();
    this.#onchange();
  }

  #forget(which) {
    for (const tile of this.#tiles.filter(which)) {
      tile.controller.abort();
      tile.element.remove();
    }
    this.#tiles = this.#tiles.filter((tile) => !which(tile));
  }
}

/** A file as the shop wants it: a JPEG no longer than needed, unless it is `fine` and would not become smaller. */
async function reduced(file, bitmap, fine) {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  if (fine && scale === 1) return file;
  const canvas = drawn(bitmap, Math.round(bitmap.width * scale), Math.round(bitmap.height * scale), scale);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob || (fine && blob.size >= file.size)) return file;
  return new File([blob], `${file.name.replace(/\.[^.]*$/, "")}.jpg`, { type: blob.type });
}

/** The middle of a picture as a square. */
function preview(bitmap) {
  return drawn(bitmap, PREVIEW, PREVIEW, PREVIEW / Math.min(bitmap.width, bitmap.height));
}

/** A canvas with the middle of a picture; what is transparent becomes white, as it would be black in a JPEG. */
function drawn(bitmap, width, height, scale) {
  const canvas = h("canvas", { width, height });
  const context = canvas.getContext("2d");
  const [across, down] = [bitmap.width * scale, bitmap.height * scale];
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, (width - across) / 2, (height - down) / 2, across, down);
  return canvas;
}
