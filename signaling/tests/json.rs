//! Shows that the small reader of JSON makes of a text what `serde_json` does.

use std::collections::BTreeMap;
use std::fmt;

use proptest::prelude::*;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signaling::json;

/// Any JSON whose numbers are whole, as a reader hands it over that is asked for anything.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Null,
    Bool(bool),
    Number(i128),
    Text(String),
    List(Vec<Tree>),
    Object(BTreeMap<String, Tree>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Bool(value))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
                Ok(Tree::Number(number.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
                Ok(Tree::Number(number.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
                Ok(Tree::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut list = Vec::new();
                while let Some(entry) = seq.next_element()? {
                    list.push(entry);
                }
                Ok(Tree::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut object = BTreeMap::new();
                while let Some((key, value)) = map.next_entry()? {
                    object.insert(key, value);
                }
                Ok(Tree::Object(object))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// A struct as the wire has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    whole_number: u64,
    below_zero: i64,
    small: u16,
    text: String,
    is_so: bool,
    kind: Kind,
    list: Vec<Shape>,
    #[serde(default)]
    left_out: Option<String>,
    inner: Option<Box<Shape>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    One,
    TheOther,
}

fn any_value(with_fractions: bool) -> impl Strategy<Value = Value> {
    let fractions = move |number: f64| if with_fractions { json!(number) } else { Value::Null };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(fractions),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any_text(), inner, 0..6)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z\"\\\\/\u{0}-\u{1f}é€\u{1f600}]{0,8}"]
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let flat = || {
        let numbers = (any::<u64>(), any::<i64>(), any::<u16>());
        let kind = prop_oneof![Just(Kind::One), Just(Kind::TheOther)];
        let left_out = prop::option::of(any_text());
        (numbers, any_text(), any::<bool>(), kind, left_out).prop_map(
            |((whole_number, below_zero, small), text, is_so, kind, left_out)| Shape {
                whole_number,
                below_zero,
                small,
                text,
                is_so,
                kind,
                list: Vec::new(),
                left_out,
                inner: None,
            },
        )
    };
    let list = prop::collection::vec(flat(), 0..3);
    (flat(), list, prop::option::of(flat())).prop_map(|(shape, list, inner)| Shape {
        list,
        inner: inner.map(Box::new),
        ..shape
    })
}

/// What somebody may do to a text.
#[derive(Debug, Clone)]
enum Damage {
    Cut(prop::sample::Index),
    Take(prop::sample::Index),
    Put(prop::sample::Index, char),
    Swap(prop::sample::Index, prop::sample::Index),
}

fn any_damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>;
    let chars: Vec<char> =
        "{}[]\",:\\/ \t\n\u{1}-+.eEu0123456789dDcCnulltruefals€".chars().collect();
    prop_oneof![
        1 => place().prop_map(Damage::Cut),
        4 => place().prop_map(Damage::Take),
        6 => (place(), prop::sample::select(chars)).prop_map(|(at, what)| Damage::Put(at, what)),
        2 => (place(), place()).prop_map(|(one, other)| Damage::Swap(one, other)),
    ]
}

fn damaged(text: &str, damage: &[Damage]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for damage in damage {
        if chars.is_empty() {
            break;
        }
        match damage {
            Damage::Cut(at) => chars.truncate(at.index(chars.len())),
            Damage::Take(at) => drop(chars.remove(at.index(chars.len()))),
            Damage::Put(at, what) => chars.insert(at.index(chars.len()), *what),
            Damage::Swap(one, other) => {
                let (one, other) = (one.index(chars.len()), other.index(chars.len()));
                chars.swap(one, other);
            }
        }
    }
    chars.into_iter().collect()
}

/// Both readers' results, told apart by what they read alone: their errors say different things.
fn both<'de, T: Deserialize<'de>>(text: &'de str) -> (Option<T>, Option<T>) {
    (json::read(text).ok(), serde_json::from_str(text).ok())
}

/// `-0` is a fraction to `serde_json`; a number that no `f64` holds is no error where nobody asks
/// for it.
fn is_told_apart(text: &str) -> bool {
    let is_too_large = serde_json::from_str::<Value>(text)
        .is_err_and(|error| error.to_string().starts_with("number out of range"));
    is_too_large || text.contains("-0")
}

proptest! {
    #[test]
    fn what_is_written_is_read(value in any_value(false), pretty in any::<bool>()) {
        let text = if pretty { format!("{value:#}") } else { value.to_string() };
        let (ours, theirs) = both::<Tree>(&text);
        prop_assert!(ours.is_some(), "{text}");
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn what_nobody_asks_for_is_passed_over(value in any_value(true)) {
        prop_assert_eq!(json::read::<IgnoredAny>(&value.to_string()), Ok(IgnoredAny));
        let text = format!(r#"{{"other":{value},"text":"here","another":{value}}}"#);
        #[derive(Deserialize)]
        struct Text {
            text: String,
        }
        let read: Text = json::read(&text).expect("a text");
        prop_assert_eq!(read.text, "here");
    }

    #[test]
    fn a_damaged_text_is_read_alike(
        value in any_value(true),
        damage in prop::collection::vec(any_damage(), 1..4),
    ) {
        let text = damaged(&value.to_string(), &damage);
        prop_assume!(!is_told_apart(&text));
        let ours = json::read::<IgnoredAny>(&text).is_ok();
        prop_assert_eq!(ours, serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
    }

    #[test]
    fn a_struct_is_read_alike(
        shape in any_shape(),
        damage in prop::collection::vec(any_damage(), 0..3),
    ) {
        let text = serde_json::to_string(&shape).expect("JSON");
        prop_assert_eq!(json::read(&text), Ok(shape));
        let text = damaged(&text, &damage);
        prop_assume!(!is_told_apart(&text));
        let (ours, theirs) = both::<Shape>(&text);
        prop_assert_eq!(ours, theirs, "{}", text);
    }
}

#[test]
fn whole_numbers_are_whole() {
    for (text, number) in [
        ("0", Some(0)),
        ("-0", Some(0)),
        (" 7\n", Some(7)),
        ("18446744073709551615", Some(u64::MAX)),
        ("18446744073709551616", None),
        ("-1", None),
        ("1.0", None),
        ("1e2", None),
        ("01", None),
        ("+1", None),
        ("- 1", None),
        ("\"1\"", None),
        ("null", None),
        ("", None),
    ] {
        assert_eq!(json::read(text).ok(), number, "{text}");
    }
    let wrong = json::read::<u64>("one").expect_err("no number");
    assert_eq!(wrong.to_string(), "not the JSON that was expected");
    assert_eq!(json::read("-9223372036854775808"), Ok(i64::MIN));
    assert!(json::read::<i64>("-9223372036854775809").is_err());
    assert_eq!(json::read("65535"), Ok(u16::MAX));
    assert!(json::read::<u16>("65536").is_err());
}

#[test]
fn characters_are_read_however_they_are_written() {
    for (text, read) in [
        (r#""\ud83d\ude00""#, Some("\u{1f600}")),
        (r#""\u00e9\u20AC""#, Some("é€")),
        (r#""\"\\\/\b\f\n\r\t""#, Some("\"\\/\u{8}\u{c}\n\r\t")),
        (r#""\ud83d""#, None),
        (r#""\ude00""#, None),
        (r#""\ud83d\u0041""#, None),
        (r#""\x41""#, None),
        ("\"\n\"", None),
        ("\"", None),
    ] {
        let (ours, theirs) = both::<String>(text);
        assert_eq!(ours.as_deref(), read, "{text}");
        assert_eq!(ours, theirs, "{text}");
    }
}

#[test]
fn whoever_nests_too_deep_is_refused() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for (depth, is_read) in [(1, true), (128, true), (129, false), (1_000_000, false)] {
        assert_eq!(json::read::<Tree>(&nested(depth)).is_ok(), is_read, "{depth}");
        assert_eq!(json::read::<IgnoredAny>(&nested(depth)).is_ok(), is_read, "{depth}");
    }
    let side_by_side = format!("[{}]", vec![nested(100); 100].join(","));
    assert!(json::read::<Tree>(&side_by_side).is_ok());
}

#[test]
fn a_text_comes_to_as_many_bytes_as_are_written_of_it() {
    let each = (0..0x110).filter_map(char::from_u32).map(String::from);
    for text in each.chain(["".to_owned(), "\u{0}a\"\u{1f600}\\\u{7f}é\n".to_owned()]) {
        let written = serde_json::to_string(&text).expect("JSON");
        assert_eq!(json::length(&text), written.len() - 2, "{text:?}");
    }
}
