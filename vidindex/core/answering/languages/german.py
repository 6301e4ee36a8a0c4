"""Read and answer questions in German."""

from vidindex.core.answering.languages.language import Language, pattern, rules

_HAPPENS = (
    r"(?:passiert(?:e|en)?|geschieht|geschah|(?:ist|war) (?:los|zu sehen)|ist (?:passiert|geschehen)"
    r"|ereignet(?:e)? sich|kommt|kam|sieht man|sah man|gibt es zu sehen)"
)
_NEAR = r"(?:(?:direkt|unmittelbar|gleich|kurz|als nächstes) )?"
_END = r"(?P<a>.+)"
_DURING = r"(?:während|solange|als|gleichzeitig mit|zur (?:gleichen|selben) zeit wie)"

RULES = rules(
    ("events", "between", None, rf"was {_HAPPENS} zwischen (?P<a>.+?) und (?P<b>.+)"),
    ("gap", "between", None,
     r"wie(?: viel zeit| lange)(?: \w+){0,2} zwischen (?P<a>.+?) und (?P<b>.+)"),
    ("events", "after", "first", rf"was {_HAPPENS}(?: als nächstes)?,? {_NEAR}(?:nachdem|nach) {_END}"),
    ("events", "before", "last", rf"was {_HAPPENS},? {_NEAR}(?:bevor|vor) {_END}"),
    ("events", "during", None, rf"was {_HAPPENS},? {_DURING} {_END}"),
    ("events", "after", "first", rf"(?:nachdem|nach) (?P<a>.+?), was {_HAPPENS}(?: dann)?"),
    ("events", None, "first",
     rf"was (?:ist|war) das (?:aller)?erste(?: ereignis|,? was {_HAPPENS}|,? was man sieht)?"),
    ("events", None, "last",
     rf"was (?:ist|war) das (?:aller)?letzte(?: ereignis|,? was {_HAPPENS}|,? was man sieht)?"),
    ("events", None, "first", rf"was {_HAPPENS} (?:zuerst|als erstes|am anfang)"),
    ("events", None, "last", rf"was {_HAPPENS} (?:zuletzt|als letztes|am ende|am schluss)"),
    ("which first", None, None,
     r"was (?:kam|kommt|war|ist|geschah|passierte|passiert) (?:zuerst|früher)[,:]? (?P<s>.+?) oder (?P<a>.+)"),
    ("how many different", None, None, r"wie ?viele (?:verschiedene|unterschiedliche) (?P<s>.+)"),
    ("as asked", None, "first", r"wann (?P<s>.+?) (?:zum ersten mal|zuerst)(?P<t>(?: .+)?)"),
    ("as asked", None, "last", r"wann (?P<s>.+?) (?:zum letzten mal|zuletzt)(?P<t>(?: .+)?)"),
    ("as asked", "before", None, rf"(?P<s>.+?),? {_NEAR}bevor {_END}"),
    ("as asked", "after", None, rf"(?P<s>.+?),? {_NEAR}nachdem {_END}"),
    ("as asked", "during", None,
     rf"(?P<s>.+?),? (?:während|solange|gleichzeitig mit|zur (?:gleichen|selben) zeit wie) {_END}"),
    ("as asked", "before", None, rf"(?P<s>.+?) {_NEAR}(?:zeitlich )?vor {_END}"),
    ("as asked", "after", None, rf"(?P<s>.+?) {_NEAR}nach {_END}"),
    ("events", None, None, rf"was(?: alles)? {_HAPPENS}"),
    ("how long", None, None, r"wie lange (?:dauert(?:e)? |ist |war |hat |sieht man )?(?P<s>.+)"),
)  # fmt: skip

