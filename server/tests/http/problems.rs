//! Every row of the contract's table of errors, but for those that belong to a limit.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Class, GroupInvitation, Invite, Member, Server, group_routes, invitation_routes,
};

/// An id of the right form that nobody has.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Bodies that are wrong for every request.
fn no_objects() -> [&'static str; 6] {
    ["{", "[]", "7", "null", "\"text\"", "{\"name\":}"]
}

// ---- 400 ---------------------------------------------------------------------------------------

#[tokio::test]
async fn a_class_is_not_begun_with_a_body_of_another_shape() {
    let server = Server::start().await;
    for body in no_objects() {
        let answer = server.request(Method::POST, "/groups").bytes(body).await;
        answer.refused(400, 6017);
    }
    for body in [
        json!({}),
        json!({ "name": "4B" }),
        json!({ "teacher": "Ms Noether" }),
        json!({ "name": "4B", "teacher": "Ms Noether", "school": "Erlangen" }),
        json!({ "name": 4, "teacher": "Ms Noether" }),
        json!({ "name": "4B", "teacher": null }),
        json!({ "name": ["4B"], "teacher": "Ms Noether" }),
        json!(["4B", "Ms Noether"]),
    ] {
        server.begin_class(body).await.refused(400, 6017);
    }
}

#[tokio::test]
async fn a_class_is_not_joined_with_a_body_of_another_shape() {
    let server = Server::start().await;
    let join_code = Class::start(&server).await.join_code;
    for body in no_objects() {
        server.request(Method::POST, "/join").bytes(body).await.refused(400, 6017);
    }
    for body in [
        json!({ "name": "Ada" }),
        json!({ "joinCode": join_code }),
        json!({ "joinCode": join_code, "name": "Ada", "role": "teacher" }),
        json!({ "joinCode": 7, "name": "Ada" }),
        json!({ "joinCode": join_code, "name": 7 }),
    ] {
        server.request(Method::POST, "/join").json(body).await.refused(400, 6017);
    }
    let twice = format!(r#"{{"joinCode":"{join_code}","name":"Ada","name":"Bo"}}"#);
    server.request(Method::POST, "/join").bytes(twice).await.refused(400, 6017);
}

#[tokio::test]
async fn a_name_is_neither_blank_nor_too_long_nor_holds_control_characters() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let too_long = "a".repeat(65);
    for name in [
        "",
        " ",
        "\t",
        "\u{3000}",
        "A\0da",
        "A\u{7}da",
        "Ada\u{7f}",
        "A\u{85}da",
        "A\nda",
        &too_long,
    ] {
        server.begin_class(json!({ "name": name, "teacher": "T" })).await.refused(400, 6017);
        server.begin_class(json!({ "name": "4B", "teacher": name })).await.refused(400, 6017);
        class.try_join(name).await.refused(400, 6017);
        class.teacher.change_group(json!({ "name": name })).await.refused(400, 6017);
    }
    assert_eq!(class.teacher.snapshot().await["name"], "4B");
}

#[tokio::test]
async fn a_name_shows_something() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    for name in
        ["\u{200b}", "\u{ad}", "\u{301}\u{200d}", "\u{2800}", "\u{3164}", "\u{202e} \u{202c}"]
    {
        server.begin_class(json!({ "name": name, "teacher": "T" })).await.refused(400, 6017);
        server.begin_class(json!({ "name": "4B", "teacher": name })).await.refused(400, 6017);
        class.teacher.change_group(json!({ "name": name })).await.refused(400, 6017);
        let refused = class.try_join(name).await.refused(400, 6017);
        assert_eq!(refused["detail"], "The body is wrong: a name must show something.");
    }
    let snapshot = class.teacher.snapshot().await;
    assert_eq!(snapshot["name"], "4B");
    assert_eq!(snapshot["members"].as_array().map(Vec::len), Some(1));
    class.try_join("می\u{200c}خواهم").await.with_status(201);
}

#[tokio::test]
async fn a_name_holds_64_characters_of_any_script() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let hands = "✋".repeat(64);
    let emoji = "🙋".repeat(64);
    let arabic = "ليلى";
    for name in [&*"a".repeat(64), &hands, &emoji, arabic, "O'Neill \"Bo\" <b>&amp;</b>"] {
        class.try_join(name).await.with_status(201);
        let members = class.teacher.snapshot().await["members"].take();
        let last = members.as_array().and_then(|members| members.last());
        assert_eq!(last.expect("a member")["name"], name);
    }
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_malformed() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    let ada = class.join("Ada").await;
    for broken in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\\ud800"] {
        let body = [&b"{\"data\":\""[..], broken, b"\"}"].concat();
        let request = ada.request(Method::POST, &invite.path("/accept"));
        request.bytes(body).await.refused(400, 6017);
    }
    assert_eq!(ada.state_of(&invite, &ada).await, "pending");
}

