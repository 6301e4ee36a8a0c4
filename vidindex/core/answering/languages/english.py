"""Read and answer questions in English.

Kinds of questions without a relation are those of `question_kind`; here they only mark what is
answered by looking.
"""

from vidindex.core.answering.languages.language import Language, pattern, rules

_HAPPENS = (
    r"(?:happen(?:s|ed)?|(?:is|was) happening|(?:goes|went|(?:is|was) going) on|occur(?:s|red)?"
    r"|(?:is|was) (?:shown|seen|visible|there)|(?:comes?|came)(?: up)?|(?:takes|took) place"
    r"|(?:do|did|can) (?:we|you|i) see|(?:does|did) (?:it|the \w+) show)"
)
_NEAR = r"(?:(?:right|just|directly|immediately|shortly|straight|soon) )?"
_THING = r"(?:thing|event|action|scene|moment)"
_DURING = r"(?:while|during|when|as|at the (?:same )?(?:time|moment)(?: as| when| that)?)"
_SAME_TIME = r"(?:while|during|at the same time as|at the (?:time|moment) (?:when|that)|as long as)"
_AUX = r"(?:is|was|are|were|does|did|do|has|have|had)"
_A, _B, _S = r"(?P<a>.+?)", r"(?P<b>.+)", r"(?P<s>.+?)"
_END = r"(?P<a>.+)"
_WHEN = r"(?:when|where|at what time|what time)"

RULES = rules(
    ("events", "between", None, rf"what (?:else )?{_HAPPENS} (?:in )?between {_A} and {_B}"),
    ("gap", "between", None,
     rf"how (?:long|much time) (?:(?:is|was) (?:it |there )?|(?:pass|elaps)e[sd] )?between {_A} "
     rf"and {_B}"),
    ("gap", "after", None,
     rf"how (?:long|soon|much time|many (?:seconds|minutes|hours)) after {_A} (?P<s>{_AUX} .+)"),
    ("gap", "before", None,
     rf"how (?:long|much time|many (?:seconds|minutes|hours)) before {_A} (?P<s>{_AUX} .+)"),
    ("events", "after", "first",
     rf"what(?: else)? {_HAPPENS} (?:next )?{_NEAR}after {_END}"),
    ("events", "before", "last", rf"what(?: else)? {_HAPPENS} {_NEAR}before {_END}"),
    ("events", "after", "first",
     rf"what(?: is| was|'s) the (?:first|next) {_THING}(?:(?: that)? {_HAPPENS})? {_NEAR}after "
     rf"{_END}"),
    ("events", "before", "last",
     rf"what(?: is| was|'s) the last {_THING}(?:(?: that)? {_HAPPENS})? {_NEAR}before {_END}"),
    ("events", "after", "last",
     rf"what(?: is| was|'s) the last {_THING}(?:(?: that)? {_HAPPENS})? after {_END}"),
    ("events", "before", "first",
     rf"what(?: is| was|'s) the first {_THING}(?:(?: that)? {_HAPPENS})? before {_END}"),
    ("events", "after", "first", rf"what (?:follow(?:s|ed)|{_HAPPENS} next,? after) {_END}"),
    ("events", "before", "last", rf"what preced(?:es|ed) {_END}"),
    ("events", "during", None, rf"what(?: else)? {_HAPPENS} {_DURING} {_END}"),
    ("events", "after", "first",
     rf"(?:{_NEAR}after|once) {_A},? what(?: else)? {_HAPPENS}(?: next| then| first)?"),
    ("events", "before", "last", rf"{_NEAR}before {_A},? what(?: else)? {_HAPPENS}"),
    ("events", "during", None, rf"{_DURING} {_A},? what(?: else)? {_HAPPENS}"),
    ("events", None, "first",
     rf"what(?: is| was|'s) the (?:very )?first {_THING}"
     rf"(?:(?: that)? {_HAPPENS}| to happen| there)?"),
    ("events", None, "last",
     rf"what(?: is| was|'s) the (?:very )?last {_THING}"
     rf"(?:(?: that)? {_HAPPENS}| to happen| there)?"),
    ("events", None, "first", rf"what {_HAPPENS} (?:first|at the (?:very )?(?:beginning|start))"),
    ("events", None, "last", rf"what {_HAPPENS} (?:last|at the (?:very )?end)"),
    ("which first", None, None,
     r"(?:which|what) (?:one )?(?:came|comes|happen(?:s|ed)|was|is|occur(?:s|red)|appear(?:s|ed))"
     rf" (?:first|earlier)[,:]? (?P<s>.+?),? or {_END}"),
    ("how many different", None, None,
     r"how many (?:different|distinct|various|unique|other) (?P<s>.+)"),
    ("as asked", None, "first",
     r"when(?: is| was|'s) the first time(?: that| when)? (?P<s>.+)"),
    ("as asked", None, "last", r"when(?: is| was|'s) the last time(?: that| when)? (?P<s>.+)"),
    ("as asked", "between", None,
     rf"{_S} between (?:when |the (?:moment|time) (?:when |that )?){_A} and (?:when )?{_B}"),
    ("as asked", "after", None, rf"(?:after|once) {_A}, (?P<s>.+)"),
    ("as asked", "before", None, rf"before {_A}, (?P<s>.+)"),
    ("as asked", "during", None, rf"{_SAME_TIME} {_A}, (?P<s>.+)"),
    ("as asked", "during", None, rf"when {_A}, (?P<s>{_AUX} .+)"),
    ("as asked", "before", None, rf"{_S} {_NEAR}(?:earlier than|before) {_END}"),
    ("as asked", "after", None, rf"{_S} {_NEAR}(?:later than|after) {_END}"),
    ("as asked", "during", None, rf"{_S} {_SAME_TIME} {_END}"),
    ("as asked", "during", None, rf"(?P<s>{_AUX} .+?) when {_END}"),
    ("as asked", None, "first", r"(?P<s>.+?) for the (?:very )?first time(?P<t>(?: .+)?)"),
    ("as asked", None, "last", r"(?P<s>.+?) for the (?:very )?last time(?P<t>(?: .+)?)"),
    ("as asked", None, "first", rf"(?P<s>{_WHEN} {_AUX} .+?)(?<!\bthe) first(?P<t> \w.*)"),
    ("as asked", None, "last", rf"(?P<s>{_WHEN} {_AUX} .+?)(?<!\bthe) last(?P<t> \w.*)"),
    ("how long", None, None,
     rf"(?:for )?how long (?P<s>{_AUX} .+?)(?: last(?:ed)?| take| go on)?"),
    ("events", None, None, rf"what(?: all| else)? {_HAPPENS}"),
)  # fmt: skip
"""In this order: longer ways of asking first."""

