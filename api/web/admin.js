// For the owner of the manuals: the index, new PDFs, and what readers miss.

import { get, post, put } from "./ask.js";
import { el } from "./elements.js";
import { frame, pageTitle } from "./frame.js";
import { language, say } from "./words.js";

const find = (name) => document.querySelector(`#${name}`);

let state = null;
let asked = null;
let last = null;

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

function show() {
  if (last) outcome(last);
  if (state) {
    figures(find("figures"), [
      ["adminGeneration", state.generation ?? "—", true],
      ["adminDocuments", state.documents],
      ["adminPages", state.pages],
      ["adminEmbedder", state.recipe.embedder ?? "—", true],
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
            el("li", {}, `${each.file} ${say("pageShort", { label: each.page })} ${each.note}`),
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
    plot(find("plot"), asked.days);
    const day = new Intl.DateTimeFormat(language(), { dateStyle: "medium" });
    table(
      find("missing"),
      ["adminQuestion", "adminCount", "adminDeclined", "adminDown", "adminLast", "adminComments"],
      asked.missing.map((each) =>
        el(
          "tr",
          {},
          el("td.said", {}, each.question),
          el("td", {}, String(each.asked)),
          el("td", {}, String(each.declined)),
          el("td", {}, String(each.down)),
          el("td", {}, day.format(new Date(`${each.last}T00:00`))),
          el("td.said", {}, each.comments.join(" / ")),
        ),
      ),
    );
  }
}

// One bar a day, the declined part at its foot. The numbers are also in the caption's figures.
function plot(place, days) {
  const space = "http://www.w3.org/2000/svg";
  const draw = (name, attributes, ...children) => {
    const made = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const [wide, high] = [720, 140];
  const last = new Date();
  const byDay = new Map(days.map((each) => [each.day, each]));
  const most = Math.max(4, ...days.map((each) => each.asked));
  const svg = draw("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": say("adminPlot") });
  for (const share of [0, 0.5, 1]) {
    const y = 120 - share * 110;
    svg.append(
      draw("line", { x1: 28, x2: wide, y1: y, y2: y, stroke: "currentColor", "stroke-opacity": 0.15 }),
      draw("text", { x: 24, y: y + 4, "text-anchor": "end" }, String(Math.round(share * most))),
    );
  }
  const step = (wide - 36) / 30;
  for (let at = 0; at < 30; at += 1) {
    const when = new Date(last.getFullYear(), last.getMonth(), last.getDate() - 29 + at);
    const iso = `${when.getFullYear()}-${String(when.getMonth() + 1).padStart(2, "0")}-${String(when.getDate()).padStart(2, "0")}`;
    const found = byDay.get(iso);
    const x = 34 + at * step;
    if (found) {
      const whole = (found.asked / most) * 110;
      const part = (found.declined / most) * 110;
      const bar = draw(
        "g",
        {},
        draw("title", {}, `${iso}: ${found.asked} / ${found.declined}`),
        draw("rect", { x, y: 120 - whole, width: step - 5, height: whole - part, class: "answered" }),
        draw("rect", { x, y: 120 - part, width: step - 5, height: part, class: "declined" }),
      );
      svg.append(bar);
    }
    if (at % 7 === 1) {
      svg.append(draw("text", { x: x + step / 2, y: 136, "text-anchor": "middle" }, `${when.getMonth() + 1}/${when.getDate()}`));
    }
  }
  place.replaceChildren(
    svg,
    el(
      "figcaption",
      {},
      el("span", {}, say("adminPlot")),
      el("span.key.answered", {}, say("answered")),
      el("span.key.declined", {}, say("adminDeclined")),
    ),
  );
}

async function load() {
  try {
    [state, asked] = await Promise.all([get("/v1/admin"), get("/v1/admin/questions")]);
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

// ---- refreshing

find("refresh").addEventListener("click", () => refresh(false));

async function refresh(accept) {
  try {
    const now = await post("/v1/admin/refresh", { accept });
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
  find("step").textContent = progress.step;
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
  return [
    el(
      "div.card",
      {},
      el("p", {}, say("adminRefused")),
      el("ul", {}, reasons.map((each) => el("li", {}, each))),
      el("p.aside", {}, say("adminAcceptWhat")),
      el("button.outline", { type: "button", onclick: () => refresh(true) }, say("adminAccept")),
    ),
  ];
}

function told({ published, generation, problems }) {
  const ended = published
    ? say("adminPublished", { name: generation })
    : say(generation ? "adminUnchanged" : "adminKept");
  return [
    el("p", {}, ended),
    problems.length ? el("ul", {}, problems.map((each) => el("li", {}, each))) : "",
  ];
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
      card.replaceChildren(
        el("h3", {}, say("work", { title: found.title, edition: found.edition })),
        el("p.aside", {}, `${found.file} — ${say("adminUnderstood", { pages: found.pages })} ${say("adminThen")}`),
        found.poor_pages.length
          ? el(
              "ul",
              {},
              found.poor_pages.map((each) => el("li", {}, `${say("pageShort", { label: each.page })} ${each.note || say("poorPage")}`)),
            )
          : "",
      );
    } catch (problem) {
      card.replaceChildren(el("p.wrong", { role: "alert" }, `${file.name}: ${problem.message}`));
    }
  }
}

frame(pageTitle("adminTitle"), show);
load();
get("/v1/admin/refresh").then(
  (now) => {
    follow(now);
    if (!now.running && now.reasons.length) outcome(now);
  },
  () => {},
);
