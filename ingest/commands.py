"""Sentences in a document that address a machine instead of a reader.

A PDF can carry text that nobody sees, written for language models ("ignore previous
instructions"). A manual for public servants has no such sentence, so the paragraph that holds one is
neither quoted nor handed to a model.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ADDRESSES_A_MACHINE = re.compile(
    r"(?:ignore|disregard|forget|override|bypass)\W+(?:\w+\W+){0,4}?(?:instruction|prompt|rule|guideline|above"
    r"|previous|prior|context|system)"
    r"|(?:system|developer|hidden|initial)\s+(?:prompt|message|instruction)s?\b"
    r"|\byou are (?:now |no longer )?(?:an? )?(?:\w+ ){0,2}(?:assistant|ai\b|language model|chatbot|llm|dan\b)"
    r"|\b(?:as|dear) (?:an? )?(?:ai|llm|language model|assistant)\b"
    r"|(?:reply|respond|answer|output|print|say) (?:only |exactly |always )?(?:with|the following|:)"
    r"|do not (?:mention|reveal|tell|cite|use) (?:\w+ ){0,4}(?:user|source|document|instruction|this)"
    r"|new instructions?\s*:|\bjailbreak\b|\bbegin (?:system|instructions?)\b|<\|?(?:im_start|system|endoftext)"
    r"|\[/?INST\]|###\s*(?:system|instruction|assistant)|^\s*(?:system|assistant|developer)\s*:"
    r"|(?:以前|これまで|上記|前述|すべて|全て|他)の?(?:すべての|全ての)?(?:指示|命令|ルール|プロンプト|制約|文書)"
    r"(?:を|は)(?:\w{0,6})?(?:無視|忘れ|破棄|従わ)"
    r"|(?:無視|忘れ)(?:して|し、|たうえで).{0,20}(?:答え|回答|出力|表示|返答)"
    r"|(?:システム|隠し|初期)\s?プロンプト|あなたは(?:今から|もう|これから)?.{0,12}(?:AI|アシスタント|チャットボット|言語モデル)"
    r"|(?:AI|人工知能|言語モデル|アシスタント|ボット)(?:へ|への|は|に)(?:の)?(?:指示|命令|次の|以下の|必ず)"
    r"|(?:必ず|常に|ただ)?「[^」]{1,80}」と(?:だけ|のみ)(?:答え|回答|出力|返|表示)"
    r"|新しい(?:指示|命令)\s*[:：]"
    r"|(?:利用者|ユーザー|質問者)(?:に|へ)(?:は)?.{0,16}(?:伝えない|知らせない|言わない|隠す|明かさない)"
    r"|(?:引用|出典|出所)を(?:示さ|付け|表示し)(?:ず|ない)"
    r"|\b(?:to|note to|attention|hey|dear) (?:the |any |all |whichever |every )?(?:\w+ )?(?:model|models|ai|ais|assistant|llm|llms"
    r"|chatbot|bot|language model)s?\b"
    r"|\b(?:when|if|while|before|after) (?:you (?:are )?)?(?:summari[sz]|answer|process|pars|read|index|quot)(?:e|es|ing)?\b"
    r"[^.]{0,24}\b(?:this|the) (?:page|document|text|pdf|file)\b[^.]{0,12}[,:]"
    r"|(?:^|[\s。：:「(（])(?:(?:LLM|ChatGPT|Claude|Gemini|Copilot)s?(?:さん|各位|へ|向け)?|(?:生成AI|AI|言語モデル)(?:さん|各位|へ|向け))\s*[:：]"
    r"|(?:LLM|GPT|ChatGPT|生成AI|言語モデル|AIモデル|チャットボット)(?:へ|への|は|に|向け)(?:の)?(?:お願い|連絡|注意|メモ|指示|命令|次の|以下の|必ず)"
    r"|この(?:文書|ページ|頁|文章|文|資料|PDF|ファイル)を(?:要約|読み取|読み込|処理|解析|学習|引用)[^。]{0,12}(?:場合|とき|時|際|なら|モデル|AI)"
    r"[^。]{0,80}(?:書|付け|加え|含め|出力|答え|伝え|表示|入れ)"
    r"|(?:(?:前|先|今まで|従来|元)の|与えられた)(?:指示|命令|プロンプト|ルール)(?:は|を)[^。]{0,6}(?:取り消|撤回|無効|上書き|変更|中止|やめ|破棄|捨て)"
    r"|回答の(?:先頭|冒頭|最初|末尾|最後)に[^。]{0,80}(?:置|書|付|入れ|記載|表示|加え)",
    re.IGNORECASE | re.MULTILINE,
)
# Who is addressed, then what is demanded: no form of a manual tells a program what to reply.
_TELLS_A_MACHINE = re.compile(
    r"(?:^|[\s。「（(【])(?:システム|アシスタント|エージェント|チャットボット|ボット|(?:生成)?AI|(?:言語)?モデル|LLM)(?:へ|は)?[】]?\s?[:：、]"
    r"[^。\n]{0,200}と(?:だけ|のみ)?(?:必ず)?(?:答え|回答|返答|返事)",
    re.IGNORECASE,
)
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]"
)


@lru_cache(maxsize=20_000)
def addresses_a_machine(text: str) -> bool:
    """Whether *text* tells a language model what to do, however it is spelt."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    said = " ".join(plain.split())
    return any(known.search(said) for known in (_ADDRESSES_A_MACHINE, _TELLS_A_MACHINE))
