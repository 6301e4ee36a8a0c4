"""Recognises "it does not occur" in several languages; finds no times."""

import re
from typing import Final

from vidindex.core.replies.vocabulary import word_set

_BARE: Final = word_set(
    """no none null n/a nothing nein no. none. keine nada ninguno ninguna 无 没有 否 不存在 なし
    いいえ 없음 not_found absent -1"""
) | {"not found", "no match", "no events", "no event", "not present", "does not occur"}
_PHRASES: Final = re.compile(
    r"""
    \b(?:do|does|did|is|are|was|were|has|have|could|can)(?:\s+not|n['’]t)\s+(?:\w+\s+){0,3}?
      (?:occur|happen|appear|take\s+place|present|shown?|visible|found|find|depict(?:ed)?|contain(?:ed)?
      |exist|included?|seen|see|match|locate|identify|detect(?:ed)?|any)
    | \bcan(?:not|['’]t)\s+(?:be\s+)?(?:find|found|locate|identify|see|detect)
    | \bnever\s+(?:occurs?|happens?|appears?|shown|visible|takes?\s+place)
    | \bno\s+(?:\w+\s+){0,3}?(?:events?|moments?|segments?|scenes?|instances?|occurrences?
      |match(?:es|ing)?|evidence|such)\b
    | \bnot\s+(?:\w+\s+)?(?:occur|present|visible|found|shown|depicted|in\s+the\s+video)
    | \bunable\s+to\s+(?:find|locate|identify)
    | \bthere\s+(?:is|are|was|were)\s+no\b
    | 没有(?:出现|发生|找到|显示|看到|相关|任何|这|该|提到|包含)
    | 未(?:出现|发生|找到|发现|显示|能找到|包含)
    | 不存在|不包含|并未|看不到|未见
    | \bkommt\b.{0,60}\bnicht\s+vor
    | \bnicht\s+(?:\w+\s+)?(?:zu\s+sehen|vorhanden|enthalten|gezeigt|gefunden|vor\b)
    | \bkein(?:e|en|er)?\s+(?:\w+\s+){0,3}?(?:ereignis|szene|stelle|treffer|moment|video)
    | \bno\s+(?:se\s+)?(?:aparece|ocurre|muestra|ve|observa|sucede|encuentra|existe|hay|está)
    | \bn['’](?:appara[iî]t|est|y\s+a)\s+(?:pas|aucun)
    | \bne\s+se\s+produit\s+pas|\bnão\s+(?:aparece|ocorre|há)
    | ありません|見つかりません|登場しません|映っていません|存在しません
    | 起こりません|していません|見られません
    | 나타나지\s*않|없습니다|보이지\s*않|발생하지\s*않
    """,
    re.VERBOSE | re.IGNORECASE,
)


def says_absent(text: str) -> bool:
    """Whether the reply denies that what was asked for is in the video."""
    bare = text.strip(" \t\r\n.!。*_`\"'[](){}").casefold()
    return bare in _BARE or _PHRASES.search(text[:4000]) is not None
