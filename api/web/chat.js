// The chat page.

import { asText, showAnswer, showUnfinished } from "./answer.js";
import { ask, get, post } from "./ask.js";
import { el, icon } from "./elements.js";
import { frame, pageTitle } from "./frame.js";
import { conversations, forget, forgetAll, remember } from "./history.js";
import { offer } from "./official.js";
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

const viewer = new Viewer(panel, { onclose: () => panel.close() });

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
  // While a Japanese word is being chosen, Enter belongs to the input method.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  if (!running) form.requestSubmit();
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
  return put(question);
}

async function put(question, turn = addTurn(question)) {
  const { body, item } = turn;
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
      { question, history: earlier(), conversation: conversation.id },
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
    conversation.turns.push({ question, answer });
    conversation.at = Date.now();
    remember(conversation);
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
        el("button.outline", { type: "button", onclick: () => running || put(question, turn) }, say("retry")),
      ),
    );
    live.textContent = sentence;
  } finally {
    running = null;
    busy(false);
  }
}

function addTurn(question) {
  main.classList.remove("fresh");
  relabel();
  const body = el("div.answer");
  const item = el(
    "li.turn",
    {},
    el("h2.asked", {}, el("span.who", {}, say("asked")), el("span", {}, question)),
    body,
  );
  talk.append(item);
  return { item, body };
}

function show(body, answer) {
  showAnswer(body, answer, {
    open: (citation, from) => open(citation, from),
    ask: (question) => running || put(question),
    rate: (rating, comment = "") => post("/v1/feedback", { answer: answer.id, rating, comment }),
    addOfficial: (work) => offer(official, work),
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

function open(citation, from) {
  cameFrom = from ?? document.activeElement;
  for (const other of talk.querySelectorAll(".place[aria-current]")) other.removeAttribute("aria-current");
  from?.closest(".answer")?.querySelector(`.place[data-marker="${citation.marker}"]`)?.setAttribute("aria-current", "true");
  if (panel.open && panel.classList.contains("modal") === wide.matches) panel.close();
  if (!panel.open) {
    panel.classList.toggle("modal", !wide.matches);
    if (wide.matches) panel.show();
    else panel.showModal();
    document.body.classList.add("reading");
  }
  const { document: name, edition, page, start, end, sha256 } = citation;
  viewer.show({ document: name, edition, page, start, end, sha256 });
  viewer.heading.focus({ preventScroll: true });
}

panel.addEventListener("close", () => {
  document.body.classList.remove("reading");
  cameFrom?.focus({ preventScroll: true });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && panel.open && !document.querySelector("dialog:modal")) panel.close();
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
  if (panel.open) panel.close();
  main.classList.toggle("fresh", chosen.turns.length === 0);
  relabel();
  for (const { question, answer } of chosen.turns) show(addTurn(question).body, answer);
  if (chosen.turns.length) talk.lastChild.scrollIntoView({ block: "start" });
  else {
    suggest();
    scrollTo({ top: 0 });
  }
  box.focus();
}

// ---- suggested questions

async function suggest() {
  let questions = [];
  try {
    ({ questions } = await get(`/v1/suggestions?language=${language()}`));
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
async function offerOfficial() {
  try {
    const { documents } = await get("/v1/documents");
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

frame(pageTitle(""), () => {
  busy(Boolean(running));
  relabel();
  viewer.relabel();
  for (const [at, item] of [...talk.children].entries()) {
    item.querySelector(".who").textContent = say("asked");
    const turn = conversation.turns[at];
    if (turn) show(item.querySelector(".answer"), turn.answer);
  }
  if (!conversation.turns.length) suggest();
  offerOfficial();
});

const asked = new URLSearchParams(location.search).get("q");
if (asked) {
  history.replaceState(null, "", location.pathname);
  begin(asked);
} else box.focus();
