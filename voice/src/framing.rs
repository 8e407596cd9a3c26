//! Framing of datagrams on a TCP connection (RFC 4571): two bytes of length before each.

/// The largest datagram that is taken: nothing that a browser sends to the unit is larger.
pub(crate) const MAX_DATAGRAM: usize = 2_000;

/// A datagram as it goes onto a TCP connection; none when it is too long for one.
pub(crate) fn framed(datagram: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(datagram.len()).ok()?;
    let mut frame = Vec::with_capacity(datagram.len() + 2);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(datagram);
    Some(frame)
}

/// Datagrams out of what comes on a TCP connection, in whatever pieces it comes.
#[derive(Debug, Default)]
pub struct Deframer {
    bytes: Vec<u8>,
    read: usize,
}

/// What comes is not framed as it has to be: the connection is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotFramed;

impl Deframer {
    /// Adds what has come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole datagram; none until more has come.
    ///
    /// # Errors
    /// When one is announced that is longer than any that is taken.
    pub fn next_datagram(&mut self) -> Result<Option<&[u8]>, NotFramed> {
        let rest = &self.bytes[self.read..];
        let Some((length, rest)) = rest.split_first_chunk::<2>() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes(*length));
        if length > MAX_DATAGRAM {
            return Err(NotFramed);
        }
        let Some(datagram) = rest.get(..length) else { return Ok(None) };
        self.read += 2 + length;
        Ok(Some(datagram))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_framed_comes_out_again_in_whatever_pieces_it_came(
            datagrams in vec(vec(any::<u8>(), 0..300), 0..20),
            pieces in 1_usize..500,
        ) {
            let sent: Vec<u8> = datagrams.iter().filter_map(|it| framed(it)).flatten().collect();
            let (mut deframer, mut come) = (Deframer::default(), Vec::new());
            for piece in sent.chunks(pieces) {
                deframer.push(piece);
                while let Some(datagram) = deframer.next_datagram().expect("it is framed") {
                    come.push(datagram.to_vec());
                }
            }
            prop_assert_eq!(come, datagrams);
        }
    }

    #[test]
    fn what_is_too_long_is_not_waited_for() {
        let mut deframer = Deframer::default();
        deframer.push(b"GET / HTTP/1.1\r\n");
        assert_eq!(deframer.next_datagram(), Err(NotFramed));
    }
}
