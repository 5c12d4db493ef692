//! A small HTTP server with scripted replies, including broken ones.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::Value;

/// A request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Path, for instance `/v1/embeddings`.
    pub path: String,
    /// The `authorization` header; empty if absent.
    pub authorization: String,
    /// Body.
    pub body: Value,
}

/// A reply.
pub enum Reply {
    /// A status, headers and a body.
    Status(u16, &'static [(&'static str, &'static str)], String),
    /// The first part of a longer body, after which the connection closes.
    CutOff(String),
    /// No reply, until the client gives up.
    Silence,
}

impl Reply {
    /// Returns a reply with a JSON body.
    pub fn json(body: &Value) -> Self {
        Self::Status(200, &[], body.to_string())
    }

    /// Returns a chat completion of 10 prompt tokens and 5 completion tokens.
    pub fn chat(text: &str) -> Self {
        Self::json(&serde_json::json!({
            "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5},
        }))
    }
}

type Says = dyn Fn(usize, &Asked) -> Reply + Send + Sync;

/// A server on a free port. It stops when this value is dropped.
pub struct Server {
    port: u16,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

struct Shared {
    says: Box<Says>,
    asked: Mutex<Vec<Asked>>,
    under_way: AtomicUsize,
    busiest: AtomicUsize,
    stopped: AtomicBool,
}

impl Server {
    /// Starts a server that replies with `says`, which gets each request and its number from 0.
    ///
    /// # Panics
    /// Panics if no port is free.
    pub fn start(says: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            says: Box::new(says),
            asked: Mutex::default(),
            under_way: AtomicUsize::new(0),
            busiest: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let serving = shared.clone();
        let listening = thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (serving, stream) = (serving.clone(), stream.expect("a connection"));
                // A client may hang up at any time.
                thread::spawn(move || serving.serve(stream).ok());
            }
        });
        Self {
            port,
            shared,
            listening: Some(listening),
        }
    }

    /// Returns an address without a server. A port that was free a moment ago may belong to
    /// another test now, so this is one that is never given out.
    pub fn nowhere() -> String {
        "http://127.0.0.1:1/v1".into()
    }

    /// Returns the URL without a path.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns all requests in order.
    pub fn asked(&self) -> Vec<Asked> {
        let asked = self.shared.asked.lock();
        asked.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the largest number of requests in flight at once.
    pub fn busiest(&self) -> usize {
        self.shared.busiest.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // The thread reads the flag only after its next connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.listening.take().map(JoinHandle::join);
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let asked = read(&mut reader)?;
        let number = {
            let mut all = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            all.push(asked.clone());
            all.len() - 1
        };
        let under_way = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.busiest.fetch_max(under_way, Ordering::SeqCst);
        let reply = (self.says)(number, &asked);
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        say(reply, stream, &mut reader)
    }
}

fn read(reader: &mut impl BufRead) -> std::io::Result<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut authorization) = (0, String::new());
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "authorization" => authorization = value.to_owned(),
            _ => (),
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Asked {
        path,
        authorization,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

fn say(reply: Reply, mut stream: TcpStream, reader: &mut impl Read) -> std::io::Result<()> {
    let (status, headers, body, length) = match reply {
        Reply::Status(status, headers, body) => {
            let length = body.len();
            (status, headers, body, length)
        }
        Reply::CutOff(body) => {
            let length = body.len() + 100;
            (200, &[][..], body, length)
        }
        Reply::Silence => return reader.read(&mut [0]).map(drop),
    };
    let mut head = format!("HTTP/1.1 {status} Test\r\nconnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("content-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.shutdown(Shutdown::Write)
}
