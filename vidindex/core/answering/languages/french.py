"""Read and answer questions in French."""

from vidindex.core.answering.languages.language import Language, pattern, rules

_WHAT = r"(?:que|qu'est-ce qui|qu['’]est-ce qui|qu['’]|quoi)"
_HAPPENS = (
    r"(?:se passe(?:-t-il)?|s['’]est(?:-il)? passé|se passait(?:-il)?|arrive(?:-t-il)?|voit-on|"
    r"est arrivé|y a-t-il|vient)"
)
_NEAR = r"(?:(?:juste|immédiatement|directement|tout de suite) )?"
_END = r"(?P<a>.+)"
_AFTER, _BEFORE = r"(?:après (?:que )?|ensuite après )", r"avant (?:que |qu['’])?"
_DURING = r"(?:pendant (?:que |qu['’])?|lorsque |quand |en même temps que |au moment où )"

RULES = rules(
    ("events", "between", None, rf"{_WHAT} ?{_HAPPENS} entre (?P<a>.+?) et (?P<b>.+)"),
    ("gap", "between", None,
     r"combien de temps(?: .{0,30}?)? entre (?P<a>.+?) et (?P<b>.+)"),
    ("events", "after", "first", rf"{_WHAT} ?{_HAPPENS} {_NEAR}{_AFTER}{_END}"),
    ("events", "before", "last", rf"{_WHAT} ?{_HAPPENS} {_NEAR}{_BEFORE}{_END}"),
    ("events", "during", None, rf"{_WHAT} ?{_HAPPENS} {_DURING}{_END}"),
    ("events", None, "first",
     rf"quelle est la première (?:chose|action)(?: qui {_HAPPENS}| qu['’]on voit)?"),
    ("events", None, "last",
     rf"quelle est la dernière (?:chose|action)(?: qui {_HAPPENS}| qu['’]on voit)?"),
    ("events", None, "first", rf"{_WHAT} ?{_HAPPENS} (?:en premier|d['’]abord|au début)"),
    ("events", None, "last", rf"{_WHAT} ?{_HAPPENS} (?:en dernier|à la fin)"),
    ("which first", None, None,
     r"(?:lequel|laquelle|qu['’]est-ce qui) (?:vient|est venu|arrive|est arrivé) (?:en premier|d['’]abord)"
     r"[,:]? (?P<s>.+?) ou (?P<a>.+)"),
    ("how many different", None, None,
     r"combien (?:de |d['’])(?P<s>.+?) (?:différent|distinct)e?s?(?: .*)?"),
    ("as asked", None, "first", r"(?P<s>quand .+?) pour la première fois(?P<t>(?: .+)?)"),
    ("as asked", None, "last", r"(?P<s>quand .+?) pour la dernière fois(?P<t>(?: .+)?)"),
    ("as asked", "before", None, rf"(?P<s>.+?) {_NEAR}{_BEFORE}{_END}"),
    ("as asked", "after", None, rf"(?P<s>.+?) {_NEAR}{_AFTER}{_END}"),
    ("as asked", "during", None,
     rf"(?P<s>.+?) (?:pendant (?:que |qu['’])?|en même temps que |au moment où ){_END}"),
    ("events", None, None, rf"{_WHAT} ?{_HAPPENS}"),
    ("how long", None, None, r"combien de temps (?:dure(?:-t-(?:il|elle))?|a duré|est) (?P<s>.+)"),
)  # fmt: skip

