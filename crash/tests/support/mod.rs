//! A class on two servers of one database, and what is asked in it.

use std::net::SocketAddr;

use crash::client::{Client, Member, Request};
use reqwest::Method;
use serde_json::{Value, json};

/// The way to each of two servers, and who teaches a class that has begun on the first.
pub struct Lesson {
    pub clients: [Client; 2],
    pub teacher: Member,
}

impl Lesson {
    pub async fn on(addresses: &[SocketAddr]) -> Self {
        let clients = [0, 1].map(|node| Client::new(addresses[node]).expect("a client"));
        let body = json!({ "name": "Failover", "teacher": "Ms Noether" });
        let begun = clients[0].insist(&Request::new(Method::POST, "/groups").json(body)).await;
        Self { clients, teacher: Member::of(&begun.body).expect("a teacher") }
    }

    /// A request that asks the group for something.
    pub fn ask(&self, data: &str) -> Request {
        let body = json!({ "inviteeList": "*", "data": data, "timeout": 0 });
        Request::of(&self.teacher, Method::POST, "/inviteInGroup").json(body).key(data)
    }

    /// Asks by a server until that is done.
    pub async fn asks(&self, node: usize, data: &str) {
        let answer = self.clients[node].insist(&self.ask(data)).await;
        assert!(answer.is_done(), "{answer:?}");
    }

    /// The number of the last event, as a server tells it.
    pub async fn last(&self, node: usize) -> u64 {
        let read = Request::of(&self.teacher, Method::GET, "");
        self.clients[node].insist(&read).await.body["seq"].as_u64().expect("a number")
    }

    /// The words of all asks, in the order of the log as a server tells it.
    pub async fn log(&self, node: usize) -> Vec<String> {
        let through = self.last(node).await;
        let mut stream = self.clients[node].stream(&self.teacher, 0).await.expect("a stream");
        let mut asks = Vec::new();
        for expected in 1..=through {
            let event = stream.next().await.expect("an event").expect("an event");
            assert_eq!(event.seq, expected);
            if event.name == "onReceiveNewInvitation" {
                let event: Value = serde_json::from_str(&event.text).expect("JSON");
                asks.push(event["data"].as_str().expect("words").to_owned());
            }
        }
        asks
    }
}
