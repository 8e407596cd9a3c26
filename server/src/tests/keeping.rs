//! What is kept of a class and of its answers has a sum.

use signaling::{Answers, Command, InviteId, InviteeList, SettingsChange, Timeout};

use super::{HERE, School, name};
use crate::error::Error;
use crate::http::reply::encode;
use crate::identity::{Token, TokenHash, new_invite_id};
use crate::limits::bounds::Bounds;
use crate::writer::Housekeeping;
use crate::writer::job::Key;
use crate::writer::reply::{EncodedAnswer, Reply};

impl School {
    async fn invites_all(&self, data: &str) -> Result<InviteId, Error> {
        self.invites(InviteeList::Everyone, data).await
    }

    async fn invites(&self, whom: InviteeList, data: &str) -> Result<InviteId, Error> {
        let invite_id = new_invite_id();
        let invite = Command::InviteInGroup {
            actor: self.session().await.user,
            invite_id,
            invitee_list: whom,
            data: data.to_owned(),
            timeout: Timeout::NEVER,
            answers: Answers::Each,
        };
        self.engine.command(self.group_id, HERE, invite).await.map(|_| invite_id)
    }

    async fn cancel(&self, invite_id: InviteId) -> Command {
        let actor = self.session().await.user;
        Command::Cancel { actor, invite_id, data: String::new(), reason: None }
    }

    /// The same request each time, by what a key is told apart by.
    fn key(command: &Command, key: &str) -> Key {
        let (Command::Cancel { actor, .. } | Command::InviteInGroup { actor, .. }) = command else {
            panic!("no key for {command:?}");
        };
        Key { user: *actor, key: key.to_owned(), request: TokenHash::of(b"the same"), encode }
    }
}

/// The answer that is kept with a key.
fn encoded(reply: Reply) -> EncodedAnswer {
    match reply {
        Reply::Encoded(answer) => answer,
        reply => panic!("{reply:?} is not kept"),
    }
}

#[tokio::test]
async fn a_long_answer_is_kept_by_what_it_refers_to_and_given_again_as_it_was() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    for _ in 0..100 {
        school.student().await;
    }
    let invite_id = school.invites_all("").await.expect("an invitation");
    let cancel = school.cancel(invite_id).await;
    engine.command(school.group_id, HERE, cancel.clone()).await.expect("it is cancelled");
    let keyed = async |key: &str| {
        let key = School::key(&cancel, key);
        let done = engine.keyed_command(school.group_id, HERE, cancel.clone(), Some(key)).await;
        done.map(encoded)
    };
    let first = keyed("one").await.expect("an answer");
    assert!(first.body.len() > 10_000, "{} bytes", first.body.len());
    assert!(keyed("one").await.expect("the same").body == first.body);
    for number in 0..50 {
        assert!(keyed(&number.to_string()).await.expect("an answer").body == first.body);
    }
    let kept = school.rows("first_answer WHERE length(kept) < 512").await;
    assert_eq!(kept, 51, "all of them are short");
}

#[tokio::test]
async fn an_invitation_is_answered_again_with_the_words_of_its_request() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let invite = |invite_id| Command::InviteInGroup {
        actor: school_user(&school),
        invite_id,
        invitee_list: InviteeList::Everyone,
        data: "🙋".repeat(3_000),
        timeout: Timeout::new(60).expect("a timeout"),
        answers: Answers::Each,
    };
    let keyed = async |command: Command| {
        let key = School::key(&command, "one");
        let done = engine.keyed_command(school.group_id, HERE, command, Some(key)).await;
        encoded(done.expect("an answer"))
    };
    let invite_id = new_invite_id();
    let first = keyed(invite(invite_id)).await;
    let actor = school_user(&school);
    let expires_at = Some(engine.now().plus_seconds(90));
    let modify = Command::Modify { actor, invite_id, data: "other words".to_owned(), expires_at };
    engine.command(school.group_id, HERE, modify).await.expect("it says something else");
    let cancel = school.cancel(invite_id).await;
    engine.command(school.group_id, HERE, cancel).await.expect("it is over");
    let again = keyed(invite(new_invite_id())).await;
    assert!(again == first);
    assert_eq!(school.rows("first_answer WHERE length(kept) < 512").await, 1);
}

/// The teacher, of whom the room knows without asking anybody.
fn school_user(school: &School) -> signaling::UserId {
    let rooms = school.engine.shared.rooms.get(school.group_id).expect("the room");
    rooms.with_group(|group| group.members()[0].user_id)
}