SENTENCES = {
    "yes": "Oui : ",
    "no": "Non : ",
    "none": "Aucune : ",
    "once": "une fois",
    "twice": "deux fois",
    "times": "{n} fois",
    "at least": "Au moins {times}",
    "found": "« {what} » a été trouvé {times}{by}, {lasting}.",
    "counted": "{times} : « {what} »{by}, {lasting}.",
    "by camera": " par la caméra {camera}",
    "camera": "Caméra {camera} : {times}, {lasting}.",
    "no camera": "Fichiers sans caméra connue : {times}, {lasting}.",
    "lasting one": "pendant {lasts}, {at}",
    "lasting many": "{lasts} en tout, d'abord {first}, en dernier {last}",
    "at wall": "à {at}",
    "at file": "à {at} de {name}",
    "same thing": "Les occasions sont comptées ; la même personne ou chose peut y être plusieurs "
    "fois.",
    "not verified": "Incertain : aucune occasion de « {what} » n'a été vérifiée.",
    "lacking": "Incertain : les preuves manquent : {why}.",
    "unsettled one": "À 1 {further}endroit les images n'ont pas tranché.",
    "unsettled": "À {n} {further}endroits les images n'ont pas tranché.",
    "text one": "1 {further}endroit convient par son texte seul ; aucune image n'a été vérifiée.",
    "text": "{n} {further}endroits conviennent par leur texte seul ; aucune image n'a été "
    "vérifiée.",
    "alike one": "1 {further}endroit y ressemble seulement ; aucun modèle n'a regardé d'image.",
    "alike": "{n} {further}endroits y ressemblent seulement ; aucun modèle n'a regardé d'image.",
    "further": "autres ",
    "before": "« {a} » ({at_a}) vient avant « {b} » ({at_b}).",
    "after": "« {a} » ({at_a}) vient après « {b} » ({at_b}).",
    "during": "« {a} » ({at_a}) a lieu en même temps que « {b} » ({at_b}).",
    "between": "« {a} » ({at_a}) a lieu entre « {b} » ({at_b}) et « {c} » ({at_c}).",
    "not before": "« {a} » (d'abord {at_a}) a été vérifié, mais jamais avant « {b} » (d'abord "
    "{at_b}).",
    "not after": "« {a} » (d'abord {at_a}) a été vérifié, mais jamais après « {b} » (d'abord "
    "{at_b}).",
    "not during": "« {a} » (d'abord {at_a}) a été vérifié, mais jamais pendant « {b} » (d'abord "
    "{at_b}).",
    "not between": "« {a} » (d'abord {at_a}) a été vérifié, mais jamais entre « {b} » (d'abord "
    "{at_b}) et « {c} ».",
    "first": "Le premier « {a} » vérifié est {at_a}.",
    "last": "Le dernier « {a} » vérifié est {at_a}.",
    "maybe earlier": "{n} candidats n'ont pas été vérifiés ; il peut y en avoir un autre.",
    "lasts": "« {a} » dure {lasts} ({at_a}).",
    "lasts in all": "« {a} » dure {lasts} en tout, en {n} occasions.",
    "gap": "« {a} » ({at_a}) commence {lasts} après la fin de « {b} » ({at_b}).",
    "no gap": "« {a} » ({at_a}) commence avant la fin de « {b} » ({at_b}).",
    "different": "{n} descriptions différentes de « {a} » ont été vérifiées : {list}.",
    "descriptions": "Les descriptions sont comptées : deux choses décrites de même n'en font "
    "qu'une.",
    "event": "« {a} » ({at_a}).",
    "event first": "D'abord : « {a} » ({at_a}).",
    "event last": "En dernier : « {a} » ({at_a}).",
    "event before": "Avant « {b} » ({at_b}) : « {a} » ({at_a}).",
    "event after": "Après « {b} » ({at_b}) : « {a} » ({at_a}).",
    "event during": "Pendant « {b} » ({at_b}) : « {a} » ({at_a}).",
    "event between": "Entre « {b} » ({at_b}) et « {c} » ({at_c}) : « {a} » ({at_a}).",
    "more events": "{n} autres événements n'y ont pas été regardés.",
    "no event before": "Aucun événement avant « {b} » ({at_b}) n'a été vérifié.",
    "no event after": "Aucun événement après « {b} » ({at_b}) n'a été vérifié.",
    "no event during": "Aucun événement pendant « {b} » ({at_b}) n'a été vérifié.",
    "no event between": "Aucun événement entre « {b} » ({at_b}) et « {c} » n'a été vérifié.",
    "no event": "Aucun événement n'y a été vérifié.",
    "no anchor": "Incertain : « {b} » n'a pas été vérifié, donc rien ne peut être dit de ce qui "
    "s'y rapporte : {why}.",
    "apart": "« {a} » et « {b} » sont dans des fichiers dont les heures ne se comparent pas.",
    "cannot tell": "Cela ne peut être dit : {why}.",
    "near": "Les moments les plus proches de la question sont cités.",
    "dropped": "{n} des {of} phrases du modèle ont été écartées : les images qu'elles citent ne "
    "les confirment pas.",
    "why model": "le modèle dit que les moments ne le montrent pas",
    "why form": "le modèle a répondu dans une autre forme que celle demandée",
    "why length": "la réponse du modèle ne s'est pas terminée",
    "why none held": "rien de ce que le modèle a dit n'a été confirmé par les images citées",
    "why no model": "aucun modèle de vision n'est utilisé",
    "why bundled": "le modèle fourni ne peut pas juger des enregistrements",
    "why no frames": "aucune image des moments n'a pu être lue",
    "why calls": "les appels du modèle pour cette question sont épuisés",
    "not there": "{n} passages ({lasts}) ont été regardés, et rien ne montre « {what} »",
    "not found": "« {what} » n'a pas été trouvé dans {n} des {of} passages regardés",
    "not looked at": "rien n'a été regardé pour « {what} »",
}

