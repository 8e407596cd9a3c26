//! The load client: every page and every phone of a class on raw sockets in one event loop.
//!
//! What is sent carries marks, `~`, a letter and six digits, and the client looks for nothing else
//! in what it receives. So it reads the frames of every server alike, and counts each mark once for
//! each page: one that is missing or comes twice fails the run. Where a page gets byte for byte what
//! another one got, its marks are the other's ([`crate::marks`]).

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::Result;
use crate::marks::{Mark, Texts};

/// An acceptance, an answer to one over a socket, the end of something, and a greeting.
pub const HAND: u8 = b'h';
pub const ACKNOWLEDGED: u8 = b'a';
pub const NEWS: u8 = b'n';
pub const WELCOME: u8 = b'w';

const READ_BYTES: usize = 512 * 1_024;
/// How many connections are opened at once: more than a backlog holds would have to try again.
const WAVE: usize = 256;
/// When something that is waited for has failed.
const PATIENCE: Duration = Duration::from_secs(180);

/// The text of a mark.
pub fn mark(kind: u8, number: usize) -> String {
    format!("~{}{number:06}", char::from(kind))
}

/// An HTTP request with or without a credential and a body.
pub fn request(method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    if let Some(token) = token {
        text += &format!("authorization: Bearer {token}\r\n");
    }
    if let Some(body) = body {
        let length = body.len();
        text += &format!("content-type: application/json\r\ncontent-length: {length}\r\n");
    }
    text += "\r\n";
    text += body.unwrap_or_default();
    text.into_bytes()
}