#[tokio::test]
async fn a_member_has_so_many_keys_and_others_have_theirs() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let invite_id = school.invites_all("").await.expect("an invitation");
    let cancel = school.cancel(invite_id).await;
    let url = format!("sqlite://{}", school.file.display());
    let mut file =
        <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.expect("a connection");
    let actor = school_user(&school);
    sqlx::query(
        "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 10000)
         INSERT INTO first_answer (group_id, user_id, key, request_hash, status, kept, at)
         SELECT ?, ?, 'key ' || n, x'00', 200, '{\"body\":\"\"}', ? FROM number",
    )
    .bind(school.group_id.as_bytes().as_slice())
    .bind(actor.as_bytes().as_slice())
    .bind(engine.now().as_millis() - 3_600_000)
    .execute(&mut file)
    .await
    .expect("as many keys as there may be");
    let key = School::key(&cancel, "one more");
    let refused = engine.keyed_command(school.group_id, HERE, cancel.clone(), Some(key)).await;
    let Err(Error::TooFast(wait)) = refused else { panic!("{refused:?}") };
    let hours = wait.as_secs() / 3_600;
    assert!((22..=23).contains(&hours), "until the first of them is forgotten: {wait:?}");
    engine.command(school.group_id, HERE, cancel).await.expect("without a key it goes on");
}

#[tokio::test]
async fn a_class_that_has_used_up_its_room_can_be_ended_and_others_go_on() {
    let bounds = Bounds { class_bytes: 100_000, ..Bounds::default() };
    let school = School::open_within(bounds, Housekeeping::default()).await;
    let engine = &school.engine;
    let elsewhere = Token::new();
    let other = engine.create_group(HERE, name("4B"), name("Ms Noether"), None, &elsewhere).await;
    let other = other.expect("another class").group_id;
    let words = "a".repeat(10_000);
    let mut open = Vec::new();
    let refused = loop {
        match school.invites_all(&words).await {
            Ok(invite_id) => open.push(invite_id),
            Err(error) => break error,
        }
        assert!(open.len() < 100, "it goes on");
    };
    assert!(matches!(refused, Error::ClassUsedUp), "{refused:?}");
    assert_eq!(refused.problem().status, 507);
    assert!((8..=11).contains(&open.len()), "{}", open.len());
    let code = school.session().await.room.join_code();
    let token = Token::new();
    let joined = engine.join(HERE, code.as_str(), name("Ada"), None, &token).await;
    assert!(matches!(joined, Err(Error::ClassUsedUp)));
    let cancel = school.cancel(open[0]).await;
    engine.command(school.group_id, HERE, cancel).await.expect("what goes on can be ended");
    let joined = engine.session(other, &elsewhere).await.expect("the other class");
    let rename = Command::ChangeGroup {
        actor: joined.user,
        name: Some(name("5B")),
        settings: SettingsChange::default(),
    };
    engine.command(other, HERE, rename).await.expect("others go on");

    let end = Command::End { actor: school_user(&school) };
    engine.command(school.group_id, HERE, end).await.expect("so can the class");
}

#[tokio::test]
async fn a_network_has_its_bytes_of_a_day_and_others_have_theirs() {
    let bounds = Bounds { network_bytes_a_day: 100_000, ..Bounds::default() };
    let school = School::open_within(bounds, Housekeeping::default()).await;
    let words = "a".repeat(10_000);
    let mut said = 0;
    let refused = loop {
        match school.invites_all(&words).await {
            Ok(_) => said += 1,
            Err(error) => break error,
        }
        assert!(said < 100, "it goes on");
    };
    let Error::TooFast(wait) = refused else { panic!("{refused:?}") };
    assert!(wait.as_secs() > 60, "it is a sum of a day: {wait:?}");
    assert!((7..=10).contains(&said), "{said}");
    let elsewhere = std::net::IpAddr::from([198, 51, 100, 7]);
    let rename = Command::ChangeGroup {
        actor: school_user(&school),
        name: Some(name("5B")),
        settings: SettingsChange::default(),
    };
    let (engine, group_id) = (&school.engine, school.group_id);
    engine.command(group_id, elsewhere, rename).await.expect("others go on");
    let end = Command::End { actor: school_user(&school) };
    engine.command(group_id, HERE, end).await.expect("what goes on can be ended");
}

#[tokio::test]
async fn whoever_comes_counts_with_their_part_of_what_asks_everybody() {
    let bounds = Bounds { network_bytes_a_day: 1_000_000, ..Bounds::default() };
    let school = School::open_within(bounds, Housekeeping::default()).await;
    let engine = &school.engine;
    for _ in 0..64 {
        school.invites_all("").await.expect("an invitation");
    }
    let one_more = school.invites_all("").await;
    assert!(matches!(one_more, Err(Error::TooManyInvitations)));
    let code = school.session().await.room.join_code();
    let mut joined = Vec::new();
    let refused = loop {
        let token = Token::new();
        match engine.join(HERE, code.as_str(), name("Ada"), None, &token).await {
            Ok(it) => joined.push(it.user_id),
            Err(error) => break error,
        }
        assert!(joined.len() < 100, "it goes on");
    };
    assert!(matches!(refused, Error::TooFast(_)), "{refused:?}");
    assert!((20..=30).contains(&joined.len()), "{}", joined.len());
    let user = joined[0];
    let leave = Command::Leave { actor: user, user };
    engine.command(school.group_id, HERE, leave).await.expect("whoever is in can go");
}

