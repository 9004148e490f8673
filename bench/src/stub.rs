//! A server on loopback that stands in for Lambda's Runtime API and for the AWS services that `ingest`
//! calls, and says when it was asked for what.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// Threads that wait for connections: enough for a row of functions, or for all writes under way.
const WORKERS: usize = 64;
const RUNTIME_API: &str = "/2018-06-01/runtime/invocation/";

/// Something that the stub was asked.
#[derive(Debug)]
pub(crate) enum Asked {
    /// For the next event. The function has started.
    NextEvent(Instant),
    /// To take the function's answer to an event.
    Answered(Vec<u8>),
    /// To do what an AWS service does: `DynamoDB_20120810.PutItem`, or method and path.
    Service(String),
}

/// The server. It lives as long as the benchmark.
pub(crate) struct Stub {
    address: SocketAddr,
    asked: Receiver<Asked>,
    events: Sender<String>,
}

struct Worker {
    /// What Secrets Manager holds under every name.
    secret: String,
    asked: Sender<Asked>,
    events: Arc<Mutex<Receiver<String>>>,
}

struct Request {
    received_at: Instant,
    method: String,
    path: String,
    target: Option<String>,
    body: Vec<u8>,
}

impl Stub {
    /// `secret`: the JSON that Secrets Manager holds under every name.
    pub(crate) fn start(secret: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (asked, receiver) = channel();
        let (events, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        // Threads that are there already: starting one for a connection would be counted as its client's.
        for _ in 0..WORKERS {
            let listener = listener.try_clone()?;
            let worker = Worker { secret: secret.to_owned(), asked: asked.clone(), events: Arc::clone(&queue) };
            thread::spawn(move || {
                for connection in listener.incoming().flatten() {
                    // A client that was killed breaks its connection off.
                    let _ = worker.serve(&connection);
                }
            });
        }
        Ok(Self { address, asked: receiver, events })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Queues an event, which the next function to start gets.
    pub(crate) fn send_event(&self, event: String) -> anyhow::Result<()> {
        Ok(self.events.send(event)?)
    }

    /// What was asked next.
    pub(crate) fn next(&self, timeout: Duration) -> anyhow::Result<Asked> {
        self.asked.recv_timeout(timeout).context("the function asked for nothing in time")
    }

    /// When the function asked for its next event.
    pub(crate) fn next_event(&self, timeout: Duration) -> anyhow::Result<Instant> {
        loop {
            if let Asked::NextEvent(at) = self.next(timeout)? {
                return Ok(at);
            }
        }
    }

    /// Forgets what was asked so far.
    pub(crate) fn forget(&self) {
        while self.asked.try_recv().is_ok() {}
    }
}

impl Worker {
    fn serve(&self, connection: &TcpStream) -> anyhow::Result<()> {
        connection.set_nodelay(true)?;
        let mut reader = BufReader::new(connection);
        while let Some(request) = Request::read(&mut reader)? {
            // Without an answer the client waits, until it is killed and the next read finds the end.
            let Some((headers, body)) = self.answer(request)? else { continue };
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n{headers}\r\n{body}",
                body.len()
            );
            (&mut &*connection).write_all(answer.as_bytes())?;
        }
        Ok(())
    }

    /// Further headers and the body; `None` where there is no event to hand out.
    fn answer(&self, request: Request) -> anyhow::Result<Option<(String, String)>> {
        if let Some(operation) = request.path.strip_prefix(RUNTIME_API) {
            if operation == "next" {
                self.asked.send(Asked::NextEvent(request.received_at))?;
                let event = self.events.lock().unwrap_or_else(PoisonError::into_inner).try_recv().ok();
                let headers = "lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
                    lambda-runtime-deadline-ms: 4102444800000\r\n\
                    lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n";
                return Ok(event.map(|event| (headers.to_owned(), event)));
            }
            self.asked.send(Asked::Answered(request.body))?;
            return Ok(Some((String::new(), String::new())));
        }
        let is_secret = request.target.as_deref() == Some("secretsmanager.GetSecretValue");
        let asked = request.target.unwrap_or_else(|| format!("{} {}", request.method, request.path));
        self.asked.send(Asked::Service(asked))?;
        let body = if is_secret {
            serde_json::json!({ "Name": "secret", "SecretString": self.secret }).to_string()
        } else {
            "{}".to_owned()
        };
        Ok(Some((String::new(), body)))
    }
}

impl Request {
    /// `None` at the end of the connection.
    fn read(reader: &mut BufReader<&TcpStream>) -> anyhow::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let received_at = Instant::now();
        let mut words = line.split_ascii_whitespace().map(str::to_owned);
        let (method, path) = words.next().zip(words.next()).context("not a request line")?;
        let (mut length, mut target, mut is_chunked) = (0, None, false);
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse()?,
                "transfer-encoding" => is_chunked = true,
                "x-amz-target" => target = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        anyhow::ensure!(!is_chunked, "the stub takes no chunked bodies");
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(Some(Self { received_at, method, path, target, body }))
    }
}
