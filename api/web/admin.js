// For the owner of the manuals: the index, new PDFs, and what readers miss.

import "./admin-words.js";
import { get, post, put } from "./ask.js";
import { listWorks } from "./corrections.js";
import { el } from "./elements.js";
import { kindName, KINDS } from "./filters.js";
import { frame, pageTitle } from "./frame.js";
import { startDepartments } from "./departments.js";
import { startKeys } from "./keys.js";
import { startRecord } from "./record.js";
import { language, say } from "./words.js";
import { doing } from "./worklist.js";

// How many groups of questions the page lists.
const SHOWN = 15;

const find = (name) => document.querySelector(`#${name}`);

let state = null;
let asked = null;
let last = null;
let offices = null;
let departments = null;

function complain(problem) {
  find("wrong").textContent = problem?.message ?? "";
}

function figures(list, pairs) {
  list.replaceChildren(
    ...pairs.map(([key, value, small]) =>
      el("div", {}, el("dt", {}, say(key)), el(small ? "dd.small" : "dd", {}, String(value))),
    ),
  );
}

function table(place, heads, rows) {
  if (!rows.length) {
    place.replaceChildren(el("p.aside", {}, say("adminNothing")));
    return;
  }
  place.replaceChildren(
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, heads.map((key) => (key ? el("th", { scope: "col" }, say(key)) : el("td"))))),
      el("tbody", {}, rows),
    ),
  );
}

function modelRest({ until, reason }) {
  const time = new Intl.DateTimeFormat(language(), { timeStyle: "short" });
  return say("adminModelRests", { until: time.format(new Date(until * 1000)), reason });
}

function show() {
  if (last) outcome(last);
  if (state) {
    figures(find("figures"), [
      ["adminGeneration", state.generation ?? "—", true],
      ["adminDocuments", state.documents],
      ["adminPages", state.pages],
      ["adminEmbedder", state.recipe.embedder ?? "—", true],
      ...(state.model_rest ? [["adminModel", modelRest(state.model_rest), true]] : []),
    ]);
    const time = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" });
    table(
      find("generations"),
      ["adminName", "adminMade", "adminPages", "adminPassages", ""],
      state.generations.map((each) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, each.name),
          el("td", {}, time.format(new Date(each.made))),
          el("td", {}, String(each.pages)),
          el("td", {}, String(each.passages)),
          el(
            "td",
            {},
            each.current
              ? el("span.badge.inForce", {}, say("adminCurrent"))
              : el(
                  "button.link",
                  {
                    type: "button",
                    "aria-label": `${say("adminReturn")} ${each.name}`,
                    onclick: () => rollBack(each.name),
                  },
                  say("adminReturn"),
                ),
          ),
        ),
      ),
    );
    find("poor").replaceChildren(
      ...(state.poor_pages.length
        ? state.poor_pages.map((each) =>
            el("li", {}, poorPage(each)),
          )
        : [el("li", {}, say("adminNothing"))]),
    );
  }
  if (asked) {
    const sum = (key) => asked.days.reduce((total, day) => total + day[key], 0);
    const ms = (value) => (value === null ? "—" : say("adminMs", { n: Math.round(value).toLocaleString() }));
    figures(find("asked"), [
      ["adminCount", sum("asked")],
      ["adminDeclined", sum("declined")],
      ["adminDown", sum("down")],
      ["adminMedian", ms(asked.median_ms)],
      ["adminP95", ms(asked.p95_ms)],
    ]);
    counts(find("plot"), asked.days);
    times(find("times"), asked.days);
    const day = new Intl.DateTimeFormat(language(), { dateStyle: "medium" });
    table(
      find("missing"),
      ["adminQuestion", "adminCount", "adminDeclined", "adminDown", "adminLast", "adminComments", "workTodo"],
      asked.missing.slice(0, SHOWN).map((each) =>
        el(
          "tr",
          {},
          el("td.said", {}, each.question),
          el("td", {}, String(each.asked)),
          el("td", {}, String(each.declined)),
          el("td", {}, String(each.down)),
          el("td", {}, day.format(new Date(`${each.last}T00:00`))),
          el("td.said", {}, each.comments.join(" / ")),
          doing(each.question, load),
        ),
      ),
    );
    const more = asked.missing.length - SHOWN;
    if (more > 0) find("missing").append(el("p.aside", {}, say("adminMore", { n: more })));
  }
}

