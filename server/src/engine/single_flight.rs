//! Single-flight loading: who needs a group that is being read waits for that one reading.

use signaling::GroupId;

/// Striped locks, one of which is held while a group is read. Two groups may share one.
pub(super) struct SingleFlight([tokio::sync::Mutex<()>; 64]);

impl Default for SingleFlight {
    fn default() -> Self {
        Self(std::array::from_fn(|_| tokio::sync::Mutex::default()))
    }
}

impl SingleFlight {
    /// The lock of a group.
    pub fn of(&self, group_id: GroupId) -> &tokio::sync::Mutex<()> {
        // Any byte of an id is as random as the others, but for those that tell its version.
        let [first, ..] = group_id.as_bytes();
        &self.0[usize::from(first % 64)]
    }
}
