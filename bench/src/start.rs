//! From the start of a function's process until it asks for its first event: what Lambda calls INIT.

use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::environment;
use crate::function::{Function, Program};
use crate::report::{Goal, Section, Unit};
use crate::statistics::Spread;
use crate::stub::Stub;
use crate::throttle::Throttle;

const ROUNDS: usize = 40;
const ROUNDS_UNDER_QUOTA: usize = 12;
/// Python needs seconds under the quota; anything that takes this long is stuck.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A program to start, and where it finds AWS.
struct Contestant {
    program: Program,
    aws: SocketAddr,
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
        Contestant { program: ingest.clone(), aws: stub.address() },
        Contestant { program: hello, aws: stub.address() },
        Contestant { program: ingest, aws: nobody()? },
    ];
    if has_boto3(&python) {
        contestants.push(Contestant { program: python, aws: stub.address() });
    } else {
        section.note("Python left out: it has no boto3; `make bench` installs it into .venv");
    }

    let mut samples = vec![Vec::new(); contestants.len()];
    // The first round only brings the programs into memory.
    for round in 0..=rounds {
        for turn in 0..contestants.len() {
            let index = (round + turn) % contestants.len();
            let contestant = &contestants[index];
            stub.forget();
            let function = Function::start(&contestant.program, stub.address(), contestant.aws, throttle)?;
            let ready_at = stub.next_event(TIMEOUT)?;
            if round > 0 {
                samples[index].push((ready_at - function.started_at).as_secs_f64() * 1e3);
            }
        }
    }

    let [ingest, hello, alone, rest @ ..] = samples.as_slice() else { anyhow::bail!("fewer contestants than that") };
    let milliseconds = |samples: &[f64]| Spread::of(samples.iter().copied());
    section.figure("ingest: a connection opened, two secrets read", Unit::Milliseconds, milliseconds(ingest));
    section.figure("hello world on lambda_runtime", Unit::Milliseconds, milliseconds(hello));
    section.figure("ingest, AWS refusing connections", Unit::Milliseconds, milliseconds(alone));
    let ratio = Spread::of_ratios(ingest, hello);
    section.goal("ingest / hello world", Unit::Times, ratio, Goal::AtMost(2.0));
    if let [python] = rest {
        section.figure("Python with boto3 and three clients", Unit::Milliseconds, milliseconds(python));
        let ratio = Spread::of_ratios(python, ingest);
        section.goal("Python / ingest", Unit::Times, ratio, Goal::AtLeast(40.0));
    }
    Ok(section)
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