// A frame with a scale at the left and thirty days below; *mark* draws what a day has.
function chart(most, label, mark) {
  const [wide, high] = [720, 140];
  const last = new Date();
  const svg = draw("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": label });
  for (const share of [0, 0.5, 1]) {
    const y = 120 - share * 110;
    svg.append(
      draw("line", { x1: 44, x2: wide, y1: y, y2: y, stroke: "currentColor", "stroke-opacity": 0.15 }),
      draw("text", { x: 40, y: y + 4, "text-anchor": "end" }, Math.round(share * most).toLocaleString()),
    );
  }
  const step = (wide - 52) / 30;
  for (let at = 0; at < 30; at += 1) {
    const when = new Date(last.getFullYear(), last.getMonth(), last.getDate() - 29 + at);
    const iso = `${when.getFullYear()}-${String(when.getMonth() + 1).padStart(2, "0")}-${String(when.getDate()).padStart(2, "0")}`;
    const x = 50 + at * step;
    mark(svg, iso, x, step, (value) => 120 - (value / most) * 110);
    if (at % 7 === 1) {
      svg.append(draw("text", { x: x + step / 2, y: 136, "text-anchor": "middle" }, `${when.getMonth() + 1}/${when.getDate()}`));
    }
  }
  return svg;
}

function draw(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// One bar a day, the declined part at its foot. The numbers are also in the figures above.
function counts(place, days) {
  const byDay = new Map(days.map((each) => [each.day, each]));
  const most = 2 * Math.ceil(Math.max(4, ...days.map((each) => each.asked)) / 2);
  const svg = chart(most, say("adminPlot"), (into, iso, x, step, y) => {
    const found = byDay.get(iso);
    if (!found) return;
    const [top, part] = [y(found.asked), y(found.declined)];
    into.append(
      draw(
        "g",
        {},
        draw("title", {}, say("adminPlotDay", { day: iso, n: found.asked, declined: found.declined })),
        draw("rect", { x, y: top, width: step - 5, height: part - top, class: "answered" }),
        draw("rect", { x, y: part, width: step - 5, height: 120 - part, class: "declined" }),
      ),
    );
  });
  caption(place, svg, "adminPlot", [["answered", "answered"], ["declined", "adminDeclined"]]);
}

// How long answers took, day by day: the bar reaches from the median to what 95 of 100 stay under.
function times(place, days) {
  const byDay = new Map(days.map((each) => [each.day, each]));
  const most = nice(Math.max(1, ...days.map((each) => each.p95_ms)));
  const svg = chart(most, say("adminTimes"), (into, iso, x, step, y) => {
    const found = byDay.get(iso);
    if (!found) return;
    const [middle, high] = [y(found.median_ms), y(found.p95_ms)];
    const [median, p95] = [found.median_ms, found.p95_ms].map((value) => Math.round(value).toLocaleString());
    into.append(
      draw(
        "g",
        {},
        draw("title", {}, say("adminTimesDay", { day: iso, median, p95 })),
        draw("rect", { x, y: high, width: step - 5, height: Math.max(1, middle - high), class: "spread" }),
        draw("rect", { x, y: middle - 1.5, width: step - 5, height: 3, class: "answered" }),
      ),
    );
  });
  caption(place, svg, "adminTimes", [["answered", "adminMedianShort"], ["spread", "adminP95Short"]]);
}

// The next round number above: 1, 2 or 5 and noughts.
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= value);
}

function caption(place, svg, title, keys) {
  place.replaceChildren(
    svg,
    el("figcaption", {}, el("span", {}, say(title)), keys.map(([name, key]) => el(`span.key.${name}`, {}, say(key)))),
  );
}