/// A text frame of a websocket client, masked with zeros.
pub fn frame(text: &str) -> Vec<u8> {
    let length = text.len();
    let mut bytes = vec![0x81];
    match u8::try_from(length) {
        Ok(short) if short < 126 => bytes.push(0x80 | short),
        _ => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(text.as_bytes());
    bytes
}

/// Numbers that were seen.
#[derive(Default)]
struct Seen(Vec<u64>);

impl Seen {
    /// Notes a number; false when it was there.
    fn insert(&mut self, number: usize) -> bool {
        let (word, bit) = (number / 64, 1 << (number % 64));
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }
}

/// What is read on a connection.
enum Reading {
    /// Marks, after a head: an event stream or a websocket.
    Page { head: Option<Vec<u8>>, chunks: Option<Chunks>, carry: Vec<u8>, hands: Seen, news: usize },
    /// Answers to requests.
    Answers { received: Vec<u8>, body: Vec<u8>, asked_at: Option<Instant> },
}

struct Connection {
    stream: TcpStream,
    reading: Reading,
    to_write: Vec<u8>,
    written: usize,
    is_writable: bool,
    /// The server has ended it, as servers do with lines on which nothing is asked.
    is_closed: bool,
}

/// What was seen since the last [`Client::start`].
#[derive(Default)]
pub struct Board {
    /// Heads of pages.
    pub opened: usize,
    /// Acceptances, each once for every page.
    pub hands: u64,
    /// Pages that have seen the newest [`NEWS`].
    pub informed: usize,
    /// Greetings.
    pub welcomed: usize,
    /// How long each answer took, in the order in which they came.
    pub answers: Vec<Duration>,
    /// Bytes that came in.
    pub bytes: u64,
    /// When each acceptance was sent, where somebody wants to know how long deliveries take.
    pub sent_at: Vec<Instant>,
    /// How long each delivery took, in microseconds, when `sent_at` is known.
    pub delivered: Vec<u32>,
    news: usize,
    acknowledged_at: Option<Instant>,
}

pub struct Client {
    poll: Poll,
    events: Events,
    connections: Vec<Option<Connection>>,
    buffer: Vec<u8>,
    texts: Texts,
    pub board: Board,
    /// Servers that all answer for everything; connections go to them by turns.
    addresses: Vec<SocketAddr>,
}

/// One connection of a client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Line(usize);

impl Client {
    pub fn new(address: SocketAddr) -> Result<Self> {
        Self::of(vec![address])
    }

    /// A client of several servers, of which any answers.
    pub fn of(addresses: Vec<SocketAddr>) -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(4_096),
            connections: Vec::new(),
            buffer: vec![0; READ_BYTES],
            texts: Texts::default(),
            board: Board::default(),
            addresses,
        })
    }

    /// Has connections from now on go to these servers.
    #[allow(dead_code, reason = "one of two benchmarks asks for it")]
    pub fn go_to(&mut self, addresses: Vec<SocketAddr>) {
        self.addresses = addresses;
    }

    /// Forgets what was seen. What each page has seen of acceptances stays with the page.
    pub fn start(&mut self) {
        self.board = Board { news: self.board.news, ..Board::default() };
    }

    /// Opens lines for requests.
    pub fn lines(&mut self, count: usize) -> Result<Vec<Line>> {
        let answers =
            || Reading::Answers { received: Vec::new(), body: Vec::new(), asked_at: None };
        self.connect(count, answers)
    }

    /// Opens pages, each with its request, and waits until all are open.
    pub fn pages(&mut self, requests: &[Vec<u8>]) -> Result<Vec<Line>> {
        let page = || Reading::Page {
            head: Some(Vec::new()),
            chunks: None,
            carry: Vec::new(),
            hands: Seen::default(),
            news: 0,
        };
        let mut lines = Vec::with_capacity(requests.len());
        for wave in requests.chunks(WAVE) {
            let opened = self.board.opened;
            let new = self.connect(wave.len(), page)?;
            for (line, request) in new.iter().zip(wave) {
                self.send(*line, request)?;
            }
            lines.extend(new);
            self.wait("the pages are open", |board| board.opened == opened + wave.len())?;
        }
        Ok(lines)
    }

    fn connect(&mut self, count: usize, reading: impl Fn() -> Reading) -> Result<Vec<Line>> {
        let mut lines = Vec::with_capacity(count);
        while lines.len() < count {
            let wave = WAVE.min(count - lines.len());
            let first = self.connections.len();
            for place in first..first + wave {
                let address = self.addresses[place % self.addresses.len()];
                let mut stream = TcpStream::connect(address)?;
                let interest = Interest::READABLE | Interest::WRITABLE;
                self.poll.registry().register(&mut stream, Token(place), interest)?;
                self.connections.push(Some(Connection {
                    stream,
                    reading: reading(),
                    to_write: Vec::new(),
                    written: 0,
                    is_writable: false,
                    is_closed: false,
                }));
                lines.push(Line(place));
            }
            let until = Instant::now() + PATIENCE;
            while self.connections[first..].iter().flatten().any(|line| !line.is_writable) {
                if Instant::now() > until {
                    return Err("connections are not accepted".into());
                }
                self.turn(Duration::from_millis(100))?;
            }
            for connection in self.connections[first..].iter().flatten() {
                connection.stream.set_nodelay(true)?;
            }
        }
        Ok(lines)
    }

    /// Opens those lines again that the server has closed.
    pub fn reopen(&mut self, lines: &mut [Line]) -> Result<()> {
        for line in lines {
            if self.connections[line.0].as_ref().is_none_or(|line| line.is_closed) {
                *line = self.lines(1)?[0];
            }
        }
        Ok(())
    }

    /// Sends bytes; on a line for requests the clock of its answer starts.
    pub fn send(&mut self, line: Line, bytes: &[u8]) -> Result<()> {
        let connection = self.connections[line.0].as_mut().ok_or("the line is closed")?;
        if let Reading::Answers { asked_at, .. } = &mut connection.reading {
            *asked_at = Some(Instant::now());
        }
        connection.to_write.extend_from_slice(bytes);
        connection.flush()?;
        Ok(())
    }

    /// Sends the next news to look for; how many pages have seen them is counted anew.
    pub fn expect_news(&mut self) -> String {
        self.board.news += 1;
        self.board.informed = 0;
        mark(NEWS, self.board.news)
    }

    /// From when acknowledgements over sockets are timed.
    pub fn time_acknowledgements(&mut self) {
        self.board.acknowledged_at = Some(Instant::now());
    }

    /// The body of a line's last answer.
    pub fn body(&self, line: Line) -> &[u8] {
        match self.connections[line.0].as_ref().map(|connection| &connection.reading) {
            Some(Reading::Answers { body, .. }) => body,
            _ => &[],
        }
    }

    /// Whether nothing that was asked on a line is unanswered.
    pub fn is_answered(&self, line: Line) -> bool {
        let reading = self.connections[line.0].as_ref().map(|connection| &connection.reading);
        !matches!(reading, Some(Reading::Answers { asked_at: Some(_), .. }))
    }

    /// Reads until nothing that was asked on a line is unanswered.
    pub fn wait_for_answer(&mut self, line: Line) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while !self.is_answered(line) {
            if Instant::now() > until {
                return Err("an answer never came".into());
            }
            self.turn(Duration::from_millis(1))?;
        }
        Ok(())
    }

    /// Sends one request and waits for its answer.
    pub fn ask(&mut self, line: Line, request: &[u8]) -> Result<Vec<u8>> {
        let before = self.board.answers.len();
        self.send(line, request)?;
        self.wait("a request is answered", |board| board.answers.len() > before)?;
        Ok(self.body(line).to_vec())
    }

    /// Closes lines.
    pub fn close(&mut self, lines: &[Line]) {
        for line in lines {
            self.connections[line.0] = None;
        }
    }

    /// Reads until something holds; tells how long that took.
    pub fn wait(&mut self, what: &str, holds: impl Fn(&Board) -> bool) -> Result<Duration> {
        let began = Instant::now();
        while !holds(&self.board) {
            if began.elapsed() > PATIENCE {
                let Board { opened, hands, informed, answers, .. } = &self.board;
                return Err(format!(
                    "waited in vain until {what}: {opened} open, {hands} deliveries, \
                     {informed} informed, {} answers",
                    answers.len()
                )
                .into());
            }
            self.turn(Duration::from_millis(100))?;
        }
        Ok(began.elapsed())
    }

    /// Reads for so long that everybody has been told who is there: changes are gathered for up to a
    /// second. Heartbeats come all the time.
    pub fn quiet(&mut self) -> Result<()> {
        let until = Instant::now() + Duration::from_millis(2_500);
        while Instant::now() < until {
            self.turn(Duration::from_millis(50))?;
        }
        Ok(())
    }

    /// Reads whatever has come, at most for this long.
    pub fn turn(&mut self, at_most: Duration) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(at_most)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for event in &self.events {
            let Some(Some(connection)) = self.connections.get_mut(event.token().0) else {
                continue;
            };
            let is_asked = !matches!(connection.reading, Reading::Answers { asked_at: None, .. });
            if event.is_error() && !is_asked {
                connection.is_closed = true;
                continue;
            }
            if event.is_error() {
                return Err(
                    format!("a connection broke: {:?}", connection.stream.take_error()).into()
                );
            }
            if event.is_writable() {
                connection.is_writable = true;
                connection.flush()?;
            }
            if event.is_readable() {
                connection.read(&mut self.buffer, &mut self.texts, &mut self.board)?;
            }
        }
        Ok(())
    }
}

