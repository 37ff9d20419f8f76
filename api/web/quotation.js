// A quotation as it stands in the document: its words, its table, and the source beneath.

import { carded } from "./card.js";
import { el } from "./elements.js";
import { say } from "./words.js";

const BADGES = { digest: "kindDigest", case: "kindCase", law: "kindLaw", notice: "kindNotice" };
const WRAPPED_LINE = 18; // as in ingest/language/sentences.py
const SHORTER = 4; // characters by which a line was not wrapped but ended, over any indentation
const ENDING = /[。！？!?．][」』）)]?$/;
const ITEM = /^(?:[【・•●○◎■□◆◇▪※➢⬧〇\ue000-\uf8ff]|[①-⑳⒜-⒵㋐-㋾]|[（(][0-9０-９ｱ-ﾝァ-ヶa-z一-十]{1,2}[）)]|[0-9０-９]{1,2}[ .．　])/u;
const FIGURE = /^[\d０-９.,▲△―—−-]+/u;
const ICON_FONT = /[\ue000-\uf8ff]/gu; // bullets of Wingdings and the like: no letter to show

// Where something stands, in words: p.3, シート「手数料」 B4:D9, スライド2, 第12段落.
export function pageName({ place: at, page, page_label: label }, { section = false } = {}) {
  if (!at || at.kind === "page") return say("pageShort", { label: at?.label ?? label ?? page });
  if (at.kind === "slide") return say("slideShort", at);
  if (at.kind === "sheet") return `${say("sheetShort", at)} ${at.range}`.trim();
  const [first, last] = at.range.split("-");
  const number = first.slice(1) + (last ? `${say("rangeTo")}${last.slice(1)}` : "");
  const range = { "¶": "paragraphShort", L: "lineShort" }[first[0]];
  const named = section && at.label ? [say("sectionShort", at)] : [];
  return [...named, ...(range ? [say(range, { number })] : [])].join(" ");
}

// The number by which the viewer finds a citation; a file without pages has it only in there.
export function pageNumber({ page, view_url: address }) {
  return page ?? Number(new URL(address, location.href).searchParams.get("page"));
}

export function badges({ corpus, kind, in_force: inForce, now }) {
  return [
    corpus ? el("span.badge.corpus", {}, corpus) : null,
    BADGES[kind] ? el(`span.badge.${kind}`, {}, say(BADGES[kind])) : null,
    inForce === false || now ? el("span.badge.past", {}, say("notInForce")) : null,
  ].filter(Boolean);
}

export function marker(citation, { open }) {
  if (!citation) return null;
  const label = say("source", { n: citation.marker, title: citation.title, page: pageName(citation) });
  const made = el(
    "button.marker",
    {
      type: "button",
      "aria-label": label,
      data: { marker: citation.marker },
      onclick: (event) => open(citation, event.currentTarget),
    },
    String(citation.marker),
  );
  return carded(made, citation);
}

// The whole block. *lead* is the part of the quotation that answers: it is tinted, a brief one that
// is *firm* large. What is long is cut, the *main* quotation later than others, what stands before
// the lead too, and a button shows the rest. *before* is the citation above it: the same document is
// not named twice in a row.
export function quotation(citation, handlers, { lead = "", firm = false, main = false, before = null } = {}) {
  const body = el(`blockquote.verbatim.short${main ? ".main" : ""}`, { lang: citation.language });
  body.append(...begun(words(citation, lead, firm)));
  return el(
    "div.quoted",
    {},
    body,
    el("div.from", {}, marker(citation, handlers), place(citation, handlers, before), unfolding(body)),
    present(citation, handlers),
  );
}

// Several in a row.
export function quotations(citations, handlers) {
  return citations.map((citation, at) => quotation(citation, handlers, { before: citations[at - 1] }));
}

function words({ quote, context }, lead, firm) {
  const blocks = parts(quote);
  // The heads of several tables come one after the other: one that shows its own keeps them.
  let heads = context ? context.split(" / ") : [];
  for (const { rows } of blocks) {
    const own = rows?.[0].map(flat) ?? [];
    const at = heads.findIndex((_, from) => own.length && own.every((head, to) => head === flat(heads[from + to] ?? "")));
    if (at < 0 || own.length === heads.length) continue;
    heads = heads.filter((_, each) => each < at || each >= at + own.length);
    rows.heads = rows[0];
  }
  const made = blocks.flatMap(({ rows, text }) =>
    rows ? tableOf(rows, rows.heads ?? heads, lead) : lines(text, lead, firm),
  );
  if (heads.length && !made.some((each) => each.querySelector("thead"))) {
    made.unshift(el("p.within", {}, heads.join(" / ")));
  }
  return made;
}

