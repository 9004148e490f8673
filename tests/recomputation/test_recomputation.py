"""Who recomputes can be wrong, too: known answers, and whether a difference anywhere is noticed."""

from __future__ import annotations

import copy
import json
import unittest
from typing import Any

import day
import minutes
from comparison import Between, Near, Whatever, differences
from events import Event, Request, distinct, events_of, millis

NOON = millis("2026-11-20T12:00:00Z")


def request(body: object, edge: str = "positions") -> Request:
    text = body if isinstance(body, str) else json.dumps(body)
    return Request(edge, text, NOON, NOON + 250)


def read(body: object, edge: str = "positions") -> list[Event]:
    events, reasons = events_of(request(body, edge))
    assert not reasons, reasons
    return events


def position(event_id: str, time: str, latitude: float, longitude: float, **more: object) -> dict:
    own = {"driver_id": "d1", "event_id": event_id, "recorded_at": f"2026-11-20T{time}Z"}
    return own | {"latitude": latitude, "longitude": longitude} | more


# Two minutes of a driver, the first across the antimeridian; test traffic; a second driver.
DRIVE = [
    position("a", "11:00:10", 0.0, 179.9999),
    position("c", "11:00:50", 0.0, -179.9999),
    position("b", "11:00:30", 0.0, 180.0, type="geofence_entered", geofence_id="g1"),
    position("d", "11:01:00", 1.0, -179.9999, speed_mps=5.5),
    position("astray", "11:01:05", 0.0, 0.0, speed_mps=400.0),
    position("test", "11:01:10", 9.0, 9.0, live=False),
    position("a", "11:00:10", 0.0, 179.9999),
    {
        "driver_id": "d2",
        "event_id": "s",
        "type": "trip_started",
        "trip_id": "t1",
        "recorded_at": "2026-11-20T10:59:59.999Z",
    },
]


# Of a clock that is not behind by exactly 1,024 weeks.
YEARS_BEHIND = position("y", "", 1.0, 2.0) | {"recorded_at": "2007-01-26T11:01:00Z"}


def answer(expected: Any) -> Any:
    """What would be right."""
    match expected:
        case dict():
            return {name: answer(value) for name, value in expected.items()}
        case list():
            return [answer(value) for value in expected]
        case Near():
            return expected.value
        case Between():
            return expected.low
        case Whatever():
            return expected.type()
        case _:
            return expected


