//! Days' numbers, which list their drivers: computed again without the driver where the lake still has the day,
//! otherwise the driver's line is taken out, and the totals, which name nobody, stay.

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use local_day::TOO_LONG_AGO;
use serde_json::Value;
use table_item::Fields as _;
use wire_json::Json;

use super::eraser::{Eraser, Mode};
use super::names::{Mention, Names};
use super::tables::{AGGREGATES, place_of};
use crate::daily;
use crate::objects::Bucket;
use crate::progress::Progress;

const STORE: &str = "days";
/// There is no older one: the lake's partitions begin with it.
const FIRST: Date = date(2026, 1, 1);
const AT_ONCE: usize = 16;

/// A page of a day that names the driver.
struct Page {
    date: Date,
    bucket: String,
    body: String,
}

impl Eraser<'_> {
    pub(super) async fn days(&mut self, mode: Mode) -> Result<()> {
        if mode == Mode::Search {
            // A search reads the whole table anyway.
            return Ok(());
        }
        let pages = self.pages().await?;
        let mut dates: Vec<_> = pages.iter().map(|page| page.date).collect();
        dates.dedup();
        self.found(mode, STORE, "days", dates.len() as u64, STORE);
        if mode == Mode::Count {
            return Ok(());
        }
        let mut progress = Progress::new("computing days again", dates.len());
        for (done, date) in dates.into_iter().enumerate() {
            if let Err(error) = self.without(date, &pages).await {
                let table = self.deployment.output("AggregatesTable")?;
                for page in pages.iter().filter(|page| page.date == date) {
                    // As the last look calls it.
                    self.failed(AGGREGATES, &place_of(table, &[&format!("day#{date}"), &page.bucket]), &error);
                }
            }
            progress.reach(done + 1);
        }
        progress.finish();
        Ok(())
    }

    /// The pages of all days that name the driver, oldest first.
    async fn pages(&self) -> Result<Vec<Page>> {
        let client = aws_sdk_dynamodb::Client::new(&self.deployment.sdk);
        let table = self.deployment.output("AggregatesTable")?;
        let tomorrow = jiff::Zoned::now().date().saturating_add(1.day());
        let dates: Vec<_> = FIRST.series(1.day()).take_while(|date| *date <= tomorrow).collect();
        let of_day = async |date: Date| {
            let query = client
                .query()
                .table_name(table)
                .key_condition_expression("subject = :day AND begins_with(#bucket, :pages)")
                .expression_attribute_names("#bucket", "bucket")
                .expression_attribute_values(":day", AttributeValue::S(format!("day#{date}")))
                .expression_attribute_values(":pages", AttributeValue::S("page#".to_owned()))
                .consistent_read(true);
            let items = query.into_paginator().items().send().try_collect().await;
            let items = items.context("the days' numbers cannot be read")?;
            let text = |item: &std::collections::HashMap<_, _>, name| item.text(name).unwrap_or_default().to_owned();
            let pages = items.iter().map(|item| Page { date, bucket: text(item, "bucket"), body: text(item, "body") });
            anyhow::Ok(pages.filter(|page| names_driver(&self.names, &page.body)).collect::<Vec<_>>())
        };
        let pages: Vec<_> = stream::iter(dates).map(of_day).buffered(AT_ONCE).try_collect().await?;
        Ok(pages.into_iter().flatten().collect())
    }

    /// Computes a day again, or takes the driver out of its pages.
    async fn without(&self, date: Date, pages: &[Page]) -> Result<()> {
        match self.compute(date).await {
            Err(error) if error.to_string().contains(TOO_LONG_AGO) => {
                for page in pages.iter().filter(|page| page.date == date) {
                    self.take_out(page).await?;
                }
                self.forget_report(date).await
            }
            computed => computed.context("the day cannot be computed again"),
        }
    }

    async fn compute(&self, date: Date) -> Result<()> {
        let name = self.deployment.output("AggregatorDailyFunction")?;
        daily::compute(&self.deployment.sdk, name, &[date]).await.map(drop)
    }

    async fn take_out(&self, page: &Page) -> Result<()> {
        let table = self.deployment.output("AggregatesTable")?;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        aws_sdk_dynamodb::Client::new(&self.deployment.sdk)
            .update_item()
            .table_name(table)
            .key("subject", text(&format!("day#{}", page.date)))
            .key("bucket", text(&page.bucket))
            .update_expression("SET body = :rest")
            // Not one that was replaced meanwhile: it would come back as a stump.
            .condition_expression("body = :body")
            .expression_attribute_values(":body", text(&page.body))
            .expression_attribute_values(":rest", text(&without_driver(&self.names, &page.body)?))
            .send()
            .await
            .with_context(|| format!("the numbers of {} cannot be written", page.date))?;
        Ok(())
    }

    async fn forget_report(&self, date: Date) -> Result<()> {
        let lake = Bucket::of(self.deployment, "LakeBucket")?;
        for listed in lake.list(&format!("reports/daily/{date}.html")).await? {
            lake.delete(&listed).await?;
        }
        Ok(())
    }
}

/// Whether a page of a day lists the driver.
pub(super) fn names_driver(names: &Names, body: &str) -> bool {
    // An unreadable page is not one of ours, and may name any driver.
    let Ok(page) = Json::parse(body) else { return names.in_text(body) > Mention::Nothing };
    let id = |driver: &Json<'_>| driver.as_object()?.get("driver_id")?.as_str().map(|id| names.is_own(id));
    let drivers = page.as_object().and_then(|page| page.get("drivers")?.as_array());
    drivers.is_some_and(|drivers| drivers.iter().any(|driver| id(driver) == Some(true)))
}

fn without_driver(names: &Names, body: &str) -> Result<String> {
    let mut page: Value = serde_json::from_str(body)?;
    let is_other = |driver: &Value| !driver["driver_id"].as_str().is_some_and(|id| names.is_own(id));
    page["drivers"].as_array_mut().context("the page lists no drivers")?.retain(is_other);
    Ok(page.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::names::tests::names;
    use super::*;

    #[test]
    fn a_page_without_the_driver_keeps_the_rest() {
        let page = json!({"distinct_drivers": 2, "drivers": [{"driver_id": "driver-1"}, {"driver_id": "driver-2"}]});
        assert!(names_driver(&names(), &page.to_string()));
        let rest = without_driver(&names(), &page.to_string()).unwrap();
        assert!(!names_driver(&names(), &rest));
        let rest: Value = serde_json::from_str(&rest).unwrap();
        assert_eq!(rest, json!({"distinct_drivers": 2, "drivers": [{"driver_id": "driver-2"}]}));
        // An unreadable page is not skipped.
        assert!(names_driver(&names(), r#"{"drivers":[{"driver_id":"driver-1""#));
        assert!(without_driver(&names(), r#"{"drivers":[{"driver_id":"driver-1""#).is_err());
    }
}
