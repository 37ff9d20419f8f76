// What is done about a question that got no answer: a word for the glossary, or none of our business.

import { post } from "./ask.js";
import { el } from "./elements.js";
import { say } from "./words.js";

// The cell of a question's row; *gone* is called when the question is off the list.
export function doing(question, gone) {
  const outcome = el("p.aside", { role: "status" });
  const form = el("div");
  const attempt = async (act) => {
    try {
      await act();
    } catch (problem) {
      outcome.textContent = problem.message;
    }
  };
  return el(
    "td.said",
    {},
    el(
      "button.link",
      { type: "button", "aria-label": `${say("workWord")} ${question}`, onclick: () => open(form, outcome, attempt) },
      say("workWord"),
    ),
    " ",
    el(
      "button.link",
      {
        type: "button",
        "aria-label": `${say("workAside")} ${question}`,
        onclick: () =>
          attempt(async () => {
            if (!window.confirm(say("workAsideSure", { question }))) return;
            await post("/v1/admin/questions/aside", { question });
            gone();
          }),
      },
      say("workAside"),
    ),
    form,
    outcome,
  );
}

// People say this, the manuals say that.
function open(place, outcome, attempt) {
  if (place.childElementCount) return place.replaceChildren();
  const also = el("input", { type: "text", maxlength: 60, required: true, autocomplete: "off" });
  const ja = el("input", { type: "text", maxlength: 60, required: true, autocomplete: "off" });
  place.replaceChildren(
    el(
      "form.correction",
      {
        onsubmit: (event) => {
          event.preventDefault();
          attempt(async () => {
            await post("/v1/admin/glossary", { ja: ja.value.trim(), also: [also.value.trim()] });
            place.replaceChildren();
            outcome.textContent = say("workWordDone");
          });
        },
      },
      el("label", {}, el("span", {}, say("workAlso")), also),
      el("label", {}, el("span", {}, say("workJa")), ja),
      el("button.outline", {}, say("workAdd")),
    ),
  );
  also.focus();
}
