// The chat page.

import { asText, showAnswer, showUnfinished } from "./answer.js";
import { ask, get, HERE, post, within } from "./ask.js";
import { el, icon } from "./elements.js";
import { Filters } from "./filters.js";
import { frame, pageTitle, session } from "./frame.js";
import { conversations, forget, forgetAll, remember } from "./history.js";
import { offer } from "./official.js";
import { pageNumber, unfolding } from "./quotation.js";
import { Typing } from "./typing.js";
import { Viewer } from "./viewer.js";
import { language, say } from "./words.js";

const LONGEST = 2000;
const TURNS_SENT = 4;

const main = document.querySelector("#main");
const form = document.querySelector("#ask");
const box = document.querySelector("#question");
const send = document.querySelector("#send");
const wrong = document.querySelector("#wrong");
const talk = document.querySelector("#talk");
const suggestions = document.querySelector("#suggestions");
const offering = document.querySelector("#offer");
const live = document.querySelector("#live");
const panel = document.querySelector("#viewer");
const drawer = document.querySelector("#history");
const official = document.querySelector("#official");
const wide = matchMedia("(min-width: 68rem)");

let conversation = fresh();
let running = null;
let cameFrom = null;

const viewer = new Viewer(panel, {
  onclose: () => {
    closedByReader(true);
    shut();
  },
  onstep: (by) => step(by),
});

const filters = new Filters({
  button: document.querySelector("#filter"),
  root: document.querySelector("#bounds"),
  told: document.querySelector("#bounded"),
});
const typing = new Typing(box, document.querySelector("#typing"));
let starters = [];

function fresh() {
  return { id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, at: Date.now(), turns: [] };
}

// ---- asking

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) running.abort();
  else begin(box.value);
});

box.addEventListener("keydown", (event) => {
  if (typing.key(event)) return;
  // While a Japanese word is being chosen, Enter belongs to the input method.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  if (!running) form.requestSubmit();
});

// What is read scrolls by itself, also for who still types.
box.addEventListener("keydown", ({ key }) => {
  const pages = { PageDown: 1, PageUp: -1 }[key];
  if (pages) talk.scrollBy({ top: pages * talk.clientHeight * 0.9, behavior: calm() });
});

box.addEventListener("input", () => {
  grow();
  complain("");
});

function grow() {
  box.rows = Math.min(8, Math.max(box.dataset.rows ?? 1, box.value.split("\n").length));
}

function complain(sentence) {
  wrong.textContent = sentence;
  box.toggleAttribute("aria-invalid", Boolean(sentence));
}

function begin(text) {
  const question = text.trim();
  if (!question) return complain(say("empty"));
  if (question.length > LONGEST) return complain(say("tooLong", { n: question.length.toLocaleString() }));
  complain("");
  box.value = "";
  grow();
  filters.open(false);
  typing.hide();
  return put(question);
}

async function put(question, turn = addTurn(question, filters.words), bounds = filters.wire) {
  const { body, item, bounded } = turn;
  if (!wide.matches && panel.open) panel.close();
  running = new AbortController();
  busy(true);
  body.replaceChildren(el("p.working", {}, say("searching")));
  live.textContent = say("searching");
  item.scrollIntoView({ block: "start", behavior: calm() });
  let text = "";
  let drawn = 0;
  const unfinished = el("div.prose.unfinished");
  try {
    const answer = await ask(
      { question, history: earlier(), conversation: conversation.id, filters: bounds },
      {
        delta({ text: more }) {
          text += more;
          if (!unfinished.isConnected) body.replaceChildren(unfinished);
          cancelAnimationFrame(drawn);
          drawn = requestAnimationFrame(() => showUnfinished(unfinished, text));
        },
      },
      { signal: running.signal },
    );
    cancelAnimationFrame(drawn);
    show(body, answer);
    live.textContent = `${say("arrived")} ${answer.text.replace(/\*\*|\[\d+\]/g, "")}`;
    conversation.turns.push({ question, answer, bounded });
    conversation.at = Date.now();
    remember(conversation);
    named(answer.id);
    openFirst(answer);
  } catch (problem) {
    cancelAnimationFrame(drawn);
    const stopped = problem.name === "AbortError";
    const sentence = stopped ? say("stopped") : problem.message;
    body.replaceChildren(
      el(
        "div.failure",
        {},
        stopped ? null : el("p.head", {}, say("failed")),
        el("p", {}, sentence),
        el("button.outline", { type: "button", onclick: () => running || put(question, turn, bounds) }, say("retry")),
      ),
    );
    live.textContent = sentence;
  } finally {
    running = null;
    busy(false);
  }
}

function addTurn(question, bounded = "") {
  main.classList.remove("fresh");
  relabel();
  const body = el("div.answer");
  const said = el("span.words.short.main", {}, question);
  const item = el(
    "li.turn",
    {},
    el("h2.asked", {}, el("span.who", {}, say("asked")), said, unfolding(said)),
    bounded ? el("p.bounded", {}, icon("filter"), bounded) : null,
    body,
  );
  talk.append(item);
  return { item, body, bounded };
}

