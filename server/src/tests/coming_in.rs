//! How a browser comes into one class more, and what becomes of the token that it had.

use std::time::Duration;

use futures::future::join_all;
use signaling::{Command, GroupId, Role, SettingsChange, Timestamp};

use super::{HERE, School, name};
use crate::engine::Engine;
use crate::error::Error;
use crate::identity::tokens::{GRACE_SECONDS, TAKEN_ALONG};
use crate::identity::{Entrance, Ticket, Token};
use crate::writer::Housekeeping;

/// A browser begins a class of its own, and carries another token afterwards.
async fn begins(engine: &Engine, before: Option<&Token>) -> (GroupId, Token) {
    let token = Token::new();
    let entrance = Entrance { token: &token, instead_of: before };
    let begun = engine.create_group(HERE, name("Physics"), name("Noor"), None, entrance).await;
    (begun.expect("a class").group_id, token)
}

#[tokio::test]
async fn coming_in_costs_the_same_however_many_classes_a_browser_is_in() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let (first, mut token) = begins(engine, None).await;
    let mut costs = Vec::new();
    for _ in 0..60 {
        let before = (school.rows("token").await, school.rows("membership").await);
        token = begins(engine, Some(&token)).await.1;
        let after = (school.rows("token").await, school.rows("membership").await);
        costs.push((after.0 - before.0, after.1 - before.1));
    }
    assert!(costs.iter().all(|cost| *cost == (1, 1)), "{costs:?}");
    engine.session(first, &token).await.expect("it opens the first class too");
}

#[tokio::test]
async fn a_token_that_was_replaced_opens_what_it_opened_and_ends_once_the_new_one_is_used() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let (group, before) = begins(engine, None).await;
    let (newer, token) = begins(engine, Some(&before)).await;
    let holds = async |group, token: &Token, at| school.holds(group, token, at).await;
    let never = engine.now().plus_seconds(365 * 24 * 3_600);
    engine.session(group, &before).await.expect("the answer may never have come");
    assert!(engine.session(newer, &before).await.is_err(), "somebody may have noted it");
    assert!(holds(group, &before, never).await);

    engine.session(newer, &token).await.expect("the new one is used");
    school.has_ended(group, &before).await;
    engine.session(group, &before).await.expect("requests may still be under way");
    assert!(holds(group, &token, never).await && holds(newer, &token, never).await);
}

#[tokio::test]
async fn a_token_that_was_replaced_ends_however_the_new_one_is_used() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    for way in ["a page", "a history", "the list of classes", "coming in"] {
        let (group, before) = begins(engine, None).await;
        let (newer, token) = begins(engine, Some(&before)).await;
        match way {
            "a page" => drop(engine.asking(Some(newer), Some(&token), HERE).await.expect(way)),
            "a history" => drop(engine.member_of(newer, &token).await.expect(way)),
            "the list of classes" => {
                assert_eq!(engine.classes_of(&token, false).await.expect(way).len(), 2);
            }
            _ => drop(begins(engine, Some(&token)).await),
        }
        school.has_ended(group, &before).await;
    }
}

#[tokio::test]
async fn a_token_that_was_replaced_comes_in_with_what_it_opened_and_nothing_newer() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let mut classes = Vec::new();
    let mut token = None;
    for _ in 0..TAKEN_ALONG + 5 {
        let (group, next) = begins(engine, token.as_ref()).await;
        classes.push(group);
        token = Some(next);
    }
    let before = token.expect("a token");
    let (newer, _) = begins(engine, Some(&before)).await;
    let rows = school.rows("membership").await;
    let (own, other) = begins(engine, Some(&before)).await;
    assert!(school.rows("membership").await - rows <= i64::from(TAKEN_ALONG) + 1);
    assert!(engine.session(newer, &other).await.is_err());
    engine.session(own, &other).await.expect("the class it came into");
    let newest = classes.last().expect("a class");
    engine.session(*newest, &other).await.expect("a class that came along");
}

#[tokio::test]
async fn two_forms_at_once_cost_a_browser_no_class() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let (group, before) = begins(engine, None).await;
    let came = join_all((0..4).map(|_| begins(engine, Some(&before)))).await;
    for (own, token) in &came {
        engine.session(group, token).await.expect("the class of before");
        engine.session(*own, token).await.expect("the class it came into");
    }
}