// What lies in the corpus folder and cannot be read or is not listed, before a refresh and after it.
function folder({ unusable, unlisted, notices }) {
  const parts = [
    unusable.length
      ? el("section.wrong", {}, el("h3", {}, say("adminUnusable")), el("ul", {}, unusable.map((each) => el("li", {}, `${each.file}: ${each.why}`))))
      : "",
    unlisted.length
      ? el(
          "section",
          {},
          el(
            "details",
            {},
            el("summary", {}, say("adminUnlisted", { n: unlisted.length })),
            el("ul", {}, unlisted.map((each) => el("li", {}, each))),
          ),
          el("button.link", { type: "button", onclick: list }, say("adminList")),
        )
      : "",
    notices.length
      ? el("section", {}, el("h3", {}, say("adminNotices")), el("ul", {}, notices.map((each) => el("li", {}, each))))
      : "",
  ].filter(Boolean);
  find("folder").replaceChildren(...(parts.length ? [el("div.card.report", {}, parts)] : []));
}

async function look(read = () => get("/v1/admin/folder")) {
  try {
    folder(await read());
  } catch (problem) {
    complain(problem);
  }
}

function list() {
  look(() => post("/v1/admin/folder/listed", {}));
}

async function load() {
  if (may("curate")) look();
  try {
    [state, asked] = await Promise.all([
      may("curate") ? get("/v1/admin/index") : null,
      may("questions") ? get("/v1/admin/questions") : null,
    ]);
    complain(null);
  } catch (problem) {
    complain(problem);
  }
  show();
}

async function rollBack(name) {
  try {
    state = await post("/v1/admin/rollback", { generation: name });
    complain(null);
    show();
  } catch (problem) {
    complain(problem);
  }
}

// ---- looking at everything

find("examine").addEventListener("click", examine);

async function examine() {
  find("examine").disabled = true;
  find("findings").replaceChildren(el("li.aside", {}, say("adminExamining")));
  try {
    const { findings } = await get("/v1/admin/doctor");
    find("findings").replaceChildren(...findings.map(finding));
    complain(null);
  } catch (problem) {
    find("findings").replaceChildren();
    complain(problem);
  }
  find("examine").disabled = false;
}

// How it is stands there in a word, not only as a colour.
const STATES = { ok: ["adminOk", "inForce"], look: ["adminLook", "future"], broken: ["adminBroken", "past"] };

function finding({ name, state, what, todo }) {
  const [key, badge] = STATES[state];
  return el(
    "li",
    {},
    el(`span.badge.${badge}`, {}, say(key)),
    " ",
    el("strong", {}, name),
    ` ${what}`,
    todo ? el("p.aside", {}, `→ ${todo}`) : "",
  );
}

// ---- refreshing

find("refresh").addEventListener("click", () => refresh(false));

async function refresh(accept, reason = "") {
  try {
    const now = await post("/v1/admin/refresh", { accept, reason });
    last = null;
    find("outcome").replaceChildren();
    complain(null);
    follow(now);
    if (!now.running) {
      outcome(now);
      load();
    }
  } catch (problem) {
    complain(problem);
  }
}

function follow(progress) {
  find("progress").hidden = !progress.running;
  find("refresh").disabled = progress.running;
  find("share").value = progress.share;
  find("step").textContent = progress.running ? stepName(progress) : "";
  if (progress.running) {
    setTimeout(async () => {
      try {
        const next = await get("/v1/admin/refresh");
        follow(next);
        if (!next.running) {
          outcome(next);
          load();
        }
      } catch (problem) {
        complain(problem);
      }
    }, 700);
  }
}

function outcome(ended) {
  last = ended;
  find("outcome").replaceChildren(...(ended.reasons.length ? refused(ended) : told(ended)));
}

