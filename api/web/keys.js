// The keys of the HTTP interface on the admin page: made, looked through, taken back.

import { get, post, remove } from "./ask.js";
import { el } from "./elements.js";
import { say } from "./words.js";

const find = (name) => document.querySelector(`#${name}`);

export function startKeys(table, complain) {
  async function list() {
    try {
      const { keys } = await get("/v1/admin/keys");
      table(find("keys"), ["keyName", "keyScope", "keyCreated", "keyExpires", "keyUsed", ""], keys.map(row));
    } catch (problem) {
      complain(problem);
    }
  }

  function row(key) {
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, key.name),
      el("td", {}, say(`scope${key.scope[0].toUpperCase()}${key.scope.slice(1)}`)),
      el("td", {}, key.created),
      el("td", {}, key.expires ?? "—"),
      el("td", {}, key.used ?? "—"),
      el(
        "td",
        {},
        el(
          "button.link",
          { type: "button", "aria-label": `${say("keyRevoke")} ${key.name}`, onclick: () => revoke(key) },
          say("keyRevoke"),
        ),
      ),
    );
  }

  async function revoke(key) {
    if (!window.confirm(say("keyRevokeSure", { name: key.name }))) return;
    await remove(`/v1/admin/keys/${encodeURIComponent(key.id)}`).catch(complain);
    list();
  }

  find("key").addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = { name: find("key-name").value, scope: find("key-scope").value, expires: find("key-expires").value || null };
    try {
      const made = await post("/v1/admin/keys", asked);
      find("key-made").replaceChildren(say("keyMade", { name: made.name }), " ", el("code", {}, made.secret));
      find("key").reset();
      complain(null);
    } catch (problem) {
      complain(problem);
    }
    list();
  });
  list();
}
