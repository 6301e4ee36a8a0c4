"""Words are found and judged by one rule: scripts, spellings, identifiers, numbers, slips."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.library_assets import add_video, event, video

from store import Library
from vidindex.core.retrieval.folding import fold
from vidindex.core.retrieval.query_rewrite import search_words
from vidindex.core.retrieval.text_match import match_words, verdict_from_share
from vidindex.core.retrieval.tokens import index_words, query_terms, tokenize
from vidindex.types import Filters

OTHER_LINES = ("the other 77 things of 1999", "ein anderer Satz", "他们在湖边钓鱼。", "у реки тихо")

SPELLINGS = {
    "yo is written as ye": ("Бабушка печёт пироги", "печет"),
    "yo at the beginning of a word": ("ёлка", "елка"),
    "a Greek accent": ("κόσμος", "κοσμος"),
    "the final sigma in capitals": ("ΚΟΣΜΟΣ", "κόσμος"),
    "sharp s as two letters": ("Wir feiern auf der Straße.", "Strasse"),
    "sharp s in capitals": ("Wir feiern auf der Straße.", "STRASSE"),
    "an umlaut as two letters": ("Übermut tut selten gut.", "Uebermut"),
    "an umlaut in the middle as two letters": ("Sie wohnt in München.", "Muenchen"),
    "an umlaut left out": ("Sie wohnt in München.", "Munchen"),
    "two letters as an umlaut": ("Sie wohnt in Muenchen.", "MÜNCHEN"),
    "a missing umlaut": ("flight to Munchen", "München"),
    "a Scandinavian letter": ("Bærum ligger ved Røyken", "royken"),
    "a Polish letter": ("Jedziemy do Łodzi", "lodzi"),
    "Arabic vowel marks": ("كِتَاب", "كتاب"),
    "an alef with hamza": ("أحمد", "احمد"),
    "an Arabic article": ("الطبيب يفحص المريض", "طبيب"),
    "a Persian joiner": ("می‌خواهم", "میخواهم"),
    "Hebrew points": ("הַבַּיִת", "הבית"),
    "a dotless i": ("ISPARTA gülleri", "ısparta"),
    "a soft hyphen": ("co\u00adoperate", "cooperate"),
    "a zero-width joiner": ("co\u200doperate", "cooperate"),
    "native digits": ("١٢٣", "123"),
    "digits of Devanagari": ("संख्या ४५६", "456"),
    "a plate with hyphens": ("The plate was B-MW 1234", "b-mw-1234"),
    "a plate written together": ("The plate was B-MW 1234", "BMW1234"),
    "a plate in pieces": ("The plate was B-MW 1234", "B MW 1234"),
    "a plate in pieces for one written together": ("The plate was BMW1234", "B MW 1234"),
    "a plate with a hyphen for one written together": ("The plate was BMW1234", "B-MW 1234"),
    "a hyphen for a space": ("Paragraph A 4 applies here.", "A-4"),
    "a space for a hyphen": ("Paragraph A-4 applies here.", "A 4"),
    "a decimal comma": ("Growth of 12.5 today.", "12,5"),
    "a decimal point": ("Wachstum von 12,5 Prozent", "12.5"),
    "a plate of four parts": ("KA 05 MJ 9876", "KA05MJ9876"),
    "a plate of four parts with hyphens": ("The licence is KA-05-MJ-9876.", "KA05MJ9876"),
    "digits in groups": ("The budget is $3,500,000.", "3500000"),
    "digits to be put into groups": ("The budget is 3500000 dollars.", "3 500 000"),
    "a clock without its zero": ("The alarm went off at 03:17.", "3:17"),
    "a clock with a zero": ("The alarm went off at 3:17.", "03:17"),
    "the beginning of a parcel number": ("parcel 1Z999AA10123456784", "1Z999AA1"),
    "a parcel number in pieces": ("parcel 1Z999AA10123456784", "1Z 999 AA1 01 2345 6784"),
    "a telephone number in pieces": ("call 030 123 45 67 now", "0301234567"),
    "a telephone number with hyphens": ("call 0301234567 now", "030-123-45-67"),
    "a part of a file name": ("The file is called report_final_v2.pdf.", "report final"),
    "a hyphen left out": ("send an e-mail", "email"),
    "a hyphen put in": ("send an email", "e-mail"),
    "an apostrophe left out": ("we don’t ship", "dont"),
    "the head of a German compound": ("Das Fußballspiel beginnt.", "Fussball"),
    "the tail of a German compound": ("Niemand hat den Feueralarm gehört.", "Alarm"),
    "a long tail of a German compound": (
        "Bitte die Straßenbahnhaltestelle freihalten.",
        "Haltestelle",
    ),
    "the plural of a German word": ("Er eröffnet das Krankenhaus.", "Krankenhäuser"),
    "another case of a Russian word": ("Поезд в Москву", "Москва"),
    "a Chinese word inside a line": ("小女孩在公园里放风筝。", "风筝"),
    "Chinese words with a particle between them": ("红色的汽车停在门口。", "红色汽车"),
    "more Chinese than the line holds": ("消防员救出了三名被困者。", "消防员救人"),
    "Korean without the space": ("빨간 우산을 쓴 여자가 지나간다.", "빨간우산"),
    "Korean words with another particle": ("다리 위에서 사고가 났다.", "교통사고가"),
    "Japanese inside a line": ("地震のあと津波警報が出た。", "津波警報"),
    "Thai inside a line": ("แมวกินปลา", "กิน"),
    "Latin and Chinese in one word": ("拍摄于iPhone手机", "iphone手机"),
}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", create=True) as opened:
        add_video(opened, video("a" * 32), "film.mp4")
        opened.events.add([event(line) for line in OTHER_LINES])
        yield opened


@pytest.mark.parametrize(("line", "query"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_line_is_found_and_kept_in_spite_of(library: Library, line: str, query: str) -> None:
    (added,) = library.events.add([event(line)])
    words = search_words(query)
    hits = library.full_text.search(" ".join(words), Filters(), 10)
    assert [event_id for event_id, _ in hits] == [added]
    assert verdict_from_share(match_words(words, [line]).share) != "rejected"


OTHERS = {
    "a plate with another digit": ("The plate was B-MW 1234", "B-MW 1235"),
    "a plate with another digit, in pieces": ("The plate was B-MW 1234", "b mw 1235"),
    "a plate with a digit more": ("The plate was B-MW 1234", "BMW12345"),
    "another time": ("The alarm went off at 03:17.", "07:45"),
    "the end of a time": ("The alarm went off at 11:23.", "1:23"),
    "a number for a decimal": ("Growth of 12.5 today.", "125"),
    "a part of a decimal": ("Growth of 12.5 today.", "12"),
    "a part of a number": ("Unit 4711 to the office.", "471"),
    "a group of a number": ("The budget is 3,500,000.", "500"),
    "digits put together": ("rooms 10-12", "1012"),
    "a number among words that are there": ("Unit 4711 to the office.", "unit 4712 office"),
    "a short word inside another": ("START", "art"),
    "one pair of three": ("他们在飞机上喝茶。", "飞机坠毁"),
}


@pytest.mark.parametrize(("line", "query"), OTHERS.values(), ids=OTHERS.keys())
@pytest.mark.parametrize("on_screen", [False, True])
def test_a_line_is_no_answer_that_holds_only(line: str, query: str, on_screen: bool) -> None:
    share = match_words(search_words(query), [line], on_screen=on_screen).share
    assert verdict_from_share(share) == "rejected"


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["harbour", "master"], ["HARBOUR MASTER"]),
        (["harbour", "7"], ["HARBOUR MASTER", "PIER 7"]),
        (["oslo"], ["0SL0 CENTRAL"]),
        (["terminal"], ["TERM1NAI 2"]),
        (["hall"], ["HA|| 3"]),
        (["灯塔"], ["没有人看见灯塔管理员。"]),
        (["01:23"], ["CAM 1  01：23"]),
        (["01:23"], ["01.23"]),
        (["01:23"], ["01:23:05"]),
        (["B-MW", "1234"], ["B-MW l234"]),
        (["café"], ["CAFE DE PARIS"]),
        (["straße"], ["STRASSE 4"]),
        (["master"], ["HARBOURMASTER"]),
        (["no exit"], ["NOEXIT"]),
        (["７"], ["PIER 7"]),
    ],
)
def test_words_are_read_despite_what_readers_confuse(words: list[str], lines: list[str]) -> None:
    assert verdict_from_share(match_words(words, lines, on_screen=True).share) == "verified"


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["7"], ["PIER 17"]),
        (["pier", "7"], ["PIER 17"]),
        (["exit"], ["EDIT"]),
        (["10"], ["IO"]),
        (["io"], ["10"]),
        (["harbour"], []),
        ([], ["HARBOUR"]),
        (["?!"], ["HARBOUR ?!"]),
    ],
)
def test_what_is_not_on_screen_is_not_read_there(words: list[str], lines: list[str]) -> None:
    assert verdict_from_share(match_words(words, lines, on_screen=True).share) == "rejected"


def test_an_english_word_is_not_found_by_its_end(library: Library) -> None:
    library.events.add([event("They sit in a comfortable combination of chairs.")])
    assert library.full_text.search("table nation", Filters(), 10) == []


def test_a_price_is_no_time_but_where_a_reader_may_have_lost_half_of_the_colon() -> None:
    assert match_words(["12:50"], ["It costs 12.50 today."]).lacks_number
    assert match_words(["12:50"], ["12.50"], on_screen=True).share == 1.0


def test_half_of_the_words_are_not_enough_to_be_sure() -> None:
    share = match_words(["harbour", "police"], ["HARBOUR MASTER"]).share
    assert verdict_from_share(share) == "unsure"


def test_a_number_that_people_say_as_a_word_may_be_missing_from_what_is_said() -> None:
    spoken = "three dogs in the yard"
    assert not match_words(["3", "dogs"], [spoken]).lacks_number
    assert match_words(["3", "dogs"], [spoken], on_screen=True).lacks_number
    assert match_words(["30", "dogs"], [spoken]).lacks_number


def test_other_signs_of_a_script_make_another_letter() -> None:
    assert fold("が") != fold("か")
    assert fold("й") != fold("и")
    assert fold("की") != fold("का")


@given(st.text())
def test_every_text_folds_to_tokens_that_fold_to_themselves(text: str) -> None:
    words = [token.text for token in tokenize(text)]
    assert all(fold(word) == word for word in words)
    assert index_words(text).split()[: len(words)] == words


def test_signs_between_unspaced_characters_may_be_asked_for_or_left_out() -> None:
    assert match_words(["東京、大阪"], ["新幹線は東京、大阪の間"]).found == (1.0,)
    assert match_words(["東京、大阪"], ["東京大阪間"]).found == (1.0,)
    assert match_words(["1月,一"], ["㋀\x1b一"]).found == (1.0, 1.0)
    assert match_words(["東京、大阪"], ["京都、大津"]).found == (0.0,)


@given(st.text())
def test_a_text_of_words_matches_itself(text: str) -> None:
    match = match_words(text.split(), [text])
    assert all(share == 1.0 for share in match.found)


@given(st.text())
def test_no_sign_of_a_query_reaches_the_index_as_an_operator(text: str) -> None:
    for term in query_terms(text):
        assert term[0] == term[-1] == '"'
        assert all(word.isalnum() or fold(word) == word for word in term[1:-1].split(" "))
        assert '"' not in term[1:-1]
