//! Who may do what, and on whom.

use serde_json::json;

use crate::support::{Class, GroupInvitation, Server};

#[tokio::test]
async fn a_teacher_invites_any_member_but_never_themselves() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    class.teacher.invite(&ada).await;
    class.teacher.invite(&co_teacher).await;
    class.teacher.invite_in_group(GroupInvitation::to([&ada, &co_teacher])).await;
    class.teacher.try_invite(&class.teacher, "", 0).await.refused(400, 6017);
}

#[tokio::test]
async fn a_student_invites_teachers_and_never_a_student() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let teacher = &class.teacher;
    ada.try_invite(&bo, "", 0).await.refused(403, 8011);
    ada.try_invite_in_group(GroupInvitation::to([&bo])).await.refused(403, 8011);
    ada.try_invite_in_group(GroupInvitation::to([teacher, &bo])).await.refused(403, 8011);
    ada.invite(teacher).await;
    ada.invite_in_group(GroupInvitation::to([teacher])).await;
}

#[tokio::test]
async fn a_student_asks_in_front_of_all_only_while_the_setting_is_on() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let teacher = &class.teacher;
    teacher.change_settings(json!({ "askAnytime": false })).await.with_status(200);
    for ask in [GroupInvitation::to_everyone(), GroupInvitation::to([teacher])] {
        ada.try_invite_in_group(ask).await.refused(403, 8011);
    }
    ada.invite(teacher).await;
    teacher.change_settings(json!({ "askAnytime": true })).await.with_status(200);
    ada.invite_in_group(GroupInvitation::to_everyone()).await;
}

#[tokio::test]
async fn a_teachers_invitation_is_any_teachers_to_cancel_and_to_modify() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    ada.modify(&invite, "by a student").await.refused(403, 8011);
    ada.cancel(&invite).await.refused(403, 8011);
    co_teacher.modify(&invite, "by a colleague").await.with_status(200);
    co_teacher.cancel(&invite).await.with_status(200);
}

#[tokio::test]
async fn a_students_ask_is_the_students_alone_to_cancel_and_to_modify() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let ask = ada.invite_in_group(GroupInvitation::to_everyone()).await;
    for other in [&class.teacher, &bo] {
        other.modify(&ask, "more").await.refused(403, 8011);
        other.cancel(&ask).await.refused(403, 8011);
    }
    ada.modify(&ask, "please").await.with_status(200);
    ada.cancel(&ask).await.with_status(200);
}

#[tokio::test]
async fn only_an_invitee_answers() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada])).await;
    for other in [&bo, &co_teacher, &class.teacher] {
        other.accept(&invite).await.refused(403, 8011);
        other.reject(&invite).await.refused(403, 8011);
    }
    let one_to_one = class.teacher.invite(&ada).await;
    class.teacher.accept(&one_to_one).await.refused(403, 8011);
    assert_eq!(ada.state_of(&invite, &ada).await, "pending");
}

#[tokio::test]
async fn an_acceptance_is_finished_by_its_owner_the_inviter_or_a_teacher() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    for finisher in [&ada, &class.teacher, &co_teacher] {
        let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada])).await;
        ada.accept(&invite).await.with_status(200);
        bo.finish(&invite).await.refused(403, 8011);
        bo.finish_of(&invite, &ada).await.refused(403, 8011);
        finisher.finish_of(&invite, &ada).await.with_status(200);
    }
}

#[tokio::test]
async fn a_student_who_asked_finishes_what_the_teacher_accepted() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let ask = ada.invite_in_group(GroupInvitation::to([&class.teacher])).await;
    class.teacher.accept(&ask).await.with_status(200);
    ada.finish(&ask).await.with_status(200);
    assert_eq!(ada.state_of(&ask, &class.teacher).await, "finished");
}

#[tokio::test]
async fn an_invitee_who_names_nobody_finishes_only_their_own_part() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    ada.accept(&invite).await.with_status(200);
    bo.accept(&invite).await.with_status(200);
    bo.finish_of(&invite, &ada).await.refused(403, 8011);
    ada.finish(&invite).await.with_status(200);
    assert_eq!(ada.state_of(&invite, &ada).await, "finished");
    assert_eq!(ada.state_of(&invite, &bo).await, "accepted");
}

#[tokio::test]
async fn a_teacher_who_is_invited_and_names_nobody_finishes_every_part() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    let invite = class.teacher.invite_in_group(GroupInvitation::to([&ada, &co_teacher])).await;
    ada.accept(&invite).await.with_status(200);
    co_teacher.accept(&invite).await.with_status(200);
    co_teacher.finish(&invite).await.with_status(200);
    assert_eq!(ada.state_of(&invite, &ada).await, "finished");
    assert_eq!(ada.state_of(&invite, &co_teacher).await, "finished");
}

#[tokio::test]
async fn only_a_teacher_keeps_the_class() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let [ada, bo] = class.pair().await;
    ada.change_group(json!({ "name": "Ada's" })).await.refused(403, 8011);
    ada.change_settings(json!({ "locked": true })).await.refused(403, 8011);
    ada.post("/joinCode", json!({})).await.refused(403, 8011);
    ada.make("teacher", &ada).await.refused(403, 8011);
    ada.make("student", &class.teacher).await.refused(403, 8011);
    ada.remove(&bo).await.refused(403, 8011);
    ada.remove(&class.teacher).await.refused(403, 8011);
    ada.end_class().await.refused(403, 8011);
    class.join("Cy").await;
}

#[tokio::test]
async fn a_co_teacher_may_whatever_a_teacher_may_until_they_are_a_student_again() {
    let server = Server::start().await;
    let class = Class::start(&server).await;
    let ada = class.join("Ada").await;
    let co_teacher = class.co_teacher("Mr Hilbert").await;
    co_teacher.change_group(json!({ "name": "5B" })).await.with_status(200);
    co_teacher.invite_in_group(GroupInvitation::to_everyone()).await;
    co_teacher.make("teacher", &ada).await.with_status(200);
    class.teacher.make("student", &co_teacher).await.with_status(200);
    co_teacher.change_group(json!({ "name": "6B" })).await.refused(403, 8011);
    co_teacher.make("student", &ada).await.refused(403, 8011);
}
