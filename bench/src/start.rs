//! From the start of a function's process until it asks for its first event: what Lambda calls INIT.

use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::environment;
use crate::function::{Function, Program};
use crate::report::{Goal, Section, Unit};
use crate::statistics::Spread;
use crate::stub::Stub;
use crate::throttle::Throttle;

const ROUNDS: usize = 40;
const ROUNDS_UNDER_QUOTA: usize = 12;
/// Starts in a row whose mean is one sample under the quota.
const STARTS_IN_A_ROW: usize = 10;
/// Python needs seconds under the quota; anything that takes this long is stuck.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A program to start, where it finds AWS, and what came of it round by round.
struct Contestant {
    program: Program,
    aws: SocketAddr,
    /// It takes much longer than a period of the quota, so that one start is enough.
    is_slow: bool,
    milliseconds: Vec<f64>,
    cpu_milliseconds: Vec<f64>,
}

pub(crate) fn at_full_speed() -> anyhow::Result<Section> {
    let section = Section::new("Process start to the request for the first event, at full speed");
    measure(section, ROUNDS, None)
}

pub(crate) fn under_a_quota() -> anyhow::Result<Section> {
    let throttle = Throttle::new();
    let mut section = Section::new("The same under a CPU quota of 7 %, as at 128 MB");
    section.note(format!("the quota: {}", throttle.describe()));
    section.note(format!("Rust: the mean of {STARTS_IN_A_ROW} starts in a row, none of which finds a period unused"));
    measure(section, ROUNDS_UNDER_QUOTA, Some(&throttle))
}

fn measure(mut section: Section, rounds: usize, throttle: Option<&Throttle>) -> anyhow::Result<Section> {
    let stub = Stub::start(r#"{"current":"s"}"#)?;
    let ingest = Program::new(&environment::built("ingest")?);
    let hello = Program::new(&environment::built("milkrun-bench-hello")?);
    let least = Program::new(&environment::built("milkrun-bench-least")?);
    let python =
        Program { path: environment::python(), arguments: vec![environment::bench().join("python/function.py")] };
    let mut contestants = vec![
        Contestant::new(ingest.clone(), stub.address()),
        Contestant::new(hello, stub.address()),
        Contestant::new(least, stub.address()),
        Contestant { is_slow: true, ..Contestant::new(ingest, nobody()?) },
    ];
    if has_boto3(&python) {
        contestants.push(Contestant { is_slow: true, ..Contestant::new(python, stub.address()) });
    } else {
        section.note("Python left out: it has no boto3; `make bench` installs it into .venv");
    }

    for contestant in &contestants {
        // Brings the program into memory.
        contestant.start(&stub, None, 1)?;
    }
    for round in 0..rounds {
        for turn in 0..contestants.len() {
            let index = (round + turn) % contestants.len();
            contestants[index].take_part(&stub, throttle)?;
        }
    }
    report(&mut section, &contestants)?;
    Ok(section)
}

impl Contestant {
    fn new(program: Program, aws: SocketAddr) -> Self {
        Self { program, aws, is_slow: false, milliseconds: Vec::new(), cpu_milliseconds: Vec::new() }
    }

    fn take_part(&mut self, stub: &Stub, throttle: Option<&Throttle>) -> anyhow::Result<()> {
        let is_once = throttle.is_none() || self.is_slow;
        // One more, first: it uses up what the quota has left from before.
        let (count, skipped) = if is_once { (1, 0) } else { (STARTS_IN_A_ROW + 1, 1) };
        let (times, cpu) = self.start(stub, throttle, count)?;
        let counted = times.get(skipped..).unwrap_or_default();
        self.milliseconds
            .push(counted.iter().sum::<Duration>().as_secs_f64() * 1e3 / f64::from(u32::try_from(counted.len())?));
        self.cpu_milliseconds.extend(cpu.map(|cpu| cpu.as_secs_f64() * 1e3));
        Ok(())
    }

    /// Starts the program so many times, one after the other. How long each took, and the last one's
    /// processor time.
    fn start(
        &self,
        stub: &Stub,
        throttle: Option<&Throttle>,
        count: usize,
    ) -> anyhow::Result<(Vec<Duration>, Option<Duration>)> {
        let prepare = |_| Function::prepare(&self.program, stub.address(), self.aws);
        let mut functions: Vec<_> = (0..count).map(prepare).collect::<Result<_, _>>()?;
        // The shells' own start is over by then.
        thread::sleep(Duration::from_millis(20));
        stub.forget();
        let mut times = Vec::with_capacity(count);
        for function in &mut functions {
            let started_at = function.start(throttle)?;
            times.push(stub.next_event(TIMEOUT)?.saturating_duration_since(started_at));
        }
        Ok((times, functions.last().and_then(Function::cpu)))
    }
}

fn report(section: &mut Section, contestants: &[Contestant]) -> anyhow::Result<()> {
    let [ingest, hello, least, alone, rest @ ..] = contestants else { anyhow::bail!("fewer contestants than that") };
    let mut time = |what: &str, samples: &[f64]| {
        if !samples.is_empty() {
            section.figure(what, Unit::Milliseconds, Spread::of(samples.iter().copied()));
        }
    };
    time("ingest: a connection opened, two secrets read", &ingest.milliseconds);
    time("ingest, AWS refusing connections", &alone.milliseconds);
    time("hello world on lambda_runtime", &hello.milliseconds);
    time("the least that lambda_runtime can be", &least.milliseconds);
    for python in rest {
        time("Python with boto3 and three clients", &python.milliseconds);
    }
    time("processor time of ingest", &ingest.cpu_milliseconds);
    time("processor time of hello world", &hello.cpu_milliseconds);
    time("processor time of the least", &least.cpu_milliseconds);
    let ratio = Spread::of_ratios(&ingest.milliseconds, &hello.milliseconds);
    section.goal("ingest / hello world", Unit::Times, ratio, Goal::AtMost(2.0));
    section.figure("ingest / the least", Unit::Times, Spread::of_ratios(&ingest.milliseconds, &least.milliseconds));
    for python in rest {
        let ratio = Spread::of_ratios(&python.milliseconds, &ingest.milliseconds);
        section.goal("Python / ingest", Unit::Times, ratio, Goal::AtLeast(40.0));
    }
    Ok(())
}

/// An address at which nobody listens.
fn nobody() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn has_boto3(python: &Program) -> bool {
    let mut command = Command::new(&python.path);
    command.args(["-c", "import boto3"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
