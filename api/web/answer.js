// One answer as elements: what was asked for first, each quotation with its source, and what one
// can do with it. The page and the widget show the same thing.

import { within } from "./ask.js";
import { el, icon } from "./elements.js";
import { render } from "./markdown.js";
import { marker, pageName, place, quotation, quotations } from "./quotation.js";
import { language, say } from "./words.js";

// Text that is still arriving: markers are shown, but lead nowhere until they are verified.
export function showUnfinished(container, text) {
  container.replaceChildren(render(text, (number) => el("span.marker.pending", {}, String(number))));
}

// handlers = { open(citation), ask(question), rate(rating, comment) → Promise, addOfficial(original) };
// one that is absent takes its control away.
export function showAnswer(container, answer, handlers) {
  const prose = el("div.prose", { lang: answer.language });
  prose.append(...(answer.declined ? refusal(answer, handlers) : told(answer, handlers)));
  container.dataset.certainty = answer.certainty;
  if (handlers.keep) container.dataset.printed = say("printedFoot", { day: answer.asked_on, id: answer.id, address: addressOf(answer) });
  const held = answer.declined || answer.citations.length > 0; // a greeting is nothing to copy or to rate
  container.replaceChildren(
    ...[
      prose,
      more(answer, handlers),
      choices("clarify", answer.clarify, answer, handlers),
      notices(answer, handlers),
      held ? tools(answer, handlers) : null,
      held && answer.made?.notice ? el("p.made", { lang: answer.language }, answer.made.notice) : null,
      choices("next", answer.suggestions, answer, handlers),
      held || answer.clarify?.length ? null : choices("suggestions", handlers.starters, { language: language() }, handlers),
    ].filter(Boolean),
  );
}

// The same in little room: what answers, one quotation, and two buttons; the second shows it all.
export function showBrief(container, answer, handlers) {
  const [first] = answer.declined ? answer.declined.nearest : answer.citations;
  showAnswer(container, answer, handlers);
  if (!first) return;
  const prose = container.querySelector(".prose");
  let last = prose.querySelector(".quoted, .sources");
  while (last.parentElement !== prose) last = last.parentElement;
  while (last.nextSibling) last.nextSibling.remove();
  for (const each of container.querySelectorAll(".further, .remarks, .tools")) each.remove();
  for (const each of answer.clarify?.length ? [] : container.querySelectorAll(".choices")) each.remove();
  prose.after(
    el(
      "div.brief",
      {},
      el("button.tool", { type: "button", onclick: (event) => handlers.open(first, event.currentTarget) }, icon("page"), say("openPage")),
      el(
        "button.tool",
        {
          type: "button",
          onclick: () => {
            showAnswer(container, answer, handlers);
            container.querySelector(".marker")?.focus();
          },
        },
        icon("plus"),
        say("more"),
      ),
    ),
  );
}

// The answer's own text, in which each quotation is drawn as it stands in its document. Citations
// that the text only names follow beneath.
function told(answer, handlers) {
  const drawn = new Set();
  // Of several questions each says for itself what its quotation is worth, and leaves the others room.
  const several = answer.text.match(/^\*\*.+\*\*$/gm)?.length > 1;
  const made = drawing(answer, answer.citations, handlers, { drawn, several });
  const value = answer.lead?.value;
  for (const part of made) {
    if (value && part.matches("p") && part.firstElementChild?.matches("strong")) part.classList.add("value");
    if (value) break;
  }
  if (answer.certainty === "near" && !several) made.unshift(standing("near", answer, made));
  const named = answer.citations.filter((citation) => !drawn.has(citation.marker));
  if (named.length) made.push(sources(named, handlers));
  return made;
}

