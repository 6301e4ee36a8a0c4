"""Classify JSON keys and table headers as start, end, span or words."""

import math
import re
from typing import Final

from vidindex.core.replies.vocabulary import END, START, word_set

_START: Final = START | word_set(
    """startseconds startat timestart tsstart starttimestr segmentstart clipstart in t0 tstart
    fromtime from von startpoint firstsecond startms starttimems tiempoinicial zeitstart
    startzeitpunkt startoffset offsetstart windowstart eventstart spanstart intervalstart
    videostart inpoint markin timecodein tcin début debut início начало"""
)
_END: Final = END | word_set(
    """endseconds endat timeend tsend endtimestr segmentend clipend out t1 tend to until till totime
    endpoint lastsecond endms endtimems bis hasta 到 至 stoptime finishtime endzeitpunkt
    endoffset offsetend windowend eventend spanend intervalend videoend outpoint markout timecodeout
    tcout jusqua fim até конец 끝"""
)
_RANGE: Final = word_set(
    """time times timestamp timestamps timerange timeranges range ranges interval intervals
    timeinterval timeintervals span spans timespan timespans segment segments timesegment window
    windows timewindow timewindows relevantwindows period timeperiod timeframe temporalsegment
    answer moment moments clip duration when timecode 时间 时间段 时间范围 时间戳 时间区间
    时间点 起止时间 时长 視頻時間 视频时间 zeit zeitraum zeitstempel zeitspanne
    tiempo intervalo rango marcadetiempo 時間 時間帯 時刻 タイムスタンプ 시간 구간"""
)
_WORDS: Final = {
    key: rank
    for rank, line in enumerate(
        """description desc caption captions denseedcaption sentence sentences
        eventdescription activitydescription scenedescription 描述 事件描述 内容描述 画面描述
        beschreibung 视频理解 descripción descripcion 説明 内容説明 설명
        event eventname activity activities action actions 事件 动作 活动 evento ereignis actividad
        acción aktivität handlung 出来事 イベント 사건
        text summary content narration 内容 说明 画面
        scene what step label title name 场景 标题
        detail details reason query object phrase""".splitlines()
    )
    for key in line.split()
}
NO_WORDS: Final = 99
"""The rank of a key that says nothing of words."""

_DURATION: Final = frozenset(
    {"duration", "durations", "length", "lengths", "dauer", "duración", "durée", "时长", "持续时间"}
)
_PRESENCE: Final = re.compile(
    r"(?:is|are|was|has|does|did|it|the|event|query|content|object|scene|action|any|been)*"
    r"(?:occur(?:s|red|rence|rences|ring)?|found|present|presence|exists?|existence|visible"
    r"|visibility|happen(?:s|ed)?|detected|detection|appear(?:s|ed|ance)?|shown|seen|contain(?:s|ed)?"
    r"|match(?:es|ed)?|relevant|vorhanden|gefunden|sichtbar|vorkommt|kommtvor|trouvée?|présente?"
    r"|encontrad[oa]|aparece|ocurre|presente|есть|найдено"
    r"|(?:是否)?(?:出现|存在|发生|找到|可见|发现|包含|出現|存在する)|存在か|발견|존재)"
    r"(?:in(?:the)?(?:video|clip|footage)|event|query)?"
)
_ABSENCE: Final = re.compile(
    r"(?:is|event|query)*(?:absent|notfound|notpresent|notvisible|noevents?|nomatch(?:es)?|missing"
    r"|denied|未出现|未找到|不存在)"
)
_OUTCOME: Final = word_set(
    """answer result status outcome verdict conclusion response message decision judgement antwort
    ergebnis réponse résultat respuesta resultado 答案 结果 回答 结论 状态"""
)
_ASIDE: Final = re.compile(
    r"query|question|prompt|instruction|input|example|format|thought|thinking|reason|rationale"
    r"|analysis|问题|查询|思考|分析|推理"
)
_NOT_TIME: Final = re.compile(
    "box|point|coord|position|resolution|size|score|confid|frame|polygon|location|prob|page|count"
)
_GENERIC: Final = word_set(
    """events event segments segment results result answer answers data items list activities scenes
    output response timeline spans captions clips moments 事件 片段 结果"""
)
_UNIT: Final = re.compile(
    r"(?:in)?(?:seconds?|secs?|milliseconds?|ms|s|mmss|mmssff|hhmmss|sek|sekunden|segundos|秒)$"
)
_LONG_UNIT: Final = re.compile(r"(?:in)?(?:minutes?|mins?|minuten|hours?|hrs?|m|h|分钟|分|小时)$")
_FRAMES: Final = word_set("frame frames percent percentage pct normalized relative ratio fraction")
UNITS_S: Final = {
    **dict.fromkeys(_FRAMES, math.nan),
    **{
        unit: length_s
        for length_s, units in (
            (0.001, "ms msec msecs millisecond milliseconds millisekunden milisegundos 毫秒"),
            (
                1.0,
                "s sec secs second seconds sek sekunde sekunden segundo segundos seconde secondes",
            ),
            (1.0, "秒 秒钟 초"),
            (60.0, "m min mins minute minutes minuten minuto minutos 分 分钟 분"),
            (3600.0, "h hr hrs hour hours stunde stunden hora horas heure heures 小时 時間 시간"),
        )
        for unit in units.split()
    },
}
"""Seconds in a unit, by its name as `simple` gives it; NaN where it counts no time."""


