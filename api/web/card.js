// A small card at a mark: what is cited and where it stands, before any click. It stays while the
// pointer is on it, and Escape takes it away.

import { el } from "./elements.js";
import { pageName } from "./quotation.js";
import { say } from "./words.js";

const WAIT_MS = 150;
const LONGEST = 180;

const TAB_MS = 400; // who comes by Tab sees it; to whom the focus only returns, it is in the way

let card = null;
let waiting = 0;
let tabbed = -TAB_MS;

addEventListener("keydown", (event) => event.key === "Tab" && (tabbed = performance.now()), true);

export function carded(mark, citation) {
  const soon = () => later(() => show(mark, citation));
  if (matchMedia("(hover: hover)").matches) mark.addEventListener("mouseenter", soon);
  mark.addEventListener("focus", () => performance.now() - tabbed < TAB_MS && soon());
  for (const name of ["mouseleave", "blur"]) mark.addEventListener(name, () => later(hide));
  mark.addEventListener("click", () => later(hide));
  mark.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !card) return;
    event.stopPropagation();
    hide();
  });
  return mark;
}

function later(act) {
  clearTimeout(waiting);
  waiting = setTimeout(act, WAIT_MS);
}

function hide() {
  card?.remove();
  card = null;
}

function show(mark, citation) {
  hide();
  if (!mark.isConnected) return;
  const quote = citation.quote.replace(/\s+/g, " ");
  card = el(
    "div.peek",
    { role: "tooltip", lang: citation.language },
    el("p", {}, quote.length > LONGEST ? `${quote.slice(0, LONGEST)}…` : quote),
    el("p.from", {}, `${say("work", citation)} ${pageName(citation)}`),
  );
  card.addEventListener("mouseenter", () => clearTimeout(waiting));
  card.addEventListener("mouseleave", () => later(hide));
  mark.closest(".answer").append(card);
  const at = mark.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = card;
  const below = at.bottom + height + 16 < innerHeight; // above it stands the sentence itself
  card.style.top = `${below ? at.bottom + 8 : at.top - height - 8}px`;
  card.style.left = `${Math.max(8, Math.min(at.left - 16, innerWidth - width - 8))}px`;
}
