"""Read and answer questions in Spanish."""

from vidindex.core.answering.languages.language import Language, pattern, rules

_HAPPENS = r"(?:pasa|pasó|pasaba|ocurre|ocurrió|sucede|sucedió|ha pasado|se ve|se vio|hay|viene|está pasando)"
_NEAR = r"(?:(?:justo|inmediatamente|directamente) )?"
_END = r"(?P<a>.+)"
_AFTER, _BEFORE = r"después de(?: que)? ", r"antes de(?: que)? "
_DURING = r"(?:mientras(?: que)? |durante |cuando |al mismo tiempo que )"

RULES = rules(
    ("events", "between", None, rf"qué {_HAPPENS} entre (?P<a>.+?) y (?P<b>.+)"),
    ("gap", "between", None, r"cuánto tiempo(?: \w+){0,2} entre (?P<a>.+?) y (?P<b>.+)"),
    ("events", "after", "first", rf"qué {_HAPPENS} {_NEAR}{_AFTER}{_END}"),
    ("events", "before", "last", rf"qué {_HAPPENS} {_NEAR}{_BEFORE}{_END}"),
    ("events", "during", None, rf"qué {_HAPPENS} {_DURING}{_END}"),
    ("events", None, "first", rf"qué es lo primero que {_HAPPENS}"),
    ("events", None, "last", rf"qué es lo último que {_HAPPENS}"),
    ("events", None, "first", rf"qué {_HAPPENS} (?:primero|al principio)"),
    ("events", None, "last", rf"qué {_HAPPENS} (?:al final|por último)"),
    ("which first", None, None,
     rf"qué (?:viene|vino|{_HAPPENS}) (?:primero|antes)[,:]? (?P<s>.+?) o (?P<a>.+)"),
    ("how many different", None, None, r"cuánt[oa]s (?P<s>.+?) (?:diferentes|distint[oa]s)(?: .*)?"),
    ("as asked", None, "first", r"(?P<s>cuándo .+?) por primera vez(?P<t>(?: .+)?)"),
    ("as asked", None, "last", r"(?P<s>cuándo .+?) por última vez(?P<t>(?: .+)?)"),
    ("as asked", "before", None, rf"(?P<s>.+?) {_NEAR}{_BEFORE}{_END}"),
    ("as asked", "after", None, rf"(?P<s>.+?) {_NEAR}{_AFTER}{_END}"),
    ("as asked", "during", None,
     rf"(?P<s>.+?) (?:mientras(?: que)? |durante |al mismo tiempo que ){_END}"),
    ("events", None, None, rf"qué {_HAPPENS}"),
    ("how long", None, None, r"cuánto (?:tiempo )?(?:dura|duró|está|estuvo) (?P<s>.+)"),
)  # fmt: skip

SENTENCES = {
    "yes": "Sí: ",
    "no": "No: ",
    "none": "Ninguna: ",
    "once": "una vez",
    "twice": "dos veces",
    "times": "{n} veces",
    "at least": "Al menos {times}",
    "found": "«{what}» se encontró {times}{by}, {lasting}.",
    "counted": "{times}: «{what}»{by}, {lasting}.",
    "by camera": " por la cámara {camera}",
    "camera": "Cámara {camera}: {times}, {lasting}.",
    "no camera": "Archivos sin cámara conocida: {times}, {lasting}.",
    "lasting one": "durante {lasts}, {at}",
    "lasting many": "{lasts} en total, primero {first}, por último {last}",
    "at wall": "a las {at}",
    "at file": "en {at} de {name}",
    "same thing": "Se cuentan ocasiones; la misma persona o cosa puede estar en varias.",
    "not verified": "Inseguro: ninguna ocasión de «{what}» se verificó.",
    "lacking": "Inseguro: faltan pruebas: {why}.",
    "unsettled one": "En 1 ocasión {further}las imágenes no lo decidieron.",
    "unsettled": "En {n} ocasiones {further}las imágenes no lo decidieron.",
    "text one": "1 ocasión {further}encaja solo por su texto; no se comprobó ninguna imagen.",
    "text": "{n} ocasiones {further}encajan solo por su texto; no se comprobó ninguna imagen.",
    "alike one": "1 ocasión {further}solo se parece; ningún modelo miró una imagen.",
    "alike": "{n} ocasiones {further}solo se parecen; ningún modelo miró una imagen.",
    "further": "más ",
    "before": "«{a}» ({at_a}) viene antes de «{b}» ({at_b}).",
    "after": "«{a}» ({at_a}) viene después de «{b}» ({at_b}).",
    "during": "«{a}» ({at_a}) es al mismo tiempo que «{b}» ({at_b}).",
    "between": "«{a}» ({at_a}) está entre «{b}» ({at_b}) y «{c}» ({at_c}).",
    "not before": "«{a}» (primero {at_a}) se verificó, pero nunca antes de «{b}» (primero {at_b}).",
    "not after": "«{a}» (primero {at_a}) se verificó, pero nunca después de «{b}» (primero "
    "{at_b}).",
    "not during": "«{a}» (primero {at_a}) se verificó, pero nunca durante «{b}» (primero {at_b}).",
    "not between": "«{a}» (primero {at_a}) se verificó, pero nunca entre «{b}» (primero {at_b}) y "
    "«{c}».",
    "first": "El primer «{a}» verificado es {at_a}.",
    "last": "El último «{a}» verificado es {at_a}.",
    "maybe earlier": "{n} candidatos no se comprobaron; puede haber otro.",
    "lasts": "«{a}» dura {lasts} ({at_a}).",
    "lasts in all": "«{a}» dura {lasts} en total, en {n} ocasiones.",
    "gap": "«{a}» ({at_a}) empieza {lasts} después del final de «{b}» ({at_b}).",
    "no gap": "«{a}» ({at_a}) empieza antes del final de «{b}» ({at_b}).",
    "different": "Se verificaron {n} descripciones diferentes de «{a}»: {list}.",
    "descriptions": "Se cuentan descripciones: dos cosas que se describen igual cuentan una vez.",
    "event": "«{a}» ({at_a}).",
    "event first": "Primero: «{a}» ({at_a}).",
    "event last": "Por último: «{a}» ({at_a}).",
    "event before": "Antes de «{b}» ({at_b}): «{a}» ({at_a}).",
    "event after": "Después de «{b}» ({at_b}): «{a}» ({at_a}).",
    "event during": "Durante «{b}» ({at_b}): «{a}» ({at_a}).",
    "event between": "Entre «{b}» ({at_b}) y «{c}» ({at_c}): «{a}» ({at_a}).",
    "more events": "{n} acontecimientos más no se miraron allí.",
    "no event before": "No se verificó nada antes de «{b}» ({at_b}).",
    "no event after": "No se verificó nada después de «{b}» ({at_b}).",
    "no event during": "No se verificó nada durante «{b}» ({at_b}).",
    "no event between": "No se verificó nada entre «{b}» ({at_b}) y «{c}».",
    "no event": "No se verificó nada allí.",
    "no anchor": "Inseguro: «{b}» no se verificó, así que nada se puede decir de lo que se "
    "relaciona con ello: {why}.",
    "apart": "«{a}» y «{b}» están en archivos cuyas horas no se pueden comparar.",
    "cannot tell": "No se puede decir: {why}.",
    "near": "Se citan los momentos más cercanos a la pregunta.",
    "dropped": "{n} de {of} frases del modelo se omitieron: las imágenes que citan no las "
    "confirman.",
    "why model": "el modelo dice que los momentos no lo muestran",
    "why form": "el modelo respondió en otra forma que la pedida",
    "why length": "la respuesta del modelo no terminó",
    "why none held": "nada de lo que dijo el modelo fue confirmado por las imágenes citadas",
    "why no model": "no se usa ningún modelo de visión",
    "why bundled": "el modelo incluido no puede juzgar grabaciones",
    "why no frames": "no se pudo leer ninguna imagen de los momentos",
    "why calls": "las llamadas al modelo para esta pregunta se han agotado",
    "not there": "se miraron {n} tramos ({lasts}) y nada muestra «{what}»",
    "not found": "«{what}» no se encontró en {n} de {of} tramos mirados",
    "not looked at": "no se miró nada para «{what}»",
}

