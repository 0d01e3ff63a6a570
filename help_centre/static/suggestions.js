/**
 * Suggestions while a query is typed: the search field becomes an editable combobox with a list popup, as the ARIA
 * Authoring Practices describe it. Without this module the field is a plain one, and the form leads to the results.
 */

const DELAY = 150; // milliseconds after the last keystroke
const SHORTEST = 2; // characters; one Chinese word

class Combobox {
  #form;
  #input;
  #list = document.createElement("ul");
  #timer;
  #request = new AbortController();

  constructor(form) {
    this.#form = form;
    this.#input = form.elements.q;
    this.#list.id = `${this.#input.id}_list`;
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", form.querySelector("label").textContent);
    this.#list.hidden = true;
    this.#input.after(this.#list);
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": this.#list.id,
      "aria-expanded": "false",
    })) {
      this.#input.setAttribute(name, value);
    }
    this.#input.addEventListener("input", (event) => event.isComposing || this.#ask());
    this.#input.addEventListener("compositionend", () => this.#ask());
    this.#input.addEventListener("keydown", (event) => this.#press(event));
    this.#input.addEventListener("blur", () => this.#close());
    this.#list.addEventListener("mousedown", (event) => event.preventDefault()); // The field keeps the focus.
    this.#list.addEventListener("click", (event) => this.#follow(event.target.closest("[role=option]")));
  }

  get #options() {
    return [...this.#list.children];
  }

  get #active() {
    return this.#list.querySelector("[aria-selected=true]");
  }

  #ask() {
    clearTimeout(this.#timer);
    this.#request.abort();
    this.#timer = setTimeout(() => this.#load(), DELAY);
  }

  async #load() {
    if (this.#input.value.trim().length < SHORTEST) {
      this.#close();
      return;
    }
    this.#request = new AbortController();
    const fields = new URLSearchParams(new FormData(this.#form));
    try {
      const response = await fetch(`${this.#form.dataset.suggestions}?${fields}`, { signal: this.#request.signal });
      this.#show(response.ok ? await response.json() : []);
    } catch (error) {
      if (error.name !== "AbortError") this.#close(); // The form still works.
    }
  }

  #show(suggestions) {
    this.#list.replaceChildren(
      ...suggestions.map(({ title, url }, i) => {
        const option = document.createElement("li");
        option.id = `${this.#list.id}_${i}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.url = url;
        option.textContent = title;
        return option;
      }),
    );
    this.#activate(null);
    const open = suggestions.length > 0 && document.activeElement === this.#input;
    this.#list.hidden = !open;
    this.#input.setAttribute("aria-expanded", String(open));
  }

  #close() {
    clearTimeout(this.#timer);
    this.#request.abort();
    this.#show([]);
  }

  #press(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const options = this.#options;
    const place = options.indexOf(this.#active);
    switch (event.key) {
      case "ArrowDown":
        if (options.length) this.#activate(options[(place + 1) % options.length]);
        else this.#ask();
        break;
      case "ArrowUp":
        if (options.length) this.#activate(options.at(place > 0 ? place - 1 : -1));
        break;
      case "Enter":
        if (place < 0) return;
        this.#follow(options[place]);
        break;
      case "Escape":
        if (this.#list.hidden) return;
        this.#close();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  #activate(option) {
    for (const other of this.#options) other.setAttribute("aria-selected", String(other === option));
    if (option) {
      this.#input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.#input.removeAttribute("aria-activedescendant");
    }
  }

  #follow(option) {
    if (option) location.assign(option.dataset.url);
  }
}

for (const form of document.querySelectorAll("form[data-suggestions]")) new Combobox(form);
