//! What the two devices in a call tell each other, as it crosses the wire.

use call::{Candidate, Mid, Say, Word};

#[test]
fn each_word_is_written_as_its_json_and_read_from_it() {
    let candidate = |mid| Candidate { candidate: "candidate:1".to_owned(), mid };
    let mid = Mid { name: "0".to_owned(), index: 1 };
    let sdp = || "v=0\r\n".to_owned();
    for (to, say, data) in [
        (None, Say::Hello, r#"{"from":"a","say":"hello"}"#),
        (Some("b"), Say::Hello, r#"{"from":"a","say":"hello","to":"b"}"#),
        (
            Some("b"),
            Say::Offer { turn: 2, sdp: sdp() },
            r#"{"from":"a","say":"offer","sdp":"v=0\r\n","to":"b","turn":2}"#,
        ),
        (
            Some("b"),
            Say::Answer { turn: 2, sdp: sdp() },
            r#"{"from":"a","say":"answer","sdp":"v=0\r\n","to":"b","turn":2}"#,
        ),
        (
            Some("b"),
            Say::Candidates { turn: 2, found: vec![candidate(Some(mid)), candidate(None)] },
            r#"{"found":[{"candidate":"candidate:1","mid":{"index":1,"name":"0"}},{"candidate":"candidate:1"}],"from":"a","say":"candidates","to":"b","turn":2}"#,
        ),
        (
            None,
            Say::Sends { sound: true, picture: false },
            r#"{"from":"a","picture":false,"say":"sends","sound":true}"#,
        ),
        (None, Say::OverServer, r#"{"from":"a","say":"overServer"}"#),
    ] {
        let word = Word { from: "a".to_owned(), to: to.map(str::to_owned), say };
        assert_eq!(word.to_data(), data);
        assert_eq!(Word::read(data), Some(word), "{data}");
    }
}

#[test]
fn what_is_no_word_or_lacks_a_part_is_read_as_none() {
    for data in [
        "",
        "hello",
        r#"{"say":"hello"}"#,
        r#"{"from":"a"}"#,
        r#"{"from":"a","say":"goodbye"}"#,
        r#"{"from":"a","say":"offer","turn":2}"#,
        r#"{"from":"a","say":"answer","sdp":"v=0"}"#,
        r#"{"from":"a","say":"candidates","turn":2}"#,
        r#"{"from":"a","say":"sends","sound":true}"#,
    ] {
        assert_eq!(Word::read(data), None, "{data}");
    }
}
