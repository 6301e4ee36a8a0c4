"""Which JSON keys and table headers mean start, end, span or words; reads no value."""

import re
from typing import Final

from vidindex.core.replies.vocabulary import END, START, word_set

_START: Final = START | word_set(
    """startseconds startat timestart tsstart starttimestr segmentstart clipstart in t0 tstart
    fromtime from von startpoint firstsecond startms starttimems tiempoinicial zeitstart
    startzeitpunkt"""
)
_END: Final = END | word_set(
    """endseconds endat timeend tsend endtimestr segmentend clipend out t1 tend to until till totime
    endpoint lastsecond endms endtimems bis hasta 到 至 stoptime finishtime endzeitpunkt"""
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

_DURATION: Final = frozenset({"duration", "durations", "length", "lengths", "dauer", "duración"})
_PRESENCE: Final = word_set(
    "occurs occurred found present exists exist visible happens detected appears occurrence"
)
_NOT_TIME: Final = re.compile(
    "box|point|coord|position|resolution|size|score|confid|frame|polygon|location|prob|page|count"
)
_GENERIC: Final = word_set(
    """events event segments segment results result answer answers data items list activities scenes
    output response timeline spans captions clips moments 事件 片段 结果"""
)
_UNIT: Final = re.compile(
    r"(?:in)?(?:seconds?|secs?|milliseconds?|ms|s|mmss|mmssff|hhmmss|sek|秒)$"
)


def simple(key: str) -> str:
    """The key in small letters, without separators: "Start_Time (s)" becomes "starttimes"."""
    return "".join(char for char in key.casefold() if char.isalnum())


def is_start(key: str) -> bool:
    return _is(key, _START)


def is_end(key: str) -> bool:
    return _is(key, _END)


def is_range(key: str) -> bool:
    return _is(key, _RANGE)


def is_duration(key: str) -> bool:
    return _is(key, _DURATION)


def says_presence(key: str) -> bool:
    return simple(key) in _PRESENCE


def is_generic(key: str) -> bool:
    return simple(key) in _GENERIC


def is_not_time(key: str) -> bool:
    return _NOT_TIME.search(simple(key)) is not None


def in_milliseconds(key: str) -> bool:
    return simple(key).endswith(("ms", "milliseconds", "msec")) and not simple(key).endswith(
        "items"
    )


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
