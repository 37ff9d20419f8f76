// How to add the official edition of a work of which only a digest is held.

import { el } from "./elements.js";
import { say } from "./words.js";

export function offer(dialog, work) {
  dialog.replaceChildren(
    el("h2", { id: "official-title" }, say("addTitle")),
    el("p.work", { lang: "ja" }, `${say("work", work)} ${work.publisher ?? ""}`),
    el("p", {}, say("addWhy")),
    el(
      "ol",
      {},
      el(
        "li",
        {},
        say("addStep1"),
        work.url
          ? [" ", el("a", { href: work.url, target: "_blank", rel: "noopener noreferrer" }, say("addStep1Link"))]
          : null,
      ),
      el("li", {}, say("addStep2"), el("pre", { tabindex: "0" }, el("code", {}, say("addPath")))),
      el("li", {}, say("addStep3"), el("pre", { tabindex: "0" }, el("code", {}, "tebiki refresh"))),
      el("li", {}, say("addStep4")),
    ),
    el("p.aside", {}, say("addAsk")),
    el("button.solid", { type: "button", onclick: () => dialog.close() }, say("close")),
  );
  dialog.setAttribute("aria-labelledby", "official-title");
  dialog.showModal();
}
