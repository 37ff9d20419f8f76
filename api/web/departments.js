// What departments look after: the answers that they approved, and who may see which document. Both
// parts of the admin page are made here, with their own words.

import { get, HERE, post, put, remove } from "./ask.js";
import { el } from "./elements.js";
import { language } from "./words.js";

const WORDS = {
  ja: {
    approved: "承認済みの回答",
    approvedAside: "この質問には、ここに書いた回答が印と名前、日付とともに最初に出ます。引用は、いま効力のある版に一字一句あるものだけです。",
    question: "質問",
    likes: "同じ質問（一行に一つ）",
    wording: "回答",
    document: "根拠の文書",
    quotes: "根拠の引用（一行に一つ）",
    by: "承認した課・人",
    owner: "担当（変わったときに知らせる先）",
    keep: "承認して登録する",
    state: "状態",
    stands: "根拠あり",
    doubted: "要確認",
    edit: "直す",
    back: "取り消す",
    backSure: "「{name}」への回答を取り消しますか？",
    csv: "CSVで保存",
    xlsx: "Excelで保存",
    bring: "一覧を取り込む（CSV、xlsx）",
    brought: "{kept}件を登録しました。",
    left: "{row}行目: {why}",
    kept: "登録しました。",
    none: "まだありません。",
    groups: "だれに見えるか",
    groupsAside: "グループを付けた文書やフォルダーは、そのどれかに入っている人だけに見えます。空なら、質問できる人すべてに見えます。索引を更新すると効きます。",
    what: "文書またはフォルダー",
    named: "グループ（コンマ区切り）",
    all: "全員",
    bind: "変える",
    bound: "変えました。索引を更新すると効きます。",
    folder: "フォルダー",
  },
  en: {
    approved: "Approved answers",
    approvedAside: "To this question the answer written here comes first, with a badge, the name and the day. Quotations have to stand word for word in an edition in force.",
    question: "Question",
    likes: "Other ways of asking it (one a line)",
    wording: "Answer",
    document: "Document it rests on",
    quotes: "Quotations (one a line)",
    by: "Approved by",
    owner: "Told when it changes",
    keep: "Approve",
    state: "State",
    stands: "stands",
    doubted: "to be checked",
    edit: "Edit",
    back: "Take back",
    backSure: "Take back the answer to “{name}”?",
    csv: "Save as CSV",
    xlsx: "Save for Excel",
    bring: "Bring a list in (CSV, xlsx)",
    brought: "{kept} are kept.",
    left: "Row {row}: {why}",
    kept: "Kept.",
    none: "None yet.",
    groups: "Who sees what",
    groupsAside: "A document or folder with groups is seen by those who are in one of them; without, by all who may ask. A refresh lets it count.",
    what: "Document or folder",
    named: "Groups (commas between them)",
    all: "everybody",
    bind: "Change",
    bound: "Changed. A refresh lets it count.",
    folder: "Folder",
  },
};

