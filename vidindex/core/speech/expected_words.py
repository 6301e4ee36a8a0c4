"""Read the names and terms that are to be expected in speech."""

from vidindex.errors import InputError

MAX_CHARACTERS = 500
"""A Whisper reads 223 tokens of them, and a rare name takes a token for each two letters."""


def read_words(content: bytes, name: str) -> tuple[str, ...]:
    """The lines of a UTF-8 file without empty ones and comments (#).

    Raises InputError where it is no such text, names nothing, or more than a model would read.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not text in UTF-8", "save it as UTF-8") from error
    lines = (" ".join(line.split()) for line in text.splitlines())
    words = tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
    if not words:
        raise InputError(f"{name} has no words", "write one name or term on each line")
    if (length := sum(map(len, words)) + len(words)) > MAX_CHARACTERS:
        raise InputError(
            f"the words of {name} have {length} characters; a speech model reads {MAX_CHARACTERS}",
            "keep those that it gets wrong",
        )
    return words
