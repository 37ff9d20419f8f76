// The cited page as an image with the quotation marked, and its neighbours.

import { badges, pageName } from "./quotation.js";
import { get, within } from "./ask.js";
import { el, icon } from "./elements.js";
import { say } from "./words.js";

// The page's own text over its picture, to be selected and copied; it is not seen.
function line({ text, left, top, width, height, rows }) {
  const made = el("span", { "aria-hidden": "true" }, text);
  const percent = (share) => `${share * 100}%`;
  Object.assign(made.style, { left: percent(left), top: percent(top), width: percent(width), height: percent(height) });
  made.style.setProperty("--row", height / rows);
  return made;
}

// How wide a page may be made, of the room there is.
const STEPS = [1, 1.5, 2, 3];

// The heads of the first row below that has any, as long as the table goes on.
function headsBelow(blocks, from) {
  for (const block of blocks.slice(from)) {
    if (block.kind !== "row") break;
    if (block.heads.length) return block.heads;
  }
  return [];
}

export class Viewer {
  // Fills *root*; `onclose` (if given) puts a close button there. A viewer that is the page has
  // the page's heading.
  constructor(root, { onclose, onstep } = {}) {
    this.root = root;
    this.shown = null;
    this.heading = el(onclose ? "h2.title" : "h1.title", { tabindex: "-1", id: "viewer-title" });
    this.badges = el("span.badges");
    this.number = el("span.count");
    this.previous = this.button("left", "previous", () => this.turn(-1));
    this.next = this.button("right", "following", () => this.turn(1));
    this.smaller = this.button("minus", "zoomOut", () => this.enlarge(-1));
    this.larger = this.button("zoom", "zoomIn", () => this.enlarge(1));
    this.back = el("button.link", { type: "button", hidden: true, onclick: () => this.show(this.cited) });
    this.paper = el("button.link", { type: "button", hidden: true, onclick: () => this.print() });
    this.pdf = el("a.link", { target: "_blank", rel: "noopener" });
    this.frame = el("div.frame", { tabindex: "0", role: "region" });
    this.text = el("div.words");
    this.details = el("details", {}, el("summary"), this.text);
    this.status = el("p.state", { role: "status" });
    this.close = onclose ? this.button("close", "close", onclose) : null;
    this.onclose = onclose;
    this.onstep = onstep;
    this.which = el("span.which");
    this.before = this.button("up1", "previousQuote", () => onstep(-1));
    this.after = this.button("down1", "nextQuote", () => onstep(1));
    this.stepping = el("div.turning", { hidden: true }, this.before, this.which, this.after);
    this.step = 0; // in STEPS
    root.replaceChildren(
      el(
        "div.bar",
        {},
        el("div.names", {}, this.heading, this.badges),
        this.close,
      ),
      el(
        "div.bar.controls",
        {},
        el("div.turning", {}, this.previous, this.number, this.next),
        this.stepping,
        el("div.doing", {}, this.back, el("div.turning", {}, this.smaller, this.larger), this.paper, this.pdf),
      ),
      this.status,
      this.frame,
      this.details,
    );
    root.addEventListener("keydown", (event) => this.key(event));
    this.relabel();
  }

  button(sign, key, onclick) {
    return el("button.round", { type: "button", onclick, data: { sayLabel: key } }, icon(sign));
  }

  relabel() {
    for (const button of [this.previous, this.next, this.before, this.after, this.smaller, this.larger, this.close].filter(Boolean)) {
      button.setAttribute("aria-label", say(button.dataset.sayLabel));
      button.title = say(button.dataset.sayLabel);
    }
    this.back.textContent = say("backToQuote");
    this.pdf.replaceChildren(icon("external"), say("openPdf"));
    this.details.firstChild.textContent = say("asText");
    this.frame.setAttribute("aria-label", say("viewer"));
  }

  // Which of how many citations of an answer is shown.
  count(at, of) {
    this.stepping.hidden = of < 2;
    this.which.textContent = say("quoteOf", { n: at + 1, of });
    this.before.disabled = at <= 0;
    this.after.disabled = at >= of - 1;
  }