// What answers is seen first: more than two lines before it are shown at a click.
function begun(made) {
  const at = made.findIndex((each) => each.matches(".holds") || each.querySelector(".lead"));
  const above = made.slice(0, Math.max(0, at)).filter((each) => !each.matches(".flat"));
  if (above.reduce((all, each) => all + each.textContent.length, 0) <= AHEAD) return made;
  for (const each of above) each.classList.add("over");
  made[at].classList.add("on");
  return made;
}

const AHEAD = 60;
const BRIEF = 80;
const LONG = 160; // more than this is no line one would print large
const LARGE = 2; // paragraphs that may be large
const FEW = 3; // columns that find room on a telephone
const ROWS = 4; // shown of a table before it is unfolded
const SPANNING = 20; // characters of a line that may stand across a table
const TIGHT = { td: 8, th: 5 }; // characters of a cell that stay on one line; longer ones have room
const LABELS = 2; // columns that may stand under an empty corner

// Lines with tabs are rows; whatever stands between them is text. A single line between two rows
// of one width, such as the other half of a corner head, leaves them one table.
function parts(quote) {
  const found = [];
  for (const line of quote.split("\n").filter((each) => each.trim())) {
    const before = found.at(-1);
    if (line.includes("\t")) {
      const row = line.split("\t").map((cell) => cell.trim());
      const above = found.at(-2)?.rows;
      if (before?.rows) before.rows.push(row);
      else if (before?.text.length === 1 && before.text[0].length <= SPANNING && above?.at(-1).length === row.length) {
        above.push([found.pop().text[0]], row);
      }
      else found.push({ rows: [row] });
    } else if (before && !before.rows) before.text.push(line.trim());
    else found.push({ text: [line.trim()] });
  }
  return found;
}

// The heads of *columns* columns, with an empty corner where labels have none; null where they do
// not fit. A row that is shorter has fewer labels, and a label without a head is no figure.
function headsOf(heads, rows, columns) {
  const least = Math.min(...rows.map((row) => row.length));
  for (const named of [heads, heads.filter((head, at) => head !== heads[at - 1])]) {
    const corner = columns - named.length;
    if (!named.length || corner < 0 || corner > LABELS || least - named.length < Math.min(1, corner)) continue;
    if (rows.some((row) => row.slice(0, row.length - named.length).some((cell) => FIGURE.test(cell)))) continue;
    return [...Array(corner).fill(""), ...named];
  }
  return null;
}

function tableOf(rows, context, lead) {
  const full = rows.filter((row) => row.length > 1);
  const columns = Math.max(...full.map((row) => row.length));
  const heads = headsOf(context, full, columns);
  if (!heads && full.some((row) => row.length !== columns)) return rows.map((row) => el("p", {}, row.join("　")));
  const same = (row) => heads && flat(row.join("")) === flat(heads.join(""));
  const body = rows.filter((row) => !same(row));
  const said = new Set(lead.split("\n").map(flat));
  const meant = body.filter((row) => said.has(flat(row.join(""))));
  const kept = new Set((meant.length && meant.length < body.length ? meant : body).slice(0, ROWS));
  // What a row lacks it lacks among its labels; a line across the table has all of its width.
  const cells = (row) =>
    row.map((cell, at) => {
      const span = at ? 1 : columns - row.length + 1;
      return cellOf("td", cell, { colspan: span > 1 ? span : null, "data-head": heads?.[columns - row.length + at] || null });
    });
  const table = el(
    `table${heads && kept.size === 1 ? ".one" : ""}${columns > FEW ? "" : ".few"}`,
    {},
    heads ? el("thead", {}, el("tr", {}, heads.map((head) => (head ? cellOf("th", head, { scope: "col" }) : el("td"))))) : null,
    el(
      "tbody",
      {},
      body.map((row) =>
        el(
          `tr${meant.includes(row) && meant.length < body.length ? ".meant" : ""}${kept.has(row) ? "" : ".over"}`,
          {},
          cells(row),
        ),
      ),
    ),
  );
  return [
    el("p.flat", {}, body.map((row) => row.join("　")).join(" ／ ")),
    el(`div.wide${meant.length ? ".holds" : ""}`, { tabindex: "0", role: "group", "aria-label": say("table") }, table),
  ];
}

function cellOf(name, text, properties) {
  return el(`${name}.${text.length <= TIGHT[name] ? "tight" : "roomy"}`, properties, text);
}

const flat = (text) => text.replace(/\s/g, "");

