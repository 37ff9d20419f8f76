// What only the page that checks a text says.

import { learn } from "./words.js";

learn({
  ja: {
    checkTitle: "下書き照合",
    checkLead: "文章を貼り付けると、一文ずつ手引き書の原文と照らし合わせます。語と形による照合で、正しさの証明ではありません。",
    checkText: "下書き",
    check: "照合する",
    checking: "照らし合わせています…",
    supported: "裏付けあり",
    contradicted: "食い違い",
    partial: "一部のみ",
    unfounded: "記載なし",
    difference: "下書き：{draft} ／ 原文：{source}",
    missing: "（なし）",
  },
  en: {
    checkTitle: "Check a text",
    checkLead: "Paste a text: each sentence is compared with the manuals. It is a comparison of words and forms, not a proof.",
    checkText: "Text",
    check: "Check",
    checking: "Comparing…",
    supported: "Supported",
    contradicted: "Contradicted",
    partial: "In part only",
    unfounded: "Not found",
    difference: "Text: {draft} / source: {source}",
    missing: "(none)",
  },
});