  // place = { document, edition, page, start, end, corpus, sha256, pass }: the last two as the address of a
  // citation has them, or nothing.
  async show(place) {
    if (place.end > place.start && place.start !== this.cited?.start) this.cited = place;
    this.asked = place;
    this.status.textContent = say("drawing");
    this.root.classList.add("busy");
    const base = `/v1/documents/${encodeURIComponent(place.document)}/editions/${encodeURIComponent(place.edition)}`;
    try {
      const asked = new URLSearchParams({ start: place.start ?? 0, end: place.end ?? 0 });
      for (const name of ["sha256", "pass"]) if (place[name]) asked.set(name, place[name]);
      const found = await get(`${base}/pages/${place.page}?${asked}`, { base: within(place.corpus) });
      if (this.asked !== place) return;
      this.shown = found;
      await this.draw(found);
    } catch (problem) {
      if (this.asked !== place) return;
      this.frame.replaceChildren();
      this.status.textContent = `${say("pageFailed")} ${problem.message}`;
    } finally {
      this.root.classList.remove("busy");
    }
  }

  async draw(found) {
    const paged = found.place.kind === "page";
    const label = found.page_label ?? String(found.page);
    this.heading.textContent = say("work", found);
    this.badges.replaceChildren(...badges(found));
    this.number.replaceChildren(
      el("strong", {}, pageName(found, { section: true })),
      paged || found.page_count > 1
        ? el("small", {}, say(paged ? "pageOf" : "partOf", { page: found.page, count: found.page_count }))
        : "",
    );
    for (const button of [this.smaller, this.larger]) button.parentElement.hidden = !paged;
    this.smaller.disabled = this.step === 0;
    this.larger.disabled = this.step === STEPS.length - 1;
    this.pdf.replaceChildren(icon("external"), say(paged ? "openPdf" : "openFile"));
    this.previous.disabled = found.page <= 1;
    this.next.disabled = found.page >= found.page_count;
    this.pdf.href = found.file_url;
    this.text.textContent = found.text;
    this.paper.hidden = paged || !found.image_url;
    this.paper.textContent = say("asPrinted");
    this.printed = false;
    const { start = 0, end = 0 } = this.asked;
    const here = found.boxes.length > 0 || (!paged && start < found.end && end > found.start);
    this.back.hidden = !this.cited || (found.page === this.cited.page && here);
    if (!paged) {
      this.write(found, start, end);
      return;
    }
    const size = this.step ? "size=large" : "size=normal";
    const image = el("img", {
      alt: say("pageImage", {
        title: found.title,
        page: label,
        marked: found.boxes.length ? say("marked") : "",
      }),
      width: Math.round(found.width),
      height: Math.round(found.height),
    });
    image.src = `${found.image_url}${found.image_url.includes("?") ? "&" : "?"}${size}`;
    await image.decode();
    if (this.shown !== found) return;
    const sheet = el("div.sheet", {}, image, el("div.layer", { lang: "ja" }, found.lines.map(line)));
    sheet.style.width = `${STEPS[this.step] * 100}%`;
    this.frame.classList.toggle("large", this.step > 0);
    this.frame.replaceChildren(sheet);
    this.status.textContent = found.note || (found.quality < 0.5 ? say("poorPage") : "");
    const [first] = found.boxes;
    this.frame.scrollTo({
      top: first ? Math.max(0, first.top * sheet.offsetHeight - this.frame.clientHeight / 3) : 0,
      left: first && this.step ? Math.max(0, first.left * sheet.offsetWidth - 40) : 0,
    });
  }

  // A file without pages as it is printed, where the server can; and back to its text.
  async print() {
    const found = this.shown;
    if (this.printed) {
      await this.draw(found);
      return;
    }
    this.status.textContent = say("printing");
    this.paper.disabled = true;
    const image = el("img", { alt: say("printedImage", { title: found.title, place: pageName(found, { section: true }) }) });
    image.src = `${found.image_url}${found.image_url.includes("?") ? "&" : "?"}size=normal`;
    try {
      await image.decode();
      if (this.shown !== found) return;
      this.printed = true;
      this.paper.textContent = say("asText");
      this.frame.replaceChildren(el("div.sheet", {}, image));
      this.frame.scrollTo({ top: 0, left: 0 });
      this.status.textContent = say("printedNote");
    } catch {
      if (this.shown === found) this.status.textContent = say("notPrinted");
    } finally {
      this.paper.disabled = false;
    }
  }

