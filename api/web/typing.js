// While somebody types: titles, terms and questions that go on from what stands before the cursor.
// The names were fetched once, so nothing of what is typed leaves the page.

import { el } from "./elements.js";

const SHORTEST = 2;
const LONGEST = 40; // of what stands before the cursor, how much is looked at
const MOST = 5;

export class Typing {
  constructor(box, list) {
    Object.assign(this, { box, list, names: [], found: [], at: -1 });
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", list.id);
    box.addEventListener("input", (event) => !event.isComposing && this.look());
    box.addEventListener("compositionend", () => this.look());
    box.addEventListener("blur", () => this.hide());
  }

  look() {
    const { selectionStart: cursor, value } = this.box;
    this.found = cursor === value.length ? continuing(value, this.names) : [];
    this.at = -1;
    this.draw();
  }

  hide() {
    this.found = [];
    this.draw();
  }

  draw() {
    this.list.hidden = !this.found.length;
    this.list.replaceChildren(
      ...this.found.map(({ name }, at) =>
        el(
          "li",
          {
            role: "option",
            id: `${this.list.id}-${at}`,
            "aria-selected": String(at === this.at),
            onmousedown: (event) => {
              event.preventDefault(); // the box keeps the focus
              this.take(at);
            },
          },
          name,
        ),
      ),
    );
    if (this.at >= 0) this.box.setAttribute("aria-activedescendant", `${this.list.id}-${this.at}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  // Whether a key was for the list: arrows choose, Enter or Tab takes what is chosen, Escape closes.
  key(event) {
    if (!this.found.length || event.isComposing || event.keyCode === 229) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && (this.at >= 0 || step > 0)) {
      this.at = Math.min(this.found.length - 1, this.at + step);
      this.draw();
    } else if (["Enter", "Tab"].includes(event.key) && this.at >= 0) this.take(this.at);
    else if (event.key === "Escape") this.hide();
    else return false;
    event.preventDefault();
    return true;
  }

  take(at) {
    const { name, held } = this.found[at];
    this.box.value = this.box.value.slice(0, this.box.value.length - held) + name;
    this.hide();
    this.box.dispatchEvent(new Event("input"));
    this.hide();
  }
}

// Names that begin with the last letters of *text*, those that go on from most of it first.
export function continuing(text, names) {
  const said = plain(text.slice(-LONGEST));
  const found = [];
  for (const name of names) {
    const known = plain(name);
    for (let held = Math.min(said.length, known.length - 1); held >= SHORTEST; held -= 1) {
      if (!known.startsWith(said.slice(-held))) continue;
      if (!/^[a-z0-9]+$/.test(said.slice(-held)) || !/[a-z0-9]/.test(said.at(-held - 1) ?? " ")) found.push({ name, held });
      break;
    }
  }
  return found.sort((one, other) => other.held - one.held || one.name.length - other.name.length).slice(0, MOST);
}

// Letter for letter, so that a length in one is a length in the other.
const plain = (text) => [...text].map((each) => each.normalize("NFKC").toLowerCase().slice(0, each.length)).join("");