#[tokio::test]
async fn whoever_goes_counts_with_what_that_ends() {
    let bounds = Bounds { network_bytes_a_day: 1_000_000, ..Bounds::default() };
    let school = School::open_within(bounds, Housekeeping::default()).await;
    let engine = &school.engine;
    let (user, _) = school.student().await;
    let elsewhere = std::net::IpAddr::from([198, 51, 100, 7]);
    for _ in 0..500 {
        school.invites(InviteeList::Members(vec![user]), "").await.expect("an invitation");
    }
    let leave = Command::Leave { actor: user, user };
    engine.command(school.group_id, elsewhere, leave).await.expect("whoever is in can go");
    let left = 1_000_000 - 501 * crate::limits::weight::EVENT;
    assert!(matches!(engine.limits().write(elsewhere, left + 10_000), Err(Error::TooFast(_))));
    engine.limits().write(elsewhere, left - 10_000).expect("the rest");
}

#[tokio::test]
async fn what_is_live_says_no_more_than_a_snapshot_can_hold() {
    let school = School::open(Housekeeping::default()).await;
    let (student, _) = school.student().await;
    let whom = || InviteeList::Members(vec![student]);
    // In JSON six bytes each.
    let words = "\u{1}".repeat(12_000);
    let mut open = Vec::new();
    let refused = loop {
        match school.invites(whom(), &words).await {
            Ok(invite_id) => open.push(invite_id),
            Err(error) => break error,
        }
        assert!(open.len() < 500, "it goes on");
    };
    assert!(matches!(refused, Error::TooManyInvitations), "{refused:?}");
    // As much as is left for all: half of it.
    assert_eq!(open.len(), (2 << 20) / 72_000);
    let actor = student;
    let invite = |data: String| Command::Invite {
        actor,
        invite_id: new_invite_id(),
        invitee: school_user(&school),
        data,
        timeout: Timeout::NEVER,
    };
    let said = async |command| school.engine.command(school.group_id, HERE, command).await;
    said(invite(words.clone())).await.expect("others have room");
    let accept = |data: &str| Command::Accept { actor, invite_id: open[0], data: data.to_owned() };
    said(accept("here")).await.expect("so have answers");
    let reject = Command::Reject { actor, invite_id: open[1], data: words.clone(), reason: None };
    said(reject).await.expect("of any kind");
    school.invites(whom(), "").await.expect("without words it goes on");
    let modify = Command::Modify {
        actor: school_user(&school),
        invite_id: *open.last().expect("one"),
        data: words.clone(),
        expires_at: None,
    };
    said(modify).await.expect("what takes the place of as much");
    school.invites(whom(), &words).await.expect("one has ended by that");
    let modify = Command::Modify {
        actor: school_user(&school),
        invite_id: school.invites(whom(), "").await.expect("another"),
        data: words.clone(),
        expires_at: None,
    };
    assert!(matches!(said(modify).await, Err(Error::TooManyInvitations)));
    let cancel = school.cancel(open[2]).await;
    school.engine.command(school.group_id, HERE, cancel).await.expect("one is over");
    school.invites(whom(), &words).await.expect("there is room for another");
}

#[tokio::test]
async fn of_what_was_read_no_more_is_kept_than_is_written_in_a_moment() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let (student, _) = school.student().await;
    let mut said = 0_u32;
    for (invitations, keeps_state) in [(10, true), (400, false), (1, false)] {
        for _ in 0..invitations {
            let whom = InviteeList::Members(vec![student]);
            let last = school.invites(whom, &"a".repeat(12_000)).await.expect("an invitation");
            said += 12_000;
            // Nothing stays live.
            let over = school.cancel(last).await;
            engine.command(school.group_id, HERE, over).await.expect("it is over");
        }
        let class = engine.class(school.group_id).await.expect("the class");
        let read = engine.reading(&class).await.expect("it is read");
        assert_eq!(read.len(), said as usize);
        engine.keep_reading(&class).await.expect("it is kept");
        assert_eq!(engine.summary(&class).await.expect("figures"), said.to_string());
        assert_eq!(school.rows("reading WHERE summary <> ''").await, 1);
        let kept = school.rows("reading WHERE state <> ''").await;
        assert_eq!(kept, i64::from(keeps_state), "of {said} bytes");
        let rows = engine.rows_to_read(&class).await.expect("a number");
        let expected = if keeps_state { u64::from(said) / 200 } else { class.seq };
        assert_eq!(u64::from(rows), expected);
    }
}

#[tokio::test]
async fn there_are_as_many_unprompted_hands_as_students_and_the_teacher_asks_all_the_same() {
    let school = School::open(Housekeeping::default()).await;
    let mut students = Vec::new();
    for _ in 0..70 {
        students.push(school.student().await.0);
    }
    for student in students {
        let ask = Command::InviteInGroup {
            actor: student,
            invite_id: new_invite_id(),
            invitee_list: InviteeList::Everyone,
            data: r#"{"operation":"speech_application"}"#.to_owned(),
            timeout: Timeout::NEVER,
            answers: Answers::First,
        };
        let asked = school.engine.command(school.group_id, HERE, ask).await;
        asked.expect("each has one");
    }
    for _ in 0..64 {
        school.invites_all("").await.expect("the teacher asks");
    }
    assert!(matches!(school.invites_all("").await, Err(Error::TooManyInvitations)));
}
