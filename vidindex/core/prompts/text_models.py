"""Hold what is known of text models by name: their prompts, and the languages that they read."""

import re
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class TextModelFacts:
    """query_prompt, passage_prompt: put before a question, and before a text to be found.

    languages: for people; "" where they are not known. sends_kind: for servers that put the prompts
    before texts themselves, and are told by `input_type` which kind a text is.
    """

    query_prompt: str = ""
    passage_prompt: str = ""
    languages: str = ""
    sends_kind: bool = False


_TASK = "Given a web search query, retrieve relevant passages that answer the query"
_MANY = "about 100 languages"
_KNOWN = (
    (r"multilingual-e5-small-q4", TextModelFacts(languages=_MANY, sends_kind=True)),
    (r"multilingual-e5-.*instruct", TextModelFacts(f"Instruct: {_TASK}\nQuery: ", "", _MANY)),
    (r"multilingual-e5", TextModelFacts("query: ", "passage: ", _MANY)),
    (r"(^|/)e5-", TextModelFacts("query: ", "passage: ", "English")),
    (r"qwen3-embedding", TextModelFacts(f"Instruct: {_TASK}\nQuery:", "", _MANY)),
    (r"bge-m3", TextModelFacts(languages=_MANY)),
    (
        r"bge-.*-en",
        TextModelFacts(
            "Represent this sentence for searching relevant passages: ", "", "English"
        ),
    ),
    (r"nomic-embed-text", TextModelFacts("search_query: ", "search_document: ", "English")),
    (r"paraphrase-multilingual|distiluse", TextModelFacts(languages="about 50 languages")),
    (r"labse", TextModelFacts(languages=_MANY)),
    (r"all-minilm|all-mpnet", TextModelFacts(languages="English")),
    (r"text-embedding-3", TextModelFacts(languages="many languages")),
)  # fmt: skip
"""The first pattern that is found in a name counts, without regard to case."""


def facts_of(name: str) -> TextModelFacts:
    """What is known of a model by its name, in any form that servers and hubs write it."""
    return next(
        (facts for pattern, facts in _KNOWN if re.search(pattern, name, re.IGNORECASE)),
        TextModelFacts(),
    )


def with_own_prompts(facts: TextModelFacts, prompts: dict[str, str]) -> TextModelFacts:
    """The facts with the prompts that a checkpoint brings itself (sentence-transformers)."""
    query = prompts.get("query") or facts.query_prompt
    passage = prompts.get("passage") or prompts.get("document") or facts.passage_prompt
    return replace(facts, query_prompt=query, passage_prompt=passage)


def languages_of(name: str) -> str:
    """For people: the languages in which a model finds texts by their meaning."""
    return facts_of(name).languages or "languages not known"
