//! Messages of STUN (RFC 8489) and TURN (RFC 8656), as far as the doctor asks: a binding, and an allocation
//! that is let go at once.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEAD: usize = 20;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const LIFETIME: u16 = 0x000d;
const REALM: u16 = 0x0014;
const NONCE: u16 = 0x0015;
const XOR_RELAYED_ADDRESS: u16 = 0x0016;
const REQUESTED_TRANSPORT: u16 = 0x0019;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
/// The number of UDP among the protocols of IP.
const UDP: u8 = 17;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// From which address the request came.
    Binding,
    /// A relayed address.
    Allocate,
    /// To have it no longer.
    Release,
}

impl Method {
    const fn number(self) -> u16 {
        match self {
            Self::Binding => 0x0001,
            Self::Allocate => 0x0003,
            Self::Release => 0x0004,
        }
    }
}

/// A name and password, as the server asked for them.
pub struct Credential<'a> {
    pub username: &'a str,
    pub password: &'a str,
    pub realm: &'a str,
    pub nonce: &'a [u8],
}

/// The id of a request, and of the answer to it.
pub type Id = [u8; 12];

/// A request as it is sent.
pub fn request(method: Method, id: Id, credential: Option<&Credential<'_>>) -> Vec<u8> {
    let mut message = Vec::with_capacity(256);
    message.extend(method.number().to_be_bytes());
    message.extend([0; 2]);
    message.extend(COOKIE);
    message.extend(id);
    match method {
        Method::Binding => {}
        Method::Allocate => add(&mut message, REQUESTED_TRANSPORT, &[UDP, 0, 0, 0]),
        Method::Release => add(&mut message, LIFETIME, &[0; 4]),
    }
    if let Some(credential) = credential {
        add(&mut message, USERNAME, credential.username.as_bytes());
        add(&mut message, REALM, credential.realm.as_bytes());
        add(&mut message, NONCE, credential.nonce);
        // The length that is signed is that with the signature.
        set_length(&mut message, 24);
        let signature = sign(&message, credential);
        add(&mut message, MESSAGE_INTEGRITY, &signature);
    }
    set_length(&mut message, 0);
    message
}