function drawing(answer, citations, handlers, { drawn, several }) {
  const known = new Map(citations.map((citation) => [citation.marker, citation]));
  const { lead } = answer;
  const fragment = render(answer.declined ? "" : answer.text, (n) => marker(known.get(n), handlers), (n) => {
    const citation = known.get(n);
    if (!citation) return null;
    const main = !several && lead?.citation === n && !drawn.has(n);
    const before = known.get([...drawn].at(-1));
    drawn.add(n);
    const firm = answer.certainty === "answered" && !lead?.value;
    return quotation(citation, handlers, { lead: main ? lead.text : "", firm, main, before });
  });
  return [...fragment.children];
}

// What the answer is worth when it is not plainly the answer: a word, and what is missing.
function standing(name, answer, made) {
  const [opening] = made;
  const sentence = opening?.matches("p") && !opening.querySelector("strong, button") ? made.shift() : null;
  return el(`p.standing.${name}`, {}, badge(name, answer), sentence ? [" ", ...sentence.childNodes] : null);
}

// In the language of the answer, as the sentence after it.
function badge(name, answer) {
  return el("span.badge", {}, say(name, {}, answer.language));
}

function refusal(answer, handlers) {
  const { declined } = answer;
  const [nearest] = declined.nearest;
  const lacking = [...new Set(answer.missing.map((each) => each.text))];
  const said = [...render(declined.message || answer.text, () => null).children];
  const rest = nearest ? null : [...render(answer.text, () => null).children].slice(said.length);
  return [
    el(
      "div.standing.declined",
      {},
      el("p", {}, badge("declined", answer), " ", said.flatMap((each) => [...each.childNodes])),
      lacking.length ? el("p.lacking", {}, `${say("lacking", {}, answer.language)} `, lacking.map((each) => el("span.word", {}, each))) : null,
      rest,
    ),
    nearest ? el("h3.nearest", {}, say("nearest", {}, answer.language)) : null,
    ...quotations(declined.nearest, handlers),
  ].filter(Boolean);
}

// What was found besides the first screen, folded.
function more(answer, handlers) {
  if (!answer.further?.length) return null;
  return el(
    "details.further",
    {},
    el("summary", {}, say("more"), " ", el("span.extra", {}, say("moreCount", { n: answer.further.length }))),
    el(
      "div.rest",
      { lang: answer.language },
      quotations(answer.further, handlers),
    ),
  );
}

function sources(citations, handlers) {
  return el(
    "section.sources",
    {},
    el("h3", {}, say("sources")),
    el(
      "ul",
      {},
      citations.map((citation) => el("li", {}, marker(citation, handlers), place(citation, handlers))),
    ),
  );
}