def leaves(value: Any, place: tuple = ()) -> list[tuple]:
    """Where everything is that is no list or object."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, one in inner:
        deep = isinstance(one, dict | list)
        found += leaves(one, (*place, name)) if deep else [(*place, name)]
    return found


def at(value: Any, place: tuple) -> Any:
    for name in place:
        value = value[name]
    return value


class Recomputation(unittest.TestCase):
    def setUp(self) -> None:
        self.lake = distinct(read([*DRIVE, YEARS_BEHIND]))
        self.minutes = minutes.of_drivers(distinct(read(DRIVE)))["d1"]
        local_day = day.LocalDay.of("2026-11-20", "America/Sao_Paulo")
        refused = {("positions", "{}", "driver_missing"): request("{}")}
        self.day = day.of(local_day, self.lake, refused)

    def test_minutes_are_what_they_are(self) -> None:
        first, second = self.minutes
        self.assertEqual((first["minute"], first["positions"]), ("2026-11-20T11:00:00.000Z", 3))
        self.assertEqual(first["mean_longitude"].value, -180.0)
        # 0.0002 degrees of the equator, whose radius is 6378137 m.
        self.assertAlmostEqual(first["distance_m"].value, 22.263898, places=5)
        self.assertAlmostEqual(first["mean_speed_mps"].value, 22.263898 / 40, places=7)
        self.assertEqual((second["mean_latitude"].value, second["distance_m"].value), (1.0, 0.0))
        self.assertEqual(first["speed_source"], "distance")
        # It has one good position, so its speed is what that one reports.
        self.assertEqual(
            (second["mean_speed_mps"].value, second["speed_source"]), (5.5, "reported")
        )
        self.assertEqual((second["positions"], second["doubtful_positions"]), (2, 1))

    def test_a_day_is_what_it_is(self) -> None:
        self.assertEqual(self.day["from"], "2026-11-20T03:00:00.000Z")
        counts = {"total": 6, "positions": 5}
        kinds = {"position": 4, "geofence_entered": 1, "trip_started": 1}
        self.assertEqual(self.day["events"], counts | {"by_kind": kinds})
        # A degree of the meridian at the equator, from tables of WGS 84: 110574.39 m.
        self.assertAlmostEqual(self.day["distance_m"].value, 22.2639 + 110574.39, delta=0.01)
        self.assertEqual([hour["events"] for hour in self.day["hours"]], [1, 5])
        self.assertEqual(self.day["hours"][1]["hour"], "2026-11-20T08:00:00-03:00")
        self.assertEqual(self.day["trips"], {"started": 1, "arrived": 0})
        entered = {"entered": 1, "exited": 0, "dwelled": 0}
        hour = {"hour": "2026-11-20T08:00:00-03:00"}
        geofence = {"geofence_id": "g1"} | entered | {"hours": [hour | entered]}
        self.assertEqual(self.day["geofences"], [geofence])
        self.assertEqual(self.day["quality"]["test_events"], 1)
        self.assertEqual(self.day["quality"]["late_arrivals"], Between(6, 6))
        self.assertEqual(self.day["quality"]["flagged"], {"null_island": 1})
        self.assertEqual(self.day["quality"]["too_late"], Between(1, 1))
        self.assertEqual(self.day["quality"]["quarantined"], {"driver_missing": Between(1, 1)})

    def test_what_is_right_is_not_complained_about(self) -> None:
        for expected in (self.minutes, self.day):
            self.assertEqual(differences(expected, answer(expected), "it"), [])

    def test_whatever_is_wrong_is_noticed(self) -> None:
        for expected in (self.minutes, self.day):
            for place in leaves(answer(expected)):
                if isinstance(at(expected, place), Whatever):
                    continue
                *parents, name = place
                for wrong in self.spoiled(at(expected, place)):
                    found = copy.deepcopy(answer(expected))
                    at(found, parents)[name] = wrong
                    self.assertEqual(len(differences(expected, found, "it")), 1, (place, wrong))
                for change in ("remove", "add"):
                    found = copy.deepcopy(answer(expected))
                    if change == "remove":
                        del at(found, parents)[name]
                    else:
                        at(found, parents)["more"] = 0
                    self.assertTrue(differences(expected, found, "it"), (place, change))

    @staticmethod
    def spoiled(expected: Any) -> list[Any]:
        match expected:
            case Near():
                off = 1.01 * expected.tolerance + 1e-12
                return [expected.value + off, expected.value - off, None, str(expected.value)]
            case Between():
                return [expected.low - 1, expected.high + 1, None]
            case bool() | None:
                return [0, "x"]
            case int() | float():
                return [expected + 1, expected - 1, None]
            case _:
                return [f"{expected}x", None]


def nested(levels: int) -> list:
    return [nested(levels - 1)] if levels else []


ENTERED = {"createdAt": "2026-11-20T11:00:00Z", "type": "user.entered_geofence"}


class Dialects(unittest.TestCase):
    """Each is documented in docs/api/write-edge.yaml."""

    def test_a_driver_is_where_the_dialect_says(self) -> None:
        point = {"type": "Point", "coordinates": [-46.6, -23.5]}
        event, user = {**ENTERED, "location": point, "_id": "e"}, {"_id": "d1"}
        trip = {"trip": {"_id": "t1"}}
        flat_point = {"coordinates": {"longitude": "-46.6", "latitude": "-23.5"}}
        flat = {"id": "e", "_id": "d1", "created_at": ENTERED["createdAt"], "live": "TRUE"}
        flat |= {"type": ENTERED["type"], "location": flat_point} | trip
        for body in (
            {"event": event, "user": user | trip},
            {"event": event | {"user": user | trip}},
            {"events": [event | {"user": trip}], "user": user},
            flat,
        ):
            (read_event,) = read(body, "radar")
            self.assertEqual((read_event.driver_id, read_event.event_id), ("d1", "e"), body)
            self.assertEqual((read_event.position, read_event.trip_id), ((-23.5, -46.6), "t1"))
            self.assertEqual((read_event.kind, read_event.live), ("geofence_entered", True))

    def test_an_empty_location_is_none(self) -> None:
        body = {"_id": "d1", "created_at": ENTERED["createdAt"], "location": "", "live": "FALSE"}
        (started,) = read(body | {"type": "user.started_trip"}, "radar")
        self.assertEqual((started.position, started.live), (None, False))

    def test_what_says_nothing_hides_nothing(self) -> None:
        trip = {"_id": "t1", "externalId": "o1"}
        for nothing in (None, "", " ", {}, [], {"_id": None}):
            body = {"event": nothing, "events": [ENTERED | {"_id": "e", "user": nothing}]}
            for user in ({"_id": "d1", "trip": trip}, {"_id": "d1", "trip": trip, "live": "No "}):
                body["events"][0]["trip"] = nothing
                (entered,) = read(body | {"user": user}, "radar")
                self.assertEqual((entered.driver_id, entered.trip_id), ("d1", "t1"), nothing)
                self.assertEqual(entered.live, "live" not in user, nothing)
            (own,) = read(position(" e ", "11:00:00", 1.0, 2.0) | {"type": nothing}, "positions")
            self.assertEqual((own.kind, own.event_id), ("position", "e"), nothing)

    def test_an_event_gets_nothing_of_another_drivers_or_trips(self) -> None:
        event = ENTERED | {"user": {"_id": "d2", "trip": {"_id": "t2"}}}
        outer = {"_id": "d1", "trip": {"_id": "t1"}}
        (entered,) = read({"event": event, "user": outer}, "radar")
        self.assertEqual((entered.driver_id, entered.trip_id), ("d2", "t2"))

    def test_a_clock_that_lost_1024_weeks_is_put_right(self) -> None:
        sent = position("e", "11:00:00", 1.0, 2.0)
        (right,) = read(sent, "positions")
        (behind,) = read(sent | {"recorded_at": "2007-04-06T11:00:00Z"}, "positions")
        self.assertEqual(
            (behind.recorded_at, behind.flags), (right.recorded_at, ("clock_corrected",))
        )
        (older,) = read(sent | {"recorded_at": "2007-02-06T11:00:00Z"}, "positions")
        self.assertEqual(older.flags, ())
        self.assertLess(older.recorded_at, right.recorded_at)

    def test_each_reason_is_known(self) -> None:
        own = position("e", "11:00:00", 1.0, 2.0)
        event = ENTERED | {"user": {"_id": "d1"}}
        for reason, edge, body in (
            ("not_json", "radar", '{"cut": '),
            ("not_json", "radar", '{"event": NaN}'),
            ("not_an_event", "radar", {"hello": 1}),
            ("nested_too_deeply", "positions", own | {"x": nested(40)}),
            ("too_many_events", "positions", [own] * 101),
            ("type_missing", "radar", {"event": {**event, "type": " "}}),
            ("driver_missing", "radar", {"event": ENTERED}),
            ("identifier_malformed", "positions", own | {"trip_id": ["x"]}),
            ("recorded_at_missing", "positions", own | {"recorded_at": None}),
            ("recorded_at_malformed", "positions", own | {"recorded_at": "2026-11-20 09:30:00"}),
            ("recorded_at_in_future", "positions", own | {"recorded_at": "2026-11-20T12:06:00Z"}),
            ("coordinates_missing", "positions", own | {"latitude": None, "longitude": None}),
            ("coordinates_malformed", "positions", own | {"latitude": None}),
            ("coordinates_malformed", "radar", {"event": {**event, "location": {"latitude": 1}}}),
            ("latitude_out_of_range", "positions", own | {"latitude": 90.1}),
            ("longitude_out_of_range", "positions", own | {"longitude": -180.1}),
        ):
            self.assertEqual(events_of(request(body, edge)), ([], {reason}), body)

    def test_a_bad_event_spoils_no_other_of_its_request(self) -> None:
        bad = ENTERED | {"type": None}
        body = {"events": [ENTERED, bad, ENTERED], "user": {"_id": "d1"}}
        events, reasons = events_of(request(body, "radar"))
        self.assertEqual((len(events), reasons), (2, {"type_missing"}))

    def test_an_event_is_known_by_driver_time_and_id(self) -> None:
        # Some senders give every event the same id.
        same_id = [position(0, f"11:00:{second:02}", 1.0, 2.0) for second in range(10)]
        self.assertEqual(len(distinct(read(same_id + same_id[:3]))), 10)

    def test_a_geofence_is_known_by_its_first_name(self) -> None:
        def crossing(second: int, **names: str) -> dict:
            return position("e", f"11:00:{second:02}", 1.0, 2.0, type="geofence_entered", **names)

        depot, market = (
            {"geofence_external_id": external_id, "geofence_tag": tag}
            for external_id, tag in (("depot-A", "depot"), ("market-B", "customer"))
        )
        body = [crossing(1, **depot), crossing(2, **market), crossing(3, geofence_tag="depot-A")]
        body += [crossing(4, geofence_id="depot-A"), crossing(5)]
        local_day = day.LocalDay.of("2026-11-20", "UTC")
        rows = day.of(local_day, distinct(read(body)), {})["geofences"]
        names = [{name: row[name] for name in row if name.startswith("geofence")} for row in rows]
        tag, an_id = {"geofence_tag": "depot-A"}, {"geofence_id": "depot-A"}
        self.assertEqual(names, [{}, tag, depot, market, an_id])

    def test_doubtful_positions_are_flagged(self) -> None:
        for flags, latitude, longitude, more in (
            ((), 51.5, 0.0, {"accuracy_m": 100}),
            (("accuracy_poor",), 51.5, 0.0, {"accuracy_m": "100.5"}),
            (("null_island",), 0.00009, -0.00009, {}),
            (("accuracy_poor", "null_island"), 0, 0, {"accuracy_m": 92_000}),
        ):
            (event,) = read(position("e", "11:00:00", latitude, longitude, **more))
            self.assertEqual((event.flags, event.is_good), (flags, not flags))


if __name__ == "__main__":
    unittest.main()
