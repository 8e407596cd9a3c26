//! Shows how the bodies of requests and answers stand on the wire.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use signaling::test_support::{GROUP, name, user};
use signaling::wire::{
    ChangeGroup, ChangeRole, CreateGroup, Credential, Data, Empty, Finish, HandoverLink, IceServer,
    IceServers, Invite, InviteInGroup, Invitees, Join, OptionalData,
};
use signaling::{Answers, InviteeList, Role, SettingsChange, Timeout, Timestamp, json as reader};

/// Reads a value and writes it again, by `serde_json` and as a browser does.
fn is<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, wire: Value) {
    let text = wire.to_string();
    assert_eq!(serde_json::to_value(value).expect("JSON"), wire);
    assert_eq!(&serde_json::from_str::<T>(&text).expect("what is written is read"), value);
    assert_eq!(reader::read::<T>(&text).as_ref(), Ok(value), "{text}");
}

fn reads<T: DeserializeOwned + Default + PartialEq + Debug>(text: &str) {
    assert_eq!(serde_json::from_str::<T>(text).ok(), Some(T::default()), "{text}");
}

fn refuses<T: DeserializeOwned + Debug>(wire: Value, words: &str) {
    let error = serde_json::from_value::<T>(wire).expect_err(words).to_string();
    assert!(error.starts_with(words), "{error}");
}

#[test]
fn requests_are_written_as_they_are_read() {
    let seconds = |seconds| Timeout::new(seconds).expect("a timeout");
    is(
        &CreateGroup { name: name("4B"), teacher: name("Ada"), teacher_id: None },
        json!({ "name": "4B", "teacher": "Ada" }),
    );
    is(
        &Join { join_code: "ABC-DEF".to_owned(), name: name("Cleo") },
        json!({ "joinCode": "ABC-DEF", "name": "Cleo" }),
    );
    is(&ChangeRole { role: Role::Teacher }, json!({ "role": "teacher" }));
    is(
        &Invite { invitee: "u".to_owned(), data: "d".to_owned(), timeout: seconds(30) },
        json!({ "invitee": "u", "data": "d", "timeout": 30 }),
    );
    for (list, named) in [
        (InviteeList::Everyone, json!("*")),
        (InviteeList::Members(vec![user(1), user(2)]), json!([user(1), user(2)])),
    ] {
        let data = String::new();
        let (invitee_list, answers) = (Invitees::from(list), Answers::First);
        is(
            &InviteInGroup { invitee_list, data, timeout: Timeout::NEVER, answers },
            json!({ "inviteeList": named, "data": "", "timeout": 0, "answers": "first" }),
        );
    }
    is(&Data { data: "d".to_owned() }, json!({ "data": "d" }));
    is(&OptionalData::default(), json!({ "data": "" }));
    is(
        &Finish { reason: Some("failed".to_owned()), ..Finish::default() },
        json!({ "reason": "failed" }),
    );
    is(&Empty {}, json!({}));
    let settings = Some(SettingsChange::lock(true).into());
    is(
        &ChangeGroup { settings, ..ChangeGroup::default() },
        json!({ "settings": { "locked": true } }),
    );
    is(&ChangeGroup { name: Some(name("5B")), settings: None }, json!({ "name": "5B" }));
}

#[test]
fn what_may_be_left_out_may_not_be_null_and_nothing_else_may_be_said() {
    reads::<OptionalData>("{}");
    reads::<Finish>("{}");
    reads::<ChangeGroup>("{}");
    reads::<Empty>("{}");
    refuses::<OptionalData>(json!({ "data": null }), "invalid type: null");
    refuses::<ChangeGroup>(json!({ "name": null }), "invalid type: null");
    refuses::<ChangeGroup>(json!({ "settings": null }), "invalid type: null");
    let list = json!({ "settings": [true] });
    refuses::<ChangeGroup>(list, "invalid type: sequence, expected an object");
    for field in ["invitee", "reason", "data"] {
        refuses::<Finish>(json!({ field: null }), "invalid type: null");
    }
    let unknown = || json!({ "colour": "red" });
    refuses::<Empty>(unknown(), "unknown field `colour`");
    refuses::<Finish>(unknown(), "unknown field `colour`");
    refuses::<ChangeGroup>(unknown(), "unknown field `colour`");
    refuses::<OptionalData>(unknown(), "unknown field `colour`");
    refuses::<Data>(unknown(), "unknown field `colour`");
    refuses::<Invite>(unknown(), "unknown field `colour`");
    refuses::<InviteInGroup>(unknown(), "unknown field `colour`");
    refuses::<Join>(unknown(), "unknown field `colour`");
    refuses::<CreateGroup>(unknown(), "unknown field `colour`");
    refuses::<ChangeRole>(unknown(), "unknown field `colour`");
    refuses::<Data>(json!({}), "missing field `data`");
    refuses::<Invite>(json!({ "invitee": "u", "data": "" }), "missing field `timeout`");
    let long = json!({ "invitee": "u", "data": "", "timeout": 86_401 });
    refuses::<Invite>(long, "a timeout is 0 to 86400 seconds");
    refuses::<Join>(json!({ "joinCode": "A", "name": " " }), "a name must not be empty");
}

#[test]
fn answers_leave_out_what_there_is_not() {
    let credential = Credential {
        group_id: GROUP,
        join_code: None,
        join_url: None,
        user_id: user(1),
        token: "t".to_owned(),
    };
    is(&credential, json!({ "groupID": GROUP, "userID": user(1), "token": "t" }));
    let (code, url) = (Some("ABC".to_owned()), Some("https://h/join/ABC".to_owned()));
    is(
        &Credential { join_code: code, join_url: url, ..credential },
        json!({
            "groupID": GROUP, "joinCode": "ABC", "joinURL": "https://h/join/ABC",
            "userID": user(1), "token": "t",
        }),
    );
    let at = Timestamp::from_millis(0);
    is(
        &HandoverLink { url: "https://h/t".to_owned(), expires_at: at },
        json!({ "handoverURL": "https://h/t", "expiresAt": at }),
    );
    let urls = vec!["stun:s".to_owned()];
    let stun = IceServer { urls, username: None, credential: None };
    is(
        &IceServers { ice_servers: vec![stun.clone()], expires_at: None, over_server: false },
        json!({ "iceServers": [{ "urls": ["stun:s"] }] }),
    );
    let turn = IceServer { username: Some("u".into()), credential: Some("c".into()), ..stun };
    is(
        &IceServers { ice_servers: vec![turn], expires_at: Some(at), over_server: true },
        json!({
            "iceServers": [{ "urls": ["stun:s"], "username": "u", "credential": "c" }],
            "expiresAt": at,
            "overServer": true,
        }),
    );
}
