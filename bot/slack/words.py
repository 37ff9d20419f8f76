"""What Tebiki says in Slack besides its answers, in the languages of the askers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_JA: Mapping[str, str] = {
    "about": "手引きの記載を、出典のページつきでお答えします。",
    "help": (
        "手引きの記載を、出典のページつきでお答えします。\n\n"
        "- チャンネルでは `@{name} 質問` 、ダイレクトメッセージではそのまま質問してください。\n"
        "- 続きの質問は、同じスレッドにそのまま書いてください（ほかの人が加わった後は、もう一度メンションが必要です）。\n"
        "- `{command} 質問` とすると、自分だけに見える形でお答えします。\n"
        "- `{command} settings` で、このチャンネルでの答え方を選べます。\n"
        "- 質問を編集すると答えも直り、消すと答えも消えます。"
    ),
    "citations": "出典",
    "nearest": "近い記載",
    "lacking": "この記載にない言葉: {words}",
    "superseded": "旧版",
    "now-stands": "現行{edition} {page}",
    "now-moved": "現行{edition} {page}",
    "now-changed": "現行{edition} {page}（変更あり）",
    "now-gone": "現行{edition}にはありません",
    "now-none": "いまは効力のある版がありません",
    "digest": "要約",
    "case": "事例",
    "show-page": "[{marker}] のページを見る",
    "more": "続きを読む",
    "share": "チャンネルに共有",
    "follow": "改定されたら知らせる",
    "unfollow": "もう知らせない",
    "followed": "この答えの出典が改定されて記載が変わったら、ダイレクトメッセージであなたにだけお知らせします。",
    "unfollowed": "この答えの改定は、もうお知らせしません。",
    "revised": "以前お答えした内容の出典が改定され、記載が変わりました。",
    "ask-again": "もう一度たずねる",
    "cut": "（長いため、ここまで表示しています）",
    "helpful": "役に立った",
    "not-helpful": "役に立たなかった",
    "answer-id": "回答番号 {id}",
    "asked": "質問: {question}",
    "clarify": "どれについてのお尋ねですか",
    "next": "関連する質問",
    "reason-title": "ご意見",
    "reason-label": "どこが役に立ちませんでしたか（任意）",
    "reason-hint": "個人情報は書かないでください。",
    "send": "送信",
    "cancel": "やめる",
    "save": "保存",
    "settings-title": "答え方の設定",
    "settings-when": "いつ答えますか",
    "settings-mention": "メンションされたとき",
    "settings-automatic": "質問らしい投稿すべて",
    "settings-who": "答えはだれに見えますか",
    "settings-visible": "チャンネルの全員",
    "settings-ephemeral": "質問した人だけ（共有ボタンつき）",
    "settings-documents": "探す文書（選ばなければすべて）",
    "settings-gone": "選ばれていた文書のうち {count} 件は、いま効力のある版がありません。ほかも選ばれていなければ、すべての文書から探します。",
    "documents-gone": "選ばれた文書に効力のある版がなく、すべての文書から探しました。",
    "settings-saved": "このチャンネルでの答え方を保存しました。",
    "settings-here": "設定はチャンネルの中で `{command} settings` と入力してください。",
    "status": "手引きを調べています…",
    "loading": "手引きを探しています…\n書かれている箇所を確かめています…\n出典のページを確かめています…",
    "prompts": "たとえば、次のように質問できます",
    "home-documents": "収録している文書（いま効力のある版）",
    "home-none": "まだ文書がありません。管理者に「tebiki refresh」の実行を頼んでください。",
    "home-more": "ほかに {count} 件あります。",
    "home-refreshed": "索引 {generation}（{refreshed}）",
    "home-recent": "あなたの最近の質問（あなただけに見えます）",
    "home-no-recent": "まだ質問がありません。「メッセージ」タブで質問してみてください。",
    "too-long": "質問が長すぎます（2,000文字まで）。知りたいことを一つ、短くお尋ねください。",
    "not-text": "質問を読み取れませんでした。文字だけで入力してください。",
    "limited": "続けてたくさんの質問をいただいています。1分ほど待って、もう一度お尋ねください。",
    "no-index": "まだ文書の索引がありません。管理者に「tebiki refresh」の実行を頼んでください。（受付番号 {id}）",
    "failed": "答えを用意できませんでした。もう一度お尋ねになるか、受付番号 {id} を管理者にお知らせください。",
    "already": "この質問には、すでにスレッドでお答えしています。",
    "no-question": "この投稿には答えられません。人が文字で書いた質問を選んでください。",
    "invite": "このチャンネルにはまだ参加していません。チャンネルで `/invite @{name}` と入力してから、もう一度お試しください。",
    "click-failed": "うまくいきませんでした。もう一度お試しになるか、受付番号 {id} を管理者にお知らせください。",
    "answer-gone": "この回答の記録が見つかりません。もう一度お尋ねください。",
    "page-failed": "ページの画像を用意できませんでした。（回答番号 {id}）",
}

_EN: Mapping[str, str] = {
    "about": "Answers from the manuals, each with its page.",
    "help": (
        "I answer from the manuals and name the page.\n\n"
        "- In a channel, write `@{name} your question`; in a direct message, just ask.\n"
        "- Go on in the same thread (mention me again once others have joined in).\n"
        "- `{command} your question` answers for your eyes only.\n"
        "- `{command} settings` chooses how I behave in this channel.\n"
        "- Edit your question and the answer follows; delete it and the answer goes."
    ),
    "citations": "Sources",
    "nearest": "Nearest statements",
    "lacking": "Not in that passage: {words}",
    "superseded": "superseded",
    "now-stands": "present edition {edition} {page}",
    "now-moved": "present edition {edition} {page}",
    "now-changed": "present edition {edition} {page} (changed)",
    "now-gone": "not in the present edition {edition}",
    "now-none": "no edition is in force now",
    "digest": "digest",
    "case": "case",
    "show-page": "Show page of [{marker}]",
    "more": "Read on",
    "share": "Share to channel",
    "follow": "Tell me when this changes",
    "unfollow": "Tell me no more",
    "followed": "When what this answer quotes is revised, I will tell you, and only you, in a direct message.",
    "unfollowed": "I will not tell you about this answer any more.",
    "revised": "The sources of an answer that I gave you were revised and say something else now.",
    "ask-again": "Ask again",
    "cut": "(shortened here)",
    "helpful": "Helpful",
    "not-helpful": "Not helpful",
    "answer-id": "Answer {id}",
    "asked": "Question: {question}",
    "clarify": "Which of these do you mean?",
    "next": "Related questions",
    "reason-title": "Your opinion",
    "reason-label": "What was not helpful? (optional)",
    "reason-hint": "Please leave out personal data.",
    "send": "Send",
    "cancel": "Cancel",
    "save": "Save",
    "settings-title": "How I answer here",
    "settings-when": "When do I answer?",
    "settings-mention": "When I am mentioned",
    "settings-automatic": "Every post that looks like a question",
    "settings-who": "Who sees the answer?",
    "settings-visible": "Everybody in the channel",
    "settings-ephemeral": "Only the asker, who can share it",
    "settings-documents": "Documents to search (all if none is chosen)",
    "settings-gone": "{count} of the chosen documents have no edition in force now. If no other is chosen, I search them all.",
    "documents-gone": "None of the chosen documents is in force: I searched them all.",
    "settings-saved": "Saved how I answer in this channel.",
    "settings-here": "Type `{command} settings` in the channel you mean.",
    "status": "is reading the manuals…",
    "loading": "Searching the manuals…\nReading what they say…\nChecking the pages…",
    "prompts": "You could ask, for example",
    "home-documents": "Documents held (editions in force)",
    "home-none": 'There are no documents yet. Ask your administrator to run "tebiki refresh".',
    "home-more": "And {count} more.",
    "home-refreshed": "Index {generation} ({refreshed})",
    "home-recent": "Your recent questions (only you see them)",
    "home-no-recent": "No questions yet. Ask one in the Messages tab.",
    "too-long": "The question is too long (at most 2,000 characters). Ask for one thing, briefly.",
    "not-text": "The question could not be read. Type it as plain text.",
    "limited": "You have asked a lot just now. Please wait a minute and ask again.",
    "no-index": 'There is no index yet. Ask your administrator to run "tebiki refresh". (no. {id})',
    "failed": "No answer could be prepared. Ask again, or give your administrator the number {id}.",
    "already": "This question has already been answered in its thread.",
    "no-question": "This post cannot be answered. Choose a question that a person wrote as text.",
    "invite": "I am not in this channel yet. Type `/invite @{name}` there and try again.",
    "click-failed": "That did not work. Try again, or give your administrator the number {id}.",
    "answer-gone": "This answer is no longer on record. Please ask again.",
    "page-failed": "The page could not be drawn. (answer {id})",
}

_TABLES = {"ja": _JA, "en": _EN}


def say(language: str, name: str, /, **values: object) -> str:
    """Return a sentence in *language* ("ja" or "en") with its blanks filled.

    Raises:
        KeyError: no such language, sentence or blank.
    """
    return _TABLES[language][name].format(**values)
