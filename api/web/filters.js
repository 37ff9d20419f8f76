// What a question is bounded to: a corpus, which has a page of its own; a document, a folder, a kind, a municipality, a day. What was
// chosen is remembered in this browser, and what the corpus no longer has is let go.

import { ALL, HERE, within } from "./ask.js";
import { el, icon } from "./elements.js";
import { language, say } from "./words.js";

const KEY = "tebiki.filters";
const NAMES = ["document", "folder", "kind", "municipality", "day"];

export class Filters {
  // *button* opens *root*, where the fields are; *told* says what is chosen, with a way to undo it.
  constructor({ button, root, told }) {
    Object.assign(this, { button, root, told });
    this.works = [];
    this.corpora = [];
    this.chosen = remembered();
    button.addEventListener("click", () => this.open(root.hidden));
    root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.open(false);
      button.focus();
    });
  }

  open(yes) {
    this.root.hidden = !yes;
    this.button.setAttribute("aria-expanded", String(yes));
    if (yes) this.root.querySelector("select, input")?.focus({ preventScroll: true });
  }

  // *works* as /v1/documents lists them; only what is held can be chosen, and nothing by name where
  // all *corpora* are asked.
  load(works, { corpora = [], corpus = "" } = {}) {
    Object.assign(this, { corpora, corpus: HERE === ALL ? "*" : corpus });
    this.works = HERE === ALL ? [] : works.filter((work) => work.editions.some((edition) => edition.held));
    for (const name of ["document", "folder", "kind"]) {
      if (this.chosen[name] && !this.values(name).has(this.chosen[name])) delete this.chosen[name];
    }
    this.draw();
  }

  // What can be chosen, and how it is called.
  values(name) {
    const { works } = this;
    if (name === "document") return new Map(works.map((work) => [work.document, work.title]));
    if (name === "kind") return new Map(works.map(({ kind }) => [kind, kindName(kind)]));
    return new Map([...new Set(works.flatMap(foldersOf))].sort().map((folder) => [folder, folder]));
  }

  // As the wire has them, or nothing.
  get wire() {
    const { document: work, folder, kind, municipality, day } = this.chosen;
    const wire = {
      ...(work ? { documents: [work] } : {}),
      ...(folder ? { folders: [folder] } : {}),
      ...(kind ? { kinds: [kind] } : {}),
      ...(municipality ? { municipality } : {}),
      ...(day ? { as_of: day } : {}),
    };
    return Object.keys(wire).length ? wire : undefined;
  }

  // In words, in the order of the fields; empty where nothing is chosen.
  get words() {
    return NAMES.filter((name) => this.chosen[name])
      .map((name) => {
        if (name === "municipality") return this.chosen.municipality;
        if (name === "day") return say("filterOn", { day: dayName(this.chosen.day) });
        return this.values(name).get(this.chosen[name]) ?? this.chosen[name];
      })
      .join(say("comma"));
  }

  draw() {
    const field = (name, control) => {
      control.value = this.chosen[name] ?? "";
      control.addEventListener("change", () => this.choose(name, control.value.trim()));
      return el("label", {}, el("span", {}, say(`filter_${name}`)), control);
    };
    const select = (name) => {
      const values = this.values(name);
      if (values.size < 2) return null;
      const options = [...values].map(([value, title]) => el("option", { value }, title));
      return field(name, el("select", {}, el("option", { value: "" }, say("filterAny")), options));
    };
    this.root.replaceChildren(
      ...[
        this.corpora.length > 1 ? this.corpusField() : null,
        select("document"),
        select("folder"),
        select("kind"),
        field("municipality", el("input", { type: "text", maxlength: 100, autocomplete: "off" })),
        field("day", el("input", { type: "date" })),
      ].filter(Boolean),
    );
    this.tell();
  }

  corpusField() {
    const options = [...this.corpora, "*"].map((name) => el("option", { value: name }, name === "*" ? say("filterAllCorpora") : name));
    const control = el("select", { id: "corpus", onchange: () => location.assign(`${within(control.value)}/`) }, options);
    control.value = this.corpus;
    return el("label", {}, el("span", {}, say("filter_corpus")), control);
  }

  choose(name, value) {
    if (value) this.chosen[name] = value;
    else delete this.chosen[name];
    keep(this.chosen);
    this.tell();
  }

  clear() {
    this.chosen = {};
    keep(this.chosen);
    this.draw();
    this.button.focus();
  }

  tell() {
    const { words } = this;
    this.told.replaceChildren(
      ...(words
        ? [
            el("span", {}, words),
            el("button.small", { type: "button", "aria-label": say("filterClear"), title: say("filterClear"), onclick: () => this.clear() }, icon("close")),
          ]
        : []),
    );
  }
}

export const KINDS = ["manual", "guideline", "notice", "law", "case", "digest"];

export function kindName(kind) {
  return say(`kind${kind[0].toUpperCase()}${kind.slice(1)}`);
}

// The folders of the corpus in which a work's files lie, with those above them.
export function foldersOf(work) {
  const found = new Set();
  for (const { file } of work.editions) {
    const parts = (file ?? "").split("/").slice(0, -1);
    parts.forEach((_, at) => found.add(parts.slice(0, at + 1).join("/")));
  }
  return [...found];
}

function dayName(day) {
  return new Intl.DateTimeFormat(language(), { dateStyle: "medium" }).format(new Date(`${day}T00:00`));
}

function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return Object.fromEntries(NAMES.filter((name) => typeof kept[name] === "string").map((name) => [name, kept[name]]));
  } catch {
    return {};
  }
}

function keep(chosen) {
  try {
    localStorage.setItem(KEY, JSON.stringify(chosen));
  } catch {
    // Storage is switched off: the choice lasts until the page is left.
  }
}
