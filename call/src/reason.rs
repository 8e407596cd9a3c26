//! The reasons that calls have.

signaling::reasons! {
    /// The reasons that calls have.
    pub enum Reason {
        /// Somebody hung up; the default when a call is finished.
        HungUp = "hung_up",
        /// The callee was in another call.
        Busy = "busy",
        /// Both called each other, and the other's call was answered.
        Crossed = "crossed",
        /// The two found no way to each other.
        Failed = "failed",
    }
}
