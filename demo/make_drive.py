#!/usr/bin/env python3
"""Writes the demo's recorded drive: `python3 demo/make_drive.py > demo/drive.ndjson`.

Each line is one HTTP post; README.md beside this file describes its fields. The output is always
the same: change this file, not drive.ndjson.
"""

import json
import sys
from dataclasses import replace

from dialects import Event
from mistakes import mistakes
from post import Post, array, flat, multiple, single, without_ids
from route import CAFE, DEPOT, GEOFENCES, MARKET, Fix, crossings, distance_m, drive, samples

BUS_KINDS = {
    "geofence_entered",
    "geofence_exited",
    "geofence_dwelled",
    "trip_started",
    "trip_approaching",
    "trip_arrived",
    "trip_stopped",
}


def timeline() -> list[Event]:
    """Everything that happens, in the order in which it happens."""
    fixes = drive()
    happened: list[tuple[str, Fix, object]] = [("position", fix, None) for fix in samples(fixes)]
    for fence in GEOFENCES:
        entered, dwelled, exited = crossings(fixes, fence)
        happened += [
            ("geofence_entered", entered, fence),
            ("geofence_dwelled", dwelled, fence),
            ("geofence_exited", exited, fence),
        ]
    loaded, left = crossings(fixes, DEPOT)[1:]
    reached, _, left_cafe = crossings(fixes, CAFE)
    approached = next(fix for fix in fixes if fix.at_s > left.at_s and distance_m(fix, CAFE) < 800)

    def at(seconds: float) -> Fix:
        return next(fix for fix in fixes if fix.at_s >= seconds)

    started, arrived, stopped = at(loaded.at_s + 90), at(reached.at_s + 15), at(left_cafe.at_s - 60)
    happened += [
        ("trip_started", started, None),
        ("trip_approaching", approached, None),
        ("trip_arrived", arrived, CAFE),
        ("trip_stopped", stopped, None),
    ]
    happened.sort(key=lambda one: (one[1].at_s, one[0]))
    end = fixes[-1].at_s
    return [
        Event(
            number=number,
            kind=kind,
            fix=fix,
            fence=fence,
            at_s=fix.at_s - end - 15,
            trip_started_at_s=started.at_s - end - 15,
            on_trip=started.at_s <= fix.at_s <= stopped.at_s,
        )
        for number, (kind, fix, fence) in enumerate(happened, start=1)
    ]


def crossing_post(event: Event, entered: Event) -> Post | None:
    """The post for what is no plain position; None where it goes with the next one."""
    fence = event.fence
    match event.kind, fence:
        case "geofence_entered", _ if fence is not CAFE:
            return single(event, f"enters {fence.name}")
        case "geofence_dwelled", _ if fence is DEPOT:
            return without_ids(event, "loads in the depot")
        case "trip_started", _:
            event = replace(event, located=False)
            return flat(event, "the trip starts; its location is an empty string")
        case "geofence_exited", _ if fence is DEPOT:
            return flat(event, "leaves the depot")
        case "geofence_dwelled", _ if fence is MARKET:
            return array([event], "our own shape, one event: unloads at the street market")
        case "geofence_exited", _ if fence is MARKET:
            # A state of the trip has no coordinates: it must not hide the last position.
            state = replace(event, number=event.number + 900, kind="trip_updated", located=False)
            note = "leaves the street market, and the trip's state without a location"
            return multiple([event, state], note)
        case "trip_approaching", _:
            return single(event, "approaches the trip's destination")
        case "geofence_entered", _:
            return None
        case "trip_arrived", _:
            return multiple(
                [entered, event], "enters the café's geofence and arrives; partial users"
            )
        case "geofence_dwelled", _:
            return flat(event, "unloads at the café")
        case "trip_stopped", _:
            return without_ids(event, "the trip ends")
        case _:
            return array([event], "our own shape: leaves the café, on no order any more")


def position_posts(style: str, group: list[Event]) -> list[Post]:
    first, count = group[0].number, len(group)
    if style == "array" or not group[0].on_trip or not group[-1].on_trip:
        return [array(group, f"our own shape: {count} positions")]
    updates = [replace(event, kind="trip_updated") for event in group]
    if style == "flat":
        return [flat(event, "on the way, newest first") for event in reversed(updates)]
    if style == "multiple" and count > 1:
        return [multiple(updates, f"{count} events on the way, partial users")]
    make = single if first % 2 else without_ids
    return [make(event, "on the way") for event in updates]