#[tokio::test]
async fn tokens_go_with_the_last_class_of_their_browser() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let rows = (school.rows("token").await, school.rows("membership").await);
    let actor = school.session().await.user;
    let mut students = Vec::new();
    for _ in 0..5 {
        students.push(school.student().await.0);
    }
    for user in students {
        let remove = Command::Leave { actor, user };
        engine.command(school.group_id, HERE, remove).await.expect("a removal");
    }
    assert_eq!((school.rows("token").await, school.rows("membership").await), rows);
}

#[tokio::test]
async fn who_is_removed_takes_nobody_along_who_came_later_by_the_same_browser() {
    let school = School::open(Housekeeping::default()).await;
    let (engine, group_id) = (&school.engine, school.group_id);
    let session = school.session().await;
    let (ada, before) = school.student().await;
    let link = engine.hand_over(&session, HERE).await.expect("a link").token;
    let token = Token::new();
    let entrance = Entrance { token: &token, instead_of: Some(&before) };
    engine.take_over(HERE, &link, entrance).await.expect("the teacher, at Ada's machine");
    let remove = Command::Leave { actor: session.user, user: ada };
    engine.command(group_id, HERE, remove).await.expect("a removal");
    assert!(engine.session(group_id, &before).await.is_err());
    assert!(school.holds(group_id, &token, engine.now()).await, "they are still the teacher");
}

/// The secrets of a form and of the browser that it was given to.
struct Form {
    form: Token,
    browser: Token,
}

impl Form {
    fn new() -> Self {
        Self { form: Token::new(), browser: Token::new() }
    }

    fn ticket(&self) -> Ticket<'_> {
        Ticket { form: &self.form, browser: &self.browser }
    }
}

impl School {
    /// Whether the file has a token stand for somebody in a class, at a moment that may be ahead.
    async fn holds(&self, group: GroupId, token: &Token, at: Timestamp) -> bool {
        let reader = &self.engine.shared.store;
        let held = reader.token(token.hash()).await.expect("the store");
        let Some(held) = held.filter(|held| !held.has_ended(at)) else { return false };
        let found = reader.memberships(held.browser, group).await.expect("the store");
        held.stands_for(&found).is_some()
    }

    /// Waits until a token ends within the time that requests under way have.
    async fn has_ended(&self, group: GroupId, token: &Token) {
        let until = self.engine.now().plus_seconds(GRACE_SECONDS);
        let mut looks = tokio::time::interval(Duration::from_millis(2));
        let ends = async {
            while self.holds(group, token, until).await {
                looks.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), ends).await.expect("it has an end");
    }

    async fn join(&self, form: &Form) -> Result<(signaling::UserId, Token), Error> {
        let (token, code) = (Token::new(), self.session().await.room.join_code());
        let ticket = Some(form.ticket());
        let joined = self.engine.join(HERE, code.as_str(), name("Ada"), ticket, &token).await;
        joined.map(|_| ())?;
        let session = self.engine.session(self.group_id, &token).await?;
        Ok((session.user, token))
    }