#[tokio::test]
async fn nobody_is_invited_with_a_body_of_another_shape() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    for body in no_objects() {
        let request = class.teacher.request(Method::POST, "/invite");
        request.bytes(body).await.refused(400, 6017);
    }
    let right = json!({ "invitee": ada.id, "data": "", "timeout": 0 });
    for field in ["invitee", "data", "timeout"] {
        let mut body = right.clone();
        body.as_object_mut().expect("an object").remove(field);
        class.teacher.post("/invite", body).await.refused(400, 6017);
    }
    for (field, value) in [
        ("invitee", json!(7)),
        ("invitee", json!([ada.id])),
        ("invitee", json!(class.teacher.id)),
        ("data", json!(null)),
        ("data", json!({ "operation": "call" })),
        ("answers", json!("first")),
        ("groupID", json!(null)),
    ] {
        let mut body = right.clone();
        body[field] = value;
        class.teacher.post("/invite", body).await.refused(400, 6017);
    }
    assert!(class.teacher.live().await.is_empty());
}

#[tokio::test]
async fn no_group_is_invited_with_a_body_of_another_shape() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    for body in no_objects() {
        let request = class.teacher.request(Method::POST, "/inviteInGroup");
        request.bytes(body).await.refused(400, 6017);
    }
    let right = json!({ "inviteeList": [ada.id], "data": "", "timeout": 0 });
    for field in ["inviteeList", "data", "timeout"] {
        let mut body = right.clone();
        body.as_object_mut().expect("an object").remove(field);
        class.teacher.post("/inviteInGroup", body).await.refused(400, 6017);
    }
    for (field, value) in [
        ("inviteeList", json!([])),
        ("inviteeList", json!([ada.id, ada.id])),
        ("inviteeList", json!([ada.id, class.teacher.id])),
        ("inviteeList", json!([ada.id, 7])),
        ("inviteeList", json!("everyone")),
        ("inviteeList", json!(null)),
        ("data", json!(7)),
        ("answers", json!("last")),
        ("answers", json!(null)),
        ("invitee", json!(ada.id)),
    ] {
        let invitation = GroupInvitation::to([&ada]).with(field, value);
        class.teacher.try_invite_in_group(invitation).await.refused(400, 6017);
    }
    assert!(class.teacher.live().await.is_empty());
}

#[tokio::test]
async fn a_timeout_is_whole_seconds_up_to_a_day() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    for timeout in
        [json!(-1), json!(86_401), json!(4_294_967_296_u64), json!(1.5), json!("3"), json!(null)]
    {
        let one = json!({ "invitee": ada.id, "data": "", "timeout": timeout });
        class.teacher.post("/invite", one).await.refused(400, 6017);
        let all = GroupInvitation::to_everyone().with("timeout", timeout);
        class.teacher.try_invite_in_group(all).await.refused(400, 6017);
    }
    for timeout in [0, 1, 86_400] {
        class.teacher.try_invite(&ada, "", timeout).await.with_status(201);
        class.teacher.invite_in_group(GroupInvitation::to_everyone().within(timeout)).await;
    }
}

#[tokio::test]
async fn verbs_take_no_body_of_another_shape() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    for verb in ["cancel", "accept", "reject", "finish"] {
        let actor = if verb == "cancel" { &class.teacher } else { &ada };
        for body in ["{", "[]", "7", "{\"data\":7}", "{\"data\":null}", "{\"date\":\"\"}"] {
            let request = actor.request(Method::POST, &invite.path(&format!("/{verb}")));
            request.bytes(body).await.refused(400, 6017);
        }
    }
    for body in [json!({ "invitee": 7 }), json!({ "reason": 7 }), json!({ "reasons": "x" })] {
        ada.verb(&invite, "finish", body).await.refused(400, 6017);
    }
    for body in [json!({}), json!({ "data": 7 }), json!({ "data": "", "timeout": 3 })] {
        class.teacher.patch(&invite.path(""), body).await.refused(400, 6017);
    }
    assert_eq!(ada.state_of(&invite, &ada).await, "pending");
}

#[tokio::test]
async fn a_class_is_not_changed_with_a_body_of_another_shape() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let before = class.teacher.snapshot().await["seq"].take();
    for body in [
        json!([]),
        json!({ "name": null }),
        json!({ "settings": null }),
        json!({ "settings": true }),
        json!({ "settings": [true, false] }),
        json!({ "settings": { "locked": "yes" } }),
        json!({ "settings": { "locked": null } }),
        json!({ "settings": { "muted": true } }),
        json!({ "locked": true }),
    ] {
        class.teacher.change_group(body).await.refused(400, 6017);
    }
    for role in [json!({}), json!({ "role": "admin" }), json!({ "role": null })] {
        class.teacher.patch(&format!("/members/{}", ada.id), role).await.refused(400, 6017);
    }
    assert_eq!(class.teacher.snapshot().await["seq"], before);
}

