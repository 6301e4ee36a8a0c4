"""Tell which scripts a reader of text knows, by the characters that it can write."""

from collections.abc import Collection

LETTERS = {
    "Latin": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "Chinese": "的一是不了人我在有他这中大来上国个到说们",
    "Japanese": "あいうえおかきくけこさしすせそアイウエオカキクケコサシスセソ日本語",
    "Korean": "가나다라마바사아자차카타파하은는이를에서고도입니한국",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "Devanagari": "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώ",
    "Thai": "กขคงจฉชซญดตถทธนบปผฝพฟมยรลวศสหอ",
    "Hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "Tamil": "அஆஇஈஉகஙசஞடணதநபமயரலவ",
    "Telugu": "అఆఇఈఉకఖగఘచజటడణతదనపబమయరలవశసహ",
}
"""Letters without which hardly a line of the script can be written."""


def scripts_of(characters: Collection[str]) -> tuple[str, ...]:
    """The scripts of which all these letters are among the characters."""
    known = set(characters)
    return tuple(script for script, letters in LETTERS.items() if known.issuperset(letters))


def described(known: Collection[str]) -> str:
    """For people: what is read, and what of the listed scripts is not."""
    unknown = ", ".join(script for script in LETTERS if script not in known)
    return f"reads {', '.join(known) or 'none of the known scripts'}; not {unknown}"
