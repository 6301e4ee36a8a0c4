"""Extract the final answer from a reply: without thinking, tags and special tokens."""

import re
from typing import Final

_SPECIAL: Final = re.compile(r"<\|[A-Za-z_0-9]{1,30}\|>|</?s>")
_THINKING: Final = r"(?:think|thinking|thought|reasoning|reflection|analysis)"
_OPEN: Final = re.compile(rf"<{_THINKING}>|◁think▷|\[THINK\]", re.IGNORECASE)
_CLOSE: Final = re.compile(rf"</{_THINKING}>|◁/think▷|\[/THINK\]", re.IGNORECASE)
_ANSWER: Final = re.compile(r"<(?:final_)?answer>|</(?:final_)?answer>", re.IGNORECASE)
_BOXED: Final = re.compile(r"\\boxed\{(?:\\text\{)?([^{}]{0,2000})\}?\}")
_FINAL: Final = re.compile(
    r"^[*#\s]{0,8}(?:final (?:answer|output|json|result)|最终(?:答案|结果|输出)|endgültige antwort"
    r"|respuesta final)[*\s]{0,4}(?:[:：]|is\b|$)[*\s]{0,4}",
    re.IGNORECASE | re.MULTILINE,
)
_MUSING: Final = re.compile(
    r"(?:^|[.!?。！？\n])\s{0,3}(?:wait,|hmm|let me (?!know)|let's (?:see|check|look|tackle|think"
    r"|list)|got it,|okay, (?:so|let)|i need to|now, i |(?:so )?the user'?s? (?:wants|asked"
    r"|is asking|input|request|query|question)"
    r"|用户(?:的|要|需要|希望)|我现在需要|我需要|让我|首先，我|等等|嗯)",
    re.IGNORECASE,
)

_GUESSING: Final = re.compile(
    r"(?:^|[.!?。！？\n])\s{0,3}(?:but |so |or |and |then )?(?:perhaps|maybe|suppose|assuming"
    r"|alternatively|actually,|i think|i guess|i should|i could|if (?:each|every|the|i|we)\b"
    r"|how (?:do|should)|what if|the (?:user|example|prompt|instruction)"
    r"|vielleicht|moment,|angenommen|der (?:nutzer|benutzer)|peut-être|voyons|l['’]utilisateur"
    r"|quizás?|tal vez|veamos|el usuario|也许|或许|可能是|假设|但是?用户|例子)",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.!?](?=\s)|[。！？\n]")
_BREAKS_OFF: Final = re.compile(r"[^\W\d][\s,，:：\"'“”(\[-]*$|[,，(]\s*$")


def final_answer(reply: str) -> tuple[str, bool]:
    """(text of the answer, whether only thinking was found)."""
    text = _SPECIAL.sub("", reply.replace("\r\n", "\n"))
    text = _unescaped(text)
    text, only_thinking = _without_thinking(text)
    text = _last_answer(text)
    text = _BOXED.sub(r"\n\1\n", text)
    finals = list(_FINAL.finditer(text))
    if finals and any(char.isdigit() for char in text[finals[-1].end() :]):
        text = text[finals[-1].end() :]
    return text, only_thinking


def is_musing(text: str) -> bool:
    """Whether untagged text thinks aloud ("Wait, ...", "Let me check ..."), without an answer.

    Twice, or once with guesses ("Perhaps ...") where the text breaks off in a sentence.
    """
    twice = sum(1 for _ in zip(range(2), _MUSING.finditer(text), strict=False)) == 2
    return twice or is_unfinished_musing(text)


def is_unfinished_musing(text: str) -> bool:
    """Whether text thinks aloud or guesses, and breaks off in the middle of a sentence."""
    breaks_off = _BREAKS_OFF.search(text[-200:].rstrip()) and _SENTENCE_END.search(text)
    return bool(breaks_off) and bool(_MUSING.search(text) or _GUESSING.search(text))


def _without_thinking(text: str) -> tuple[str, bool]:
    """Chat templates may hold the opening tag themselves, so the closing one decides."""
    closes = list(_CLOSE.finditer(text))
    if closes:
        text = text[closes[-1].end() :]
        return text, not text.strip()
    opened = _OPEN.search(text)
    if opened:
        text = text[: opened.start()]
        return text, not text.strip()
    return text, False


def _last_answer(text: str) -> str:
    tags = list(_ANSWER.finditer(text))
    opens = [tag for tag in tags if "/" not in tag.group()]
    if not opens:
        return text
    end = next((tag.start() for tag in tags if tag.start() > opens[-1].start()), len(text))
    return text[opens[-1].end() : end]


def _unescaped(text: str) -> str:
    """A whole reply that is itself a JSON string: {\\"start\\": ...}."""
    if '\\"' in text and not re.search(r'(?<!\\)"', text.strip().strip('"')):
        return text.replace('\\"', '"').replace("\\n", "\n")
    return text