// One quiet line; a click shows every sentence of it, and the official work behind a digest.
function notices(answer, handlers) {
  const shown = answer.declined ? answer.declined.nearest : answer.citations;
  const works = new Map(shown.flatMap((each) => (each.digest_of ? [[each.digest_of.document, each.digest_of]] : [])));
  const said = answer.notices;
  if (!said.length && !works.size) return null;
  return el(
    "details.remarks",
    { lang: answer.language },
    el("summary", {}, said[0] ?? say("digestOf", [...works.values()][0])),
    said.slice(1).map((notice) => el("p.notice", {}, notice)),
    [...works.values()].map((work) => original(work, handlers)),
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

function tools(answer, { rate, keep }) {
  const said = el("span.said", { role: "status" });
  const copy = el(
    "button.tool",
    {
      type: "button",
      onclick: async () => {
        said.textContent = say((await copied(asText(answer), bar, asRich(answer, bar))) ? "copied" : "copyFailed");
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
      el("span.name", {}, say(key)),
    );
  const bar = el(
    "div.tools",
    {},
    answer.declined ? null : copy,
    rate ? [rating("up", "helpful", "up"), rating("down", "unhelpful", "down")] : null,
    keep ? keeping(answer, said) : null,
    said,
  );
  return bar;
}

// What goes on to others: the sheet to attach to a decision, and the address of the answer.
function keeping(answer, said) {
  const sheet = (form) => `${within(answer.corpus)}/v1/answers/${encodeURIComponent(answer.id)}/evidence?form=${form}`;
  const box = el(
    "details.keep",
    {},
    el("summary.tool", {}, icon("page"), say("keep")),
    el(
      "div.ways",
      {},
      el("a.tool", { href: sheet("pdf"), download: "" }, say("keepPdf")),
      el("a.tool", { href: sheet("docx"), download: "" }, say("keepWord")),
      el(
        "button.tool",
        {
          type: "button",
          onclick: async () => {
            said.textContent = say((await copied(addressOf(answer), box)) ? "copied" : "copyFailed");
            box.open = false;
          },
        },
        say("keepLink"),
      ),
      el("button.tool", { type: "button", onclick: () => window.print() }, say("keepPrint")),
    ),
  );
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.open) return;
    event.stopPropagation();
    box.open = false;
    box.firstChild.focus();
  });
  return box;
}

function addressOf(answer) {
  return new URL(`${within(answer.corpus)}/?answer=${encodeURIComponent(answer.id)}`, location.href).href;
}

// Put a text into the clipboard, and *rich*, the same as HTML, for programs that keep bold and
// tables. Over plain HTTP, as in a town hall's own network, a browser has no navigator.clipboard;
// what a copy event is given goes there all the same, and it needs something selected.
async function copied(text, place, rich = "") {
  try {
    const kinds = { "text/plain": text, ...(rich ? { "text/html": rich } : {}) };
    const blobs = Object.entries(kinds).map(([type, content]) => [type, new Blob([content], { type })]);
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
    return true;
  } catch {
    const before = document.activeElement;
    const box = el("textarea.unseen", { readonly: true, "aria-hidden": "true", tabindex: "-1" });
    box.value = text;
    place.append(box);
    box.select();
    const give = (event) => {
      event.preventDefault();
      event.clipboardData.setData("text/plain", text);
      if (rich) event.clipboardData.setData("text/html", rich);
    };
    document.addEventListener("copy", give, { once: true });
    const done = document.execCommand("copy");
    document.removeEventListener("copy", give);
    box.remove();
    before?.focus();
    return done;
  }
}

// The answer as it stands on the screen, for a word processor: bold, tables, links to the pages.
function asRich(answer, bar) {
  const shown = bar.parentElement.querySelector(".prose").cloneNode(true);
  for (const gone of shown.querySelectorAll(".unfold, .flat, .badge, .marker")) gone.remove();
  const cites = answer.declined ? answer.declined.nearest : answer.citations;
  for (const place of shown.querySelectorAll(".place")) {
    const cited = cites.find((each) => String(each.marker) === place.dataset.marker);
    const address = cited ? new URL(cited.view_url, location.href).href : "";
    const words = `[${place.dataset.marker}] ${cited ? `${say("work", cited)} ${pageName(cited, { section: true })}` : place.textContent}`;
    place.replaceWith(address ? el("a", { href: address }, words) : words);
  }
  for (const each of shown.querySelectorAll("*")) {
    for (const name of ["class", "tabindex", "role", "aria-label", "data-marker"]) each.removeAttribute(name);
  }
  for (const table of shown.querySelectorAll("table")) table.setAttribute("border", "1");
  const head = el("p", {}, el("b", {}, `${say("question")}：${answer.question}`));
  return `<div lang="${answer.language}">${head.outerHTML}${shown.innerHTML}</div>`;
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
      `[${citation.marker}] ${citation.title}（${citation.edition}）${pageName(citation, { section: true })}` +
      (citation.now?.view_url
        ? ` → ${say("now", { edition: citation.now.edition, page: pageName(citation.now, { section: true }) })}`
        : ""),
  );
  const text = answer.text.replaceAll("**", "");
  return `${say("question")}：${answer.question}\n\n${text}\n\n${say("sources")}\n${lines.join("\n")}\n`;
}
