//! How long a text becomes in JSON.

/// How many bytes a text comes to between the quotes of a JSON string, as the wire writes it.
pub fn length(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\x08' | b'\t' | b'\n' | b'\x0c' | b'\r' => 2,
        0..b' ' => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum()
}