fn add(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn set_length(message: &mut [u8], more: usize) {
    let length = u16::try_from(message.len() - HEAD + more).unwrap_or(u16::MAX);
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

/// By a long-term credential, whose key is made with MD5.
fn sign(message: &[u8], credential: &Credential<'_>) -> [u8; 20] {
    let Credential { username, password, realm, .. } = credential;
    let key = Md5::digest(format!("{username}:{realm}:{password}"));
    // RFC 2104: a key of any length will do.
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).expect("HMAC takes any key");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// What a server answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// It did as it was asked. The address is that of whoever asked, or the relayed one.
    Done(Option<SocketAddr>),
    /// It did not.
    Refused {
        /// The number of the error.
        code: u16,
        /// Its words for it.
        reason: String,
        /// For whom it asks a name and password.
        realm: Option<String>,
        /// What it wants to see with them.
        nonce: Vec<u8>,
    },
}

/// The length of a message, by its head; none when it is no message of STUN.
pub fn length(head: [u8; HEAD]) -> Option<usize> {
    let [kind, _, high, low, ..] = head;
    let is_stun = kind < 0x40 && head[4..8] == COOKIE;
    is_stun.then(|| HEAD + usize::from(u16::from_be_bytes([high, low])))
}

/// Reads the answer to a request; none when it is none.
pub fn reply(message: &[u8], method: Method, id: Id) -> Option<Reply> {
    let head = message.first_chunk::<HEAD>()?;
    if length(*head)? > message.len() || head[8..] != id {
        return None;
    }
    let kind = u16::from_be_bytes([head[0], head[1]]);
    // Which of the two it is stands among the bits of the method.
    let (is_success, is_error) =
        (kind == method.number() | 0x0100, kind == method.number() | 0x0110);
    let (mut mapped, mut relayed, mut refused, mut realm, mut nonce) =
        (None, None, None, None, Vec::new());
    let mut rest = &message[HEAD..];
    while let Some((&[k0, k1, l0, l1], after)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let value = after.get(..length)?;
        match u16::from_be_bytes([k0, k1]) {
            XOR_MAPPED_ADDRESS => mapped = address(value, id),
            XOR_RELAYED_ADDRESS => relayed = address(value, id),
            ERROR_CODE => refused = error(value),
            REALM => realm = String::from_utf8(value.to_vec()).ok(),
            NONCE => nonce = value.to_vec(),
            _ => {}
        }
        rest = after.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    if is_success {
        return Some(Reply::Done(relayed.or(mapped)));
    }
    let (code, reason) = refused.filter(|_| is_error)?;
    Some(Reply::Refused { code, reason, realm, nonce })
}

fn error(value: &[u8]) -> Option<(u16, String)> {
    let (&[_, _, class, number], reason) = value.split_first_chunk::<4>()?;
    let code = u16::from(class & 0x07) * 100 + u16::from(number);
    Some((code, String::from_utf8_lossy(reason).trim_end_matches('\0').to_owned()))
}

fn address(value: &[u8], id: Id) -> Option<SocketAddr> {
    let (&[_, family, p0, p1], bytes) = value.split_first_chunk::<4>()?;
    let port = u16::from_be_bytes([p0 ^ COOKIE[0], p1 ^ COOKIE[1]]);
    let mut mask = COOKIE.to_vec();
    mask.extend(id);
    let bytes: Vec<u8> = bytes.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    let ip = match family {
        1 => IpAddr::from(Ipv4Addr::from(*bytes.first_chunk::<4>()?)),
        2 => IpAddr::from(Ipv6Addr::from(*bytes.first_chunk::<16>()?)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5769, 2.2: the answer to a binding request over IPv4.
    const ANSWER: &[u8] = b"\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
        \x80\x22\x00\x0b\x74\x65\x73\x74\x20\x76\x65\x63\x74\x6f\x72\x20\x00\x20\x00\x08\x00\x01\xa1\x47\
        \xe1\x12\xa6\x43\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53\
        \xf0\x6b\xe7\xd7\x80\x28\x00\x04\xc0\x7d\x4c\x96";

    #[test]
    fn an_answer_is_read_as_the_rfc_has_it() {
        let id = *ANSWER[8..].first_chunk().expect("an id");
        let done = Reply::Done(Some("192.0.2.1:32853".parse().expect("an address")));
        assert_eq!(reply(ANSWER, Method::Binding, id), Some(done));
        assert_eq!(reply(ANSWER, Method::Binding, [0; 12]), None, "it is another one's");
        assert_eq!(reply(ANSWER, Method::Allocate, id), None);
        for end in 0..ANSWER.len() {
            assert_eq!(reply(&ANSWER[..end], Method::Binding, id), None, "{end} bytes of it");
        }
    }

    #[test]
    fn a_request_with_a_credential_is_signed_as_the_rfc_has_it() {
        // RFC 5769, 2.4, whose request is a binding with name, nonce and realm in this order.
        let (name, realm) = ("\u{30de}\u{30c8}\u{30ea}\u{30c3}\u{30af}\u{30b9}", "example.org");
        let nonce = b"f//499k954d6OL34oL9FSTvy64sA";
        let credential =
            Credential { username: name, password: "TheMatrIX", realm, nonce: nonce.as_slice() };
        let id = *b"\x78\xad\x34\x33\xc6\xad\x72\xc0\x29\xda\x41\x2e";
        let mut message = request(Method::Binding, id, None);
        add(&mut message, USERNAME, name.as_bytes());
        add(&mut message, NONCE, nonce);
        add(&mut message, REALM, realm.as_bytes());
        set_length(&mut message, 24);
        let signature =
            b"\xf6\x70\x24\x65\x6d\xd6\x4a\x3e\x02\xb8\xe0\x71\x2e\x85\xc9\xa2\x8c\xa8\x96\x66";
        assert_eq!(&sign(&message, &credential), signature);
    }

    #[test]
    fn a_refusal_is_read_with_what_it_asks_for() {
        let mut message = vec![0x01, 0x13, 0, 0];
        message.extend(COOKIE);
        message.extend([7; 12]);
        add(&mut message, ERROR_CODE, b"\0\0\x04\x01Unauthorized");
        add(&mut message, REALM, b"school");
        add(&mut message, NONCE, b"once");
        set_length(&mut message, 0);
        let refused = Reply::Refused {
            code: 401,
            reason: "Unauthorized".to_owned(),
            realm: Some("school".to_owned()),
            nonce: b"once".to_vec(),
        };
        assert_eq!(reply(&message, Method::Allocate, [7; 12]), Some(refused));
    }
}
