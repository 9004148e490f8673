//! Posting the drive, each request signed for its edge.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use webhook_signature::{radar, standard};

use super::drive::{Drive, Edge, Run};
use super::posted::Posted;
use super::progress::Progress;
use super::tally::Tally;
use crate::environment::Environment;
use crate::http::{Answer, Client};

/// What was answered about the events of a request.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Receipt {
    // A request of which nothing was accepted is answered with a problem, which has neither.
    #[serde(default)]
    pub(crate) accepted: usize,
    #[serde(default)]
    pub(crate) duplicates: usize,
    pub(crate) quarantined: Vec<Refusal>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) reason: String,
}

/// Posts all of it, one request after the other, and notes each in `posted`.
pub(crate) fn drive(
    http: &Client,
    environment: &Environment,
    drive: &Drive,
    run: &Run,
    posted: &mut Posted,
) -> Result<Tally> {
    let mut progress = Progress::new("posting the drive", drive.lines.len());
    let mut tally = Tally::default();
    for (index, line) in drive.lines.iter().enumerate() {
        let number = index + 1;
        let place = || format!("line {number} of the drive ({})", line.note);
        let body = run.render(&line.body).with_context(place)?;
        let posted_at = SystemTime::now();
        let answer = post(http, environment, line.edge, &body).with_context(place)?;
        posted.note(line.edge, posted_at, &body)?;
        tally.count(number, line, &receipt(&answer).with_context(place)?);
        progress.reach(number);
    }
    progress.finish();
    posted.finish()?;
    Ok(tally)
}

fn post(http: &Client, environment: &Environment, edge: Edge, body: &str) -> Result<Answer> {
    // A new one for each request, repeats included: a sender signs every attempt.
    let id = format!("{:032x}", fastrand::u128(..));
    match edge {
        Edge::Radar => {
            let signature = radar::sign(&environment.radar_secret, &id);
            let headers = [(radar::SIGNING_ID_HEADER, id.as_str()), (radar::SIGNATURE_HEADER, signature.as_str())];
            http.post_json(&environment.webhook_url, &headers, body)
        }
        Edge::Positions => {
            let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
            let signature = standard::sign(&environment.standard_webhooks_secret, &id, now, body.as_bytes())?;
            let timestamp = now.to_string();
            let headers = [
                (standard::ID_HEADER, id.as_str()),
                (standard::TIMESTAMP_HEADER, timestamp.as_str()),
                (standard::SIGNATURE_HEADER, signature.as_str()),
            ];
            http.post_json(&environment.positions_url, &headers, body)
        }
    }
}

/// Every other status says that the request was not dealt with: then nothing can be counted.
fn receipt(answer: &Answer) -> Result<Receipt> {
    match answer.status {
        202 | 400 | 422 => answer.json(),
        _ => bail!("unexpected answer {answer}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Receipt> {
        receipt(&Answer { status, body: body.to_owned() })
    }

    #[test]
    fn receipts_and_problems_are_read() {
        let refusal = || Refusal { reason: "driver_missing".to_owned() };
        let partly = r#"{"accepted":2,"duplicates":1,"quarantined":[{"index":1,"reason":"driver_missing"}]}"#;
        assert_eq!(read(202, partly).unwrap(), Receipt { accepted: 2, duplicates: 1, quarantined: vec![refusal()] });
        let problem = r#"{"status":422,"reason":"driver_missing","quarantined":[{"reason":"driver_missing"}]}"#;
        assert_eq!(read(422, problem).unwrap(), Receipt { accepted: 0, duplicates: 0, quarantined: vec![refusal()] });
    }

    #[test]
    fn what_says_nothing_about_the_events_is_an_error() {
        let answers = [(400, r#"{"message":"Bad Request"}"#), (401, r#"{"quarantined":[]}"#), (503, ""), (202, "")];
        for (status, body) in answers {
            let error = read(status, body).err().unwrap();
            assert!(error.to_string().contains(&status.to_string()), "{error:#}");
        }
    }
}
