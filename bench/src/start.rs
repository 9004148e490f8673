//! From the start of a function's process until it asks for its first event: what Lambda calls INIT.

use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::environment;
use crate::function::{Function, Program, Quota};
use crate::report::{Goal, Section, Unit};
use crate::statistics::Spread;
use crate::stub::Stub;
use crate::throttle::{QUOTA, Throttle};

const ROUNDS: usize = 40;
const ROUNDS_UNDER_QUOTA: usize = 14;
/// Python needs seconds under the quota; anything that takes this long is stuck.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A program to start, where it finds AWS, and what came of it round by round.
struct Contestant {
    program: Program,
    aws: SocketAddr,
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
    measure(section, ROUNDS_UNDER_QUOTA, Some(&throttle))
}

fn measure(mut section: Section, rounds: usize, throttle: Option<&Throttle>) -> anyhow::Result<Section> {
    let stub = Stub::start(r#"{"current":"s"}"#)?;
    let ingest = Program::new(&environment::built("ingest")?);
    let hello = Program::new(&environment::built("milkrun-bench-hello")?);
    let python =
        Program { path: environment::python(), arguments: vec![environment::bench().join("python/function.py")] };
    let mut contestants = vec![
        Contestant::new(ingest.clone(), stub.address()),
        Contestant::new(hello, stub.address()),
        Contestant::new(ingest, nobody()?),
    ];
    if has_boto3(&python) {
        contestants.push(Contestant::new(python, stub.address()));
    } else {
        section.note("Python left out: it has no boto3; `make bench` installs it into .venv");
    }

    for contestant in &contestants {
        // Brings the program into memory.
        let _running = Function::start(&contestant.program, stub.address(), contestant.aws, None)?;
        stub.next_event(TIMEOUT)?;
    }
    for round in 0..rounds {
        // Every round begins at another moment of the quota's period, the same for all that run in it.
        let used = QUOTA * u32::try_from(round)? / u32::try_from(rounds)?;
        let quota = throttle.map(|throttle| Quota { throttle, used });
        for turn in 0..contestants.len() {
            let index = (round + turn) % contestants.len();
            contestants[index].start(&stub, quota)?;
        }
    }
    report(&mut section, &contestants)?;
    Ok(section)
}

impl Contestant {
    fn new(program: Program, aws: SocketAddr) -> Self {
        Self { program, aws, milliseconds: Vec::new(), cpu_milliseconds: Vec::new() }
    }

    fn start(&mut self, stub: &Stub, quota: Option<Quota<'_>>) -> anyhow::Result<()> {
        stub.forget();
        let function = Function::start(&self.program, stub.address(), self.aws, quota)?;
        let passed = stub.next_event(TIMEOUT)?.saturating_duration_since(function.started_at);
        self.milliseconds.push(passed.as_secs_f64() * 1e3);
        // Only a thread that sleeps has its time counted to the end.
        thread::sleep(Duration::from_millis(2));
        self.cpu_milliseconds.extend(function.cpu().map(|cpu| cpu.as_secs_f64() * 1e3));
        Ok(())
    }
}

fn report(section: &mut Section, contestants: &[Contestant]) -> anyhow::Result<()> {
    let [ingest, hello, alone, rest @ ..] = contestants else { anyhow::bail!("fewer contestants than that") };
    let mut time = |what: &str, samples: &[f64]| {
        if !samples.is_empty() {
            section.figure(what, Unit::Milliseconds, Spread::of(samples.iter().copied()));
        }
    };
    time("ingest: a connection opened, two secrets read", &ingest.milliseconds);
    time("ingest, AWS refusing connections", &alone.milliseconds);
    time("hello world on lambda_runtime", &hello.milliseconds);
    for python in rest {
        time("Python with boto3 and three clients", &python.milliseconds);
    }
    time("processor time of ingest", &ingest.cpu_milliseconds);
    time("processor time of hello world", &hello.cpu_milliseconds);
    let ratio = Spread::of_ratios(&ingest.milliseconds, &hello.milliseconds);
    section.goal("ingest / hello world", Unit::Times, ratio, Goal::AtMost(2.0));
    for python in rest {
        let ratio = Spread::of_ratios(&python.milliseconds, &ingest.milliseconds);
        section.goal("Python / ingest", Unit::Times, ratio, Goal::AtLeast(40.0));
    }
    if !ingest.cpu_milliseconds.is_empty() {
        let ratio = Spread::of_ratios(&ingest.cpu_milliseconds, &hello.cpu_milliseconds);
        section.figure("ingest / hello world, processor time", Unit::Times, ratio);
    }
    Ok(())
}

/// An address at which nobody listens.
fn nobody() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn has_boto3(python: &Program) -> bool {
    let silent = || Stdio::null();
    let mut command = Command::new(&python.path);
    command.args(["-c", "import boto3"]).stdout(silent()).stderr(silent());
    command.status().is_ok_and(|status| status.success())
}