function show(body, answer) {
  showAnswer(body, answer, {
    open: (citation, from) => open(citation, from),
    ask: (question) => running || put(question),
    rate: (rating, comment = "") => post("/v1/feedback", { answer: answer.id, rating, comment }, { base: within(answer.corpus) }),
    addOfficial: (work) => offer(official, work),
    keep: true,
    starters,
  });
}

function earlier() {
  return conversation.turns.slice(-TURNS_SENT).map(({ question, answer }) => ({
    question: question.slice(0, LONGEST),
    answer: asText(answer).slice(0, 4000),
  }));
}

function busy(yes) {
  send.replaceChildren(icon(yes ? "stop" : "send"), el("span", {}, say(yes ? "stop" : "send")));
  send.classList.toggle("stopping", yes);
  talk.setAttribute("aria-busy", String(yes));
}

function relabel() {
  box.placeholder = say(main.classList.contains("fresh") ? "placeholder" : "placeholderNext");
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}

// ---- the cited page

let citations = []; // of the answer whose page is open, in the order in which they stand there
let at = 0;

// Beside the answer, or on a narrow screen as a sheet: what was clicked stays where it is.
// *quiet* opens it without moving the focus.
function open(citation, from, { quiet = false } = {}) {
  cameFrom = quiet ? null : (from ?? document.activeElement);
  const body = from?.closest(".answer");
  if (body) mark(body, citation);
  still(from, () => {
    if (!quiet || !panel.open) beside(from);
    panel.open = true; // not show(), which scrolls to what it focuses
  });
  if (!quiet) closedByReader(false);
  const { document: name, edition, start, end, corpus, sha256 } = citation;
  const page = pageNumber(citation);
  viewer.show({ document: name, edition, page, start, end, corpus, sha256 });
  if (!quiet) viewer.heading.focus({ preventScroll: true });
}

// A sheet has the larger part of a narrow screen, above or below the line.
function beside(line) {
  const { top, bottom } = line?.getBoundingClientRect() ?? { top: 0, bottom: 0 };
  const room = [innerHeight - bottom, top - document.querySelector(".desk").offsetTop].map((each) => each - 8);
  const above = room[1] > room[0];
  panel.classList.toggle("under", !wide.matches);
  panel.classList.toggle("above", !wide.matches && above);
  panel.style.setProperty("--height", `${Math.floor(Math.min(room[Number(above)], innerHeight * 0.7))}px`);
}

wide.addEventListener("change", () => panel.open && beside(talk.querySelector(".place[aria-current]")));

function shut() {
  still(cameFrom, () => panel.close());
}

// Whatever becomes of the room, *line* stays where it stands on the screen.
function still(line, change) {
  const before = line?.getBoundingClientRect().top;
  change();
  if (line?.isConnected) talk.scrollTop += line.getBoundingClientRect().top - before;
}

