//! The administrator's password and sessions.

use std::net::IpAddr;

use server::{Error, PasswordError, Token, hash_password};

use crate::support::Server;

const PASSWORD: &str = "correct horse battery";
const OFFICE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

async fn signed_in(server: &Server) -> Token {
    let opened = server.engine().sign_in(OFFICE, PASSWORD.to_owned()).await;
    opened.expect("the server answers").expect("the password is right")
}

async fn set_up(server: &Server) -> Token {
    let engine = server.engine();
    let link = engine.begin_set_up().await.expect("the store").expect("a link");
    let opened = engine.set_up(&link, PASSWORD.to_owned()).await.expect("the store");
    opened.expect("a password").expect("a session")
}

#[tokio::test]
async fn the_set_up_link_sets_the_password_once_and_a_restart_remembers_it() {
    let mut server = Server::start().await;
    let engine = server.engine();
    assert!(!engine.has_admin().await.expect("the store"));
    let old = engine.begin_set_up().await.expect("the store").expect("a link");
    let link = engine.begin_set_up().await.expect("the store").expect("a link");
    assert!(!engine.may_set_up(&old), "an older link is dead");
    let short = engine.set_up(&link, "short".to_owned()).await.expect("the store");
    assert_eq!(short.err(), Some(PasswordError::TooShort));
    let [one, other] = [0, 1].map(|_| engine.set_up(&link, PASSWORD.to_owned()));
    let (one, other) = tokio::join!(one, other);
    let opened = [one, other].map(|it| it.expect("the store").expect("a password").is_some());
    assert_eq!(opened.iter().filter(|it| **it).count(), 1, "of two at once, one sets it");
    assert!(engine.begin_set_up().await.expect("the store").is_none());

    server.restart().await;
    let engine = server.engine();
    assert!(engine.begin_set_up().await.expect("the store").is_none());
    assert!(!engine.may_set_up(&link));
    signed_in(&server).await;
}

#[tokio::test]
async fn a_session_lasts_through_a_restart_and_ends_with_signing_out() {
    let mut server = Server::start().await;
    let token = set_up(&server).await;
    let other = signed_in(&server).await;
    server.restart().await;
    let engine = server.engine();
    assert!(engine.is_admin(&token).await.expect("the store"));
    engine.sign_out(&token).await.expect("the store");
    assert!(!engine.is_admin(&token).await.expect("the store"));
    assert!(engine.is_admin(&other).await.expect("the store"), "another browser stays");
    assert!(!engine.is_admin(&Token::new()).await.expect("the store"));
}

#[tokio::test]
async fn a_configured_password_goes_before_one_that_was_set_and_ends_its_sessions() {
    let mut server = Server::start().await;
    let token = set_up(&server).await;
    let hash = hash_password("another fine password").expect("a hash");
    server.restart_configured(|config| config.admin_password_hash = hash.parse().ok()).await;
    let engine = server.engine();
    assert!(!engine.is_admin(&token).await.expect("the store"));
    assert!(engine.sign_in(OFFICE, PASSWORD.to_owned()).await.expect("an answer").is_none());
    let right = engine.sign_in(OFFICE, "another fine password".to_owned()).await;
    assert!(right.expect("an answer").is_some());
}

#[tokio::test]
async fn wrong_passwords_are_limited_by_address() {
    let server = Server::start().await;
    set_up(&server).await;
    let engine = server.engine();
    let mut wrong = 0;
    let refused = loop {
        match engine.sign_in(OFFICE, "wrong".to_owned()).await {
            Ok(session) => assert!(session.is_none()),
            Err(refused) => break refused,
        }
        wrong += 1;
        // A slow machine checks few enough in a second for one to come back meanwhile.
        assert!(wrong < 40, "it goes on");
    };
    assert!(wrong >= 10 && matches!(refused, Error::TooFast(_)), "{wrong}, {refused:?}");
    let elsewhere = IpAddr::from([192, 0, 2, 2]);
    let opened = engine.sign_in(elsewhere, PASSWORD.to_owned()).await.expect("an answer");
    assert!(opened.is_some(), "others are not held up");
}

#[tokio::test]
async fn no_file_holds_the_password_or_a_session() {
    let server = Server::start().await;
    let token = set_up(&server).await;
    let bytes = server.bytes_stored().await;
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("$argon2id$"), "these are the bytes that were written");
    assert!(!holds(PASSWORD) && !holds(token.reveal()));
}
