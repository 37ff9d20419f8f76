"""A language model as a judge of recorded answers: optional, off by default.

It sees what a right answer has to say (the set's facts or reference) and the answer's text, and
says right, partly or wrong. Its verdict is one more measure beside those that need no model,
and never part of the gate: another model judges differently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from bot.writing.model import LanguageModel, Message
from evals.questions import Question, QuestionSet
from evals.runs import Result, Run, Told

PROMPT = Path(__file__).parent / "prompts" / "judge.md"
MEASURE = "JudgedRight"
GRADES: Mapping[str, float] = {"RIGHT": 1.0, "PARTLY": 0.5, "WRONG": 0.0}
"""What the judge may say, and what it counts."""


def judged(
    run: Run, questions: QuestionSet, model: LanguageModel, *, told: Told | None = None
) -> Run:
    """Return the run of answers with the measure JudgedRight added.

    Judged are the answerable questions of which the set knows what a right answer says; one
    that was declined is wrong without asking. Where the judge says anything but one of its
    three words the question stays without this score, so its count shows how many were judged.
    The recipe names the judge and the hash of its prompt.

    Raises:
        ModelFailed: the judge could not be asked.
    """
    known = {question.id: question for question in questions if wanted(question)}
    results: list[Result] = []
    for result in run.results:
        question = known.get(result.id)
        grade = None if question is None else _grade(question, result, model)
        scores = result.scores if grade is None else {**result.scores, MEASURE: grade}
        results.append(replace(result, scores=scores))
        if told is not None:
            told(len(results), len(run.results))
    rules = PROMPT.read_text(encoding="utf-8")
    return replace(
        run,
        recipe={
            **run.recipe,
            "judge": model.name,
            "judge_prompt": sha256(rules.encode()).hexdigest()[:12],
        },
        measures=(*(name for name in run.measures if name != MEASURE), MEASURE),
        results=tuple(results),
    )


def wanted(question: Question) -> str:
    """Return what a right answer has to say, one thing a line; empty where the set does not know.

    The strings of a fact must all be said, "or" stands between its alternatives.
    """
    if not question.answerable:
        return ""
    if question.answer:
        return question.answer
    return "\n".join(
        "- " + "; ".join(said.replace("|", " or ") for said in fact) for fact in question.facts
    )


def _grade(question: Question, result: Result, model: LanguageModel) -> float | None:
    if result.declined or not result.text:
        return 0.0
    return read_grade(model.complete(messages(question, result.text)))


def messages(question: Question, answer: str) -> tuple[Message, ...]:
    """Return what the judge is sent: the rules, then the material between fences.

    The fence is made from the answer's hash, so that no answer can hold its own fence.
    """
    fence = f"=== {sha256(answer.encode()).hexdigest()[:16]}"
    rules = PROMPT.read_text(encoding="utf-8").strip().replace("{fence}", fence)
    parts = (
        ("question", "\n".join((*question.previous, question.text))),
        ("a right answer has to say", wanted(question)),
        ("answer", answer),
    )
    material = "\n".join(f"{fence} {name}\n{text}" for name, text in parts)
    return (Message("system", rules), Message("user", f"{material}\n{fence} end"))


def read_grade(reply: str) -> float | None:
    """Return what the judge's word counts, or None when the reply is not one of the three."""
    word = re.sub(r"[\s*_.。\"'`]+", "", reply).upper()
    return GRADES.get(word)