impl Connection {
    fn flush(&mut self) -> io::Result<()> {
        while self.written < self.to_write.len() {
            match self.stream.write(&self.to_write[self.written..]) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.to_write.clear();
        self.written = 0;
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8], texts: &mut Texts, board: &mut Board) -> Result<()> {
        loop {
            let carried = match &mut self.reading {
                Reading::Page { carry, .. } => {
                    buffer[..carry.len()].copy_from_slice(carry);
                    std::mem::take(carry).len()
                }
                Reading::Answers { .. } => 0,
            };
            let read = match self.stream.read(&mut buffer[carried..]) {
                Ok(0) if matches!(self.reading, Reading::Answers { asked_at: None, .. }) => {
                    self.is_closed = true;
                    return Ok(());
                }
                Ok(0) => return Err("the server closed a connection".into()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if let Reading::Page { carry, .. } = &mut self.reading {
                        carry.extend_from_slice(&buffer[..carried]);
                    }
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            board.bytes += read as u64;
            let is_all = carried + read < buffer.len();
            self.reading.take(&buffer[..carried + read], texts, board)?;
            if is_all {
                return Ok(());
            }
        }
    }
}

impl Reading {
    fn take(&mut self, bytes: &[u8], texts: &mut Texts, board: &mut Board) -> Result<()> {
        match self {
            Self::Page { head, chunks, carry, hands, news } => {
                let mut bytes = bytes;
                if let Some(so_far) = head {
                    let before = so_far.len();
                    so_far.extend_from_slice(bytes);
                    let Some(end) = find(so_far, b"\r\n\r\n") else { return Ok(()) };
                    if !so_far.starts_with(b"HTTP/1.1 200") && !so_far.starts_with(b"HTTP/1.1 101")
                    {
                        return Err(
                            format!("a page got {}", String::from_utf8_lossy(so_far)).into()
                        );
                    }
                    bytes = &bytes[end + 4 - before..];
                    let is_chunked = find(&so_far[..end], b"transfer-encoding: chunked").is_some();
                    *chunks = is_chunked.then(Chunks::default);
                    *head = None;
                    board.opened += 1;
                }
                // What was carried over is out of its chunks already.
                let whole = match chunks {
                    Some(chunks) => {
                        let carried = chunks.carried.min(bytes.len());
                        let mut whole = bytes[..carried].to_vec();
                        chunks.open(&bytes[carried..], &mut whole);
                        whole
                    }
                    None => Vec::new(),
                };
                if chunks.is_some() {
                    bytes = &whole;
                }
                let (marks, rest) = texts.read(bytes);
                for mark in marks {
                    board.note(*mark, hands, news)?;
                }
                carry.extend_from_slice(&bytes[rest..]);
                if let Some(chunks) = chunks {
                    chunks.carried = carry.len();
                }
                Ok(())
            }
            Self::Answers { received, body, asked_at } => {
                received.extend_from_slice(bytes);
                while let Some((status, answer, length)) = answer(received) {
                    if !(200..300).contains(&status) {
                        let text = String::from_utf8_lossy(received);
                        return Err(format!("a request got {text}").into());
                    }
                    *body = answer;
                    received.drain(..length);
                    let asked_at = asked_at.take().ok_or_else(|| {
                        format!("an answer to no request: {}", String::from_utf8_lossy(bytes))
                    })?;
                    board.answers.push(asked_at.elapsed());
                }
                Ok(())
            }
        }
    }
}

/// What comes in chunks, as a server sends what it passes on: a chunk may end in the middle of a mark.
#[derive(Default)]
struct Chunks {
    /// What has come of the line that begins a chunk.
    line: Vec<u8>,
    /// What is left of a chunk, with the two bytes that end it.
    left: usize,
    /// How many of the bytes that come next were carried over.
    carried: usize,
}

impl Chunks {
    fn open(&mut self, mut bytes: &[u8], whole: &mut Vec<u8>) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let (taken, rest) = bytes.split_at(self.left.min(bytes.len()));
                let data = self.left.saturating_sub(2).min(taken.len());
                whole.extend_from_slice(&taken[..data]);
                self.left -= taken.len();
                bytes = rest;
                continue;
            }
            let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end..];
            if self.line.ends_with(b"\n") {
                let text = String::from_utf8_lossy(&self.line);
                self.left = usize::from_str_radix(text.trim(), 16).unwrap_or(0) + 2;
                self.line.clear();
            }
        }
    }
}