_COMMON_WORDS = (
    "le la les un une des et ou est sont était a ont quand que qui quoi comment où quel "
    "quelle quels quelles après avant pendant entre dans sur avec combien pourquoi il elle "
    "passe quelqu décris décrivez compare du au aux en se ce cette première dernière vers"
)

FRENCH = Language(
    code="fr",
    name="French",
    common=frozenset(_COMMON_WORDS.split()),
    translated=(
        (pattern(r"\baujourd['’]hui\b"), "today"),
        (pattern(r"\bavant-hier\b"), "the day before yesterday"),
        (pattern(r"\bhier soir\b"), "yesterday evening"),
        (pattern(r"\bla nuit dernière\b|\bcette nuit\b"), "last night"),
        (pattern(r"\bhier\b"), "yesterday"),
        (pattern(r"\b(?:entre|de) (\d{1,2}) ?(?:h|:) ?(\d\d)? (?:et|à) (\d{1,2}) ?(?:h|:) ?(\d\d)"),
         r"between \1:\2 and \3:\4"),
        (pattern(r"\baprès (\d{1,2}) ?(?:h|:) ?(\d\d)"), r"after \1:\2"),
        (pattern(r"\bavant (\d{1,2}) ?(?:h|:) ?(\d\d)"), r"before \1:\2"),
        (pattern(r"\b(?:sur|à|dans|par) (?:la )?caméras? (\w+)"), r"on camera \1"),
        (pattern(r"\b(?:dans|de|sur)(?: le| la)?(?: fichier| vidéo| film)? (?=\S+\.\w{2,4}\b)"), "in "),
    ),
    kinds=(
        ("when", pattern(r"(?:quand|où|à quelle heure|à quel moment)(?: est-ce que| est-ce qu['’]| a| est)? ?")),
        ("how many", pattern(r"combien (?:de fois |de |d['’])")),
        ("open", pattern(r"(?:s['’]il (?:vous|te) plaît,? )?(?=(?:que|qu['’]|qui|quoi|quel(?:le)?s?|de quelle|"
                         r"pourquoi|comment|décri\w*|compar\w*|expliqu\w*)\b)")),
        ("whether", pattern(r"(?:est-ce que |est-ce qu['’]|y a-t-il |y avait-il |a-t-on vu |voit-on )")),
    ),
    rules=RULES,
    whole=pattern(
        r"(?:que (?:montre|montrent|voit-on dans) (?:la|le|les|cette|ce|toute la|tout le) ?"
        r"(?:vidéo|film|enregistrements?|nuit|journée)"
        r"|décri\w*(?: (?:la|le|les|toute|tout|vidéo|film|enregistrements?|nuit|journée))*)"
    ),
    elsewhere=pattern(r" ?\b(?:sur|dans|par) une autre caméra\b"),
    kept=pattern(r"\bcourt après(?= \w+ \w+$)"),
    unread=pattern(
        r"\b(?:dès que|jusqu['’]à|depuis|au lieu de|à moins que|chaque fois|dans quel ordre|"
        r"(?:plus|moins) \w+ que|(?:deuxième|troisième|quatrième) fois|ensuite|auparavant|simultanément"
        r"|en même temps|après|avant|pendant|première fois|dernière fois)\b"
    ),
    joins=pattern(r",? et (?=(?:quand|que|qui|quel|quelle|pourquoi|comment|où|est-ce)\b)"),
    sentences=SENTENCES,
)  # fmt: skip
