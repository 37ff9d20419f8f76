// The record of what was asked, on the admin page: given out for a period, and erased.

import { HERE, post } from "./ask.js";
import { el } from "./elements.js";
import { say } from "./words.js";

const find = (name) => document.querySelector(`#${name}`);
const given = (name) => find(`record-${name}`).value.trim();

export function startRecord(complain) {
  find("record").addEventListener("submit", (event) => {
    event.preventDefault();
    find("record-done").textContent = "";
    complain(null);
    if (event.submitter?.value === "erase") erase(complain);
    else save(complain);
  });
}

function save(complain) {
  if (!given("since") || !given("until")) {
    complain({ message: say("recordDays") });
    return;
  }
  const days = new URLSearchParams({ since: given("since"), until: given("until"), form: "csv" });
  el("a", { href: `${HERE}/v1/admin/record/export?${days}`, download: "" }).click();
}

async function erase(complain) {
  if (!window.confirm(say("recordSure"))) return;
  const asked = {
    ids: given("id") ? [given("id")] : [],
    person: given("person"),
    since: given("since") || null,
    until: given("until") || null,
  };
  try {
    const gone = await post("/v1/admin/record/erase", asked);
    find("record-done").textContent = [say("recordGone", { n: gone.answers + gone.follow_ups }), ...gone.remains].join(" ");
  } catch (problem) {
    complain(problem);
  }
}