#[tokio::test]
async fn a_place_in_the_log_is_a_number() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    for after in ["abc", "-1", "1.5", ""] {
        class.teacher.get(&format!("/events?after={after}")).await.refused(400, 6017);
    }
}

// ---- 401 and 403 -------------------------------------------------------------------------------

/// A class with an invitation in it, and two people beside the teacher.
async fn class_with_an_invitation(server: &Server) -> (Class, [Member; 2], Invite) {
    let class = Class::start(server).await;
    let pair = class.pair().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    (class, pair, invite)
}

#[tokio::test]
async fn nothing_can_be_done_without_a_credential_or_with_a_bad_one() {
    let server = Server::start().await;
    let (class, [ada, _], invite) = class_with_an_invitation(&server).await;
    let before = class.teacher.snapshot().await["seq"].take();
    let unknown = "A".repeat(43);
    for route in group_routes(&invite, &ada) {
        let request = || route.request(server.endpoint(), &ada.group);
        let requests = [
            request(),
            request().bearer(""),
            request().bearer("not a token"),
            request().bearer(&unknown),
            request().bearer(&format!("{}A", ada.token)),
            request().header("authorization", &format!("Basic {}", ada.token)),
            request().cookie(&unknown).header("sec-fetch-site", "same-origin"),
        ];
        for request in requests {
            request.await.refused(401, 6014);
        }
    }
    assert_eq!(class.teacher.snapshot().await["seq"], before);
}

#[tokio::test]
async fn a_credential_of_another_class_opens_nothing() {
    let server = Server::start().await;
    let (class, [ada, _], invite) = class_with_an_invitation(&server).await;
    let stranger = Class::start(&server).await.teacher;
    let before = class.teacher.snapshot().await["seq"].take();
    for route in group_routes(&invite, &ada) {
        let answer = route.request(server.endpoint(), &ada.group).bearer(&stranger.token).await;
        assert_eq!(answer.status, 403, "{}", route.name());
        answer.refused(403, 8011);
    }
    assert_eq!(class.teacher.snapshot().await["seq"], before);
}

#[tokio::test]
async fn nobody_new_joins_a_locked_class() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    class.teacher.change_settings(json!({ "locked": true })).await.with_status(200);
    class.try_join("Ada").await.refused(403, 10007);
    class.teacher.change_settings(json!({ "locked": false })).await.with_status(200);
    class.join("Ada").await;
}

// ---- 404 ---------------------------------------------------------------------------------------

#[tokio::test]
async fn an_invitation_of_another_class_or_of_none_is_not_found() {
    let server = Server::start().await;
    let (_, _, elsewhere) = class_with_an_invitation(&server).await;
    let class = Class::start(&server).await;
    for id in [&*elsewhere.id, NOBODY, "nonsense", "%20"] {
        let invite = Invite { id: id.to_owned(), made: Value::Null };
        for route in invitation_routes(&invite) {
            let request = route.request(server.endpoint(), &class.teacher.group);
            request.bearer(&class.teacher.token).await.refused(404, 8010);
        }
    }
}

#[tokio::test]
async fn a_one_to_one_invitation_is_not_found_by_anybody_else() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let invite = class.teacher.invite(&ada).await;
    for route in invitation_routes(&invite) {
        for member in [&bo, &co_teacher] {
            let request = route.request(server.endpoint(), &member.group);
            request.bearer(&member.token).await.refused(404, 8010);
        }
    }
    assert_eq!(ada.state_of(&invite, &ada).await, "pending");
}

#[tokio::test]
async fn a_class_or_a_code_that_is_not_there_is_not_found() {
    let server = Server::start().await;
    let (class, [ada, _], invite) = class_with_an_invitation(&server).await;
    for group in [NOBODY, "nonsense"] {
        for route in group_routes(&invite, &ada) {
            let request = route.request(server.endpoint(), group);
            request.bearer(&class.teacher.token).await.refused(404, 10010);
        }
    }
    for join_code in ["", "22", "ZZZZZZ", "nonsense", "🙋"] {
        server.join(join_code, "Ada").await.refused(404, 10010);
    }
}

#[tokio::test]
async fn a_member_who_is_not_there_is_not_found() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    ada.leave().await.has_no_content();
    for id in [&*ada.id, NOBODY, "nonsense"] {
        let path = format!("/members/{id}");
        class.teacher.request(Method::DELETE, &path).await.refused(404, 6017);
        class.teacher.patch(&path, json!({ "role": "teacher" })).await.refused(404, 6017);
    }
}

