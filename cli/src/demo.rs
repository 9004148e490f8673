//! `milkrun demo`: posts a recorded drive, and shows what came of it in every place that has to know.

mod bus;
mod checks;
mod days;
mod drive;
mod lake;
mod minutes;
mod post;
mod posted;
mod quarantine;
mod read_edge;
mod report;
mod tally;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use aggregation::minute::MinuteAggregate;
use anyhow::{Context as _, Result};

use self::bus::Crossings;
use self::days::Day;
use self::drive::{Drive, Run};
use self::lake::Lake;
use self::posted::Posted;
use self::quarantine::Kept;
use self::read_edge::{Location, ReadEdge, Track};
use self::tally::Tally;
use crate::environment::{self, Environment};
use crate::http;

/// How long the lake, the bus and the minutes may lag behind the answers: they are fed after them.
const PATIENCE: Duration = Duration::from_mins(1);

/// Post a recorded drive to a running milkrun, and show what came of it
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    environment: environment::Source,
    /// The recorded requests
    #[arg(long, value_name = "FILE", default_value = "demo/drive.ndjson")]
    drive: PathBuf,
    /// Write each request to this file as it was posted, an object of JSON a line (demo/README.md)
    #[arg(long, value_name = "FILE")]
    posted: Option<PathBuf>,
}

/// Everything that the demo has seen.
struct Findings {
    run: Run,
    took: Duration,
    tally: Tally,
    order_location: Option<Location>,
    driver_location: Option<Location>,
    order_track: Track,
    driver_track: Track,
    /// Features of the order's track, asked for as GeoJSON.
    order_features: usize,
    lake: Lake,
    crossings: Crossings,
    kept: Vec<Kept>,
    /// The driver's, oldest first.
    minutes: Vec<MinuteAggregate>,
    /// The days on which the driver was on the way, oldest first.
    days: Vec<Day>,
}

/// Fails by its exit code where something does not add up.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let environment = options.environment.read()?;
    let drive = Drive::read(&options.drive)?;
    let mut posted = Posted::to(options.posted.as_deref())?;
    let run = Run::new(fastrand::u32(..), SystemTime::now().into());

    let findings = environment.wait(explore(&environment, &drive, run, &mut posted))?;

    let checks = checks::of(&findings);
    let mut out = std::io::stdout().lock();
    report::write(&mut out, &findings, &checks).and_then(|()| out.flush()).context("the report cannot be written")?;
    Ok(if checks.iter().all(|check| check.holds) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Posts the drive, waits until it has arrived everywhere, and asks everywhere.
///
/// One thing after the other, in one thread, so that what blocks in here keeps nothing waiting.
async fn explore(environment: &Environment, drive: &Drive, run: Run, posted: &mut Posted) -> Result<Findings> {
    let http = http::Client::new();
    let started = Instant::now();
    let tally = post::drive(&http, environment, drive, &run, posted)?;
    let took = started.elapsed();

    let aws = environment.aws();
    let lake = lake::settled(&aws, environment, &run, tally.stored).await?;
    let crossings = bus::settled(&aws, environment, &run, tally.crossings).await?;
    let kept = quarantine::of_run(&aws, environment, &run).await?;

    let read_edge = ReadEdge::new(&http, environment);
    let (order, driver) = (format!("orders/{}", run.order()), format!("drivers/{}", run.driver()));
    let driver_track = read_edge.track(&driver)?;
    let minutes = minutes::settled(&read_edge, &driver, &driver_track).await?;
    let days = days::computed(&aws, &http, environment, &run).await?;
    Ok(Findings {
        took,
        tally,
        order_location: read_edge.location(&order)?,
        driver_location: read_edge.location(&driver)?,
        order_track: read_edge.track(&order)?,
        driver_track,
        order_features: read_edge.features(&order)?,
        lake,
        crossings,
        kept,
        minutes,
        days,
        run,
    })
}
