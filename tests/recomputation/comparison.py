"""Comparing an answer with what it has to be, in full: a field more is a difference as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Near:
    """A number, give or take."""

    value: float
    tolerance: float

    def accepts(self, found: object) -> bool:
        return is_number(found) and abs(found - self.value) <= self.tolerance

    def __str__(self) -> str:
        return f"{self.value!r} ± {self.tolerance:.3g}"


@dataclass(frozen=True)
class Between:
    """A whole number from here to there, both included."""

    low: int
    high: int

    def accepts(self, found: object) -> bool:
        return is_number(found) and found % 1 == 0 and self.low <= found <= self.high

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


@dataclass(frozen=True)
class Whatever:
    """What cannot be known from outside: any value of a type."""

    type: type

    def accepts(self, found: object) -> bool:
        return isinstance(found, self.type)

    def __str__(self) -> str:
        return f"any {self.type.__name__}"


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def differences(expected: Any, found: Any, place: str) -> list[str]:
    """A line for each."""
    if isinstance(expected, dict) and isinstance(found, dict):
        lines = []
        for name in sorted(expected.keys() | found.keys()):
            inner = f"{place}.{name}"
            if name not in found:
                lines.append(f"{inner}: expected {expected[name]}, found nothing")
            elif name not in expected:
                lines.append(f"{inner}: expected nothing, found {found[name]}")
            else:
                lines += differences(expected[name], found[name], inner)
        return lines
    if isinstance(expected, list) and isinstance(found, list):
        lines = []
        if len(expected) != len(found):
            lines.append(f"{place}: expected {len(expected)} of them, found {len(found)}")
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            lines += differences(one, other, f"{place}[{index}]")
        return lines
    return [] if is_right(expected, found) else [f"{place}: expected {expected}, found {found!r}"]


def is_right(expected: Any, found: Any) -> bool:
    if isinstance(expected, Near | Between | Whatever):
        return expected.accepts(found)
    # 1.0 is 1 in JSON, as in Python, but True is not.
    return expected == found and isinstance(expected, bool) == isinstance(found, bool)
