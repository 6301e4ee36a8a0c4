"""Write a number with its noun."""


def counted(count: int, noun: str, nouns: str = "") -> str:
    """`1 file`, `1,200 files`; nouns: the plural, where it is not the noun with an s."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"