  // A page of a file that has none: its paragraphs and rows as text, the quotation marked.
  write(found, start, end) {
    const sheet = el("div.sheet.written");
    const said = (from, to) => {
      const text = (first, last) => found.text.slice(first - found.start, last - found.start);
      const [first, last] = [Math.max(from, start), Math.min(to, end)];
      if (first >= last) return [text(from, to)];
      return [text(from, first), el("mark", {}, text(first, last)), text(last, to)].filter(Boolean);
    };
    let rows = null;
    let columns = [];
    found.blocks.forEach((block, number) => {
      if (block.kind !== "row") {
        rows = null;
        sheet.append(el(block.kind === "heading" ? (this.onclose ? "h3" : "h2") : `p.${block.kind}`, {}, said(block.start, block.end)));
        return;
      }
      const texts = found.text.slice(block.start - found.start, block.end - found.start).split("\t");
      const under = block.heads.length ? block.heads : headsBelow(found.blocks, number);
      if (!rows) {
        rows = el("tbody");
        columns = under;
        const named = block.heads.some(Boolean) ? el("tr", {}, under.map((head) => el("th", { scope: "col" }, head))) : null;
        sheet.append(el("table", {}, named ? el("thead", {}, named) : null, rows));
      }
      const row = el("tr");
      let [at, column] = [block.start, 0];
      texts.forEach((text, cell) => {
        // What stands under a head further right leaves the columns before it empty; a head spans
        // those that it is part of.
        const head = block.heads[cell];
        const fits = (each) => (head ? each === head : each.includes(text));
        const first = columns.findIndex((each, place) => place >= column && fits(each));
        let span = 1;
        if (first >= 0 && (head || !block.heads.length)) {
          for (; column < first; column += 1) row.append(el("td"));
          if (!head) while (columns[column + span]?.includes(text)) span += 1;
        }
        row.append(el("td", span > 1 ? { colspan: span } : {}, said(at, at + text.length)));
        column += span;
        at += text.length + 1;
      });
      rows.append(row);
    });
    this.frame.classList.remove("large");
    this.frame.replaceChildren(sheet);
    this.status.textContent = found.note;
    const mark = sheet.querySelector("mark");
    // From the frame's own edge: what a mark in a table is measured from is its cell.
    const down = mark ? mark.getBoundingClientRect().top - sheet.getBoundingClientRect().top : 0;
    this.frame.scrollTo({ top: Math.max(0, down - this.frame.clientHeight / 3), left: 0 });
    // A viewer that is the page scrolls with it.
    if (mark && !this.onclose) mark.scrollIntoView({ block: "center" });
  }

  turn(by) {
    const { document: name, edition, page, page_count: count } = this.shown ?? {};
    const wanted = page + by;
    if (!name || wanted < 1 || wanted > count) return;
    const { start = 0, end = 0 } = this.cited ?? {};
    this.show({ ...this.asked, document: name, edition, page: wanted, start, end });
  }

  enlarge(by) {
    const step = Math.min(STEPS.length - 1, Math.max(0, this.step + by));
    if (step === this.step) return;
    this.step = step;
    // A button that can do no more hears no key: the page itself goes on listening.
    const last = step === 0 || step === STEPS.length - 1;
    if (last && [this.smaller, this.larger].includes(document.activeElement)) this.frame.focus({ preventScroll: true });
    if (this.shown) this.draw(this.shown);
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft" && !this.step) this.turn(-1);
    else if (event.key === "ArrowRight" && !this.step) this.turn(1);
    else if (event.key === "PageUp" && event.target !== this.frame) this.turn(-1);
    else if (event.key === "+" || event.key === "-") this.enlarge(event.key === "+" ? 1 : -1);
    else if (event.key === "n" && this.onstep) this.onstep(1);
    else if (event.key === "p" && this.onstep) this.onstep(-1);
    else if (event.key === "PageDown" && event.target !== this.frame) this.turn(1);
    else return;
    event.preventDefault();
  }
}