// A list stays a list; a line that was only wrapped goes on. What ends a sentence ends its line,
// and so does a line much shorter than the one after it, such as a heading.
function lines(texts, lead, firm) {
  const paragraphs = [];
  let last = "";
  for (const text of texts) {
    const ended = !last || ENDING.test(last) || wide(text) > wide(last) + 2 * SHORTER;
    if (ended || ITEM.test(text)) paragraphs.push(text);
    else paragraphs[paragraphs.length - 1] = joined(paragraphs.at(-1), last, text);
    last = text;
  }
  const said = lead.split("\n").filter((line) => !line.includes("\t")).join("\n");
  return led(paragraphs.map(clean), said.length <= LONG ? said : "", firm && said === lead);
}

// Each paragraph, with what of it stands in *lead* marked.
function led(paragraphs, lead, firm) {
  const wanted = flat(clean(lead));
  const from = wanted ? flat(paragraphs.join("")).indexOf(wanted) : -1;
  const size = firm && lead.length <= BRIEF ? ".brief" : "";
  let before = 0; // characters that are no space, of the paragraphs above
  const made = paragraphs.map((text) => {
    const start = indexOf(text, Math.max(0, from - before));
    const end = indexOf(text, Math.max(0, from + wanted.length - before));
    const above = before + flat(text).length;
    const held = from >= 0 && from < above && from + wanted.length > before;
    before = above;
    if (!held) return el("p", {}, text);
    return el("p", {}, text.slice(0, start), el(`strong.lead${size}`, {}, text.slice(start, end)), text.slice(end));
  });
  // What goes over many lines is a list or a chart's labels: no one of them is the answer, nor is
  // all that is quoted told apart by being marked.
  const large = made.filter((each) => each.querySelector(".lead"));
  if (large.length <= LARGE) return made;
  if (large.length === made.length) return paragraphs.map((text) => el("p", {}, text));
  for (const each of large) each.querySelector(".lead").classList.remove("brief");
  return made;
}

// Where the *nth* character that is no space stands in a text; its end if there are fewer.
function indexOf(text, nth) {
  let seen = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (/\s/.test(text[at])) continue;
    if (seen === nth) return at;
    seen += 1;
  }
  return text.length;
}

// How much room a line takes: a Japanese character two, a Latin one one.
const wide = (text) => [...text].reduce((all, each) => all + (each > "\u2000" ? 2 : 1), 0);

function joined(before, last, after) {
  const short = last.length < WRAPPED_LINE && !ENDING.test(last);
  const ascii = /[\x21-\x7e]$/.test(last) && /^[\x21-\x7e]/.test(after);
  return `${before}${short ? "　" : ascii ? " " : ""}${after}`;
}

const clean = (text) => text.replace(ICON_FONT, "•");

export function unfolding(body) {
  const button = el("button.link.unfold.idle", { type: "button", "aria-expanded": "false" }, say("unfold"));
  button.addEventListener("click", () => {
    const short = body.classList.toggle("short");
    button.textContent = say(short ? "unfold" : "fold");
    button.setAttribute("aria-expanded", String(!short));
  });
  const folded = body.querySelector(".over, .flat + .wide");
  new ResizeObserver(() => {
    if (!body.classList.contains("short")) return;
    const all = body.matches(".main") ? !body.querySelector(".over") : !folded;
    const cut = body.scrollHeight > body.clientHeight + 2;
    body.classList.toggle("cut", cut);
    button.classList.toggle("idle", all && !cut); // keeps its room: nothing moves when it comes
  }).observe(body);
  return button;
}

// The line that names the source and opens its page.
export function place(citation, { open }, before = null) {
  const section = citation.heading || citation.section.split(" › ").at(-1);
  const again = before && before.corpus === citation.corpus && before.document === citation.document && before.edition === citation.edition;
  return el(
    "button.place",
    {
      type: "button",
      onclick: (event) => open(citation, event.currentTarget),
      data: { marker: citation.marker },
    },
    el(again ? "span.work.unseen" : "span.work", { lang: citation.language }, say("work", citation)),
    el("span.page", {}, pageName(citation)),
    ...(again ? [] : badges(citation)),
    section ? el("span.section", { lang: citation.language }, section) : null,
  );
}

// Where a superseded quotation stands today, and what it says there when that is something else.
function present({ now, language, marker: n, corpus }, { open }) {
  if (!now) return null;
  if (!now.view_url) {
    return el("p.now", {}, say(now.edition ? "nowGone" : "nowNone", now));
  }
  const name = say("now", { edition: now.edition, page: pageName(now, { section: true }) });
  return el(
    "p.now",
    {},
    el(
      "button.link",
      { type: "button", onclick: (event) => open({ ...now, corpus, marker: n }, event.currentTarget) },
      name,
    ),
    now.state === "changed"
      ? [` ${say("nowSays")} `, el("q", { lang: language }, now.quote.replace(/\s*\n\s*/g, " "))]
      : null,
  );
}
