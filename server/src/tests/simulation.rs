//! A simulated school: the real rules, writer, rooms and streams on a disk, a clock and a network
//! that do what a seed says, beside a small model of what must be true.
//!
//! Everything that happens is one step of one thread, drawn from the seed: a request moves on or is
//! lost, the writer is polled once, a stream writes, bytes arrive or do not, somebody does something,
//! time passes, the machine's clock is set, the power goes. So the server can be looked at, or
//! lost, between any two things that it does, and a seed that fails fails again in the same way.
//! What is real: `Writer` but for the `select!` of its `run`, `Room`, `LiveStream` but for its
//! socket, `Clock` but for the machine's, the fold of the pages, and the applications that
//! `main.rs` plugs in. What stands for something else: the disk (`disk`) for `store`, and for the
//! doors of the engine and of HTTP a few lines that do the same (`world`).
//!
//! It is a module of tests and not a crate of its own, since it polls the inner parts of the writer,
//! which nobody else is to come by. `cargo test` runs it for a minute at the most, `cargo xtask
//! simulate` for as long as one likes.

mod answers;
mod calm;
mod device;
mod disk;
mod keys;
mod life;
mod model;
mod nodes;
mod plan;
mod shown;
mod thoughts;
mod trace;
mod world;

use std::time::Duration;

use signaling::{
    Answers, Command, Eraser, FinishWhom, InviteId, InviteeList, Name, Timeout, UserId,
};

use crate::error::Error;
use crate::http::reply::encode;
use crate::identity::TokenHash;
use crate::writer::chores::{Chore, ChoreJob, Erasing};
use crate::writer::job::{Job, Key, Verdict};

use self::disk::{Defect, Weather};
use self::plan::{Plan, agrees, is_found_out, replayable};
use self::trace::Broken;
use self::world::{Tally, World};

/// Runs one seed.
fn simulate(seed: u64, steps: u64, defect: Defect) -> Result<Tally, Broken> {
    replayable(World::live(seed, steps, defect))
}

#[test]
fn whatever_goes_wrong_the_school_agrees_with_its_model() {
    let plan = Plan { from: 1, seeds: 60, steps: 2_000 }.asked_for();
    agrees(plan, |seed| simulate(seed, plan.steps, Defect::None), |tally| tally.steps);
}

#[test]
fn a_seed_replays_exactly() {
    for seed in [1, 2, 3] {
        let once = simulate(seed, 2_000, Defect::None).expect("it agrees");
        let again = simulate(seed, 2_000, Defect::None).expect("it agrees");
        assert_eq!(once, again, "seed {seed}");
        assert_ne!(once.trace, simulate(seed + 100, 2_000, Defect::None).expect("it agrees").trace);
    }
}

#[test]
fn a_store_that_breaks_its_word_is_found_out() {
    for defect in [Defect::Forgets, Defect::NoDeadlines] {
        is_found_out(defect, 100, |seed| simulate(seed, 2_000, defect));
    }
}

#[tokio::test(start_paused = true)]
async fn a_class_goes_away_though_its_deletion_was_reported_as_failed() {
    let mut world = World::new(1, Defect::None);
    world.start();
    world.somebody_comes();
    world.come_to_rest().expect("a class with its teacher");
    world.disk.borrow_mut().weather = Weather { fails_late: 1_000, ..Weather::default() };
    let (reply, mut answered) = tokio::sync::oneshot::channel();
    let chore = Chore::Delete(world.classes[0]);
    let server = world.server.as_mut().expect("a server");
    server.chores.push_back(ChoreJob { chore, reply });
    world.have_it_written().expect("the chore");
    assert!(matches!(answered.try_recv(), Ok(Err(Error::Internal(_)))), "it is on the disk");
    world.calm_down().await.expect("nobody is in it any more");
    assert_eq!(world.deleted.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_erased_ahead_of_what_came_to_be_due_while_their_log_was_read() {
    // Wherever in it the deadline passes.
    for turns_before in 0..80 {
        let mut world = World::new(1, Defect::None);
        world.start();
        world.somebody_comes();
        world.come_to_rest().expect("a class with its teacher");
        let (group_id, teacher) = (world.classes[0], world.devices[0].user);
        let student = UserId::from_bytes([7; 16]);
        let invite_id = InviteId::from_bytes([8; 16]);
        for command in [
            Command::Join { user: student, name: Name::new("Ada").expect("a name"), alike: None },
            Command::InviteInGroup {
                actor: teacher,
                invite_id,
                invitee_list: InviteeList::Everyone,
                data: String::new(),
                timeout: Timeout::new(1).expect("a second"),
                answers: Answers::Each,
            },
        ] {
            let (reply, _) = tokio::sync::oneshot::channel();
            let job =
                Job { group_id, command: Some(command), effects: Vec::new(), key: None, reply };
            world.server.as_mut().expect("a server").waiting.push_back(job);
            world.come_to_rest().expect("it is done");
        }
        world.disk.borrow_mut().weather = Weather { slowest: 8, ..Weather::default() };
        let (user, eraser) = (student, Eraser::new(student));
        let erasing = Erasing { user, eraser, seq: 0, events: Vec::new() };
        let (reply, _) = tokio::sync::oneshot::channel();
        let chore = Chore::Erase(group_id, Box::new(erasing));
        world.server.as_mut().expect("a server").chores.push_back(ChoreJob { chore, reply });
        for turn in 0..400 {
            if turn == turns_before {
                world.pass(Duration::from_secs(2)).await;
            }
            world.have_it_written().unwrap_or_else(|wrong| panic!("after {turns_before}: {wrong}"));
        }
        let model = &world.models[&group_id];
        assert!(
            !model.members.contains_key(&student),
            "after {turns_before}: they are still there"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_answered_as_before_in_the_batch_in_which_it_came_first() {
    let mut world = World::new(1, Defect::None);
    world.start();
    world.somebody_comes();
    world.come_to_rest().expect("a class with its teacher");
    let (group_id, teacher) = (world.classes[0], world.devices[0].user);
    let (actor, invite_id) = (UserId::from_bytes([7; 16]), InviteId::from_bytes([8; 16]));
    let mut ask = |command, key| {
        let (reply, answered) = tokio::sync::oneshot::channel();
        let job = Job { group_id, command: Some(command), effects: Vec::new(), key, reply };
        world.server.as_mut().expect("a server").waiting.push_back(job);
        answered
    };
    let name = Name::new("Ada").expect("a name");
    drop(ask(Command::Join { user: actor, name, alike: None }, None));
    let invite = Command::InviteInGroup {
        actor: teacher,
        invite_id,
        invitee_list: InviteeList::Everyone,
        data: String::new(),
        timeout: Timeout::default(),
        answers: Answers::Each,
    };
    drop(ask(invite, None));
    let (key, request) = ("key".to_owned(), TokenHash::of(b"accept"));
    let key = Key { user: actor, key, request, encode };
    let (accept, data) = (Command::Accept { actor, invite_id, data: String::new() }, String::new());
    let mut first = ask(accept.clone(), Some(key.clone()));
    let whom = FinishWhom::Member(actor);
    drop(ask(Command::Finish { actor, invite_id, whom, reason: None, data }, None));
    let mut again = ask(accept, Some(key));
    world.come_to_rest().expect("all of it is done");
    let body = |answered: &mut tokio::sync::oneshot::Receiver<Verdict>| {
        let (reply, _) = answered.try_recv().expect("an answer").expect("it is done");
        encode(&Ok(reply)).body
    };
    assert_eq!(body(&mut first), body(&mut again));
}