    async fn lock(&self) {
        let lock = Command::ChangeGroup {
            actor: self.session().await.user,
            name: None,
            settings: SettingsChange::lock(true),
        };
        self.engine.command(self.group_id, HERE, lock).await.expect("a locked class");
    }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_member_who_keeps_both_tokens() {
    let school = School::open(Housekeeping::default()).await;
    let form = Form::new();
    let came = join_all((0..4).map(|_| school.join(&form))).await;
    let users: Vec<_> = came.iter().map(|came| came.as_ref().expect("they are in").0).collect();
    assert!(users.iter().all(|user| *user == users[0]), "{users:?}");
    school.lock().await;
    let again = school.join(&form).await.expect("they are in already, and a form repeats");
    assert_eq!(again.0, users[0]);
    assert_eq!(school.session().await.room.with_group(|group| group.members().len()), 2);
}

#[tokio::test]
async fn what_a_form_shows_opens_nothing_in_another_browser() {
    let school = School::open(Housekeeping::default()).await;
    let form = Form::new();
    let (ada, _) = school.join(&form).await.expect("Ada is in");
    let noted = Form { form: form.form.clone(), browser: Token::new() };
    let (other, _) = school.join(&noted).await.expect("somebody else is in");
    assert_ne!(ada, other);
    school.appoint(ada, Role::Teacher).await;
    school.lock().await;
    for _ in 0..2 {
        let noted = Form { form: form.form.clone(), browser: Token::new() };
        assert!(school.join(&noted).await.is_err(), "the class is locked");
    }
}

#[tokio::test]
async fn a_form_brings_nobody_back() {
    let school = School::open(Housekeeping::default()).await;
    let (engine, group_id) = (&school.engine, school.group_id);
    let actor = school.session().await.user;
    let [removed, erased] = [Form::new(), Form::new()];
    let (user, token) = school.join(&removed).await.expect("they are in");
    engine.command(group_id, HERE, Command::Leave { actor, user }).await.expect("a removal");
    let (again, _) = school.join(&removed).await.expect("somebody new");
    assert_ne!(again, user);
    assert!(engine.session(group_id, &token).await.is_err());

    let (user, _) = school.join(&erased).await.expect("they are in");
    engine.erase_person(group_id, user).await.expect("they are erased");
    assert_ne!(school.join(&erased).await.expect("somebody new").0, user);
    school.lock().await;
    let (form, late) = (Form::new(), Form::new());
    assert!(school.join(&form).await.is_err() && school.join(&late).await.is_err());
}

#[tokio::test]
async fn a_ticket_is_good_for_two_minutes() {
    let school = School::open(Housekeeping::default()).await;
    let form = Form::new();
    let before = school.engine.now();
    school.join(&form).await.expect("they are in");
    let after = school.engine.now();
    let is_good = async |at: Timestamp| {
        school.rows(&format!("ticket WHERE expires_at > {}", at.as_millis())).await == 1
    };
    assert!(is_good(before.plus_seconds(119)).await);
    assert!(!is_good(after.plus_seconds(120)).await);
}

#[tokio::test]
async fn a_link_for_another_device_goes_with_its_teachers_role_and_with_the_class() {
    let school = School::open(Housekeeping::default()).await;
    let (engine, group_id) = (&school.engine, school.group_id);
    let (user, token) = school.student().await;
    school.appoint(user, Role::Teacher).await;
    let theirs = engine.session(group_id, &token).await.expect("their session");
    let link = engine.hand_over(&theirs, HERE).await.expect("a link").token;
    school.appoint(user, Role::Student).await;
    school.appoint(user, Role::Teacher).await;
    assert_eq!(engine.handover_leads_to(&link).await.expect("the store"), None);
    let taken = engine.take_over(HERE, &link, (&Token::new()).into()).await;
    assert!(matches!(taken, Err(Error::NotSignedIn)), "{taken:?}");

    let session = school.session().await;
    let link = engine.hand_over(&session, HERE).await.expect("a link").token;
    let end = Command::End { actor: session.user };
    engine.command(group_id, HERE, end).await.expect("the end");
    assert_eq!(engine.handover_leads_to(&link).await.expect("the store"), None);
}

#[tokio::test]
async fn a_new_link_for_another_device_is_the_end_of_the_one_before() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let session = school.session().await;
    let mut links = Vec::new();
    for _ in 0..5 {
        links.push(engine.hand_over(&session, HERE).await.expect("a link").token);
    }
    assert_eq!(school.rows("handover").await, 1);
    let last = links.pop().expect("a link");
    for link in &links {
        let taken = engine.take_over(HERE, link, (&Token::new()).into()).await;
        assert!(matches!(taken, Err(Error::NotSignedIn)), "{taken:?}");
    }
    engine.take_over(HERE, &last, (&Token::new()).into()).await.expect("the last one");
}

#[tokio::test]
async fn links_for_other_devices_are_counted_by_address() {
    let school = School::open(Housekeeping::default()).await;
    let engine = &school.engine;
    let session = school.session().await;
    let elsewhere = std::net::IpAddr::from([198, 51, 100, 7]);
    let mut made = 0;
    while engine.hand_over(&session, HERE).await.is_ok() {
        made += 1;
        assert!(made < 1_000, "it goes on");
    }
    assert!(made >= 50, "{made}");
    let refused = engine.hand_over(&session, HERE).await.map(drop);
    assert!(matches!(refused, Err(Error::TooFast(_))), "{refused:?}");
    engine.hand_over(&session, elsewhere).await.expect("others go on");
}
