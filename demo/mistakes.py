"""Requests with something wrong in them. Each has the run's id, so that none is another run's."""

import json
from dataclasses import replace

import dialects
from dialects import Event, compact, position, without
from post import Post


def mistakes(events: list[Event]) -> list[tuple[float, Post]]:
    """The requests, each with its place in the drive: 0 is the start, 1 the end."""
    driving = [event for event in events if event.kind == "position" and event.on_trip]
    made: list[tuple[float, Post]] = []

    def near(place: float, ahead: int = 0) -> Event:
        """An event of its own, seconds after a real one."""
        event = driving[int(place * len(driving)) + ahead]
        return replace(event, number=event.number + 2000, at_s=event.at_s + 7)

    def update(place: float, ahead: int = 0) -> Event:
        return replace(near(place, ahead), kind="trip_updated")

    def radar(place: float, note: str, reason: str, body: str, countable: bool = True) -> None:
        made.append((place, Post("radar", f"bad: {note}", body, [], [reason], countable)))

    def own(place: float, note: str, reason: str, body: dict) -> None:
        made.append((place, Post("positions", f"bad: {note}", compact(body), [], [reason])))

    body = dialects.single(
        update(0.06), location={"type": "Point", "coordinates": [-46.65588, -2356144]}
    )
    radar(0.06, "latitude without its decimal point", "latitude_out_of_range", body)

    degrees = {"longitude": "-4665588", "latitude": "-23.56144"}
    body = dialects.flat(update(0.12), location={"type": "Point", "coordinates": degrees})
    radar(0.12, "longitude without its decimal point", "longitude_out_of_range", body)

    body = dialects.single(update(0.18), user=None)
    radar(0.18, "no user at all", "driver_missing", body)

    body = dialects.flat(update(0.24), type=None)
    radar(0.24, "no type", "type_missing", body)

    item = {**position(near(0.30)), "recorded_at": "2026-11-20 09:30:00"}
    own(0.30, "a time without an offset", "recorded_at_malformed", item)

    item = without(position(near(0.36)), "recorded_at")
    own(0.36, "no time", "recorded_at_missing", item)

    body = dialects.single(replace(update(0.42), at_s=7200.0))
    radar(0.42, "two hours in the future", "recorded_at_in_future", body)

    body = dialects.single(update(0.48))
    radar(0.48, "not JSON, cut short", "not_json", body[: len(body) * 2 // 3], countable=False)

    radar(0.54, "JSON, but no event", "not_an_event", '"ping {{run}}"', countable=False)

    body = dialects.single(update(0.60), location={"latitude": -23.56144, "longitude": -46.65588})
    radar(0.60, "a location that is not GeoJSON", "coordinates_malformed", body)

    item = without(position(near(0.66)), "latitude", "longitude")
    own(0.66, "a position without coordinates", "coordinates_missing", item)

    item = {**position(near(0.72)), "driver_id": {"id": dialects.DRIVER}}
    own(0.72, "a driver's id that is an object", "identifier_malformed", item)

    good = [near(0.78, ahead) for ahead in range(4)]
    items = [position(event) for event in good]
    items.insert(1, {**position(near(0.78, 4)), "latitude": 91.5})
    items.insert(3, without(position(near(0.78, 5)), "driver_id"))
    items.insert(5, {**position(near(0.78, 6)), "recorded_at": "yesterday at noon"})
    reasons = ["latitude_out_of_range", "driver_missing", "recorded_at_malformed"]
    note = "good and bad together: 4 positions stored, 3 refused"
    made.append((0.78, Post("positions", note, compact(items), good, reasons)))

    updates = [update(0.84, ahead) for ahead in range(3)]
    envelope = json.loads(dialects.multiple(updates))
    envelope["events"][1].pop("type")
    good = [updates[0], updates[2]]
    note = "multiple: good and bad together, the second has no type"
    made.append((0.84, Post("radar", note, compact(envelope), good, ["type_missing"])))

    return made
