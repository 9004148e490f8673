//! Posting the drive, each request signed for its edge.

use std::time::SystemTime;

use anyhow::{Context as _, Result};
use location_event::SignatureScheme;

use super::drive::{Drive, Edge, Run};
use super::posted::Posted;
use super::tally::Tally;
use crate::environment::Environment;
use crate::http::{Answer, Client};
use crate::progress::Progress;
use crate::sender::{self, Receipt};

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
        tally.count(number, line, &Receipt::of(&answer).with_context(place)?);
        progress.reach(number);
    }
    progress.finish();
    posted.finish()?;
    Ok(tally)
}

fn post(http: &Client, environment: &Environment, edge: Edge, body: &str) -> Result<Answer> {
    let (scheme, secret, url) = match edge {
        Edge::Radar => (SignatureScheme::Radar, &environment.radar_secret, &environment.webhook_url),
        Edge::Positions => {
            (SignatureScheme::StandardWebhooks, &environment.standard_webhooks_secret, &environment.positions_url)
        }
    };
    let headers = sender::signed(scheme, secret, body.as_bytes())?;
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    http.post_json(url, &headers, body.as_bytes())
}
