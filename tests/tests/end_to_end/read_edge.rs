//! The read edge, checked against its own specification.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use milkrun_tests::day::array;
use milkrun_tests::dispatch::{assign, assign_with, pairs, put, read, update};
use milkrun_tests::payload::{ago, position};
use milkrun_tests::{Answer, Day, MILKRUN, Specification, get, post_positions, send, unique};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// A driver with 25 positions at whole seconds, and those seconds.
fn driver_with_a_track() -> (String, Vec<String>) {
    let driver = unique("driver");
    let times: Vec<_> = (0..25).map(|index| ago(500 - index * 10)).collect();
    let positions: Vec<_> = times
        .iter()
        .map(|time| {
            let mut body = position(&driver, 0);
            body["recorded_at"] = json!(time);
            body["altitude_m"] = json!(760.5);
            body["order_id"] = json!(driver.replace("driver", "order"));
            body
        })
        .collect();
    assert_eq!(post_positions(&json!(positions)).body["accepted"], 25);
    (driver, times)
}

fn times(page: &Value) -> Vec<String> {
    page["positions"].as_array().unwrap().iter().map(|p| p["recorded_at"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_track_is_read_page_by_page_without_gap_or_overlap() {
    let (driver, expected) = driver_with_a_track();
    for limit in [1, 7, 24, 25, 1000] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = read(&format!("/v1/drivers/{driver}/track?limit={limit}{cursor}"));
            assert_eq!(page.status, 200, "{page:?}");
            found.extend(times(&page.body));
            match page.body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
            assert!(found.len() < 30, "the pages do not end");
        }
        assert_eq!(found, expected, "limit {limit}");
    }
}

#[test]
fn a_period_has_its_start_and_not_its_end() {
    let (driver, all) = driver_with_a_track();
    let page = read(&format!("/v1/drivers/{driver}/track?from={}&to={}", all[3], all[9]));
    assert_eq!(times(&page.body), all[3..9]);
    // A cursor goes on inside the period, and one from outside it finds nothing.
    let first = read(&format!("/v1/drivers/{driver}/track?from={}&to={}&limit=2", all[3], all[9]));
    let cursor = first.body["next_cursor"].as_str().unwrap();
    let second = read(&format!("/v1/drivers/{driver}/track?from={}&to={}&cursor={cursor}", all[3], all[9]));
    assert_eq!(times(&second.body), all[5..9]);
    let elsewhere = read(&format!("/v1/drivers/{driver}/track?from={}&cursor={cursor}", all[12]));
    assert_eq!((elsewhere.status, times(&elsewhere.body)), (200, Vec::new()));
}

#[test]
fn geojson_is_answered_where_it_is_asked_for() {
    let (driver, _) = driver_with_a_track();
    let headers = [("x-api-key", MILKRUN.api_key.as_str()), ("accept", "application/geo+json")];
    let answer = get(&format!("/v1/drivers/{driver}/track?limit=3"), &headers);
    assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/geo+json"));
    assert_eq!(answer.body["features"].as_array().unwrap().len(), 3);
    assert_eq!(answer.body["features"][0]["geometry"]["coordinates"], json!([-46.6333, -23.5505]));
    assert!(answer.body["next_cursor"].is_string());
    Specification::read().check("get", "/v1/drivers/{driver_id}/track", 200, &answer);
}

#[test]
fn doubtful_positions_are_shown_with_their_flags() {
    let specification = Specification::read();
    let (driver, order) = (unique("driver"), unique("order"));
    let of_order = |seconds_ago: u64, fields: Value| {
        let mut body = position(&driver, seconds_ago);
        body["order_id"] = json!(order);
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    let positions = json!([
        of_order(30, json!({})),
        of_order(20, json!({"latitude": 0, "longitude": -0.000_09})),
        of_order(10, json!({"latitude": 0, "longitude": 0, "accuracy_m": "92000"})),
    ]);
    assert_eq!(post_positions(&positions).body["accepted"], 3);
    let both = json!(["accuracy_poor", "null_island"]);
    let expected = [json!(null), json!(["null_island"]), both.clone()];
    for (subject, id) in [("driver", &driver), ("order", &order)] {
        let (path, route) = (format!("/v1/{subject}s/{id}/track"), format!("/v1/{subject}s/{{{subject}_id}}/track"));
        let track = milkrun_tests::eventually(&format!("3 positions at {path}"), || {
            let track = read(&path);
            (track.body["positions"].as_array()?.len() == 3).then_some(track)
        });
        specification.check("get", &route, 200, &track);
        let flags = |list: &Value, of: fn(&Value) -> &Value| -> Vec<Value> {
            list.as_array().unwrap().iter().map(|one| of(one)["flags"].clone()).collect()
        };
        assert_eq!(flags(&track.body["positions"], |position| position), expected, "{path}");
        let headers = [("x-api-key", MILKRUN.api_key.as_str()), ("accept", "application/geo+json")];
        let features = get(&path, &headers);
        specification.check("get", &route, 200, &features);
        assert_eq!(flags(&features.body["features"], |feature| &feature["properties"]), expected, "{path}");
        // The last location is the newest, whatever is said of it.
        let location = read(&format!("/v1/{subject}s/{id}/location"));
        specification.check("get", &route.replace("track", "location"), 200, &location);
        assert_eq!((&location.body["flags"], &location.body["accuracy_m"]), (&both, &json!(92_000.0)));
    }
}

#[test]
fn bad_parameters_are_named() {
    let driver = unique("driver");
    for (query, names) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("from=yesterday", "from"),
        ("to=2026-01-01", "to"),
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to"),
        ("cursor=nonsense", "cursor"),
    ] {
        assert_refused(&format!("/v1/drivers/{driver}/track?{query}"), names);
    }
}

fn assert_refused(path: &str, names: &str) {
    let answer = read(path);
    assert_eq!((answer.status, answer.media_type.as_str()), (400, "application/problem+json"), "{path}: {answer:?}");
    assert!(answer.body["detail"].as_str().unwrap().starts_with(&format!("{names} ")), "{path}: {answer:?}");
}

#[test]
fn an_empty_parameter_is_refused_rather_than_defaulted() {
    let driver = unique("driver");
    for (path, names) in
        [("track", &["from", "to", "limit", "cursor"][..]), ("minutes", &["from", "to"]), ("assignments", &["date"])]
    {
        for name in names {
            assert_refused(&format!("/v1/drivers/{driver}/{path}?{name}="), name);
        }
    }
    let today = &ago(0)[..10];
    assert_refused(&format!("/v1/analytics/daily/{today}?cursor="), "cursor");
}

#[test]
fn a_made_up_cursor_that_no_table_takes_as_a_key_is_refused() {
    let driver = unique("driver");
    let cursor = |driver_id: &str, sort_key: &str| BASE64.encode(json!([driver_id, sort_key]).to_string());
    for made_up in [
        cursor(&"d".repeat(2049), "2026-11-20T09:30:00.123Z#e"),
        cursor(&driver, &format!("2026-11-20T09:30:00.123Z#{}", "e".repeat(1000))),
        cursor(&driver, ""),
        "A".repeat(5000),
    ] {
        assert_refused(&format!("/v1/drivers/{driver}/track?cursor={made_up}"), "cursor");
    }
}

#[test]
fn an_identifier_in_a_path_has_no_control_characters_and_is_trimmed() {
    let driver = unique("driver");
    assert_eq!(post_positions(&position(&driver, 5)).status, 202);
    for (route, name) in [
        ("drivers/ID/location", "driver_id"),
        ("drivers/ID/track", "driver_id"),
        ("drivers/ID/minutes", "driver_id"),
        ("drivers/ID/assignments", "driver_id"),
        ("orders/ID/location", "order_id"),
        ("orders/ID/track", "order_id"),
        ("packages/ID", "package_id"),
    ] {
        for id in [format!("{driver}%00"), format!("{driver}%0Ax"), format!("{driver}%C2%85x"), "%20".to_owned()] {
            assert_refused(&format!("/v1/{}", route.replace("ID", &id)), name);
        }
    }
    let answer = read(&format!("/v1/drivers/%20{driver}%0A/location"));
    assert_eq!((answer.status, &answer.body["driver_id"]), (200, &json!(driver)), "{answer:?}");
}

#[test]
fn an_id_with_reserved_characters_is_found() {
    let driver = format!("{} ä?#+&", unique("driver"));
    assert_eq!(post_positions(&position(&driver, 5)).status, 202);
    let encoded = utf8_percent_encode(&driver, NON_ALPHANUMERIC);
    let answer = read(&format!("/v1/drivers/{encoded}/location"));
    assert_eq!((answer.status, &answer.body["driver_id"]), (200, &json!(driver)), "{answer:?}");
}

#[test]
fn without_a_key_nothing_but_health_is_answered() {
    let path = format!("/v1/drivers/{}/location", unique("driver"));
    for headers in [&[][..], &[("x-api-key", "wrong")]] {
        assert_eq!(get(&path, headers).status, 403);
    }
    let health = get("/v1/health", &[]);
    assert_eq!((health.status, &health.body["status"]), (200, &json!("ok")), "{health:?}");
    assert_eq!(health.body["dependencies"]["location_events"]["status"], "ok");
}

#[test]
fn answers_are_what_the_specification_says() {
    let specification = Specification::read();
    let (driver, _) = driver_with_a_track();
    let order = driver.replace("driver", "order");
    milkrun_tests::eventually("the order's location", || {
        (read(&format!("/v1/orders/{order}/location")).status == 200).then_some(())
    });
    for (route, path, status) in [
        ("/v1/drivers/{driver_id}/location", format!("/v1/drivers/{driver}/location"), 200),
        ("/v1/orders/{order_id}/location", format!("/v1/orders/{order}/location"), 200),
        ("/v1/drivers/{driver_id}/location", "/v1/drivers/nobody/location".to_owned(), 404),
        ("/v1/orders/{order_id}/location", "/v1/orders/nothing/location".to_owned(), 404),
        ("/v1/drivers/{driver_id}/track", format!("/v1/drivers/{driver}/track?limit=5"), 200),
        ("/v1/orders/{order_id}/track", format!("/v1/orders/{order}/track"), 200),
        ("/v1/drivers/{driver_id}/track", "/v1/drivers/nobody/track".to_owned(), 200),
        ("/v1/drivers/{driver_id}/track", format!("/v1/drivers/{driver}/track?limit=x"), 400),
        ("/v1/health", "/v1/health".to_owned(), 200),
    ] {
        let answer = read(&path);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        specification.check("get", route, status, &answer);
    }
}

#[test]
fn answers_of_dispatch_are_what_the_specification_says() {
    let specification = Specification::read();
    let check = |operation: &str, status: u16, answer: &Answer| {
        let (method, route) = operation.split_once(' ').unwrap();
        assert_eq!(answer.status, status, "{operation}: {answer:?}");
        specification.check(method, route, status, answer);
    };
    let (of_day, of_driver, of_package) =
        ("get /v1/days/{date}", "get /v1/drivers/{driver_id}/assignments", "get /v1/packages/{package_id}");

    let mut day = Day::plain(1, 3);
    day.packages[2]["hazmat_class"] = json!(3);
    day.packages[2]["customer"] = json!("Ana");
    check(of_day, 200, &read(&day.path("")));
    check("post /assign", 404, &assign(&day.request(1)));
    for (list, elements) in [("drivers", &day.drivers), ("packages", &day.packages)] {
        let operation = format!("put /v1/days/{{date}}/{list}");
        check(&operation, 200, &put(&day.path(&format!("/{list}")), &array(elements)));
        check(&operation, 400, &put(&format!("/v1/days/today/{list}"), &array(elements)));
        check(&operation, 422, &put(&day.path(&format!("/{list}")), b"[{}]"));
    }
    let mut request = day.request(2);
    let key = unique("key");
    check("post /assign", 200, &assign_with(&request, &[("idempotency-key", &key)]));
    for (field, value) in [("explain", json!(true)), ("dry_run", json!(true)), ("objective", json!("distance"))] {
        request[field] = value;
    }
    check("post /assign", 200, &assign(&request));
    request["dry_run"] = json!(false);
    check("post /assign", 409, &assign_with(&request, &[("idempotency-key", &key)]));
    check("post /assign", 400, &assign(&day.request(0)));
    check("post /assign", 400, &assign(&day.request_for(&[unique("stranger")], 1)));
    let bad = Day { packages: vec![json!({})], ..Day::plain(1, 0) }.uploaded();
    check("post /assign", 422, &assign(&bad.request(1)));

    let carried = pairs(&assign(&day.request(3)));
    let (driver, packages) = (day.id("d0"), carried.iter().map(|(_, package)| package).collect::<Vec<_>>());
    check("post /update", 200, &update(&driver, packages[0], "in_progress", &json!({})));
    let more = json!({"reason": "-", "proof": "a note", "occurred_at": ago(5)});
    check("post /update", 200, &update(&driver, packages[0], "delivered", &more));
    let more = json!({"proof": {"photo": "1.jpg"}});
    check("post /update", 200, &update(&driver, packages[1], "failed_to_deliver", &more));
    check("post /update", 409, &update(&driver, packages[0], "accepted", &json!({})));
    check("post /update", 400, &update(&driver, packages[0], "lost", &json!({})));
    check("post /update", 404, &update(&driver, &unique("package"), "accepted", &json!({})));

    check(of_day, 200, &read(&day.path("")));
    check(of_day, 400, &read("/v1/days/2026-1-1"));
    check(of_driver, 200, &read(&format!("/v1/drivers/{driver}/assignments?date={}", day.date)));
    check(of_driver, 200, &read(&format!("/v1/drivers/{driver}/assignments")));
    check(of_driver, 400, &read(&format!("/v1/drivers/{driver}/assignments?date=x")));
    for package in packages {
        check(of_package, 200, &read(&format!("/v1/packages/{package}")));
    }
    check(of_package, 400, &read(&format!("/v1/packages/{}", "x".repeat(2000))));
    check(of_package, 404, &read(&format!("/v1/packages/{}", unique("package"))));
}

#[test]
fn without_a_key_nothing_of_dispatch_is_answered() {
    let specification = Specification::read();
    let day = Day::plain(1, 1);
    for (method, route, path) in [
        ("post", "/assign", "/assign".to_owned()),
        ("post", "/update", "/update".to_owned()),
        ("put", "/v1/days/{date}/drivers", day.path("/drivers")),
        ("put", "/v1/days/{date}/packages", day.path("/packages")),
        ("get", "/v1/days/{date}", day.path("")),
        ("get", "/v1/drivers/{driver_id}/assignments", "/v1/drivers/d/assignments".to_owned()),
        ("get", "/v1/packages/{package_id}", "/v1/packages/p".to_owned()),
    ] {
        for headers in [&[][..], &[("x-api-key", "wrong")]] {
            let answer = match method {
                "get" => get(&path, headers),
                _ => send(&method.to_uppercase().parse().unwrap(), &path, headers, b"[]"),
            };
            assert_eq!(answer.status, 403, "{path}: {answer:?}");
            specification.check(method, route, 403, &answer);
        }
    }
}
