//! Reads JSON, as far as the wire has it, in little code: a browser fetches this with every class
//! room, and what a reader of all JSON needs (fractions above all) costs more than the rules.
//!
//! What is in a `data` field the server reads by it as well, so that both make the same of it.

mod length;

use std::borrow::Cow;
use std::{fmt, slice};

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::Event;
use crate::event::Body;

pub use self::length::length;

/// How deep lists and objects may lie in each other.
const DEPTH: u8 = 128;

/// The text is not JSON, or not what was to be read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError;

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the JSON that was expected")
    }
}

impl std::error::Error for JsonError {}

impl de::Error for JsonError {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Reads a value of which the text holds the JSON and nothing else. Numbers are whole, structs are
/// objects, enums are their variants' names.
///
/// # Errors
/// When the text is not JSON, lies more than 128 lists and objects deep, or is not the value's.
pub fn read<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, JsonError> {
    let mut reader = Reader { text, at: 0, depth: DEPTH };
    let value = T::deserialize(&mut reader)?;
    reader.end().map(|()| value)
}

/// Reads what a stream tells under the name of an event: its body, or a
/// [`Table`](crate::event::Table) of such events.
///
/// # Errors
/// When no event has the name, or the text is not what is told of that event.
pub fn read_events(name: &str, text: &str) -> Result<Vec<Event>, JsonError> {
    let mut reader = Reader { text, at: 0, depth: DEPTH };
    let mut events = Vec::new();
    if text.starts_with('[') {
        reader.table(name, &mut events)?;
    } else {
        events.push(event(name, reader.object()?)?);
    }
    reader.end().map(|()| events)
}

fn event(name: &str, body: Body) -> Result<Event, JsonError> {
    Event::of(name, body).map_err(|_| JsonError)
}

struct Reader<'de> {
    text: &'de str,
    at: usize,
    /// How many lists and objects may still be entered.
    depth: u8,
}

impl<'de> Reader<'de> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The first byte after white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    fn end(&mut self) -> Result<(), JsonError> {
        if self.peek().is_none() { Ok(()) } else { Err(JsonError) }
    }

    fn begins(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.peek() == Some(byte) { Ok(()) } else { Err(JsonError) }
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        self.begins(byte)?;
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            Err(JsonError)
        }
    }

    /// Null, or the beginning of something else.
    fn null(&mut self) -> Result<bool, JsonError> {
        let is_null = self.peek() == Some(b'n');
        if is_null {
            self.word("null")?;
        }
        Ok(is_null)
    }

    fn bool(&mut self) -> Result<bool, JsonError> {
        let is_true = self.peek() == Some(b't');
        self.word(if is_true { "true" } else { "false" })?;
        Ok(is_true)
    }

    fn enter(&mut self, opens: u8) -> Result<(), JsonError> {
        self.depth = self.depth.checked_sub(1).ok_or(JsonError)?;
        self.expect(opens)
    }

    /// Whether there is another entry of the list or object that has been entered; where there is
    /// none, it is left.
    fn next(&mut self, closes: u8, is_first: &mut bool) -> Result<bool, JsonError> {
        if self.peek() == Some(closes) {
            self.at += 1;
            self.depth += 1;
            return Ok(false);
        }
        if !std::mem::take(is_first) {
            self.expect(b',')?;
            // What begins no value is none, but the end would be taken for it.
            if self.peek() == Some(closes) {
                return Err(JsonError);
            }
        }
        Ok(true)
    }

    /// The bytes from here that are digits, of which there is one at least.
    fn digits(&mut self) -> Result<&'de str, JsonError> {
        let from = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.text.get(from..self.at).filter(|digits| !digits.is_empty()).ok_or(JsonError)
    }

    /// The digits of a number before its point or exponent, and whether it is a negative one.
    fn integer(&mut self) -> Result<(bool, &'de str), JsonError> {
        let is_negative = self.peek() == Some(b'-');
        self.at += usize::from(is_negative);
        let digits = self.digits()?;
        if digits.len() > 1 && digits.starts_with('0') {
            return Err(JsonError);
        }
        Ok((is_negative, digits))
    }

    fn whole_number(&mut self) -> Result<(bool, u64), JsonError> {
        let (is_negative, digits) = self.integer()?;
        if let Some(b'.' | b'e' | b'E') = self.byte() {
            return Err(JsonError);
        }
        let mut number = 0_u64;
        for digit in digits.bytes() {
            let shifted = number.checked_mul(10).ok_or(JsonError)?;
            number = shifted.checked_add(u64::from(digit - b'0')).ok_or(JsonError)?;
        }
        Ok((is_negative, number))
    }

    fn skip_number(&mut self) -> Result<(), JsonError> {
        self.integer()?;
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Cow<'de, str>, JsonError> {
        self.expect(b'"')?;
        let mut read = String::new();
        let mut from = self.at;
        loop {
            let byte = self.byte().ok_or(JsonError)?;
            if byte < b' ' {
                return Err(JsonError);
            }
            let so_far = self.text.get(from..self.at);
            self.at += 1;
            if byte == b'"' {
                let so_far = so_far.ok_or(JsonError)?;
                if read.is_empty() {
                    return Ok(Cow::Borrowed(so_far));
                }
                read.push_str(so_far);
                return Ok(Cow::Owned(read));
            }
            if byte == b'\\' {
                read.push_str(so_far.ok_or(JsonError)?);
                read.push(self.escaped()?);
                from = self.at;
            }
        }
    }

    fn escaped(&mut self) -> Result<char, JsonError> {
        let byte = self.byte().ok_or(JsonError)?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut unit = self.code_unit()?;
                if let 0xD800..0xDC00 = unit {
                    self.word("\\u")?;
                    let low = self.code_unit()?;
                    if !(0xDC00..0xE000).contains(&low) {
                        return Err(JsonError);
                    }
                    unit = 0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                }
                char::from_u32(unit).ok_or(JsonError)?
            }
            _ => return Err(JsonError),
        })
    }

    /// Four hexadecimal digits.
    fn code_unit(&mut self) -> Result<u32, JsonError> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16));
            unit = unit * 16 + digit.ok_or(JsonError)?;
            self.at += 1;
        }
        Ok(unit)
    }

    fn object(&mut self) -> Result<Body, JsonError> {
        Entries::of(self, b'{')?.body()
    }

    fn table(&mut self, name: &str, events: &mut Vec<Event>) -> Result<(), JsonError> {
        self.enter(b'[')?;
        let first = self.object()?;
        self.expect(b',')?;
        self.enter(b'[')?;
        let mut columns = Vec::new();
        let mut is_first = true;
        while self.next(b']', &mut is_first)? {
            columns.push(self.string()?);
        }
        let mut seq = first.seq;
        let mut unlike_first = Body::default();
        loop {
            events.push(event(name, Body { seq, ..unlike_first.or(&first) })?);
            if !self.next(b']', &mut false)? {
                return Ok(());
            }
            let mut row = Entries::of(self, b'[')?;
            row.columns = Some(columns.iter());
            unlike_first = row.body()?;
            seq = seq.and_then(|seq| seq.checked_add(1));
        }
    }

    fn skip(&mut self) -> Result<(), JsonError> {
        let closes = match self.peek() {
            Some(b'"') => return self.string().map(drop),
            Some(b'n') => return self.word("null"),
            Some(b't' | b'f') => return self.bool().map(drop),
            Some(b'[') => b']',
            Some(b'{') => b'}',
            _ => return self.skip_number(),
        };
        self.enter(self.byte().unwrap_or_default())?;
        let mut is_first = true;
        while self.next(closes, &mut is_first)? {
            if closes == b'}' {
                self.string()?;
                self.expect(b':')?;
            }
            self.skip()?;
        }
        Ok(())
    }
}