const say = (key, values = {}) => WORDS[language()][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
const lines = (field) => field.value.split("\n").map((line) => line.trim()).filter(Boolean);

// Draw both parts into *place*, a section each; again whenever the language changes.
export function startDepartments(place, complain) {
  const held = { approved: null, bindings: null };

  function draw() {
    if (!held.bindings) return; // A server that keeps no record has neither.
    place.replaceChildren(approvedPart(held, again, complain), groupsPart(held, again, complain));
  }

  async function again() {
    try {
      const [{ approved }, bindings] = await Promise.all([get("/v1/admin/approved"), get("/v1/admin/groups")]);
      if (held.bindings) complain(null);
      Object.assign(held, { approved, bindings });
    } catch (problem) {
      if (held.bindings) complain(problem);
    }
    draw();
  }

  again();
  return draw;
}

function part(name, ...children) {
  return el("section", { "aria-labelledby": `${name}-title` }, el("h2", { id: `${name}-title` }, say(name)), el("p.aside", {}, say(`${name}Aside`)), children);
}

function labelled(key, field) {
  return el("label", {}, el("span", {}, say(key)), " ", field);
}

function approvedPart({ approved, bindings }, again, complain) {
  const field = (name, more = {}) => el(name, { maxlength: "2000", autocomplete: "off", ...more });
  const question = field("input", { required: true });
  const likes = field("textarea", { rows: "2" });
  const wording = field("textarea", { rows: "3", required: true, maxlength: "8000" });
  const quotes = field("textarea", { rows: "2", required: true, maxlength: "8000" });
  const by = field("input", { required: true, maxlength: "200" });
  const owner = field("input", { maxlength: "200" });
  const document = el("select", { required: true }, (bindings?.documents ?? []).map((each) => el("option", { value: each.document }, each.title)));
  const status = el("p", { role: "status" });
  let id = "";
  let rested = [];

  // Each quotation stays with its document, also when its words change; those of the first
  // document go where the choice goes.
  function documentOf(quote, at, all) {
    const same = rested.filter((each) => each.quote === quote);
    const before = same.find((each) => each === rested[at]) ?? same[0] ?? (rested.length === all.length ? rested[at] : undefined);
    return before && before.document !== rested[0].document ? before.document : document.value;
  }

  async function keep(event) {
    event.preventDefault();
    const quotations = lines(quotes).map((quote, at, all) => ({ document: documentOf(quote, at, all), quote }));
    const asked = { id, question: question.value, likes: lines(likes), wording: wording.value, quotations, by: by.value, owner: owner.value };
    try {
      await post("/v1/admin/approved", asked);
    } catch (problem) {
      complain(problem);
      return;
    }
    again();
  }

  function edit(one) {
    id = one.id;
    [question.value, wording.value, by.value, owner.value] = [one.question, one.wording, one.by, one.owner];
    likes.value = one.likes.join("\n");
    rested = one.quotations.map((each) => ({ document: each.document, quote: each.quote.replace(/\s+/g, " ").trim() }));
    quotes.value = rested.map((each) => each.quote).join("\n");
    document.value = one.quotations[0]?.document ?? "";
    question.focus();
  }

  async function back(one) {
    if (!window.confirm(say("backSure", { name: one.question }))) return;
    await remove(`/v1/admin/approved/${encodeURIComponent(one.id)}`).catch(complain);
    again();
  }

  async function bring(event) {
    const [file] = event.target.files;
    if (!file) return;
    try {
      const told = await put("/v1/admin/approved/list", file);
      status.replaceChildren(say("brought", told), ...told.refused.map((each) => el("span.block", {}, ` ${say("left", each)}`)));
    } catch (problem) {
      complain(problem);
    }
    event.target.value = "";
  }

  const rows = (approved ?? []).map((one) =>
    el(
      "tr",
      {},
      el("th.said", { scope: "row" }, one.question),
      el("td.said", {}, one.wording),
      el("td", {}, `${one.by} ${one.day}`),
      el("td.said", {}, one.doubt ? el("strong", {}, `${say("doubted")}: ${one.doubt}`) : say("stands")),
      el(
        "td",
        {},
        el("button.link", { type: "button", "aria-label": `${say("edit")} ${one.question}`, onclick: () => edit(one) }, say("edit")),
        " ",
        el("button.link", { type: "button", "aria-label": `${say("back")} ${one.question}`, onclick: () => back(one) }, say("back")),
      ),
    ),
  );
  const file = el("input", { type: "file", accept: ".csv,.xlsx", onchange: bring });
  return part(
    "approved",
    el(
      "form.row",
      { onsubmit: keep },
      [["question", question], ["likes", likes], ["wording", wording], ["document", document], ["quotes", quotes], ["by", by], ["owner", owner]].map(([key, one]) => labelled(key, one)),
      el("button.outline", {}, say("keep")),
    ),
    el(
      "p.row",
      {},
      el("a", { href: `${HERE}/v1/admin/approved/list?form=csv`, download: "approved.csv" }, say("csv")),
      el("a", { href: `${HERE}/v1/admin/approved/list?form=xlsx`, download: "approved.xlsx" }, say("xlsx")),
      labelled("bring", file),
    ),
    status,
    rows.length ? scrolled("approved", tableOf(["question", "wording", "by", "state", ""], rows)) : el("p.aside", {}, say("none")),
  );
}

function groupsPart({ bindings }, again, complain) {
  const documents = bindings?.documents ?? [];
  const what = el(
    "select",
    { required: true },
    (bindings?.folders ?? []).map((folder) => el("option", { value: `${folder}/` }, `${say("folder")} ${folder}/`)),
    documents.map((each) => el("option", { value: each.document }, each.title)),
  );
  const named = el("input", { maxlength: "2000", autocomplete: "off" });
  const status = el("p", { role: "status" });

  async function bind(event) {
    event.preventDefault();
    const groups = named.value.split(/[,、，]/).map((group) => group.trim()).filter(Boolean);
    const place = what.value.endsWith("/") ? { folder: what.value.slice(0, -1) } : { document: what.value };
    try {
      await post("/v1/admin/groups", { ...place, groups });
      await again();
    } catch (problem) {
      complain(problem);
      return;
    }
    globalThis.document.querySelector("#groups-done").textContent = say("bound");
  }

  status.id = "groups-done";
  const rows = documents.map((each) =>
    el(
      "tr",
      {},
      el("th.said", { scope: "row" }, each.title),
      el("td", {}, each.folders.join("、") || "—"),
      el("td", {}, each.groups.join("、") || say("all")),
      el("td", {}, each.owner || "—"),
    ),
  );
  return part(
    "groups",
    el("form.row", { onsubmit: bind }, labelled("what", what), labelled("named", named), el("button.outline", {}, say("bind"))),
    status,
    rows.length ? scrolled("groups", tableOf(["document", "folder", "named", "owner"], rows)) : el("p.aside", {}, say("none")),
  );
}

function scrolled(name, table) {
  return el("div.wide.card", { tabindex: "0", role: "group", "aria-labelledby": `${name}-title` }, table);
}

function tableOf(heads, rows) {
  return el("table", {}, el("thead", {}, el("tr", {}, heads.map((key) => (key ? el("th", { scope: "col" }, say(key)) : el("td"))))), el("tbody", {}, rows));
}