_COMMON_WORDS = (
    "el la los las un una unos unas y o es son era fue ha han cuándo qué quién cómo dónde "
    "cuál cuáles después antes mientras durante entre en con cuántos cuántas cuánto alguien "
    "pasa pasó hay había describe compara por se del al color último última primero"
)

SPANISH = Language(
    code="es",
    name="Spanish",
    common=frozenset(_COMMON_WORDS.split()),
    translated=(
        (pattern(r"\bhoy\b"), "today"),
        (pattern(r"\banteayer\b"), "the day before yesterday"),
        (pattern(r"\banoche\b"), "last night"),
        (pattern(r"\bayer por la tarde\b"), "yesterday afternoon"),
        (pattern(r"\bayer\b"), "yesterday"),
        (pattern(r"\b(?:entre|de) (?:las |la )?(\d{1,2}(?::\d\d)?) (?:y|a|hasta) (?:las |la )?(\d{1,2}:\d\d)"),
         r"between \1 and \2"),
        (pattern(r"\bdespués de (?:las|la) (\d{1,2}:\d\d)"), r"after \1"),
        (pattern(r"\bantes de (?:las|la) (\d{1,2}:\d\d)"), r"before \1"),
        (pattern(r"\b(?:en|por|de) (?:la )?cámaras? (\w+)"), r"on camera \1"),
        (pattern(r"\b(?:en|de)(?: el| la)?(?: archivo| vídeo| video| película)? (?=\S+\.\w{2,4}\b)"), "in "),
    ),
    kinds=(
        ("when", pattern(r"(?:cuándo|dónde|a qué hora|en qué momento) ?")),
        ("how many", pattern(r"(?:cuántas veces|cuánt[oa]s) ")),
        ("open", pattern(r"(?:por favor,? )?(?=(?:qué|quién(?:es)?|cuál(?:es)?|de qué|por qué|cómo|describ\w*"
                         r"|compar\w*|explic\w*)\b)")),
        ("whether", pattern(r"(?:hay|había|hubo|se ve|se vio) ")),
    ),
    rules=RULES,
    whole=pattern(
        r"(?:qué (?:muestra|muestran|se ve en) (?:el|la|los|las|este|esta|todo el|toda la) ?"
        r"(?:vídeo|video|película|grabación|grabaciones|noche|día)"
        r"|describ\w*(?: (?:el|la|los|todo|toda|vídeo|video|película|grabación|noche|día))*)"
    ),
    elsewhere=pattern(r" ?\b(?:en|por) otra cámara\b"),
    kept=pattern(r"\bantes de nada\b"),
    unread=pattern(
        r"\b(?:en cuanto|tan pronto como|hasta que|desde que|en vez de|en lugar de|a menos que|cada vez|en qué orden"
        r"|(?:más|menos) \w+ que|(?:segunda|tercera|cuarta) vez|simultáneamente|al mismo tiempo"
        r"|después|antes|mientras|durante|primera vez|última vez|luego)\b"
    ),
    joins=pattern(r",? y ¿?(?=(?:cuándo|qué|quién|cuál|por qué|cómo|dónde|hay)\b)"),
    sentences=SENTENCES,
)  # fmt: skip