# How plain positions are sent, in turn: (style, how many, how many at a time).
STYLES = [
    ("array", 24, 8),
    ("flat", 16, 4),
    ("multiple", 15, 5),
    ("single", 4, 1),
    ("array", 24, 12),
    ("multiple", 10, 5),
    ("flat", 8, 4),
    ("single", 4, 1),
]


def posts_in_order(events: list[Event]) -> list[Post]:
    sizes = [(style, size) for style, total, size in STYLES * 4 for _ in range(total // size)]
    posts: list[Post] = []
    waiting: list[Event] = []
    entered: Event | None = None

    def send() -> None:
        if waiting:
            posts.extend(position_posts(sizes.pop(0)[0], waiting.copy()))
            waiting.clear()

    for event in events:
        if event.kind == "position":
            if waiting and waiting[-1].on_trip != event.on_trip:
                send()
            waiting.append(event)
            if len(waiting) == sizes[0][1]:
                send()
            continue
        send()
        post = crossing_post(event, entered or event)
        if post:
            posts.append(post)
        entered = None if post else event
    send()
    return posts


def disturb(posts: list[Post], events: list[Event]) -> list[Post]:
    """Repeats, delays and shuffles, as networks and retries do."""
    posts = posts.copy()

    def find(start: str, nth: int = 0) -> int:
        return [i for i, post in enumerate(posts) if post.note.startswith(start)][nth]

    def again(start: str, nth: int, later: int) -> None:
        at = find(start, nth)
        posts.insert(at + 1 + later, replace(posts[at], note=f"again, verbatim: {posts[at].note}"))

    def late(start: str, nth: int, later: int) -> None:
        at = find(start, nth)
        post = posts.pop(at)
        posts.insert(min(at + later, len(posts)), replace(post, note=f"late: {post.note}"))

    # Late ones first, since repeats would be found by the same beginning.
    late("multiple: 5 events", 1, 9)
    late("flat: on the way", 6, 12)
    late("our own shape: 8 positions", 1, 7)
    late("multiple: leaves the street market", 0, 30)

    at = find("our own shape: 12 positions")
    order = sorted(posts[at].events, key=lambda event: event.number * 7 % 12)
    posts[at] = array(order, "our own shape: 12 positions, shuffled")
    at = find("our own shape: 10 positions")
    own = posts[at].events
    posts[at] = array(own + own[:1], "our own shape: 11 positions, the last a copy of the first")
    posts.insert(at + 1, array(own[-5:], "our own shape: 5 positions that were sent before"))

    again("single: enters the depot", 0, 0)
    again("single without ids: loads in the depot", 0, 2)
    again("flat: on the way", 3, 1)
    again("multiple: 5 events", 0, 3)
    again("our own shape: 8 positions", 0, 5)
    again("multiple: enters the café", 0, 1)
    again("our own shape: leaves the café", 0, 0)

    other = [
        replace(event, number=event.number + 3000, at_s=event.at_s + 7)
        for event in events
        if event.kind == "position"
    ]
    test = replace(other[60], live=False)
    at = find("single: enters the street market")
    posts.insert(at, array([test], "our own shape: test traffic, live is false"))
    for place, post in sorted(mistakes(events), key=lambda one: -one[0]):
        posts.insert(int(place * len(posts)), post)
    # The newest event of all is known; one from long ago still comes in.
    posts.append(array([other[30]], "our own shape: late by more than half an hour"))
    return posts


def lines(posts: list[Post]) -> list[str]:
    """The posts with what is to be expected of each, if they are sent in this order."""
    stored: set[int] = set()
    out = []
    for post in posts:
        new = []
        for event in post.events:
            if event.number not in stored:
                stored.add(event.number)
                new.append(event)
        out.append(
            json.dumps(
                {
                    "edge": post.edge,
                    "note": post.note,
                    "events": len(post.events) + len(post.refused) if post.countable else 0,
                    "expect": {
                        "accepted": len(new),
                        "duplicates": len(post.events) - len(new),
                        "quarantined": len(post.refused),
                    },
                    "reasons": post.refused,
                    "positioned": sum(event.located for event in new),
                    "positioned_on_order": sum(event.located and event.on_trip for event in new),
                    "crossings": sum(event.kind.startswith("geofence_") for event in new),
                    "bus": sum(event.kind in BUS_KINDS for event in new),
                    "body": post.body,
                },
                ensure_ascii=False,
            )
        )
    return out


if __name__ == "__main__":
    happened = timeline()
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    print("\n".join(lines(disturb(posts_in_order(happened), happened))))
