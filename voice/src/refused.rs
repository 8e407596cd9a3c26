//! Why the unit does not connect a page.

/// Why an offer is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no SDP, or nothing that the unit can connect to.
    #[error("The body is no offer of a connection.")]
    Malformed,
    /// It offers other media than what is sent and received there.
    #[error(
        "An offer is of one voice to send and at most three to receive; in a call of one voice and \
         one picture, and at most seven of each to receive."
    )]
    OtherMedia,
    /// The member is not in the call.
    #[error("You are not in this call.")]
    NotInCall,
    /// As many are connected as may be.
    #[error("As many are connected by voice as this server carries.")]
    Full,
    /// The unit is being started anew.
    #[error("Voice is being started anew.")]
    Unavailable,
}
