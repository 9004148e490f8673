"""One request of the drive."""

from dataclasses import dataclass, field

import dialects
from dialects import Event


@dataclass
class Post:
    """One request: its events, or the reason why there is none in it."""

    edge: str
    note: str
    body: str
    events: list[Event] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # reasons, of events that are refused
    countable: bool = True


def array(events: list[Event], note: str) -> Post:
    return Post("positions", note, dialects.positions(events), events)


def single(event: Event, note: str) -> Post:
    return Post("radar", f"single: {note}", dialects.single(event), [event])


def without_ids(event: Event, note: str) -> Post:
    return Post("radar", f"single without ids: {note}", dialects.without_ids(event), [event])


def multiple(events: list[Event], note: str) -> Post:
    return Post("radar", f"multiple: {note}", dialects.multiple(events), events)


def flat(event: Event, note: str) -> Post:
    return Post("radar", f"flat: {note}", dialects.flat(event), [event])