def simple(key: str) -> str:
    """The key in small letters, without separators: "Start_Time (s)" becomes "starttimes"."""
    return "".join(char for char in key.casefold() if char.isalnum())


def is_start(key: str) -> bool:
    return _is(key, _START) or _LONG_UNIT.sub("", simple(key)) in _START


def is_end(key: str) -> bool:
    return _is(key, _END) or _LONG_UNIT.sub("", simple(key)) in _END


def is_range(key: str) -> bool:
    return _is(key, _RANGE)


def is_duration(key: str) -> bool:
    return _is(key, _DURATION)


def says_presence(key: str) -> bool:
    """ "occurs", "is_present", "event_found", "是否出现": a flag for what was asked for."""
    return _PRESENCE.fullmatch(simple(key)) is not None


def says_absence(key: str) -> bool:
    """ "absent", "not_found": the same the other way round."""
    return _ABSENCE.fullmatch(simple(key)) is not None


def is_outcome(key: str) -> bool:
    return simple(key) in _OUTCOME


def is_aside(key: str) -> bool:
    """What holds the question or thinking, not the answer."""
    return _ASIDE.search(simple(key)) is not None


def names_unit(key: str) -> bool:
    return simple(key) in {"unit", "units", "timeunit", "timeunits", "timebase", "einheit", "单位"}


def is_generic(key: str) -> bool:
    return simple(key) in _GENERIC


def is_not_time(key: str) -> bool:
    return _NOT_TIME.search(simple(key)) is not None


def unit_of(key: str) -> float:
    """Seconds in the unit that the key names: 0.001 for "start_ms", 60 for "end_min", else 1."""
    found = simple(key)
    if found.endswith(("ms", "milliseconds", "msec")) and not found.endswith("items"):
        return 0.001
    unit = _LONG_UNIT.search(found)
    is_long = unit and found[: unit.start()] in _START | _END
    return UNITS_S[unit[0].removeprefix("in")] if unit and is_long else 1.0


def words_rank(key: str) -> int:
    """How well the key names the words of an event; smaller is better."""
    return _WORDS.get(simple(key), NO_WORDS)


def _is(key: str, known: frozenset[str]) -> bool:
    found = simple(key)
    return (
        found in known
        or _UNIT.sub("", found) in known
        or (found.endswith("s") and found[:-1] in known)
    )