function mark(body, citation) {
  for (const other of talk.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
  for (const each of body.querySelectorAll(`.place[data-marker="${citation.marker}"]`)) {
    each.setAttribute("aria-current", "true");
  }
  const answer = conversation.turns[[...talk.children].indexOf(body.closest(".turn"))]?.answer;
  if (!answer) return;
  citations = answer.declined ? answer.declined.nearest : [...answer.citations, ...answer.further];
  at = Math.max(0, citations.findIndex((each) => each.marker === citation.marker));
  viewer.count(at, citations.length);
}

// To the next citation of the same answer; the focus stays, and closing returns to its mark.
function step(by) {
  const next = citations[at + by];
  const current = talk.querySelector(".place[aria-current]");
  const body = current?.closest(".answer");
  const place = next && body?.querySelector(`.place[data-marker="${next.marker}"]`);
  if (!place) return;
  const focused = document.activeElement;
  if (place.closest("details")) place.closest("details").open = true;
  open(next, place, { quiet: true });
  place.scrollIntoView({ block: "nearest" });
  cameFrom = place;
  if (focused.closest(".answer")) place.focus({ preventScroll: true });
}

talk.addEventListener("keydown", (event) => {
  if (!panel.open || !event.target.matches(".marker, .place") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "n") step(1);
  else if (event.key === "p") step(-1);
});

// Who closed the page does not see it open by itself again in this visit.
function closedByReader(yes) {
  try {
    if (yes === undefined) return sessionStorage.getItem("tebiki.page") === "closed";
    sessionStorage.setItem("tebiki.page", yes ? "closed" : "open");
  } catch {
    // Storage is switched off: it opens each time.
  }
  return false;
}

function openFirst(answer) {
  const body = talk.lastElementChild?.querySelector(".answer");
  const first = answer.declined ? null : answer.citations[0];
  if (!wide.matches || !first || closedByReader()) {
    if (panel.open && wide.matches) panel.close();
    return;
  }
  open(first, body.querySelector(".marker"), { quiet: true });
}

panel.addEventListener("close", () => {
  for (const other of talk.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
  cameFrom?.focus({ preventScroll: true });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && panel.open && !document.querySelector("dialog:modal")) viewer.onclose();
});

// ---- history

document.querySelector("#open-history").addEventListener("click", () => {
  list();
  drawer.showModal();
});

document.querySelector("#new-talk").addEventListener("click", () => start(fresh()));

function list() {
  const kept = conversations();
  const day = new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" });
  drawer.replaceChildren(
    el(
      "div.bar",
      {},
      el("h2", { id: "history-title" }, say("historyTitle")),
      el("button.round", { type: "button", "aria-label": say("close"), onclick: () => drawer.close() }, icon("close")),
    ),
    el("p.aside", {}, say("historyNote")),
    kept.length
      ? el(
          "ul.kept",
          {},
          kept.map((each) =>
            el(
              "li",
              {},
              el(
                "button.open",
                {
                  type: "button",
                  onclick: () => {
                    drawer.close();
                    start(each);
                  },
                },
                el("span.first", {}, each.turns[0]?.question ?? "—"),
                el("small", {}, day.format(each.at)),
              ),
              el(
                "button.round",
                {
                  type: "button",
                  "aria-label": say("remove", { title: each.turns[0]?.question ?? "" }),
                  onclick: () => {
                    forget(each.id);
                    list();
                    drawer.querySelector("button").focus();
                  },
                },
                icon("bin"),
              ),
            ),
          ),
        )
      : el("p", {}, say("historyEmpty")),
    kept.length
      ? el(
          "button.outline",
          {
            type: "button",
            onclick: () => {
              forgetAll();
              list();
              live.textContent = say("historyCleared");
            },
          },
          say("historyClear"),
        )
      : null,
  );
}

function start(chosen) {
  running?.abort();
  conversation = chosen;
  talk.replaceChildren();
  shown();
  named(chosen.turns.at(-1)?.answer.id);
  if (panel.open) panel.close();
  main.classList.toggle("fresh", chosen.turns.length === 0);
  relabel();
  for (const { question, answer, bounded } of chosen.turns) show(addTurn(question, bounded).body, answer);
  if (chosen.turns.length) {
    const top = () => talk.lastChild?.scrollIntoView({ block: "start" });
    top();
    // Once more when the turns above it have their height.
    document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(top)));
    openFirst(chosen.turns.at(-1).answer);
  } else {
    suggest();
    scrollTo({ top: 0 });
  }
  box.focus();
}

// ---- suggested questions

async function suggest() {
  let questions = [];
  try {
    const given = await get(`/v1/suggestions?language=${language()}`);
    questions = starters = given.questions;
    typing.names = [...questions, ...given.names];
    complain("");
  } catch (problem) {
    complain(problem.message);
  }
  suggestions.hidden = !questions.length;
  suggestions.querySelector("ul").replaceChildren(
    ...questions.map((question) =>
      el("li", {}, el("button.choice", { type: "button", onclick: () => running || put(question) }, question)),
    ),
  );
}

// Works of which only a digest is held: the first page offers to add them.
async function offerOfficial(above) {
  try {
    const { documents } = await get("/v1/documents");
    await above; // what stands above it comes first, so that nothing moves
    filters.load(documents, await session);
    const digests = documents.filter((work) => work.digest_of && work.editions.some((each) => each.held));
    const absent = new Set(
      digests
        .map((work) => documents.find((other) => other.document === work.digest_of.document))
        .filter((work) => work && !work.editions.some((each) => each.held))
        .map((work) => work.document),
    );
    offering.hidden = absent.size === 0;
    offering.firstElementChild.textContent = say("onlyDigests", { n: absent.size });
  } catch {
    offering.hidden = true; // The question box already says what is wrong.
  }
}

// ---- beginning

history.scrollRestoration = "manual"; // what is shown again begins with its question

frame(pageTitle(""), () => {
  busy(Boolean(running));
  relabel();
  viewer.relabel();
  for (const [at, item] of [...talk.children].entries()) {
    item.querySelector(".who").textContent = say("asked");
    const turn = conversation.turns[at];
    if (turn) show(item.querySelector(".answer"), turn.answer);
  }
  offerOfficial(conversation.turns.length ? null : suggest());
});

// The address names the answer that is shown: reloaded or passed on, it shows it again.
function named(answer) {
  history.replaceState(null, "", answer ? `${HERE}/?answer=${encodeURIComponent(answer)}` : `${HERE}/`);
}

async function reopen(name) {
  const own = conversations().find(({ turns }) => turns.some(({ answer }) => answer.id === name));
  if (own) return start(own);
  try {
    const answer = await get(`/v1/answers/${encodeURIComponent(name)}`);
    start({ ...fresh(), turns: [{ question: answer.question, answer }] });
  } catch (problem) {
    shown();
    named();
    complain(problem.message);
  }
}

// What opening.js kept back.
function shown() {
  document.documentElement.classList.remove("opening");
}

const given = new URLSearchParams(location.search);
if (given.get("q")) {
  named();
  shown();
  begin(given.get("q"));
} else if (given.get("answer")) reopen(given.get("answer"));
else box.focus();
