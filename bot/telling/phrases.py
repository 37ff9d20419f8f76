"""The sentences that frame quotations, in the languages an answer can speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.answers import Answer

_JA: Mapping[str, str] = {
    "opening": "手引きには次の記載があります。",
    "opening-unsure": "お尋ねにそのまま答える記載ではないかもしれませんが、次の記載があります。",
    "binding": "〔{named}〕",
    "binding-one": "{numbers}文目は{named}",
    "binding-several": "{numbers}文目は{named}",
    "binding-duty": "義務・必要",
    "binding-advice": "推奨",
    "binding-free": "任意・可能",
    "no-more": "「{question}」について、すでにお示ししたもののほかに近い記載はありません。",
    "source": "**{title}**（{edition}）{page}",
    "source-section": "**{title}**（{edition}）{page}「{section}」",
    "digest": "要約",
    "case": "事例",
    "superseded": "旧版",
    "heads": "（列: {heads}）",
    "made-quoted": (
        "言語モデルを使わず、機械が文書の引用から作成しました。使う前に出典を確かめてください。"
    ),
    "approved": "**承認済みの回答**（{by}、{day}）",
    "approved-doubted": (
        "要確認: この質問には{by}が{day}に承認した回答がありますが、根拠の記載が変わったため示していません。"
    ),
    "made-approved": (
        "{by}が{day}に承認した回答です。引用が今の文書にあることは、機械が確かめました。"
        "使う前に出典を確かめてください。"
    ),
    "made-written": (
        "言語モデル（{model}）が書いた文を機械が引用と照合しました。使う前に出典を確かめてください。"
    ),
    "notice-digest": (
        "公式の文書ではなく要約です（『{title}』は『{original}』の要約）。"
        "決定の根拠にするときは公式版を確認してください。"
    ),
    "notice-superseded": "『{title}』{edition}は、お尋ねの日に効力のある版ではありません。",
    "notice-case": "『{title}』の記載は他団体の事例であり、義務や基準を定めるものではありません。",
    "notice-language": "引用は原文（英語）のままです。",
    "notice-read-as": "「{question}」とのお尋ねと読みました。",
    "notice-as-of-day": "{day}に効力のあった版から探しました（「{said}」）。",
    "notice-as-of-month": "「{said}」を月末の{day}と読み、その日に効力のあった版から探しました。",
    "notice-as-of-year": "「{said}」を年末の{day}と読み、その日に効力のあった版から探しました。",
    "notice-as-of-fiscal-year": "「{said}」を年度末の{day}と読み、その日に効力のあった版から探しました。",
    "changes-all": "『{title}』は、{old}から{new}で次のように変わりました（全{count}件）。",
    "changes-some": "『{title}』は、{old}から{new}で次のように変わりました（{count}件の変更のうち{shown}件）。",
    "changes-none": "『{title}』の{old}と{new}に、違いは見つかりませんでした。",
    "changes-untouched": (
        "『{title}』の{old}から{new}への変更（{count}件）に、「{topic}」に触れるものはありません。"
    ),
    "changes-one": "『{title}』で登録されている版は{editions}だけなので、何が変わったかを比べられません。",
    "changes-not-held": "『{title}』で登録されている版は{editions}です。お尋ねの版がそろっていないので、比べられません。",
    "changes-nowhere": "比べられる二つの版を登録している文書がないので、何が変わったかを比べられません。",
    "notice-changes": (
        "ほかの{count}件は、「文書一覧」のページか、tebiki diff {id} {old} {new} で読めます。"
    ),
    "greeting": "こんにちは。登録されている文書からお答えします。お知りになりたいことをお書きください。",
    "thanks": "お役に立てたなら幸いです。ほかにお尋ねがあれば、続けてお書きください。",
    "declined": "お尋ねの「{question}」に答える記載は、登録されている文書の中に見つかりませんでした。",
    "declined-nearest": "いちばん近い記載（お尋ねへの答えではありません）: {place}",
    "lacks-thing": "{said}という語は、この引用にはありません。お尋ねの答えではないかもしれません。",
    "lacks-year": "{said}の記載は見つからず、この引用は別の時点のものです。",
    "lacks-place": "{said}についての記載は、この引用にはありません。",
    "lacks-kind": "お尋ねの値（{said}）は、この引用にはありません。",
    "left": "ほかに{count}項目あります。",
    "declined-empty": "近い記載もありませんでした。言葉を変えるか、文書を追加してお試しください。",
    "clarify": "次のどれについてのお尋ねでしょうか。",
    "choice": "『{title}』について: {question}",
    "choice-part": "「{part}」について: {question}",
    "model-failed": "文章を作るモデルが使えなかったため（{reason}）、原文の引用でお答えします。",
    "model-spent": (
        "文章を作るモデルの今日の利用枠を使い切ったため、原文の引用でお答えします"
        "（利用枠は{day}0時（{zone}）に戻ります）。"
    ),
    "unrecorded": "利用量を記録できない",
    "unreachable": "つながらない",
    "slow": "時間内に応答がない",
    "busy": "混み合っている",
    "rejected": "要求が受け付けられない",
    "failed": "サーバーの不具合",
    "cut": "応答が途中で切れた",
    "unreadable": "応答を読み取れない",
    "resting": "直前に失敗したため、しばらく使わない",
    "model-unsupported": "モデルの文は文書で裏付けられなかったため、原文の引用でお答えします。",
    "model-silent": "モデルは抜粋から答えを見つけられなかったため、近い記載を引用します。",
    "model-removed": "モデルの文のうち、文書で裏付けられない{count}件は示さず、原文の引用に代えました。",
    "evidence": "根拠：「{quote}」（{title}、{edition}、{page}）[{marker}]",
    "evidence-alone": "「{quote}」（{title}、{edition}、{page}）[{marker}]",
    "guarded": "個人情報と思われる部分（{kinds}）は、送信や記録の際に伏せました。",
    "corpora-away": "次の資料集は今は調べられませんでした: {names}",
    "not-recorded": "この回答はまだ記録できていません。記録できるまで、後で開き直したり証拠の資料として印刷したりすることはできません。",
    "refused": "個人情報と思われる部分（{kinds}）が含まれるため、言語モデルへの送信や記録をしませんでした。",
}

_EN: Mapping[str, str] = {
    "opening": "The documents say the following.",
    "opening-unsure": "This may not be exactly what you asked; the documents say the following.",
    "binding": " ({named})",
    "binding-one": "sentence {numbers}: {named}",
    "binding-several": "sentences {numbers}: {named}",
    "binding-duty": "required",
    "binding-advice": "recommended",
    "binding-free": "optional",
    "no-more": "On “{question}” nothing else comes near beyond what was already shown.",
    "source": "**{title}** ({edition}), {page}",
    "source-section": "**{title}** ({edition}), {page}, “{section}”",
    "digest": "digest",
    "case": "case",
    "superseded": "superseded",
    "heads": " (columns: {heads})",
    "made-quoted": (
        "Made by a machine from quotations, without a language model. Check the source before use."
    ),
    "approved": "**Approved answer** ({by}, {day})",
    "approved-doubted": (
        "To be checked: {by} approved an answer to this question on {day}, but what it rests on has "
        "changed, so it is not shown."
    ),
    "made-approved": (
        "{by} approved this answer on {day}. A machine made sure that its quotations stand in the "
        "documents. Check the sources before you use it."
    ),
    "made-written": (
        "Written by a language model ({model}), held to the quotations by a machine. Check the "
        "source before use."
    ),
    "notice-digest": (
        "Not the official text but a digest (“{title}”, of “{original}”). "
        "Check the official edition before you base a decision on it."
    ),
    "notice-superseded": "“{title}” {edition} is not the edition in force on the day you ask about.",
    "notice-case": "“{title}” describes what others did; it sets no duty and no standard.",
    "notice-language": "Quotations are left in the language of the source (Japanese).",
    "notice-read-as": "Read as: “{question}”.",
    "notice-as-of-day": "Searched what was in force on {day} (“{said}”).",
    "notice-as-of-month": "“{said}” was read as the last day of that month: searched what was in force on {day}.",
    "notice-as-of-year": "“{said}” was read as the last day of that year: searched what was in force on {day}.",
    "notice-as-of-fiscal-year": "“{said}” was read as the last day of that fiscal year: searched what was in force on {day}.",
    "changes-all": "From {old} to {new}, “{title}” changed as follows (all {count} changes).",
    "changes-some": "From {old} to {new}, “{title}” changed as follows ({shown} of {count} changes).",
    "changes-none": "“{title}” says the same in {old} and {new}.",
    "changes-untouched": "None of the {count} changes from {old} to {new} in “{title}” touches “{topic}”.",
    "changes-one": "Of “{title}” only {editions} is held, so there is nothing to compare it with.",
    "changes-not-held": "Of “{title}” {editions} are held. Not both editions you ask about, so they cannot be compared.",
    "changes-nowhere": "No document is held in two editions that could be compared for this.",
    "notice-changes": "The other {count} are on the documents page, or: tebiki diff {id} {old} {new}.",
    "greeting": "Hello. I answer from the documents held here. What would you like to know?",
    "thanks": "You are welcome. Ask on whenever there is something else.",
    "declined": "The documents held here do not answer “{question}”.",
    "declined-nearest": "The nearest statement (it does not answer the question): {place}",
    "lacks-thing": "This quotation does not say {said}; it may not be what you asked.",
    "lacks-year": "Nothing was found for {said}; this quotation speaks of another time.",
    "lacks-place": "This quotation does not speak of {said}.",
    "lacks-kind": "This quotation does not give what was asked ({said}).",
    "left": "{count} more items are not shown.",
    "declined-empty": "Nothing comes near. Try other words, or add documents.",
    "clarify": "Which of these do you mean?",
    "choice": "About “{title}”: {question}",
    "choice-part": "About {part}: {question}",
    "model-failed": "The language model could not be used ({reason}), so this answer quotes the documents.",
    "model-spent": (
        "Today's budget for the language model is used up, so this answer quotes the documents. "
        "The budget begins anew on {day} at 0:00 ({zone})."
    ),
    "unrecorded": "its use could not be recorded",
    "unreachable": "it could not be reached",
    "slow": "it did not answer in time",
    "busy": "it is busy",
    "rejected": "it rejected the request",
    "failed": "its server failed",
    "cut": "its reply was cut off",
    "unreadable": "its reply could not be read",
    "resting": "it failed a moment ago and is left alone for a while",
    "model-unsupported": "What the model wrote is not supported by the documents, so this answer quotes them.",
    "model-silent": "The model found no answer in the excerpts; the closest statements are quoted.",
    "model-removed": "Sentences of the model that the documents do not support are not shown, but what they cite: {count}.",
    "evidence": "From: “{quote}” ({title}, {edition}, {page}) [{marker}]",
    "evidence-alone": "“{quote}” ({title}, {edition}, {page}) [{marker}]",
    "guarded": "What looks like personal data ({kinds}) was masked wherever it is sent or kept.",
    "corpora-away": "These corpora could not be searched just now: {names}",
    "not-recorded": "This answer is not recorded yet. Until it is, it cannot be opened again or printed as evidence.",
    "refused": "The question holds what looks like personal data ({kinds}), so it was neither sent to a language model nor kept.",
}

_TABLES = {"ja": _JA, "en": _EN}


def phrase(language: str, name: str, **values: object) -> str:
    """Return a sentence in *language* ("ja" or "en") with its blanks filled.

    Raises:
        KeyError: no such language, sentence or blank.
    """
    return _TABLES[language][name].format(**values)


def made(answer: Answer) -> str:
    """Return what an answer is: made by a machine, with which model or none, or approved; to be checked."""
    if answer.approval is not None:
        approval = answer.approval
        day = approval.day.isoformat()
        return phrase(answer.language, "made-approved", by=approval.by, day=day)
    if answer.model is None:
        return phrase(answer.language, "made-quoted")
    return phrase(answer.language, "made-written", model=answer.model)