SENTENCES = {
    "yes": "Yes: ",
    "no": "No: ",
    "none": "None: ",
    "once": "once",
    "twice": "twice",
    "times": "{n:,} times",
    "at least": "At least {times}",
    "found": "“{what}” was found {times}{by}, {lasting}.",
    "counted": "{times}: “{what}”{by}, {lasting}.",
    "by camera": " by camera {camera}",
    "camera": "Camera {camera}: {times}, {lasting}.",
    "no camera": "Files of no known camera: {times}, {lasting}.",
    "lasting one": "for {lasts}, {at}",
    "lasting many": "{lasts} in all, first {first}, last {last}",
    "at wall": "at {at}",
    "at file": "at {at} of {name}",
    "same thing": "Occasions are counted; the same person or thing may be on several of them.",
    "not verified": "Unsure: no occasion of “{what}” was verified.",
    "lacking": "Unsure: evidence is lacking: {why}.",
    "unsettled one": "On 1 {further}occasion the frames did not settle it.",
    "unsettled": "On {n:,} {further}occasions the frames did not settle it.",
    "text one": "1 {further}occasion fits by its text alone; no frame was checked.",
    "text": "{n:,} {further}occasions fit by their text alone; no frame was checked.",
    "alike one": "1 {further}occasion only looks like it; no model looked at a frame.",
    "alike": "{n:,} {further}occasions only look like it; no model looked at a frame.",
    "further": "further ",
    "before": "“{a}” ({at_a}) comes before “{b}” ({at_b}).",
    "after": "“{a}” ({at_a}) comes after “{b}” ({at_b}).",
    "during": "“{a}” ({at_a}) is at the same time as “{b}” ({at_b}).",
    "between": "“{a}” ({at_a}) is between “{b}” ({at_b}) and “{c}” ({at_c}).",
    "not before": "“{a}” (first {at_a}) was verified, but never before “{b}” (first {at_b}).",
    "not after": "“{a}” (first {at_a}) was verified, but never after “{b}” (first {at_b}).",
    "not during": "“{a}” (first {at_a}) was verified, but never during “{b}” (first {at_b}).",
    "not between": "“{a}” (first {at_a}) was verified, but never between “{b}” (first {at_b}) and "
    "“{c}”.",
    "first": "The first verified “{a}” is {at_a}.",
    "last": "The last verified “{a}” is {at_a}.",
    "maybe earlier": "{n:,} candidates were not checked, so there may be another one beyond it.",
    "lasts": "“{a}” lasts {lasts} ({at_a}).",
    "lasts in all": "“{a}” lasts {lasts} in all, on {n:,} occasions.",
    "gap": "“{a}” ({at_a}) begins {lasts} after the end of “{b}” ({at_b}).",
    "no gap": "“{a}” ({at_a}) begins before the end of “{b}” ({at_b}).",
    "different": "{n:,} different descriptions of “{a}” were verified: {list}.",
    "descriptions": "Descriptions are counted: two things that are described alike are one here.",
    "event": "“{a}” ({at_a}).",
    "event first": "First: “{a}” ({at_a}).",
    "event last": "Last: “{a}” ({at_a}).",
    "event before": "Before “{b}” ({at_b}): “{a}” ({at_a}).",
    "event after": "After “{b}” ({at_b}): “{a}” ({at_a}).",
    "event during": "During “{b}” ({at_b}): “{a}” ({at_a}).",
    "event between": "Between “{b}” ({at_b}) and “{c}” ({at_c}): “{a}” ({at_a}).",
    "more events": "{n:,} more events there were not looked at.",
    "no event before": "No event before “{b}” ({at_b}) was verified.",
    "no event after": "No event after “{b}” ({at_b}) was verified.",
    "no event during": "No event during “{b}” ({at_b}) was verified.",
    "no event between": "No event between “{b}” ({at_b}) and “{c}” was verified.",
    "no event": "No event there was verified.",
    "no anchor": "Unsure: “{b}” was not verified, so nothing can be said of what it relates to: "
    "{why}.",
    "apart": "“{a}” and “{b}” are in files whose times cannot be compared.",
    "cannot tell": "Cannot be told: {why}.",
    "near": "The moments nearest to the question are cited.",
    "dropped": "{n:,} of {of:,} sentences of the model did not hold against the frames that they "
    "cite, and were left out.",
    "why model": "the model says that the moments do not show it",
    "why form": "the model replied in other than the form that was asked for",
    "why length": "the model's reply did not end",
    "why none held": "nothing that the model said held against the frames that it cited",
    "why no model": "no vision model is in use",
    "why bundled": "the bundled model cannot judge footage",
    "why no frames": "no frame of the moments could be decoded",
    "why calls": "the calls of the model for this question are used up",
    "not there": "{n:,} stretches ({lasts}) were looked at, and nothing shows “{what}”",
    "not found": "“{what}” was not found in {n:,} of {of:,} stretches looked at",
    "not looked at": "nothing was looked at for “{what}”",
}

