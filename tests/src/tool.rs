//! `milkrun`, the command line tool, run as an operator runs it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::MILKRUN;

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Standard output, which has to be one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same, where the command had to succeed.
    #[expect(clippy::return_self_not_must_use, reason = "that it succeeded is often all that matters")]
    pub fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

/// Runs it on the milkrun under test.
pub fn milkrun(arguments: &[&str]) -> Ran {
    run(&mut tool(arguments), "")
}

/// Runs it with something on standard input.
pub fn milkrun_with_input(arguments: &[&str], input: &str) -> Ran {
    run(&mut tool(arguments), input)
}

/// Runs it as on AWS: with an environment's name, and the emulator in place of AWS, asked by this access key.
pub fn milkrun_in_shell(arguments: &[&str], access_key_id: &str) -> Ran {
    let mut command = tool(arguments);
    command
        .env("AWS_ENDPOINT_URL", &MILKRUN.aws_endpoint)
        .env("AWS_REGION", &MILKRUN.region)
        .env("AWS_ACCESS_KEY_ID", access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", "test");
    run(&mut command, "")
}

fn tool(arguments: &[&str]) -> Command {
    let path = std::env::var("MILKRUN_TOOL")
        .expect("MILKRUN_TOOL must name the built tool: run these tests with `make test-operations`");
    let mut command = Command::new(path);
    // Nothing of whoever runs the tests.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.args(arguments).env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_CONFIG_FILE", "/dev/null");
    command
}

fn run(command: &mut Command, input: &str) -> Ran {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the tool starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    stdin.write_all(input.as_bytes()).expect("the tool reads its input");
    drop(stdin);
    let output = child.wait_with_output().expect("the tool ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().expect("an exit code"), out: text(output.stdout), err: text(output.stderr) }
}
