//! Reasons: why a part, a membership or a group ended. In an event a reason is a text, for whoever
//! finishes may give one of their own; those that Handup gives itself are enums.

/// Declares the reasons that a crate gives, as an enum of their texts on the wire.
#[macro_export]
macro_rules! reasons {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$of])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its text on the wire.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The reason of this text; none when it is not one of these.
            pub fn read(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

reasons! {
    /// The reasons that the engine itself gives.
    pub enum Reason {
        /// Another invitee took an invitation that asked for the first answer.
        AnsweredElsewhere = "answeredElsewhere",
        /// The member left of their own will.
        Left = "left",
        /// A teacher removed the member.
        Removed = "removed",
        /// The member's role changed, and with it whom `"*"` means.
        RoleChanged = "roleChanged",
        /// The class ended.
        Ended = "ended",
        /// The class ended by itself, for nothing had happened in it for long.
        Forgotten = "forgotten",
        /// An acceptance was finished and nobody said why.
        Finished = "finished",
        /// An acceptance that nobody ended made way for a newer invitation.
        Lapsed = "lapsed",
        /// A teacher took back what had begun it.
        Undone = "undone",
        /// An end of it gave no sign of life for too long.
        Disconnected = "disconnected",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_reason_has_a_text_of_its_own_by_which_it_is_read() {
        let texts: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.text()).collect();
        assert_eq!(texts.len(), 10);
        for reason in Reason::ALL {
            assert_eq!(Reason::read(reason.text()), Some(*reason));
        }
        assert_eq!(Reason::read("because"), None);
    }
}