// ---- 409 ---------------------------------------------------------------------------------------

#[tokio::test]
async fn a_verb_that_comes_too_late_is_told_the_state_that_won() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let teacher = &class.teacher;
    let invite = || async { teacher.invite_in_group(GroupInvitation::to([&ada])).await };

    let accepted = invite().await;
    ada.accept(&accepted).await.with_status(200);
    ada.reject(&accepted).await.lost_to("accepted");
    teacher.cancel(&accepted).await.lost_to("accepted");
    teacher.modify(&accepted, "more").await.lost_to("accepted");

    let rejected = invite().await;
    ada.reject(&rejected).await.with_status(200);
    ada.accept(&rejected).await.lost_to("rejected");
    ada.finish(&rejected).await.lost_to("rejected");
    teacher.finish(&rejected).await.lost_to("rejected");
    teacher.cancel(&rejected).await.lost_to("rejected");
    teacher.modify(&rejected, "more").await.lost_to("rejected");

    let cancelled = invite().await;
    teacher.cancel(&cancelled).await.with_status(200);
    ada.accept(&cancelled).await.lost_to("cancelled");
    ada.reject(&cancelled).await.lost_to("cancelled");
    ada.finish(&cancelled).await.lost_to("cancelled");
    teacher.modify(&cancelled, "more").await.lost_to("cancelled");

    let finished = invite().await;
    ada.accept(&finished).await.with_status(200);
    ada.finish(&finished).await.with_status(200);
    ada.accept(&finished).await.lost_to("finished");
    ada.reject(&finished).await.lost_to("finished");
    teacher.cancel(&finished).await.lost_to("finished");
    teacher.modify(&finished, "more").await.lost_to("finished");
}

#[tokio::test]
async fn there_is_nothing_to_finish_before_somebody_has_accepted() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada, &bo])).await;
    ada.finish(&invite).await.refused(409, 8010);
    class.teacher.finish(&invite).await.refused(409, 8010);
    ada.accept(&invite).await.with_status(200);
    class.teacher.finish_of(&invite, &bo).await.refused(409, 8010);
    bo.finish(&invite).await.refused(409, 8010);
    assert_eq!(ada.state_of(&invite, &ada).await, "accepted");
}

#[tokio::test]
async fn a_student_asks_once_at_a_time() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let ask = ada.invite_in_group(GroupInvitation::to_everyone().for_the_first()).await;
    let again = || GroupInvitation::to([&class.teacher]);
    ada.try_invite_in_group(again()).await.refused(409, 8012);
    bo.invite_in_group(again()).await;
    ada.cancel(&ask).await.with_status(200);
    let second = ada.invite_in_group(again()).await;
    class.teacher.accept(&second).await.with_status(200);
    ada.invite_in_group(again()).await;
}

#[tokio::test]
async fn a_class_keeps_a_teacher() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let teacher = &class.teacher;
    teacher.leave().await.refused(409, 10007);
    teacher.make("student", teacher).await.refused(409, 10007);
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    teacher.make("student", teacher).await.with_status(200);
    co_teacher.leave().await.refused(409, 10007);
    teacher.leave().await.has_no_content();
}

// ---- 410 ---------------------------------------------------------------------------------------

#[tokio::test]
async fn a_class_that_has_ended_is_gone_for_everybody() {
    let server = Server::start().await;
    let (class, [ada, bo], invite) = class_with_an_invitation(&server).await;
    class.teacher.end_class().await.with_status(200);
    for member in [&class.teacher, &ada] {
        for route in group_routes(&invite, &bo) {
            let request = route.request(server.endpoint(), &member.group);
            request.bearer(&member.token).await.refused(410, 10010);
        }
    }
    class.try_join("Cy").await.refused(410, 10010);
}

// ---- 422 ---------------------------------------------------------------------------------------

#[tokio::test]
async fn only_members_can_be_invited() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, gone] = class.pair().await;
    gone.leave().await.has_no_content();
    let stranger = Class::start(&server).await.teacher;
    for id in [&*gone.id, &stranger.id, NOBODY, "nonsense", ""] {
        let one = json!({ "invitee": id, "data": "", "timeout": 0 });
        class.teacher.post("/invite", one).await.refused(422, 6017);
        let list = GroupInvitation::to([&ada]).with("inviteeList", json!([ada.id, id]));
        class.teacher.try_invite_in_group(list).await.refused(422, 6017);
    }
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada])).await;
    ada.accept(&invite).await.with_status(200);
    class.teacher.finish_of(&invite, &stranger).await.refused(422, 6017);
    assert_eq!(ada.state_of(&invite, &ada).await, "accepted");
}
