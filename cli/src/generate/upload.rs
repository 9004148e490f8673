//! Putting the lists where dispatch looks for them.

use anyhow::{Context as _, Result};
use aws_types::SdkConfig;
use jiff::civil::Date;

use super::list::List;
use crate::aws;
use crate::environment::Environment;

/// Returns where they are.
pub(crate) fn lists(environment: &Environment, date: Date, lists: [List; 2]) -> Result<String> {
    environment.wait(put(&environment.aws(), &environment.dispatch_bucket, date, lists))
}

async fn put(sdk: &SdkConfig, bucket: &str, date: Date, lists: [List; 2]) -> Result<String> {
    let client = aws::s3(sdk);
    let place = format!("days/{date}/");
    for List { file, bytes, content_type, .. } in lists {
        let key = format!("{place}{file}");
        let put = client.put_object().bucket(bucket).key(&key).content_type(content_type).body(bytes.into());
        put.send().await.with_context(|| format!("{key} cannot be put into the dispatch bucket"))?;
    }
    Ok(format!("s3://{bucket}/{place}"))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_smithy_http_client::test_util::infallible_client_fn;
    use aws_smithy_types::body::SdkBody;
    use sample_day::SampleDay;
    use ureq::http;

    use super::*;
    use crate::environment::tests::unreachable;
    use crate::generate::list::Format;

    fn day() -> [List; 2] {
        List::both(&SampleDay::new(1), Format::Ndjson, true).unwrap()
    }

    #[tokio::test]
    async fn both_are_put_under_the_day() {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&asked);
        let client = infallible_client_fn(move |request: http::Request<SdkBody>| {
            let content_type = request.headers()["content-type"].to_str().unwrap();
            seen.lock().unwrap().push(format!("{} {} {content_type}", request.method(), request.uri().path()));
            http::Response::new(SdkBody::empty())
        });
        let sdk = unreachable().aws().into_builder().http_client(client).build();

        let place = put(&sdk, "d", "2026-11-21".parse().unwrap(), day()).await.unwrap();
        assert_eq!(place, "s3://d/days/2026-11-21/");
        assert_eq!(
            *asked.lock().unwrap(),
            [
                "PUT /d/days/2026-11-21/drivers.ndjson.gz application/gzip",
                "PUT /d/days/2026-11-21/packages.ndjson.gz application/gzip"
            ]
        );
    }

    #[test]
    fn without_a_milkrun_it_says_make_up() {
        let error = lists(&unreachable(), "2026-11-21".parse().unwrap(), day()).err().unwrap();
        assert!(error.to_string().ends_with("run `make up` first"), "{error:#}");
    }
}