impl Board {
    fn note(&mut self, mark: Mark, hands: &mut Seen, news: &mut usize) -> Result<()> {
        let Mark { kind, number } = mark;
        match kind {
            HAND => {
                if !hands.insert(number) {
                    return Err(format!("acceptance {number} came twice").into());
                }
                self.hands += 1;
                if let Some(sent_at) = self.sent_at.get(number) {
                    let micros = sent_at.elapsed().as_micros();
                    self.delivered.push(u32::try_from(micros).unwrap_or(u32::MAX));
                }
            }
            NEWS => {
                if number == self.news && *news < number {
                    self.informed += 1;
                }
                *news = number;
            }
            ACKNOWLEDGED => {
                let since = self.acknowledged_at.map(|at| at.elapsed());
                self.answers.push(since.unwrap_or_default());
            }
            WELCOME => self.welcomed += 1,
            other => return Err(format!("an unknown mark {other}").into()),
        }
        Ok(())
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, what)
}

/// The first whole answer in what was received: its status, its body, and its length.
fn answer(received: &[u8]) -> Option<(u16, Vec<u8>, usize)> {
    let head = find(received, b"\r\n\r\n")?;
    let text = std::str::from_utf8(&received[..head]).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let field = |name: &str| {
        text.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let start = head + 4;
    if let Some(length) = field("content-length") {
        let end = start + length.parse::<usize>().ok()?;
        return Some((status, received.get(start..end)?.to_vec(), end));
    }
    if field("transfer-encoding").is_none() {
        return Some((status, Vec::new(), start));
    }
    let mut body = Vec::new();
    let mut at = start;
    loop {
        let line = at + find(received.get(at..)?, b"\r\n")?;
        let size =
            usize::from_str_radix(std::str::from_utf8(&received[at..line]).ok()?, 16).ok()?;
        let chunk = received.get(line + 2..line + 2 + size)?;
        received.get(line + 2 + size..line + 4 + size)?;
        at = line + 4 + size;
        if size == 0 {
            return Some((status, body, at));
        }
        body.extend_from_slice(chunk);
    }
}
