//! The quarantine: how many requests it took in on a day, by reason.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use futures_util::future::try_join_all;
use local_day::LocalDay;
use location_event::{Reason, Timestamp};

use crate::call::CallError;

const SERVICE: &str = "the quarantine";

/// The bucket, of which nothing but the listing is read.
#[derive(Clone, Debug)]
pub(crate) struct Quarantine {
    client: Client,
    bucket: String,
}

impl Quarantine {
    pub(crate) fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Requests that went into the quarantine on a day, by reason; reasons that did not occur are left out. A request
    /// that was refused for two reasons is in it twice. One that its sender repeats, unchanged, is in it once, with
    /// the time of the last.
    pub(crate) async fn count(&self, day: &LocalDay) -> Result<BTreeMap<String, u64>, CallError> {
        // The bucket files them by UTC date; the day may be parts of two.
        let last = Timestamp::from_millis(day.to().as_millis() - 1).unwrap_or(day.to());
        let mut dates = vec![day.from().date(), last.date()];
        dates.dedup();
        let dates = &dates;
        let counts = try_join_all(Reason::ALL.map(async |reason| {
            let mut requests = 0;
            for date in dates {
                requests += self.count_under(&format!("quarantine/{reason}/dt={date}/"), day).await?;
            }
            Ok((reason.code().to_owned(), requests))
        }));
        Ok(counts.await?.into_iter().filter(|(_, requests)| *requests > 0).collect())
    }

    async fn count_under(&self, prefix: &str, day: &LocalDay) -> Result<u64, CallError> {
        let of_the_day = day.from().as_millis()..day.to().as_millis();
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(CallError::of(SERVICE))?;
            let times = page.contents().iter().filter_map(|object| object.last_modified()?.to_millis().ok());
            count += times.filter(|time| of_the_day.contains(time)).map(|_| 1).sum::<u64>();
        }
        Ok(count)
    }
}
