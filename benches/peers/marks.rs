//! Finds the marks in what pages receive. Servers send many pages the same, and to compare that with
//! what was read before takes less than to read it again: otherwise the client would be what is
//! measured.

/// How long a mark is.
const LENGTH: usize = 8;
/// How many texts are kept: commits follow each other while some pages are behind.
const KEPT: usize = 8;
/// How many bytes alike make it the same text.
const BEGINNING: usize = 64;
/// How many bytes are compared at once.
const BLOCK: usize = 1_024;

/// A letter and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    pub kind: u8,
    pub number: usize,
}

/// What some page received in one go.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
    /// Where each of them ends.
    ends: Vec<usize>,
}

/// The newest texts.
#[derive(Default)]
pub struct Texts {
    kept: [Text; KEPT],
    newest: usize,
}

impl Texts {
    /// The marks in what a page received, and where one more may begin that is cut off.
    pub fn read(&mut self, bytes: &[u8]) -> (&[Mark], usize) {
        let text = self.like(bytes);
        let alike = alike(&text.bytes, bytes);
        let mut count = text.ends.partition_point(|end| *end <= alike);
        let last_end = |text: &Text, count| text.ends[..count].last().copied().unwrap_or_default();
        if alike < bytes.len() {
            text.bytes.truncate(alike);
            text.bytes.extend_from_slice(&bytes[alike..]);
            text.marks.truncate(count);
            text.ends.truncate(count);
            let from = last_end(text, count);
            for place in memchr::memchr_iter(b'~', &bytes[from..]) {
                let start = from + place;
                // Lengths of frames of a websocket may look like a beginning.
                if let Some(mark) = bytes.get(start..start + LENGTH).and_then(read_mark) {
                    text.marks.push(mark);
                    text.ends.push(start + LENGTH);
                }
            }
            count = text.marks.len();
        }
        let from = last_end(text, count).max(bytes.len().saturating_sub(LENGTH - 1));
        let cut_off = memchr::memchr(b'~', &bytes[from..]).map(|place| from + place);
        (&text.marks[..count], cut_off.unwrap_or(bytes.len()))
    }

    /// The text that begins like this, or one to be written over.
    fn like(&mut self, bytes: &[u8]) -> &mut Text {
        let beginning = &bytes[..bytes.len().min(BEGINNING)];
        let same = self.kept.iter().position(|text| text.bytes.starts_with(beginning));
        let place = same.unwrap_or_else(|| {
            self.newest = (self.newest + 1) % KEPT;
            self.newest
        });
        &mut self.kept[place]
    }
}

/// How many bytes both begin with.
fn alike(one: &[u8], other: &[u8]) -> usize {
    let mut alike = 0;
    for (one, other) in one.chunks(BLOCK).zip(other.chunks(BLOCK)) {
        if one == other {
            alike += one.len();
            continue;
        }
        return alike + one.iter().zip(other).take_while(|(one, other)| one == other).count();
    }
    alike
}

/// The kind and the number of a mark; none when it is something else. All six digits are taken at
/// once, each in a byte of one word.
fn read_mark(text: &[u8]) -> Option<Mark> {
    const TENS: u64 = 0xf0f0_f0f0_f0f0;
    const ZEROS: u64 = 0x3030_3030_3030;
    const SIXES: u64 = 0x0606_0606_0606;
    let word = u64::from_le_bytes(text.try_into().ok()?);
    let kind = word.to_le_bytes()[1];
    let text = word >> 16;
    let is_number = text & TENS == ZEROS && (text + SIXES) & TENS == ZEROS;
    let digits = text & !TENS;
    let pairs = digits * 10 + (digits >> 8);
    let pair = |place: u32| (pairs >> (16 * place)) & 0xff;
    let number = pair(0) * 10_000 + pair(1) * 100 + pair(2);
    is_number.then_some(Mark { kind, number: usize::try_from(number).ok()? })
}
