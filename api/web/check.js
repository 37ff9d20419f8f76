// A draft, held to the documents sentence by sentence.

import "./check-words.js";
import { pageName } from "./quotation.js";
import { post } from "./ask.js";
import { el } from "./elements.js";
import { frame, pageTitle } from "./frame.js";
import { language, say } from "./words.js";

const form = document.querySelector("#draft");
const text = document.querySelector("#text");
const found = document.querySelector("#found");
const state = document.querySelector("#state");

let told = null;

function show() {
  if (!told) return;
  found.replaceChildren(...told.sentences.map(sentence));
  const counted = (verdict) => told.sentences.filter((one) => one.verdict === verdict).length;
  state.textContent = ["supported", "contradicted", "partial", "unfounded"]
    .map((verdict) => `${say(verdict)} ${counted(verdict)}`)
    .join(language() === "ja" ? "、" : ", ");
}

function sentence(one) {
  return el(
    "li.card",
    {},
    el("p", {}, el("strong", {}, say(one.verdict)), " ", one.text),
    ...one.differences.map((difference) =>
      el(
        "p.aside",
        {},
        say("difference", {
          draft: difference.draft || say("missing"),
          source: difference.source || say("missing"),
        }),
      ),
    ),
    ...one.citations.map((citation) =>
      el(
        "blockquote",
        { lang: citation.language },
        citation.quote,
        " ",
        el("a", { href: citation.view_url }, `${citation.title} ${citation.edition} ${pageName(citation)}`),
      ),
    ),
  );
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!text.value.trim()) return;
  state.textContent = say("checking");
  try {
    told = await post("/v1/check", { text: text.value });
    show();
  } catch (problem) {
    state.textContent = problem.message;
  }
});

frame(pageTitle("checkTitle"), show);