// The evaluation spoke against the new index: why, and the way to publish it all the same.
function refused({ reasons }) {
  const why = el("input", { type: "text", maxlength: "2000", autocomplete: "off" });
  return [
    el(
      "div.card",
      {},
      el("p", {}, say("adminRefused")),
      el("ul", {}, reasons.map((each) => el("li", {}, each))),
      el("p.aside", {}, say("adminAcceptWhat")),
      el("label.why", {}, say("adminReason"), " ", why),
      el("button.outline", { type: "button", onclick: () => refresh(true, why.value.trim()) }, say("adminAccept")),
    ),
  ];
}

function told({ published, generation, problems, report }) {
  const ended = published
    ? say("adminPublished", { name: generation })
    : say(generation ? "adminUnchanged" : "adminKept");
  return [
    el("p", {}, ended),
    report ? summary(report) : "",
    problems.length
      ? el("section.wrong", {}, el("h3", {}, say("adminProblems")), el("ul", {}, problems.map((each) => el("li", {}, each))))
      : "",
  ];
}

// What a refresh did: what came, changed and went, and what a person should look at.
function summary(report) {
  const lists = [
    ["adminCame", report.added],
    ["adminRevised", report.revised],
    ["adminWent", report.withdrawn],
    ["adminStayed", Object.entries(report.kept).map(([name, why]) => `${name}: ${why}`)],
    ["adminNotices", report.notices],
    ["adminPoor", report.poor_pages.map(poorPage)],
    [
      "adminEngines",
      report.engines.map((each) => say("adminEngine", { name: each.engine, pages: each.pages, score: each.lowest_score.toFixed(2) })),
    ],
  ].filter(([, items]) => items.length);
  return el(
    "div.card.report",
    {},
    el("p.aside", {}, say("adminNow", { pages: report.pages.toLocaleString(), passages: report.passages.toLocaleString(), unchanged: report.unchanged })),
    lists.map(([key, items]) => el("section", {}, el("h3", {}, say(key)), el("ul", {}, items.map((each) => el("li", {}, each))))),
  );
}

function poorPage({ file, page, note }) {
  return `${file} ${say("pageShort", { label: page })} ${note || say("poorPage")}`;
}

const STEPS = {
  loading: "stepLoading",
  reading: "stepReading",
  indexing: "stepIndexing",
  embedding: "stepEmbedding",
  checking: "stepChecking",
};

function stepName({ step, detail }) {
  const told = /^([\d,]+) of (?:about )?([\d,]+) pages, (\d+)\/s$/.exec(detail);
  if (told) return say("stepReadingMore", { done: told[1], pages: told[2], rate: told[3] });
  return STEPS[step] ? say(STEPS[step]) : step;
}

// ---- adding

const drop = find("drop");
find("file").addEventListener("change", ({ target }) => {
  add([...target.files]);
  target.value = "";
});
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) {
  drop.addEventListener(name, () => drop.classList.remove("over"));
}
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  add([...event.dataTransfer.files]);
});

async function add(files) {
  for (const file of files) {
    const card = el("li.card", {}, el("p", { role: "status" }, say("adminAdding", { name: file.name })));
    find("added").prepend(card);
    try {
      const found = await put(`/v1/admin/files/${encodeURIComponent(file.name)}`, file);
      const { documents } = await get("/v1/documents").catch(() => ({ documents: [] }));
      confirmation(card, found, documents);
    } catch (problem) {
      card.replaceChildren(el("p.wrong", { role: "alert" }, `${file.name}: ${problem.message}`));
    }
  }
}

