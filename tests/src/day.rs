//! A day of a test's own: lists with ids that no other test has, and what the table says of it.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use sample_day::SampleDay;
use serde_json::{Value, json};

use crate::{Aws, MILKRUN, unique};

/// Days of a year that are given out: 28 of each month.
const DAYS_OF_YEAR: u32 = 12 * 28;

/// Lists of drivers and packages, and the day that they are for.
#[derive(Clone, Debug)]
pub struct Day {
    /// Such as `2431-07-19`.
    pub date: String,
    /// What all ids of the day begin with.
    pub mark: String,
    /// The drivers, as their list describes them.
    pub drivers: Vec<Value>,
    /// The packages, as their list describes them.
    pub packages: Vec<Value>,
}

impl Day {
    /// A generated day. Two of the same sample differ in the date and in the ids' mark, and in nothing else.
    pub fn sample(sample: &SampleDay) -> Self {
        let day = Self::empty();
        let marked = |list: Vec<u8>, id: &str| {
            let mut list: Vec<Value> = serde_json::from_slice(&list).expect("a list");
            for element in &mut list {
                element[id] = json!(day.id(element[id].as_str().expect("an id")));
            }
            list
        };
        let drivers = marked(sample.drivers_json(), "id");
        let packages = marked(sample.packages_json(), "package_id");
        Self { drivers, packages, ..day }
    }

    /// A day on which anybody may carry anything.
    pub fn plain(drivers: usize, packages: usize) -> Self {
        let day = Self::empty();
        let drivers = (0..drivers).map(|number| day.driver(&format!("d{number}"), &[])).collect();
        let packages = (0..packages).map(|number| day.package(&format!("p{number:03}"))).collect();
        Self { drivers, packages, ..day }
    }

