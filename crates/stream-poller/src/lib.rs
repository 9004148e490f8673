//! For tests: Lambda's poller of a table's stream, as AWS's behaves. The emulator's drops what is reported as
//! failed, so it can prove nothing about losing events.

use std::ops::Range;

use table_item::BatchResponse;

/// Brings a shard's records to a function, `batch` at a time, until each is finished or given up, and returns those
/// that were given up. The sequence number of a record must be its index.
///
/// Checkpoints before the first failed record, tries again `max_retries` times, bisects what keeps failing, and
/// gives up a record that fails alone, as an event source mapping with bisection does:
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>
///
/// # Panics
/// Where a failure is reported that is not in the batch.
pub async fn poll(
    records: usize,
    batch: usize,
    max_retries: u32,
    invoke: impl AsyncFn(Range<usize>) -> BatchResponse,
) -> Vec<usize> {
    let mut given_up = Vec::new();
    let batches = (0..records).step_by(batch).map(|start| (start..records.min(start + batch), 0));
    let mut work: Vec<(Range<usize>, u32)> = batches.collect();
    work.reverse();
    while let Some((range, retries)) = work.pop() {
        if range.is_empty() {
            continue;
        }
        let response = invoke(range.clone()).await;
        let Some(failed) = response.first_unfinished() else { continue };
        let failed = failed.parse().ok().filter(|failed| range.contains(failed));
        #[expect(clippy::expect_used, reason = "an assertion of tests")]
        let failed: usize = failed.expect("what is reported is of the batch");
        // A batch that got further starts anew; one that did not has used up a retry.
        let retries = if failed > range.start { 0 } else { retries + 1 };
        let middle = failed + (range.end - failed) / 2;
        if retries <= max_retries {
            work.push((failed..range.end, retries));
        } else if middle > failed {
            work.push((middle..range.end, 0));
            work.push((failed..middle, 0));
        } else {
            given_up.push(failed);
        }
    }
    given_up
}