SENTENCES = {
    "yes": "Ja: ",
    "no": "Nein: ",
    "none": "Keine: ",
    "once": "einmal",
    "twice": "zweimal",
    "times": "{n}-mal",
    "at least": "Mindestens {times}",
    "found": "„{what}“ wurde {times}{by} gefunden, {lasting}.",
    "counted": "{times}: „{what}“{by}, {lasting}.",
    "by camera": " von Kamera {camera}",
    "camera": "Kamera {camera}: {times}, {lasting}.",
    "no camera": "Dateien ohne bekannte Kamera: {times}, {lasting}.",
    "lasting one": "{lasts} lang, {at}",
    "lasting many": "zusammen {lasts}, zuerst {first}, zuletzt {last}",
    "at wall": "um {at}",
    "at file": "bei {at} in {name}",
    "same thing": "Gezählt sind Gelegenheiten; eine Person oder Sache kann mehrmals dabei sein.",
    "not verified": "Unsicher: „{what}“ wurde kein einziges Mal bestätigt.",
    "lacking": "Unsicher: Belege fehlen: {why}.",
    "unsettled one": "An 1 {further}Stelle haben die Bilder es nicht entschieden.",
    "unsettled": "An {n} {further}Stellen haben die Bilder es nicht entschieden.",
    "text one": "1 {further}Stelle passt nur dem Text nach; kein Bild wurde geprüft.",
    "text": "{n} {further}Stellen passen nur dem Text nach; kein Bild wurde geprüft.",
    "alike one": "1 {further}Stelle sieht nur so aus; kein Modell hat ein Bild angesehen.",
    "alike": "{n} {further}Stellen sehen nur so aus; kein Modell hat ein Bild angesehen.",
    "further": "weiteren ",
    "before": "„{a}“ ({at_a}) kommt vor „{b}“ ({at_b}).",
    "after": "„{a}“ ({at_a}) kommt nach „{b}“ ({at_b}).",
    "during": "„{a}“ ({at_a}) ist gleichzeitig mit „{b}“ ({at_b}).",
    "between": "„{a}“ ({at_a}) ist zwischen „{b}“ ({at_b}) und „{c}“ ({at_c}).",
    "not before": "„{a}“ (zuerst {at_a}) wurde bestätigt, aber nie vor „{b}“ (zuerst {at_b}).",
    "not after": "„{a}“ (zuerst {at_a}) wurde bestätigt, aber nie nach „{b}“ (zuerst {at_b}).",
    "not during": "„{a}“ (zuerst {at_a}) wurde bestätigt, aber nie während „{b}“ (zuerst {at_b}).",
    "not between": "„{a}“ (zuerst {at_a}) wurde bestätigt, aber nie zwischen „{b}“ (zuerst {at_b}) "
    "und „{c}“.",
    "first": "Das erste bestätigte „{a}“ ist {at_a}.",
    "last": "Das letzte bestätigte „{a}“ ist {at_a}.",
    "maybe earlier": "{n} Kandidaten wurden nicht geprüft; es kann ein weiteres geben.",
    "lasts": "„{a}“ dauert {lasts} ({at_a}).",
    "lasts in all": "„{a}“ dauert zusammen {lasts}, {n}-mal.",
    "gap": "„{a}“ ({at_a}) beginnt {lasts} nach dem Ende von „{b}“ ({at_b}).",
    "no gap": "„{a}“ ({at_a}) beginnt vor dem Ende von „{b}“ ({at_b}).",
    "different": "{n} verschiedene Beschreibungen von „{a}“ wurden bestätigt: {list}.",
    "descriptions": "Gezählt sind Beschreibungen: was gleich beschrieben ist, zählt hier einmal.",
    "event": "„{a}“ ({at_a}).",
    "event first": "Zuerst: „{a}“ ({at_a}).",
    "event last": "Zuletzt: „{a}“ ({at_a}).",
    "event before": "Vor „{b}“ ({at_b}): „{a}“ ({at_a}).",
    "event after": "Nach „{b}“ ({at_b}): „{a}“ ({at_a}).",
    "event during": "Während „{b}“ ({at_b}): „{a}“ ({at_a}).",
    "event between": "Zwischen „{b}“ ({at_b}) und „{c}“ ({at_c}): „{a}“ ({at_a}).",
    "more events": "{n} weitere Ereignisse dort wurden nicht angesehen.",
    "no event before": "Kein Ereignis vor „{b}“ ({at_b}) wurde bestätigt.",
    "no event after": "Kein Ereignis nach „{b}“ ({at_b}) wurde bestätigt.",
    "no event during": "Kein Ereignis während „{b}“ ({at_b}) wurde bestätigt.",
    "no event between": "Kein Ereignis zwischen „{b}“ ({at_b}) und „{c}“ wurde bestätigt.",
    "no event": "Kein Ereignis dort wurde bestätigt.",
    "no anchor": "Unsicher: „{b}“ wurde nicht bestätigt, also lässt sich nicht sagen, was sich "
    "darauf bezieht: {why}.",
    "apart": "„{a}“ und „{b}“ sind in Dateien, deren Zeiten sich nicht vergleichen lassen.",
    "cannot tell": "Es lässt sich nicht sagen: {why}.",
    "near": "Die Stellen, die der Frage am nächsten kommen, sind angegeben.",
    "dropped": "{n} von {of} Sätzen des Modells wurden weggelassen: die Bilder, auf die sie sich "
    "berufen, bestätigen sie nicht.",
    "why model": "das Modell sagt, dass die Stellen es nicht zeigen",
    "why form": "das Modell hat anders als in der verlangten Form geantwortet",
    "why length": "die Antwort des Modells hörte nicht auf",
    "why none held": "nichts, was das Modell sagte, wurde von den angegebenen Bildern bestätigt",
    "why no model": "kein Bildmodell ist in Gebrauch",
    "why bundled": "das mitgelieferte Modell kann Aufnahmen nicht beurteilen",
    "why no frames": "kein Bild der Stellen ließ sich lesen",
    "why calls": "die Aufrufe des Modells für diese Frage sind verbraucht",
    "not there": "{n} Abschnitte ({lasts}) wurden angesehen, und nichts zeigt „{what}“",
    "not found": "„{what}“ wurde in {n} von {of} angesehenen Abschnitten nicht gefunden",
    "not looked at": "für „{what}“ wurde nichts angesehen",
}