    /// A day without anything, long after all days that anybody works on. One run of the tests has no day twice, and
    /// another on the same milkrun begins elsewhere.
    pub fn empty() -> Self {
        static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(fastrand::u32(..7_000 * DAYS_OF_YEAR)));
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (year, of_year) = (2100 + number / DAYS_OF_YEAR, number % DAYS_OF_YEAR);
        let date = format!("{year}-{:02}-{:02}", 1 + of_year / 28, 1 + of_year % 28);
        Self { date, mark: unique("day"), drivers: Vec::new(), packages: Vec::new() }
    }

    /// An id of this day only.
    pub fn id(&self, name: &str) -> String {
        format!("{}-{name}", self.mark)
    }

    /// A driver with rules: codes and their parameters.
    pub fn driver(&self, name: &str, rules: &[(&str, Value)]) -> Value {
        let rules =
            rules.iter().map(|(code, params)| json!({"rule_id": unique("rule"), "code": code, "params": params}));
        json!({"id": self.id(name), "rules": rules.collect::<Vec<_>>()})
    }

    /// A package like any other.
    pub fn package(&self, name: &str) -> Value {
        json!({
            "package_id": self.id(name), "weight_kg": 4.25, "is_perishable": false, "region": "north",
            "distance_km": 12.5, "is_express": true, "is_fragile": false, "hazmat_class": null, "temperature_c": 5,
            "delivery_hour": 9, "volume_m3": 0.75, "address": "Rua Augusta 100",
        })
    }

    /// The ids of all drivers.
    pub fn driver_ids(&self) -> Vec<String> {
        ids(&self.drivers, "id")
    }

    /// The ids of all packages.
    pub fn package_ids(&self) -> Vec<String> {
        ids(&self.packages, "package_id")
    }

    /// Puts both lists into the bucket.
    #[must_use]
    pub fn uploaded(self) -> Self {
        self.upload("drivers.json", array(&self.drivers));
        self.upload("packages.json", array(&self.packages));
        self
    }

    /// Puts an object of the day into the bucket, such as `drivers.json`.
    pub fn upload(&self, name: &str, bytes: Vec<u8>) {
        let aws = Aws::root();
        let key = format!("days/{}/{name}", self.date);
        let put = aws_sdk_s3::Client::new(aws.config()).put_object().bucket(&MILKRUN.dispatch_bucket).key(key);
        aws.wait(put.body(ByteStream::from(bytes)).send()).expect("the list is uploaded");
    }

    /// The path of the day in the API, or of one of its lists.
    pub fn path(&self, list: &str) -> String {
        format!("/v1/days/{}{list}", self.date)
    }

    /// A request for all drivers.
    pub fn request(&self, max_per_driver: usize) -> Value {
        self.request_for(&self.driver_ids(), max_per_driver)
    }

    /// A request for some drivers.
    pub fn request_for(&self, driver_ids: &[String], max_per_driver: usize) -> Value {
        json!({"driver_ids": driver_ids, "max_per_driver": max_per_driver, "date": self.date})
    }

    /// The table's items of the day, sorted by driver and package.
    pub fn rows(&self) -> Vec<Value> {
        let aws = Aws::root();
        let scan = aws_sdk_dynamodb::Client::new(aws.config())
            .scan()
            .table_name(&MILKRUN.assignments_table)
            .filter_expression("#date = :date")
            .expression_attribute_names("#date", "date")
            .expression_attribute_values(":date", AttributeValue::S(self.date.clone()))
            .consistent_read(true);
        let items = aws.wait(scan.into_paginator().items().send().try_collect()).expect("the table is read");
        let mut rows: Vec<_> = items.into_iter().map(object).collect();
        rows.sort_by_key(key);
        rows
    }

    /// Driver and package of the table's items of the day, sorted.
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.rows().iter().map(key).collect()
    }

    /// How many packages the table gives to a driver, cheaper than all rows of the day.
    pub fn count(&self, driver_id: &str) -> usize {
        let aws = Aws::root();
        let query = aws_sdk_dynamodb::Client::new(aws.config())
            .query()
            .table_name(&MILKRUN.assignments_table)
            .key_condition_expression("driver_id = :driver")
            .expression_attribute_values(":driver", AttributeValue::S(driver_id.to_owned()))
            .consistent_read(true);
        aws.wait(query.send()).expect("the table is read").items().len()
    }

    /// The day's plan as it lies in the bucket, if there is one.
    pub fn plan(&self) -> Option<Vec<u8>> {
        let aws = Aws::root();
        let s3 = aws_sdk_s3::Client::new(aws.config());
        let get = s3.get_object().bucket(&MILKRUN.dispatch_bucket).key(format!("plans/{}.json", self.date));
        aws.wait(async { Some(get.send().await.ok()?.body.collect().await.ok()?.to_vec()) })
    }
}

/// A list as a JSON array.
pub fn array(list: &[Value]) -> Vec<u8> {
    json!(list).to_string().into_bytes()
}

/// A list as one JSON object a line.
pub fn lines(list: &[Value]) -> Vec<u8> {
    list.iter().flat_map(|element| format!("{element}\n").into_bytes()).collect()
}

fn ids(list: &[Value], field: &str) -> Vec<String> {
    list.iter().map(|element| element[field].as_str().expect("an id").to_owned()).collect()
}

fn key(row: &Value) -> (String, String) {
    let text = |name: &str| row[name].as_str().expect("a text").to_owned();
    (text("driver_id"), text("package_id"))
}

/// An item as JSON.
fn object(item: HashMap<String, AttributeValue>) -> Value {
    item.into_iter().map(|(name, value)| (name, plain(value))).collect::<serde_json::Map<_, _>>().into()
}

fn plain(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => text.into(),
        AttributeValue::N(number) => serde_json::from_str(&number).expect("a number"),
        AttributeValue::Bool(flag) => flag.into(),
        AttributeValue::L(list) => list.into_iter().map(plain).collect(),
        AttributeValue::M(map) => object(map),
        other => panic!("{other:?} is not in this table"),
    }
}
