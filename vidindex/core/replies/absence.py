"""Recognise "it does not occur" in several languages: in words, and as a flag."""

import re
from typing import Final

from vidindex.core.replies.vocabulary import word_set

_BARE: Final = word_set(
    """no none null n/a nothing nein no. none. keine nada ninguno ninguna 无 没有 否 不存在 なし
    いいえ 없음 not_found absent -1 non aucun aucune não нет false"""
) | {"not found", "no match", "no events", "no event", "not present", "does not occur"}
_NO: Final = word_set(
    """no false n nein falsch non faux falso não нет 否 不 无 没有 未出现 不存在 いいえ 偽
    なし 아니요 아니오 absent never nie jamais nunca"""
) | {"not found", "not present", "not visible", "not detected", "not_found", "not_present", "0"}
_YES: Final = word_set("yes true y ja wahr oui vrai sí si verdadero sim да 是 有 はい 예 네 1")
_FIRST_WORD: Final = re.compile(r"\W*([^\W_]+)\s*(?:[,.;:!—，。；：！(]|$)")
_SEEN: Final = (
    r"(?:occur(?:s|red)?|happen(?:s|ed)?|appear(?:s|ed)?|present|visible|shown?|found|seen|detected"
    r"|depicted|takes?\s+place|took\s+place|in\s+(?:the\s+)?(?:video|clip|footage|view|frame|sight))"
)
_PHRASES: Final = re.compile(
    rf"""
    \b(?:do|does|did|is|are|was|were|has|have|could|can)(?:\s+not|n['’]t)\s+(?:\w+\s+){{0,3}}?
      (?:occur|happen|appear|take\s+place|present|shown?|visible|found|find|depict(?:ed)?|contain(?:ed)?
      |exist|included?|seen|see|match|locate|identify|detect(?:ed)?|any)
    | \bcan(?:not|['’]t)\s+(?:be\s+)?(?:find|found|locate|identify|see|seen|detect|detected)
    | \bnever\s+(?:occurs?|happens?|appears?|shown|visible|seen|takes?\s+place)
    | \bno\s+(?:\w+\s+){{0,3}}?(?:events?|moments?|segments?|scenes?|instances?|occurrences?
      |match(?:es|ing)?|evidence|such)\b
    | \bno\s+(?!longer|doubt|later|earlier|more|less)(?:[\w-]+\s+){{1,6}}?
      (?:(?:is|are|was|were|can\s+be|could\s+be|has|have|ever)\s+)?{_SEEN}
    | \b(?:nobody|nothing|no\s+one|none\s+of\s+(?:the\s+)?\w+)\s+(?:\w+\s+){{0,4}}?{_SEEN}
    | \bnot\s+(?:\w+\s+)?(?:occur|present|visible|found|shown|depicted|seen|in\s+the\s+video)
    | \bunable\s+to\s+(?:find|locate|identify|see|detect)
    | \bthere\s+(?:is|are|was|were)\s+(?:no|not\s+an?y?|never|none)\b
    | \bthere\s+(?:isn|aren|wasn|weren)['’]t\b | \bnot\s+a\s+single\b | \bat\s+no\s+(?:time|point)\b
    | \bcontains?\s+no\b | \b(?:video|clip|footage|scene|frames?|it)\s+shows?\s+no\b
    | \b(?:is|was|are|were)\s+absent\b | \bno\s+sign\s+of\b
    | 没有(?:出现|发生|找到|显示|看到|相关|任何|这|该|提到|包含|见到|发现)
    | (?:没有?|无|未见|看不到)[^，。；,.;]{{0,12}}(?:出现|发生|存在|可见|入镜)
    | (?:之间|期间|视频|画面|片段|镜头)[^，。；,.;]{{0,3}}?(?:都|也|并)?没有
    | 未(?:出现|发生|找到|发现|显示|能找到|包含|见|看到)
    | 不存在|不包含|并未|看不到|未见|没出现|没看到|没发生|不出现
    | \bkommt\b.{{0,60}}\bnicht\s+vor
    | \bnicht\s+(?:\w+\s+)?(?:zu\s+sehen|vorhanden|enthalten|gezeigt|gefunden|vor\b|sichtbar
      |erkennbar)
    | \b(?:erscheint|passiert|geschieht|taucht)\b.{{0,40}}\bnicht\b
    | \bkein(?:e|en|er|em|es)?\s+(?:\w+\s+){{0,4}}?(?:ereignis|szene|stelle|treffer|moment|video
      |(?:ist\s+|sind\s+|wird\s+)?(?:zu\s+sehen|sichtbar|vorhanden|erkennbar|gefunden|erscheint|vor\b))
    | \b(?:gibt|gab)\s+(?:es\s+)?(?:\w+\s+){{0,6}}?kein | \b(?:ist|sind)\s+(?:\w+\s+){{0,2}}?kein
    | \bno\s+(?:se\s+)?(?:aparecen?|ocurren?|muestra|ven?\b|observa|suceden?|encuentra|existen?|hay
      |está|apareció|ocurrió)
    | \b(?:ningún|ninguna)\s+(?!duda)\w+ | \b(?:nunca|jamás)\s+(?:aparece|ocurre|se\s+ve)
    | \bn['’](?:appara[iî](?:t|ssent)|est|y\s+a|existe|a\s+pas)\s*(?:\w+\s+)?
      (?:pas|aucun|visible|plus|jamais)?
    | \bne\s+(?:se\s+)?(?:produit|montre|contient|figure|voit|para[iî]t)\s+(?:pas|aucun|jamais)
    | \baucune?\s+(?!doute)\w+|\bon\s+ne\s+voit\b|\bnão\s+(?:aparece|ocorre|há|existe)
    | ありません|見つかりません|登場しません|映っていません|存在しません
    | 起こりません|していません|見られません|現れません|出てきません
    | 나타나지\s*않|없습니다|보이지\s*않|발생하지\s*않|등장하지\s*않
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MAX_CHARS: Final = 4000


def says_absent(text: str) -> bool:
    """Whether the reply denies that what was asked for is in the video."""
    bare = text.strip(" \t\r\n.!。*_`\"'[](){}").casefold()
    return bare in _BARE or find_denial(text) is not None


def find_denial(text: str) -> re.Match[str] | None:
    """Where the text first says so in words."""
    return _PHRASES.search(text[:_MAX_CHARS])


def is_no(value: object) -> bool:
    """Whether a flag is off, in any spelling: False, 0, "no", "Nein, ...", "未出现"."""
    return _is_said(value, _NO) or value is False or value == 0.0


def is_yes(value: object) -> bool:
    """Whether a flag is on."""
    return _is_said(value, _YES) or value is True or value == 1.0


def _is_said(value: object, words: frozenset[str]) -> bool:
    if not isinstance(value, str):
        return False
    first = _FIRST_WORD.match(value)
    bare = value.strip(" \t\r\n.!。*_`\"'").casefold()
    return bare in words or (first is not None and first[1].casefold() in words)
