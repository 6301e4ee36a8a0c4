"""List the words around times in model replies, in several languages, as data."""

import re
from typing import Final


def word_set(text: str) -> frozenset[str]:
    """The words of a block of text: lists of words are kept readable as text."""
    return frozenset(text.split())


START: Final = word_set(
    """start starts starting started starttime startsec starttimestamp begin begins beginning
    begintime beginn beginnt anfang startet startzeit onset inicio inicia comienza empieza desde
    tiempoinicio tiempodeinicio horainicio début debut commence inizio
    开始 開始 开始时间 開始時間 開始時刻 起始 起始时间 开始于 从 自 始まり 시작 시작시간"""
)
END: Final = word_set(
    """end ends ending ended endtime endsec endtimestamp stop stops finish finishes finishing
    continues continuing lasts lasting ende endet endzeit fin termina terminan acaba final
    tiempofin tiempofinal tiempodefin horafin finit fine 结束 結束 结束时间 結束時間 结束于 終了
    終了時間 終了時刻 终止 终止时间 終わり 종료 종료시간"""
)
SEPARATOR: Final = word_set(
    """to until till til through thru bis a al hasta à au jusqu jusque an 到 至 直到 まで から 부터
    에서"""
)
AND: Final = word_set("and und y et e 和 与 及 と")
FILLER: Final = word_set(
    """about around approximately roughly approx ca circa etwa ungefähr aproximadamente environ at
    the about in of from around t time timestamp timestamps mark second seconds sec secs s is are
    it and on der die das bei um zum vom le la les los las el de du des en video up sekunde
    sekunden segundo segundos seconde secondes clock stamp exactly just von into clip
    约 大约 大概 第 左右 处 时 時 秒 的 在 は 頃 ごろ 约在 では に"""
)
_CJK: Final = sorted(
    (w for w in START | END | SEPARATOR | AND | FILLER if ord(w[0]) > 0x2E80), key=len, reverse=True
)
_WORD: Final = re.compile(rf"{'|'.join(map(re.escape, _CJK))}|[^\W\d_]+", re.IGNORECASE)


def words_of(text: str) -> list[str]:
    """Words in lower case; known Chinese and Japanese words are cut out of running text."""
    return [word.casefold() for word in _WORD.findall(text)]


def is_filler(text: str) -> bool:
    """Whether the text is only punctuation and words such as "about"."""
    return (
        len(text) < 40 and not any(c.isdigit() for c in text) and FILLER.issuperset(words_of(text))
    )
