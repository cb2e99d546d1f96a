"""What became of each code that was typed: applied, not chosen, or refused with the first reason."""

from collections.abc import Collection, Mapping, Sequence

from offers.contracts import CodeAnswer, Missing, NotChosen, TypedCode
from offers.promotions import words
from offers.promotions.asked import Asked


def code_answers(
    asked: Asked,
    chosen: Collection[str],
    refused: Mapping[str, str],
    not_chosen: Sequence[NotChosen],
    missing: Sequence[Missing],
) -> tuple[CodeAnswer, ...]:
    """In the order typed."""
    beside = {one.offer: one for one in not_chosen}
    lacking = {one.offer: one.sentence for one in missing}
    answers, seen = list[CodeAnswer](), set[str]()
    for typed in asked.codes:
        reason = typed.reason or ("code_twice" if typed.code in seen else "")
        if not reason and typed.written != asked.code_of.get(typed.offer):
            reason = "offer_twice"
        seen.add(typed.code)
        if not reason and typed.offer in chosen:
            answers.append(_answer(typed, "applied", "code", words.why("code", asked.language, code=typed.written)))
        elif not reason and typed.offer in beside:
            one = beside[typed.offer]
            answers.append(_answer(typed, "not_chosen", one.reason, lacking.get(typed.offer, one.sentence)))
        else:
            reason = reason or refused.get(typed.offer, "offer_not_live")
            said = words.why_not(reason, asked.language, others="")
            answers.append(_answer(typed, "refused", reason, said if typed.reason else lacking.get(typed.offer, said)))
    return tuple(answers)


def _answer(typed: TypedCode, state: str, reason: str, sentence: str) -> CodeAnswer:
    return CodeAnswer(code=typed.written, state=state, offer=typed.offer or None, reason=reason, sentence=sentence)
