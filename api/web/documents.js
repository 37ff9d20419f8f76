// What is in the corpus: works, editions, which are in force; and a search inside them.

import "./documents-words.js";
import { badges, pageName } from "./quotation.js";
import { get, HERE, post } from "./ask.js";
import { el } from "./elements.js";
import { foldersOf, kindName } from "./filters.js";
import { frame, pageTitle } from "./frame.js";
import { offer } from "./official.js";
import { language, say } from "./words.js";

const shelf = document.querySelector("#shelf");
const form = document.querySelector("#search");
const words = document.querySelector("#words");
const where = document.querySelector("#where");
const found = document.querySelector("#found");
const state = document.querySelector("#state");
const official = document.querySelector("#official");

let works = [];

const sift = { name: document.querySelector("#sift-name"), folder: document.querySelector("#sift-folder"), kind: document.querySelector("#sift-kind") };

// What stays of the list: by a part of the title, the publisher or the file's name, by folder and kind.
function sifted() {
  const words = plain(sift.name.value).split(/\s+/).filter(Boolean);
  const { value: folder } = sift.folder;
  const { value: kind } = sift.kind;
  return works.filter((work) => {
    const said = plain([work.title, work.publisher, ...work.editions.map((each) => `${each.label} ${each.file ?? ""}`)].join(" "));
    return words.every((word) => said.includes(word)) && (!folder || foldersOf(work).includes(folder)) && (!kind || work.kind === kind);
  });
}

const plain = (text) => text.normalize("NFKC").toLowerCase();

function siftFields() {
  const folders = [...new Set(works.flatMap(foldersOf))].sort();
  const kinds = [...new Set(works.map((work) => work.kind))];
  for (const [select, values] of [
    [sift.folder, folders.map((folder) => [folder, folder])],
    [sift.kind, kinds.map((kind) => [kind, kindName(kind)])],
  ]) {
    const { value } = select;
    select.replaceChildren(el("option", { value: "" }, say("filterAny")), ...values.map(([name, title]) => el("option", { value: name }, title)));
    select.value = value;
    select.parentElement.hidden = values.length < 2;
  }
}

for (const control of Object.values(sift)) control.addEventListener("input", () => show());

function show() {
  siftFields();
  const shown = sifted();
  document.querySelector("#sifted").textContent = shown.length === works.length ? "" : say("siftedTo", { n: shown.length, of: works.length });
  const held = shown.filter((work) => work.editions.some((edition) => edition.held));
  const listed = shown.filter((work) => !held.includes(work));
  const { value } = where;
  where.replaceChildren(
    el("option", { value: "" }, say("allDocuments")),
    ...works
      .filter((work) => work.editions.some((edition) => edition.held))
      .map((work) => el("option", { value: work.document }, work.title)),
  );
  where.value = value;
  shelf.replaceChildren(
    ...(held.length ? [el("section", {}, el("h2", {}, say("held")), el("ul.works", {}, held.map(entry)))] : []),
    ...(listed.length
      ? [
          el(
            "section",
            { id: "listed" },
            el("h2", {}, say("listed")),
            el("p.aside", {}, say("listedLead")),
            el("ul.works", {}, listed.map(entry)),
          ),
        ]
      : []),
  );
}

function entry(work) {
  const [newest] = work.editions;
  const kind = badges({ kind: work.kind });
  const cover = picture(work);
  return el(
    cover ? "li.card.covered" : "li.card",
    {},
    cover,
    el("h3", { lang: work.language }, work.title, " ", ...kind),
    work.publisher ? el("p.aside", {}, work.publisher) : null,
    work.digest_of ? el("p.aside", {}, say("digestOfShort", { title: work.digest_of.title })) : null,
    el(
      "div.wide",
      { tabindex: "0", role: "region", "aria-label": `${work.title} ${say("edition")}` },
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            ["edition", "published", "state", "pages", "reading"].map((key) => el("th", { scope: "col" }, say(key))),
            el("td"),
          ),
        ),
        el("tbody", {}, work.editions.map((edition) => row(work, edition))),
      ),
    ),
    work.editions.filter((edition) => edition.held).length > 1 ? changes(work) : null,
    newest.held
      ? null
      : el(
          "button.link",
          {
            type: "button",
            onclick: () =>
              offer(official, {
                title: work.title,
                edition: newest.label,
                publisher: work.publisher,
                url: newest.url,
              }),
          },
          say("addOfficial"),
        ),
  );
}

