// One answer as elements: text with markers, sources by document, and what one can do with it.
// The page and the widget show the same thing.

import { el, icon } from "./elements.js";
import { render } from "./markdown.js";
import { say } from "./words.js";

const BADGES = { digest: "kindDigest", case: "kindCase", law: "kindLaw", notice: "kindNotice" };

// Text that is still arriving: markers are shown, but lead nowhere until they are verified.
export function showUnfinished(container, text) {
  container.replaceChildren(render(text, (number) => el("span.marker.pending", {}, String(number))));
}

// handlers = { open(citation), ask(question), rate(rating, comment) → Promise, addOfficial(original) };
// one that is absent takes its control away.
export function showAnswer(container, answer, handlers) {
  const shown = answer.declined ? answer.declined.nearest : answer.citations;
  const known = new Map([...shown, ...(answer.further ?? [])].map((citation) => [citation.marker, citation]));
  const prose = el("div.prose", { lang: answer.language });
  prose.append(render(answer.text || answer.declined?.message || "", (n) => marker(known.get(n), handlers)));
  container.replaceChildren(
    ...[
      prose,
      more(answer, known, handlers),
      ...answer.notices.map((notice) => el("p.notice", { lang: answer.language }, notice)),
      shown.length ? sources(answer, shown, handlers) : null,
      choices("clarify", answer.clarify, answer, handlers),
      tools(answer, handlers),
      choices("next", answer.suggestions, answer, handlers),
    ].filter(Boolean),
  );
}

// What was found besides the first screen, folded.
function more(answer, known, handlers) {
  if (!answer.further_text) return null;
  return el(
    "details.further",
    {},
    el("summary", {}, say("more")),
    el("div.rest", { lang: answer.language }, render(answer.further_text, (n) => marker(known.get(n), handlers))),
  );
}

function marker(citation, { open }) {
  if (!citation) return null;
  const label = say("source", { n: citation.marker, title: citation.title, page: pageName(citation) });
  return el(
    "button.marker",
    { type: "button", "aria-label": label, title: label, onclick: (event) => open(citation, event.currentTarget) },
    String(citation.marker),
  );
}

export function pageName({ page, page_label: label }) {
  return say("pageShort", { label: label ?? page });
}

export function badges({ kind, in_force: inForce, now }) {
  return [
    BADGES[kind] ? el(`span.badge.${kind}`, {}, say(BADGES[kind])) : null,
    inForce === false || now ? el("span.badge.past", {}, say("notInForce")) : null,
  ].filter(Boolean);
}

function sources(answer, citations, handlers) {
  const documents = new Map();
  for (const citation of citations) {
    const key = `${citation.document}\n${citation.edition}`;
    documents.set(key, [...(documents.get(key) ?? []), citation]);
  }
  return el(
    "section.sources",
    {},
    el("h3", {}, say(answer.declined ? "nearest" : "sources")),
    [...documents.values()].map((group) => source(group, handlers)),
  );
}

function source(citations, handlers) {
  const [first] = citations;
  return el(
    "article.source",
    {},
    el(
      "header",
      {},
      el("span.work", { lang: first.language }, say("work", first)),
      ...badges(first),
    ),
    el("ul", {}, citations.map((citation) => el("li", {}, place(citation, handlers), present(citation, handlers)))),
    first.digest_of ? original(first.digest_of, handlers) : null,
  );
}

function place(citation, { open }) {
  const section = citation.section.split(" › ").at(-1);
  return el(
    "button.place",
    {
      type: "button",
      onclick: (event) => open(citation, event.currentTarget),
      data: { marker: citation.marker },
    },
    el("span.number", { "aria-hidden": "true" }, String(citation.marker)),
    el(
      "span.where",
      {},
      el("span.page", {}, pageName(citation)),
      section ? el("span.section", { lang: citation.language }, section) : null,
    ),
    el("q.quote", { lang: citation.language }, citation.quote.replace(/\s*\n\s*/g, " ")),
    el("span.go", {}, icon("page"), el("span", {}, say("openPage"))),
  );
}

