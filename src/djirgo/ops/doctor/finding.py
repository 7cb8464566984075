"""What a check has found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    level: Level
    says: str
    advice: str = ""


def well(says: str) -> Finding:
    return Finding(Level.OK, says)


def warning(says: str, advice: str) -> Finding:
    return Finding(Level.WARN, says, advice)


def failure(says: str, advice: str) -> Finding:
    return Finding(Level.FAIL, says, advice)
