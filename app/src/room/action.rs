//! What a page of the room asks for, by the word that its forms send.

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What a page of the room asks for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(
            not(feature = "ssr"),
            expect(dead_code, reason = "of some the server makes the only button")
        )]
        pub enum RoomAction {
            $(
                $(#[$doc])*
                $name,
            )*
        }

        impl RoomAction {
            /// All of them.
            #[cfg(feature = "ssr")]
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The action of a form's word; none when no form of ours sends it.
            #[cfg(feature = "ssr")]
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|action| action.word() == word)
            }

            /// The word that a form sends.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

actions! {
    /// Raise one's hand: as an answer when asked, unprompted otherwise.
    RaiseHand = "raiseHand",
    /// Lower one's own hand.
    LowerHand = "lowerHand",
    /// Decline to raise a hand.
    NotNow = "notNow",
    /// Take the floor.
    Speak = "speak",
    /// Decline the floor, and keep one's place.
    Pass = "pass",
    /// Give the floor back.
    Done = "done",
    /// Ask the class for hands.
    Ask = "ask",
    /// End the time to think.
    EndThink = "endThink",
    /// End the time to talk with a neighbour.
    EndPair = "endPair",
    /// Let the time to think, to talk or to answer last longer.
    MoreTime = "moreTime",
    /// Close what is asked.
    StopAsking = "stopAsking",
    /// Take the question off every screen.
    Clear = "clear",
    /// End the one turn and call the next student.
    Next = "next",
    /// Call whoever of those with a hand up had the fewest turns.
    PickFair = "pickFair",
    /// Call one of them by lot.
    PickHand = "pickHand",
    /// Call whoever of everybody here had the fewest turns.
    PickFairOfAll = "pickFairOfAll",
    /// Call one of everybody here by lot.
    PickStudent = "pickStudent",
    /// Call somebody else in the place of a student who was picked and is silent.
    PickAgain = "pickAgain",
    /// Let whoever had the fewest turns be next.
    FairOrder = "fairOrder",
    /// Let the first hand be next.
    HandOrder = "handOrder",
    /// Begin the turn of a student who is called and silent.
    StartTurn = "startTurn",
    /// Pass over a student who is called and silent.
    Skip = "skip",
    /// Take back what was done last.
    Undo = "undo",
    /// Let whoever is called next begin to speak at once.
    TurnsStart = "turnsStart",
    /// Let them begin when they take it.
    TurnsWait = "turnsWait",
    /// Let every turn last so long.
    SetLimit = "setLimit",
    /// Let this turn last so long.
    LimitTurn = "limitTurn",
    /// Let turns end by themselves.
    TurnsEnd = "turnsEnd",
    /// Let them go on until somebody ends them.
    TurnsGoOn = "turnsGoOn",
    /// Have whoever speaks be heard.
    VoiceOn = "voiceOn",
    /// Have nobody be heard.
    VoiceOff = "voiceOff",
    /// Have students listen only where they choose to.
    SameRoom = "sameRoom",
    /// Have everybody listen.
    Apart = "apart",
    /// Have somebody who speaks be heard no more.
    Mute = "mute",
    /// Be heard again.
    Unmute = "unmute",
    /// Tell the other students this of each name.
    ShowNames = "showNames",
    /// Invite a student to speak.
    CallOn = "callOn",
    /// Take an invitation to speak back.
    CancelCall = "cancelCall",
    /// End somebody's turn.
    EndTurn = "endTurn",
    /// Raise somebody's hand for them.
    RaiseFor = "raiseFor",
    /// Lower somebody's hand.
    Lower = "lower",
    /// Lower every hand.
    LowerAll = "lowerAll",
    /// Let nobody new join.
    Lock = "lock",
    /// Let others join again.
    Unlock = "unlock",
    /// Let hands go up at any time.
    OpenFloor = "openFloor",
    /// Let hands go up only when asked.
    CloseFloor = "closeFloor",
    /// Let students call their teachers.
    AllowCalls = "allowCalls",
    /// Let them no more.
    ForbidCalls = "forbidCalls",
    /// Give the class another name.
    Rename = "rename",
    /// Make somebody a co-teacher.
    MakeTeacher = "makeTeacher",
    /// Make somebody a student again.
    MakeStudent = "makeStudent",
    /// Remove somebody.
    Remove = "remove",
    /// Leave the class.
    Leave = "leave",
    /// End the class.
    EndClass = "endClass",
    /// Replace the code that joins the class.
    RenewCode = "renewCode",
    /// End the call that somebody is in.
    EndCall = "endCall",
    /// Make a link for another device of the teacher's.
    HandOver = "handOver",
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::RoomAction;

    #[test]
    fn a_form_sends_the_word_by_which_an_action_is_read() {
        for action in RoomAction::ALL {
            assert_eq!(RoomAction::of_word(action.word()), Some(*action));
        }
        assert_eq!(RoomAction::of_word("raisehand"), None);
    }
}