/// The entries of a list, an object, or the row of a table, which is an object written as a list.
struct Entries<'a, 'de> {
    reader: &'a mut Reader<'de>,
    is_first: bool,
    is_over: bool,
    /// The names that are left for a row's values.
    columns: Option<slice::Iter<'a, Cow<'de, str>>>,
}

impl<'a, 'de> Entries<'a, 'de> {
    fn of(reader: &'a mut Reader<'de>, opens: u8) -> Result<Self, JsonError> {
        reader.enter(opens)?;
        Ok(Self { reader, is_first: true, is_over: false, columns: None })
    }

    fn next(&mut self, closes: u8) -> Result<bool, JsonError> {
        self.is_over = !self.reader.next(closes, &mut self.is_first)?;
        Ok(!self.is_over)
    }

    /// The name of the next entry, of which the value is what comes next.
    fn name(&mut self) -> Result<Option<Cow<'de, str>>, JsonError> {
        let Some(columns) = &mut self.columns else {
            if !self.next(b'}')? {
                return Ok(None);
            }
            let name = self.reader.string()?;
            self.reader.expect(b':')?;
            return Ok(Some(name));
        };
        let column = columns.next();
        if self.next(b']')? == column.is_some() { Ok(column.cloned()) } else { Err(JsonError) }
    }

    /// Reads them as the fields of an event.
    fn body(mut self) -> Result<Body, JsonError> {
        let body = Body::deserialize(MapAccessDeserializer::new(&mut self))?;
        self.end(body)
    }

    /// Whoever reads entries must have come to the last.
    fn end<T>(&self, read: T) -> Result<T, JsonError> {
        if self.is_over { Ok(read) } else { Err(JsonError) }
    }
}

impl<'de> SeqAccess<'de> for Entries<'_, 'de> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, JsonError> {
        if self.next(b']')? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, JsonError> {
        let name = self.name()?;
        name.map(|name| seed.deserialize(StrDeserializer::new(&name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonError> {
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant of which there is the name alone.
struct Named<'a, 'de>(&'a mut Reader<'de>);

impl<'de> EnumAccess<'de> for Named<'_, 'de> {
    type Error = JsonError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), JsonError> {
        Ok((seed.deserialize(&mut *self.0)?, self))
    }
}

impl<'de> VariantAccess<'de> for Named<'_, 'de> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, JsonError> {
        Err(JsonError)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, JsonError> {
        Err(JsonError)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, JsonError> {
        Err(JsonError)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.peek() {
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b'{') => self.deserialize_map(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'n') => self.deserialize_unit(visitor),
            _ => self.deserialize_i64(visitor),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.null()? { visitor.visit_unit() } else { Err(JsonError) }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_bool(self.bool()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.whole_number()? {
            (false, number) => visitor.visit_u64(number),
            (true, number) => {
                visitor.visit_i64(0_i64.checked_sub_unsigned(number).ok_or(JsonError)?)
            }
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.null()? { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let mut entries = Entries::of(self, b'[')?;
        let read = visitor.visit_seq(&mut entries)?;
        entries.end(read)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let mut entries = Entries::of(self, b'{')?;
        let read = visitor.visit_map(&mut entries)?;
        entries.end(read)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.begins(b'"')?;
        visitor.visit_enum(Named(self))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.skip()?;
        visitor.visit_unit()
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_i64(visitor)
    }

    forward_to_deserialize_any! { i8 i16 i32 i128 u8 u128 f32 f64 char bytes byte_buf unit_struct tuple tuple_struct }
}