_COMMON_WORDS = (
    "der die das ein eine einen einem einer und oder ist sind war waren hat haben wann was "
    "wer wie wo welche welcher welches nach vor während zwischen bevor nachdem nicht sich auf "
    "mit den dem des gibt gab passiert jemand beschreibe vergleiche warum links rechts im"
)

GERMAN = Language(
    code="de",
    name="German",
    common=frozenset(_COMMON_WORDS.split()),
    translated=(
        (pattern(r"\bheute nacht\b"), "tonight"),
        (pattern(r"\bheute\b"), "today"),
        (pattern(r"\bvorgestern\b"), "the day before yesterday"),
        (pattern(r"\bgestern (?:am )?(?P<p>abend)\b"), "yesterday evening"),
        (pattern(r"\bgestern nacht\b|\bletzte nacht\b"), "last night"),
        (pattern(r"\bgestern\b"), "yesterday"),
        (pattern(r"\b(?:zwischen|von) (\d{1,2}(?::\d\d)?)(?: uhr)? (?:und|bis) (\d{1,2}):(\d\d)(?: uhr)?"),
         r"between \1 and \2:\3"),
        (pattern(r"\bnach (\d{1,2}:\d\d)(?: uhr)?"), r"after \1"),
        (pattern(r"\bvor (\d{1,2}:\d\d)(?: uhr)?"), r"before \1"),
        (pattern(r"\b(?:auf|in|bei|von|an) (?:der )?kameras? (\w+)"), r"on camera \1"),
        (pattern(r"\b(?:in|auf|von|aus)(?: der| dem)?(?: datei| video| film| aufnahme)? "
                 r"(?=\S+\.\w{2,4}\b)"), "in "),
    ),
    kinds=(
        ("when", pattern(r"(?:wann|wo|um wie ?viel uhr|auf welchen? kameras?) (?:ist |war |hat |haben |wird |wurde )?")),
        ("how many", pattern(r"(?:wie ?viele|wie oft|wie viele male?) ")),
        ("open", pattern(r"(?:bitte )?(?=(?:was|welche[rsnm]?|wer|wen|wem|wessen|warum|wieso|weshalb|wie"
                         r"|beschreib\w*|vergleich\w*|erklär\w*)\b)")),
        ("whether", pattern(r"(?:gibt es|gab es|war da|ist da|hat|haben|ist|sind|war|waren|sieht man) ")),
    ),
    rules=RULES,
    whole=pattern(
        r"(?:was (?:zeigt|zeigen|ist in|sieht man in) (?:das|der|die|dem|diese[rsm]?) ?(?:ganze[n]? )?"
        r"(?:video|film|aufnahmen?|nacht|tag)(?: zu sehen)?"
        r"|beschreib\w*(?: (?:das|den|die|ganze[n]?|video|film|aufnahmen?|nacht|tag))*"
        r"|worum geht es(?: .*)?)"
    ),
    elsewhere=pattern(r" ?\b(?:auf|in|bei) einer anderen kamera\b"),
    kept=pattern(
        r"\bnach (?:links|rechts|oben|unten|hause?|draußen|drinnen|vorne?|hinten|innen|außen|norden"
        r"|süden|osten|westen)\b|\bvor (?:dem|der|den|einem|einer) "
        r"(?:tor|tür|haus|auto|wand|laden|kamera|eingang)\b"
    ),
    unread=pattern(
        r"\b(?:sobald|bis|seit(?:dem)?|anstatt|statt|außer wenn|immer wenn|jedes mal|in welcher "
        r"reihenfolge|(?:mehr|weniger|länger|kürzer|früher|später|öfter|häufiger)\b.*\bals|(?:zweite|dritte|vierte)[nsr]? "
        r"mal|gleichzeitig|danach|davor|vorher|nachher|bevor|nachdem|während|vor|nach|zuerst|zuletzt)\b"
    ),
    joins=pattern(r",? und (?=(?:wann|was|wer|welche[rsnm]?|warum|wie|wo|hat|ist|war|gibt)\b)"),
    sentences=SENTENCES,
)  # fmt: skip