// Where a superseded quotation stands today, and what it says there when that is something else.
function present({ now, language, marker }, { open }) {
  if (!now) return null;
  if (!now.page) {
    return el("p.now", {}, say(now.edition ? "nowGone" : "nowNone", now));
  }
  const name = say("now", { edition: now.edition, page: pageName(now) });
  return el(
    "p.now",
    {},
    el(
      "button.link",
      { type: "button", onclick: (event) => open({ ...now, marker }, event.currentTarget) },
      name,
    ),
    now.state === "changed"
      ? [` ${say("nowSays")} `, el("q", { lang: language }, now.quote.replace(/\s*\n\s*/g, " "))]
      : null,
  );
}

function original(work, { addOfficial }) {
  return el(
    "p.original",
    {},
    say("digestOf", { ...work, publisher: work.publisher || "—" }),
    addOfficial
      ? [" ", el("button.link", { type: "button", onclick: () => addOfficial(work) }, say("addOfficial"))]
      : null,
  );
}

function choices(heading, questions, answer, { ask }) {
  if (!ask || !questions?.length) return null;
  return el(
    "section.choices",
    {},
    el("h3", {}, say(heading)),
    el(
      "ul",
      {},
      questions.map((question) =>
        el("li", {}, el("button.choice", { type: "button", lang: answer.language, onclick: () => ask(question) }, question)),
      ),
    ),
  );
}

function tools(answer, { rate }) {
  const said = el("span.said", { role: "status" });
  const copy = el(
    "button.tool",
    {
      type: "button",
      onclick: async () => {
        said.textContent = say((await copied(asText(answer), bar)) ? "copied" : "copyFailed");
      },
    },
    icon("copy"),
    say("copy"),
  );
  const rating = (value, key, sign) =>
    el(
      "button.tool",
      {
        type: "button",
        "aria-pressed": "false",
        data: { rating: value },
        onclick: async ({ currentTarget }) => {
          try {
            await rate(value);
            for (const other of bar.querySelectorAll("[aria-pressed]")) {
              other.setAttribute("aria-pressed", String(other === currentTarget));
            }
            said.textContent = say("thanks");
            bar.querySelector("form")?.remove();
            if (value === "down") bar.append(reason(rate, said));
          } catch {
            said.textContent = say("feedbackFailed");
          }
        },
      },
      icon(sign),
      say(key),
    );
  const bar = el(
    "div.tools",
    {},
    answer.declined ? null : copy,
    rate ? [rating("up", "helpful", "up"), rating("down", "unhelpful", "down")] : null,
    said,
  );
  return bar;
}

// Put a text into the clipboard. Over plain HTTP, as in a town hall's own network, a browser has no
// navigator.clipboard; what is selected can be copied there all the same.
async function copied(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const before = document.activeElement;
    const box = el("textarea.unseen", { readonly: true, "aria-hidden": "true", tabindex: "-1" });
    box.value = text;
    place.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    before?.focus();
    return done;
  }
}

// Who found an answer unhelpful may say what was missing.
function reason(rate, said) {
  const box = el("input", { type: "text", maxlength: 1000, "aria-label": say("why"), placeholder: say("why") });
  return el(
    "form.reason",
    {
      onsubmit: async (event) => {
        event.preventDefault();
        try {
          if (box.value.trim()) await rate("down", box.value.trim());
          event.target.remove();
          said.textContent = say("thanks");
        } catch {
          said.textContent = say("feedbackFailed");
        }
      },
    },
    box,
    el("button.tool", { type: "submit" }, say("sendWhy")),
  );
}

// The answer as a letter or a decision document quotes it: 文書名（版）p.N under the text.
export function asText(answer) {
  const lines = answer.citations.map(
    (citation) =>
      `[${citation.marker}] ${citation.title}（${citation.edition}）p.${citation.page_label ?? citation.page}` +
      (citation.now?.page ? ` → ${say("now", { edition: citation.now.edition, page: pageName(citation.now) })}` : ""),
  );
  const text = answer.text.replaceAll("**", "");
  return `${say("question")}：${answer.question}\n\n${text}\n\n${say("sources")}\n${lines.join("\n")}\n`;
}
