//! The groups that are in memory, by their id.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use signaling::GroupId;

use super::room::Room;

/// The groups that are in memory.
#[derive(Default)]
pub(crate) struct Rooms {
    pub map: RwLock<HashMap<GroupId, Arc<Room>>>,
}

impl Rooms {
    pub fn get(&self, group_id: GroupId) -> Option<Arc<Room>> {
        let rooms = self.map.read();
        let room = rooms.get(&group_id)?;
        room.touch();
        Some(Arc::clone(room))
    }

    pub fn insert(&self, group_id: GroupId, room: Arc<Room>) {
        self.map.write().insert(group_id, room);
    }
}
