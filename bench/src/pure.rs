//! The pure part of `ingest`: verify, parse, normalise, serialise to canonical JSON.

mod python;
mod typed;

use std::hint::black_box;
use std::time::Instant;

use anyhow::Context as _;
use location_event::{PROVIDERS, Provider, SignatureScheme, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use webhook_signature::{Secrets, radar, standard};

use crate::report::{Goal, Section, Unit};
use crate::statistics::Spread;
use crate::{environment, positions};
use python::Python;

const ROUNDS: usize = 41;
/// How long one contestant runs in one round, seconds: long beside the clock's resolution, short beside
/// the machine's moods.
const ROUND_S: f64 = 0.01;
const RECEIVED_AT: &str = "2026-03-01T12:00:02.000Z";

/// A signed request, and what it takes to handle it.
struct Input {
    name: &'static str,
    provider: Provider,
    body: String,
    secret: String,
    secrets: Secrets,
    headers: Vec<(&'static str, String)>,
    received_at: Timestamp,
}

/// What one contestant does `iterations` times; the seconds that it takes.
type Contestant<'a> = (&'static str, Box<dyn FnMut(u32) -> anyhow::Result<f64> + 'a>);

pub(crate) fn measure() -> anyhow::Result<Vec<Section>> {
    let mut python = Python::start()?;
    let single = radar_single()?;
    let hundred = hundred_positions()?;
    let mut documented = Section::new("The documented event: verify, parse, normalise, serialise");
    compare::<typed::Webhook>(&single, &mut python, &mut documented, |what| match what {
        PYTHON => Some(Goal::AtLeast(8.0)),
        TYPED => Some(Goal::AtMost(3.0)),
        _ => None,
    })?;
    let mut array = Section::new("An array of 100 positions, the same");
    compare::<Vec<typed::Position>>(&hundred, &mut python, &mut array, |_| None)?;
    Ok(vec![documented, array])
}

const OURS: &str = "milkrun";
const PYTHON: &str = "the same in Python's standard library";
const TYPED: &str = "serde_json into typed structs, nothing else";
const DOM: &str = "serde_json::Value, nothing else";

fn compare<Typed: DeserializeOwned>(
    input: &Input,
    python: &mut Python,
    section: &mut Section,
    goal: impl Fn(&str) -> Option<Goal>,
) -> anyhow::Result<()> {
    let ours = serde_json::Deserializer::from_slice(&whole(input)?).into_iter().collect::<Result<Vec<Value>, _>>()?;
    let theirs = python.load(input)?;
    anyhow::ensure!(ours == theirs, "Python makes other events of it: {ours:#?} and {theirs:#?}");

    let contestants: [Contestant<'_>; 4] = [
        (OURS, Box::new(|iterations| time(iterations, || whole(black_box(input))))),
        (TYPED, Box::new(|iterations| time(iterations, || parse::<Typed>(black_box(&input.body))))),
        (DOM, Box::new(|iterations| time(iterations, || parse::<Value>(black_box(&input.body))))),
        (PYTHON, Box::new(|iterations| python.run(input, iterations))),
    ];
    let [ours, typed, dom, python] = race(contestants)?;
    section.figure(OURS, Unit::Microseconds, micros(&ours));
    for (what, samples) in [(PYTHON, &python), (TYPED, &typed), (DOM, &dom)] {
        section.figure(what, Unit::Microseconds, micros(samples));
    }
    let mut ratio = |what: String, spread: Spread, goal: Option<Goal>| match goal {
        Some(goal) => section.goal(what, Unit::Times, spread, goal),
        None => section.figure(what, Unit::Times, spread),
    };
    ratio(format!("Python / {OURS}"), Spread::of_ratios(&python, &ours), goal(PYTHON));
    ratio(format!("{OURS} / typed structs"), Spread::of_ratios(&ours, &typed), goal(TYPED));
    ratio(format!("serde_json::Value / {OURS}"), Spread::of_ratios(&dom, &ours), goal(DOM));
    Ok(())
}

/// Seconds an iteration for each contestant, round by round. Each round begins with another one.
fn race<const N: usize>(mut contestants: [Contestant<'_>; N]) -> anyhow::Result<[Vec<f64>; N]> {
    let mut iterations = [1_u32; N];
    for ((_, run), iterations) in contestants.iter_mut().zip(&mut iterations) {
        // Also warms caches and branch predictors up.
        while run(*iterations)? < ROUND_S {
            *iterations = iterations.checked_mul(2).context("a contestant takes no time")?;
        }
    }
    let mut samples = [const { Vec::new() }; N];
    for round in 0..ROUNDS {
        for turn in 0..N {
            let index = (round + turn) % N;
            let seconds = contestants[index].1(iterations[index])?;
            samples[index].push(seconds / f64::from(iterations[index]));
        }
    }
    Ok(samples)
}

fn time<T>(iterations: u32, work: impl Fn() -> anyhow::Result<T>) -> anyhow::Result<f64> {
    let started = Instant::now();
    for _ in 0..iterations {
        black_box(work()?);
    }
    Ok(started.elapsed().as_secs_f64())
}

fn micros(seconds: &[f64]) -> Spread {
    Spread::of(seconds.iter().map(|seconds| seconds * 1e6))
}

/// The whole pure part, to JSON lines.
fn whole(input: &Input) -> anyhow::Result<Vec<u8>> {
    let header = |name: &str| input.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str());
    let body = input.body.as_bytes();
    match input.provider.signature {
        SignatureScheme::Radar => {
            radar::verify(&input.secrets, header(radar::SIGNING_ID_HEADER), header(radar::SIGNATURE_HEADER))?;
        }
        SignatureScheme::StandardWebhooks => {
            let headers = standard::Headers {
                id: header(standard::ID_HEADER),
                timestamp: header(standard::TIMESTAMP_HEADER),
                signature: header(standard::SIGNATURE_HEADER),
            };
            standard::verify(&input.secrets, headers, body, input.received_at.as_millis() / 1000)?;
        }
    }
    let mut lines = Vec::with_capacity(2 * body.len());
    for event in input.provider.normalise(body, input.received_at)? {
        serde_json::to_writer(&mut lines, &event?)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

fn parse<'a, T: Deserialize<'a>>(body: &'a str) -> anyhow::Result<T> {
    Ok(serde_json::from_slice(body.as_bytes())?)
}

fn radar_single() -> anyhow::Result<Input> {
    let example = environment::root().join("docs/api/examples/radar-single.json");
    let (secret, signing_id) = ("the webhook's token", "2f9c1d6e-9f0b-4b1a-8a53-0d6f6f3a5b77");
    let headers = vec![
        (radar::SIGNING_ID_HEADER, signing_id.to_owned()),
        (radar::SIGNATURE_HEADER, radar::sign(secret, signing_id)),
    ];
    Input::new("radar", std::fs::read_to_string(example)?, secret, headers)
}

fn hundred_positions() -> anyhow::Result<Input> {
    let request = positions::request(100, RECEIVED_AT.parse()?)?;
    Input::new("positions", request.body, positions::SECRET, request.headers.into())
}

impl Input {
    fn new(
        name: &'static str,
        body: String,
        secret: &str,
        headers: Vec<(&'static str, String)>,
    ) -> anyhow::Result<Self> {
        let route = if name == "radar" { "/v1/webhooks/radar" } else { "/v1/positions" };
        let provider = PROVIDERS.into_iter().find(|provider| provider.route == route).context("no such route")?;
        let secrets = serde_json::from_value(serde_json::json!({ "current": secret }))?;
        let secret = secret.to_owned();
        Ok(Self { name, provider, body, secret, secrets, headers, received_at: RECEIVED_AT.parse()? })
    }
}
