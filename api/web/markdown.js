// The Markdown of an answer → elements. Only what an answer uses is understood: paragraphs,
// lists, quotations, headings, tables, **bold** and markers like [1]. Everything else, links and
// images above all, stays the characters it is: an answer never makes the reader's browser load
// or open anything.

import { el } from "./elements.js";

const ITEM = /^(\s*)([-*]|\d+[.)])\s+(.*)$/;
const QUOTED = /^[「“][^\n]*?[^\\\n][」”]\[(\d{1,3})\](?=$|（| \()/;
const INLINE = /\*\*(.+?)\*\*|\[(\d{1,3})\](?!\()/g;

// `marker(n)` gives the element for [n], or null to keep the characters; `quotation(n)`, if given,
// the block in place of the list line that quotes [n] and of the source beneath it.
export function render(text, marker, quotation = () => null) {
  const fragment = document.createDocumentFragment();
  const lines = text.replaceAll("\r", "").split("\n");
  let at = 0;
  let block = null;
  while (at < lines.length) {
    const line = lines[at];
    if (!line.trim()) {
      at += 1;
    } else if (ITEM.test(line) && (block = quoted(line, quotation))) {
      fragment.append(block);
      at += 1;
      while (at < lines.length && /^\s+\S/.test(lines[at]) && !ITEM.test(lines[at])) at += 1;
    } else if (ITEM.test(line)) {
      at = list(lines, at, fragment, marker);
    } else if (/^>\s?/.test(line)) {
      const inner = [];
      while (at < lines.length && /^>\s?/.test(lines[at])) {
        inner.push(lines[at].replace(/^>\s?/, ""));
        at += 1;
      }
      fragment.append(el("blockquote", {}, render(inner.join("\n"), marker)));
    } else if (/^#{1,6}\s/.test(line)) {
      fragment.append(el("h4", {}, ...inline(line.replace(/^#+\s+/, ""), marker)));
      at += 1;
    } else if (isTable(lines, at)) {
      at = table(lines, at, fragment, marker);
    } else {
      const paragraph = el("p");
      while (at < lines.length && lines[at].trim() && !ITEM.test(lines[at]) && !/^[>#]/.test(lines[at])) {
        if (paragraph.childNodes.length) paragraph.append(document.createElement("br"));
        paragraph.append(...inline(lines[at].trim(), marker));
        at += 1;
      }
      if (!paragraph.childNodes.length) {
        paragraph.append(...inline(line, marker));
        at += 1;
      }
      fragment.append(paragraph);
    }
  }
  return fragment;
}

function quoted(line, quotation) {
  const found = QUOTED.exec(ITEM.exec(line)[3]);
  return found && quotation(Number(found[1]));
}

function list(lines, at, parent, marker) {
  const [, indent, sign] = ITEM.exec(lines[at]);
  const ordered = /\d/.test(sign);
  const made = el(ordered ? "ol" : "ul", ordered ? { start: parseInt(sign, 10) } : {});
  while (at < lines.length) {
    const found = ITEM.exec(lines[at]);
    if (found && found[1].length > indent.length && made.lastChild) {
      at = list(lines, at, made.lastChild, marker);
    } else if (found && found[1].length >= indent.length && /\d/.test(found[2]) === ordered) {
      made.append(el("li", {}, ...inline(found[3], marker)));
      at += 1;
    } else if (!found && lines[at].trim() && /^\s/.test(lines[at]) && made.lastChild) {
      made.lastChild.append(document.createElement("br"), ...inline(lines[at].trim(), marker));
      at += 1;
    } else if (!lines[at].trim() && ITEM.test(lines[at + 1] ?? "")) {
      const following = ITEM.exec(lines[at + 1]);
      if (/\d/.test(following[2]) !== ordered || following[1].length < indent.length) break;
      at += 1;
    } else {
      break;
    }
  }
  parent.append(made);
  return at;
}

function isTable(lines, at) {
  return /^\s*\|.*\|\s*$/.test(lines[at]) && /^\s*\|[\s:|-]+\|\s*$/.test(lines[at + 1] ?? "");
}

function table(lines, at, parent, marker) {
  const cells = (line) => line.trim().slice(1, -1).split("|").map((cell) => cell.trim());
  const head = cells(lines[at]).map((cell) => el("th", { scope: "col" }, ...inline(cell, marker)));
  const body = el("tbody");
  at += 2;
  while (at < lines.length && /^\s*\|.*\|\s*$/.test(lines[at])) {
    body.append(el("tr", {}, cells(lines[at]).map((cell) => el("td", {}, ...inline(cell, marker)))));
    at += 1;
  }
  const made = el("table", {}, el("thead", {}, el("tr", {}, head)), body);
  parent.append(el("div.wide", { tabindex: "0", role: "region" }, made));
  return at;
}

// A marker stays on the line of the last two characters before it: a line that begins with a
// lonely number says nothing.
function tied(before, made) {
  const end = before.trimEnd();
  const cut = Math.max(0, end.length - 2);
  return [end.slice(0, cut), el("span.tied", {}, end.slice(cut), made)];
}

function inline(text, marker) {
  const nodes = [];
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    const bold = found[1] !== undefined;
    const made = bold ? el("strong", {}, ...inline(found[1], marker)) : marker(Number(found[2]));
    if (made === null) continue;
    const before = text.slice(last, found.index);
    if (bold || !before.trim()) nodes.push(before, made);
    else nodes.push(...tied(before, made));
    last = found.index + found[0].length;
  }
  if (last < text.length) nodes.push(text.slice(last));
  return nodes.filter((node) => node !== "");
}