_COMMON_WORDS = (
    "the a an is was were are did does do what when who which how of in on at and or there "
    "any anyone after before while with"
)

ENGLISH = Language(
    code="en",
    name="English",
    common=frozenset(_COMMON_WORDS.split()),
    translated=(),
    kinds=(
        (
            "open",
            pattern(
                r"(?:(?:please|can you|could you) )*(?=(?:what|which|who|whom|whose|why|how(?! (?:often|many)\b)"
                r"|describe|compare|explain|tell me about)\b)"
            ),
        ),
    ),
    rules=RULES,
    whole=pattern(
        r"(?:what (?:does|do|did|is|are|was) (?:the |this |it |these )?(?:whole |entire )?"
        r"(?:film|video|clip|recording|footage|night|day|file)?s? ?(?:show|shown?|about|contain)(?: in)?"
        r"|what(?: is|'s) (?:shown|in it|there)"
        r"|(?:please )?(?:describe|summari[sz]e)(?: (?:the|this|it|all|whole|entire|film|video|clip"
        r"|recording|footage|night|day|file|of))*)"
    ),
    elsewhere=pattern(
        r" ?\b(?:(?:on|in|at|by|from) )?(?:another|an other|a different|the other|other|any other) "
        r"cam(?:era)?s?\b"
    ),
    kept=pattern(
        r"\b(?:look(?:s|ed|ing)?|nam(?:es?|ed|ing)|call(?:s|ed)?|tak(?:es?|ing)|took) after\b"
        r"|\b(?:run(?:s|ning)?|ran|go(?:es|ing)?|went|chas(?:es?|ed|ing)) after(?= (?:an?|the|it|him"
        r"|her|them|his)(?: \w+){0,2}$)"
        r"|\b(?:stand(?:s|ing)?|stood|sit(?:s|ting)?|sat|stop(?:s|ped)?|park(?:s|ed)?|kneel(?:s|ing)?)"
        r" before(?= (?:an?|the|it|him|her|them|his)(?: \w+){0,2}$)"
    ),
    unread=pattern(
        r"\b(?:as soon as|until|till|ever since|since|instead of|unless|whenever|(?:each|every) time"
        r"|in (?:which|what) order|(?:more|less|fewer|longer|shorter|earlier|later|sooner)\b.*\bthan"
        r"|as (?:often|many) as|(?:second|third|fourth|fifth|\d+(?:st|nd|rd|th)) (?:time|thing|event)"
        r"|meanwhile|simultaneously|at the same time|beforehand|afterwards?|before|after|while|during"
        rf"|{_HAPPENS} (?:next|then)|first time|last time|in between)\b"
    ),
    joins=pattern(
        r",? and (?=(?:when|what|who|which|why|how|where|did|does|is|was|were|are|has|have)\b)"
    ),
    sentences=SENTENCES,
)