// What was understood of a file, to be corrected and confirmed; nothing is in the corpus before.
function confirmation(card, found, documents) {
  const works = new Map(documents.map((each) => [each.document, each.title]));
  if (found.known && !works.has(found.document)) works.set(found.document, found.title);
  const field = (key, control) => el("label", {}, el("span", {}, say(key)), control);
  const work = el(
    "select",
    {},
    el("option", { value: "" }, say("adminNewDocument")),
    [...works].map(([id, title]) => el("option", { value: id, selected: found.known && id === found.document }, title)),
  );
  const title = el("input", { type: "text", value: found.known ? "" : found.title, maxlength: 300 });
  const edition = el("input", { type: "text", value: found.edition, maxlength: 300, required: true, placeholder: "第2.0版" });
  const published = el("input", { type: "date", value: found.published ?? "" });
  const day = el("input", { type: "date", value: found.in_force_from ?? "" });
  const kind = el(
    "select",
    {},
    KINDS.map((value) => el("option", { value, selected: value === found.kind }, kindName(value))),
  );
  const publisher = el("input", { type: "text", value: found.publisher, maxlength: 300 });
  const fresh = [field("adminWorkTitle", title), field("adminKind", kind), field("adminPublisher", publisher)];
  const shown = () => {
    for (const each of fresh) each.hidden = work.value !== "";
  };
  work.addEventListener("change", shown);
  shown();
  const wrong = el("p.wrong", { role: "alert" });
  const send = async (event) => {
    event.preventDefault();
    try {
      const entered = await post("/v1/admin/editions", {
        upload: found.upload,
        document: work.value || null,
        edition: edition.value.trim() || null,
        published: published.value || null,
        in_force_from: day.value || null,
        ...(work.value ? {} : { title: title.value.trim() || null, kind: kind.value, publisher: publisher.value.trim() }),
      });
      card.replaceChildren(el("p", { role: "status" }, say("adminEntered", entered), " ", say("adminThen")));
    } catch (problem) {
      wrong.textContent = problem.message;
    }
  };
  card.replaceChildren(
    el("h3", { tabindex: "-1" }, found.file),
    el("p.aside", {}, say(found.pages_are === "page" ? "adminUnderstood" : "adminRead", { pages: found.pages })),
    el("ul.notices", {}, found.notices.map((each) => el("li", {}, each))),
    el(
      "form.entry",
      { onsubmit: send },
      field("adminWork", work),
      fresh,
      field("edition", edition),
      field("published", published),
      field("adminSince", day),
      wrong,
      el(
        "div.row",
        {},
        el("button.solid", { type: "submit" }, say("adminEnter")),
        el("button.outline", { type: "button", onclick: () => card.remove() }, say("adminDiscard")),
      ),
    ),
    found.poor_pages.length
      ? el("section", {}, el("h4", {}, say("adminPoor")), el("ul", {}, found.poor_pages.map(poorPage).map((each) => el("li", {}, each))))
      : "",
  );
  card.querySelector("h3").focus();
}

// ---- correcting

find("dates").addEventListener("toggle", ({ target }) => {
  if (target.open) listed();
});

async function listed() {
  try {
    await listWorks(find("listed"));
  } catch (problem) {
    complain(problem);
  }
}

frame(pageTitle("adminTitle"), () => {
  show();
  departments?.();
  if (state) look();
  if (find("findings").childElementCount) examine();
  reworded();
  if (find("dates").open) listed();
});

// What the last refresh ended with, in the language that was just chosen.
async function reworded() {
  const before = last;
  if (!before) return;
  try {
    const now = await get("/v1/admin/refresh");
    if (last === before && !now.running) outcome(now);
  } catch (problem) {
    complain(problem);
  }
}

// The link that "tebiki serve" prints carries its word where neither a server nor a proxy logs it.
async function enter() {
  const word = new URLSearchParams(location.hash.slice(1)).get("once");
  if (!word) return;
  history.replaceState(null, "", location.pathname);
  await post("/v1/session", { key: word }).catch(complain);
}

// What whoever is here may not do is not shown; the server refuses it all the same.
function may(office) {
  return !offices || offices.includes(office);
}

await enter();
offices = await get("/v1/session").then(
  (told) => (told.admin ? told.offices : null),
  () => null,
);
for (const section of document.querySelectorAll("[data-office]")) section.hidden = !may(section.dataset.office);
load();
if (may("admin")) {
  startKeys(table, complain);
  startRecord(complain);
}
if (may("curate")) {
  const place = el("div");
  document.querySelector("main").append(place);
  departments = startDepartments(place, complain);
}
if (may("curate")) get("/v1/admin/refresh").then(
  (now) => {
    follow(now);
    if (!now.running && (now.reasons.length || now.problems.length || now.report)) outcome(now);
  },
  () => {},
);
