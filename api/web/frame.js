// What every page has: the language switch, and the question for a key where one is needed.

import { get, HERE, post } from "./ask.js";
import { el } from "./elements.js";
import { fill, language, say, speak } from "./words.js";

// What this caller may do here, and which corpora may be asked.
export const session = get("/v1/session").catch(() => ({ admin: false, corpora: [] }));

export function frame(title, onlanguage) {
  for (const link of document.querySelectorAll('a[href^="/"]')) link.setAttribute("href", HERE + link.getAttribute("href"));
  const put = () => {
    document.documentElement.lang = language();
    document.title = title();
    fill();
    onlanguage?.();
  };
  document.querySelector("#language").addEventListener("click", () => {
    speak(language() === "ja" ? "en" : "ja");
    put();
  });
  put();
  linkAdmin();
}

// The way to the admin page, for those who may use it.
async function linkAdmin() {
  if (location.pathname === `${HERE}/admin`) return;
  const { admin } = await session;
  if (!admin) return;
  document
    .querySelector("#language")
    .before(el("a.quiet", { href: `${HERE}/admin`, data: { say: "adminTitle" } }, say("adminTitle")));
}

export function pageTitle(key) {
  return () => (key ? `${say(key)} — ${say("title")}` : `${say("title")} — ${say("tagline")}`);
}

// Asked once: the server keeps the key in a cookie that no script can read.
let asking = null;

document.addEventListener("tebiki-locked", () => {
  if (asking?.open) return;
  const wrong = el("p.wrong", { role: "alert" });
  const box = el("input", { type: "password", id: "key", autocomplete: "current-password" });
  asking = el(
    "dialog.sheet-of-steps",
    { "aria-labelledby": "key-title" },
    el("h2", { id: "key-title" }, say("keyTitle")),
    el("p", {}, say("keyWhy")),
    el(
      "form.fields.one",
      {
        onsubmit: async (event) => {
          event.preventDefault();
          try {
            await post("/v1/session", { key: box.value.trim() });
            location.reload();
          } catch (problem) {
            wrong.textContent = problem.message;
          }
        },
      },
      el("label", { for: "key" }, el("span", {}, say("key")), box),
      el("button.solid", { type: "submit" }, say("keyOpen")),
    ),
    wrong,
  );
  document.body.append(asking);
  asking.showModal();
});