// The first page of the edition that answers come from, small; files without pages have none.
function picture(work) {
  const edition = work.editions.find((each) => each.held && each.in_force) ?? work.editions.find((each) => each.held);
  if (!edition || !/\.pdf$/i.test(edition.file ?? "")) return null;
  const address = `${HERE}/v1/documents/${encodeURIComponent(work.document)}/editions/${encodeURIComponent(edition.label)}/pages/1/image?size=small`;
  return el("img.cover", { src: address, alt: "", width: 90, height: 127, loading: "lazy" });
}

// What changed between the last two editions; compared when it is opened.
function changes(work) {
  const place = el("div", { role: "status" });
  const opened = async ({ target }) => {
    if (!target.open || place.childElementCount) return;
    try {
      place.replaceChildren(el("p", {}, say("comparing")));
      const told = await get(`/v1/documents/${encodeURIComponent(work.document)}/diff`);
      place.replaceChildren(
        el("p.aside", {}, say("changesBetween", told)),
        told.changes.length
          ? el("ul", {}, told.changes.map((change) => el("li", {}, changed(told, change))))
          : el("p", {}, say("changesNone")),
      );
    } catch (problem) {
      place.replaceChildren();
      place.append(problem.message);
    }
  };
  return el(
    "details",
    { ontoggle: opened },
    el("summary", { "aria-label": `${say("changes")} ${work.title}` }, say("changes")),
    place,
  );
}

function changed({ document: name, old, new: later }, { sentence, before, after }) {
  const { page, start, end } = after ?? before;
  const place = new URLSearchParams({ document: name, edition: after ? later : old, page, start, end });
  return el("a", { href: `${HERE}/view?${place}` }, sentence);
}

function row(work, edition) {
  const day = new Intl.DateTimeFormat(language(), { dateStyle: "medium" });
  const place = new URLSearchParams({ document: work.document, edition: edition.label, page: 1 });
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, edition.label),
    el("td", {}, edition.published ? day.format(new Date(`${edition.published}T00:00`)) : say("dateNone")),
    el("td", {}, el(`span.badge.${standing(edition)}`, {}, say(standing(edition)))),
    el("td.figure", {}, edition.pages === null ? say("dateNone") : String(edition.pages)),
    el("td", {}, read(edition)),
    el("td", {}, edition.held ? el("a", { href: `${HERE}/view?${place}`, "aria-label": `${say("read")} ${say("work", { title: work.title, edition: edition.label })}` }, say("read")) : null),
  );
}

// How well it was read: plainly, or how many of its pages need a look.
function read({ pages, poor_pages: poor }) {
  if (pages === null) return say("dateNone");
  return poor ? el("span.badge.future", {}, say("readPoor", { n: poor })) : say("readWell");
}

function standing(edition) {
  if (!edition.held) return "notHeld";
  if (edition.in_force) return "inForce";
  const begins = edition.in_force_from ?? edition.published;
  return begins && new Date(`${begins}T00:00`) > new Date() ? "future" : "past";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!words.value.trim()) {
    state.textContent = say("empty");
    return;
  }
  const filters = where.value ? { documents: [where.value] } : {};
  try {
    const { passages, read_as } = await post("/v1/search", { question: words.value, k: 10, filters });
    const count = passages.length ? say("results", { n: passages.length }) : say("noResults");
    state.textContent = read_as ? `${say("readAs", { question: read_as })} ${count}` : count;
    found.replaceChildren(...passages.map(hit));
  } catch (problem) {
    found.replaceChildren();
    state.textContent = problem.message;
  }
});

// Which of the words that were typed it holds, and which other names of them.
function why({ words: said, names }) {
  const told = [...said, ...names.map((name) => `${name.said} → ${name.found}`)];
  return told.length ? say("matched", { words: told.join(" · ") }) : say("matchedLetters");
}

function hit(passage) {
  const { document: name, edition, start, end } = passage;
  const [page] = passage.pages;
  const place = new URLSearchParams({ document: name, edition, page, start, end });
  return el(
    "li",
    {},
    el(
      "a.hit",
      { href: `${HERE}/view?${place}` },
      el(
        "span.from",
        {},
        el("span.work", {}, say("work", passage)),
        ...badges(passage),
        el("span.page", {}, pageName({ place: passage.place, page, page_label: passage.page_labels[0] })),
      ),
      passage.section ? el("span.section", {}, passage.section) : null,
      el("span.text", {}, passage.text),
      el("span.why", {}, why(passage.matched)),
    ),
  );
}

frame(pageTitle("documentsTitle"), show);

try {
  ({ documents: works } = await get("/v1/documents"));
  show();
  if (location.hash === "#listed") document.querySelector("#listed")?.scrollIntoView();
} catch (problem) {
  state.textContent = problem.message;
}
