// The widget: the same answers as on the page, in a shadow tree on somebody else's page.

import { showBrief, showUnfinished } from "./answer.js";
import { ask, post } from "./ask.js";
import { el, icon } from "./elements.js";
import { pageName } from "./quotation.js";
import { language, say, speak } from "./words.js";

const SHEETS = ["colours.css", "answer.css", "panel.css"];
const LONGEST = 2000;

// Constructed sheets need no style-src of the page. Its root font size is its own affair, so
// that our rem become pixels.
async function sheets(base) {
  const texts = await Promise.all(
    SHEETS.map(async (name) => (await fetch(`${base}/web/${name}`)).text()),
  );
  const sheet = new CSSStyleSheet();
  const text = texts.join("\n").replace(/(\d*\.?\d+)rem/g, (_, size) => `${size * 16}px`);
  await sheet.replace(text);
  return sheet;
}

export class Panel extends HTMLElement {
  // The server knows the turns of this conversation; nobody else can name it.
  #conversation = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  #running = null;

  async connectedCallback() {
    if (this.shadowRoot) return;
    const { base, language: chosen, title, position, colour, logo } = this.dataset;
    this.base = base;
    speak(chosen ?? document.documentElement.lang.slice(0, 2) ?? "ja", { keep: false });
    const root = this.attachShadow({ mode: "open" });
    const sheet = await sheets(base);
    root.adoptedStyleSheets = [sheet];
    const name = title || say("tagline");
    const mark = (size) => el("img", { src: logo || `${base}/web/icon.svg`, alt: "", width: size, height: size });
    if (colour && CSS.supports("color", colour)) this.#paint(colour);
    this.button = el(
      "button.opener",
      { type: "button", "aria-expanded": "false", "aria-controls": "panel", onclick: () => this.open() },
      mark(24),
      name,
    );
    this.log = el("ol.log");
    this.live = el("p.unseen", { role: "status" });
    this.box = el("textarea", {
      rows: 2,
      "aria-label": say("question"),
      placeholder: say("placeholder"),
      onkeydown: (event) => this.#key(event),
    });
    this.wrong = el("p.wrong", { role: "alert" });
    this.send = el("button.solid", { type: "submit", "aria-label": say("send") }, icon("send"));
    this.panel = el(
      "section.panel",
      { id: "panel", role: "dialog", "aria-label": name, hidden: true, onkeydown: (event) => event.key === "Escape" && this.close() },
      el(
        "div.head",
        {},
        el("h2", {}, mark(20), name),
        el("button.round", { type: "button", "aria-label": say("close"), onclick: () => this.close() }, icon("close")),
      ),
      el("div.talk", { tabindex: "0", role: "region", "aria-label": say("answered") }, el("p.lead", {}, say("lead")), this.log),
      this.live,
      el(
        "form",
        {
          novalidate: true,
          onsubmit: (event) => {
            event.preventDefault();
            this.#begin(this.box.value);
          },
        },
        this.wrong,
        el("div.line", {}, this.box, this.send),
      ),
    );
    const frame = el("div.frame", { lang: language(), data: { position: position === "left" ? "left" : "right" } });
    frame.append(this.button, this.panel);
    root.append(frame);
  }

  // One colour of the site's own; what lies on it and beside it follows from it.
  #paint(colour) {
    this.style.setProperty("--tebiki-key", colour);
    this.style.setProperty("--tebiki-key-strong", `color-mix(in srgb, ${colour} 80%, var(--tebiki-ink))`);
    this.style.setProperty("--tebiki-tint", `color-mix(in srgb, ${colour} 10%, var(--tebiki-ground))`);
    this.style.setProperty("--tebiki-tint-strong", `color-mix(in srgb, ${colour} 20%, var(--tebiki-ground))`);
  }

  open() {
    this.panel.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.box.focus();
  }

  close() {
    this.panel.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    this.button.focus();
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#begin(this.box.value);
  }

  #begin(text) {
    if (this.#running) return;
    const question = text.trim();
    this.wrong.textContent = question
      ? question.length > LONGEST
        ? say("tooLong", { n: question.length.toLocaleString() })
        : ""
      : say("empty");
    if (this.wrong.textContent) return;
    this.box.value = "";
    this.#put(question);
  }

  async #put(question) {
    const body = el("div.answer", {}, el("p.working", {}, say("searching")));
    const turn = el("li", {}, el("p.asked", {}, question), body);
    this.log.append(turn);
    turn.scrollIntoView({ block: "start" });
    this.live.textContent = say("searching");
    this.#running = new AbortController();
    let text = "";
    const unfinished = el("div.prose.unfinished");
    try {
      const answer = await ask(
        { question, conversation: this.#conversation },
        {
          delta: ({ text: more }) => {
            text += more;
            if (!unfinished.isConnected) body.replaceChildren(unfinished);
            showUnfinished(unfinished, text);
          },
        },
        { base: this.base, signal: this.#running.signal },
      );
      showBrief(body, answer, {
        open: (citation) => window.open(new URL(citation.view_url, this.base), "_blank", "noopener"),
        ask: (next) => this.#running || this.#put(next),
        rate: (rating, comment = "") => post("/v1/feedback", { answer: answer.id, rating, comment }, { base: this.base }),
      });
      this.live.textContent = `${say("arrived")} ${answer.citations.map((each) => `${each.title} ${pageName(each)}`).join("、")}`;
    } catch (problem) {
      body.replaceChildren(
        el("div.failure", {}, el("p.head", {}, say("failed")), el("p", {}, problem.message)),
      );
      this.live.textContent = problem.message;
    } finally {
      this.#running = null;
    }
  }
}
