"""Words without their endings, by Snowball's algorithms: Russian for Cyrillic letters, English for Latin ones."""

import re
from functools import lru_cache

import snowballstemmer

WORD = re.compile(r"\w+")
NO_YO = str.maketrans("ёЁ", "еЕ")


def stems(text: str) -> str:
    """The stems of the words of a text, in their order."""
    words = WORD.findall(text.lower().translate(NO_YO))
    return " ".join([word if word.isdigit() else _stem(word) for word in words])


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    language = "english" if word.isascii() else "russian"
    return str(snowballstemmer.stemmer(language).stemWord(word))
