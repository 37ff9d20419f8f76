// Titles, kinds, publishers and days of what the catalog lists, corrected on the admin page. What
// nobody touched stays as it is; a refresh lets the rest count.

import { get, post } from "./ask.js";
import { el } from "./elements.js";
import { kindName, KINDS } from "./filters.js";
import { say } from "./words.js";

export async function listWorks(place) {
  const { documents } = await get("/v1/documents");
  place.replaceChildren(...documents.map(entry));
}

function entry(work) {
  const title = el("input", { type: "text", value: work.title, maxlength: 300, required: true });
  const kind = el("select", {}, KINDS.map((name) => el("option", { value: name, selected: name === work.kind }, kindName(name))));
  const publisher = el("input", { type: "text", value: work.publisher, maxlength: 300 });
  const changed = (control, before) => (control.value.trim() === before || !control.value.trim() ? null : control.value.trim());
  return el(
    "div.card",
    { role: "group", "aria-label": work.title },
    corrected(
      work.title,
      [
        ["adminWorkTitle", title],
        ["adminKind", kind],
        ["adminPublisher", publisher],
      ],
      () =>
        post("/v1/admin/editions/work", {
          document: work.document,
          title: changed(title, work.title),
          kind: changed(kind, work.kind),
          publisher: changed(publisher, work.publisher),
        }),
    ),
    work.editions.map((edition) => dated(work, edition)),
  );
}

// An edition with its days.
function dated(work, edition) {
  const begins = edition.in_force_from ?? edition.published ?? "";
  const published = el("input", { type: "date", value: edition.published ?? "" });
  const since = el("input", { type: "date", value: begins });
  const changed = (control, before) => (control.value === before ? null : control.value || null);
  return corrected(
    say("work", { title: work.title, edition: edition.label }),
    [
      ["edition", el("input", { type: "text", value: edition.label, readonly: true })],
      ["published", published],
      ["adminSince", since],
    ],
    () =>
      post("/v1/admin/editions/dates", {
        document: work.document,
        edition: edition.label,
        published: changed(published, edition.published ?? ""),
        in_force_from: changed(since, begins),
      }),
  );
}

function corrected(named, fields, send) {
  const outcome = el("span", { role: "status" });
  return el(
    "form.correction",
    {
      onsubmit: async (event) => {
        event.preventDefault();
        try {
          await send();
          outcome.textContent = say("adminThen");
        } catch (problem) {
          outcome.textContent = problem.message;
        }
      },
    },
    fields.map(([key, control]) => {
      control.setAttribute("aria-label", `${say(key)} ${named}`);
      return el("label", {}, el("span", {}, say(key)), control);
    }),
    el("button.outline", { "aria-label": `${say("adminCorrect")} ${named}` }, say("adminCorrect")),
    outcome,
  );
}
