//! The database that the nodes share, as PostgreSQL serves them: leases by its own clock, the homes of
//! classes, and a commit that asks for both in the moment in which it appends.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use signaling::{GroupId, Timestamp};
use tokio::time::Instant;

use crate::nodes::Elsewhere;
use crate::store::Failure;
use crate::store::write::{Append, Write};
use crate::tests::simulation::disk::{Contents, Durable};

/// How long a lease holds after it was renewed.
const HOLDS: Duration = Duration::from_secs(3);
/// How many classes without a home are looked after at a time.
const ORPHANS_AT_ONCE: usize = 64;

/// A process that serves: each that starts is another holder.
pub type Holder = u64;
/// A connection to the database.
pub type Connection = u64;
/// The place of an address among all at which nodes listen.
pub type Address = usize;

/// What the database is made to do wrong, to see that it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Defect {
    #[default]
    None,
    /// A commit asks neither for the lease nor for the home.
    NoFence,
    /// A commit asks for a lease, and not for the home of what it writes.
    AnyHome,
    /// A commit of an earlier epoch is as good as another.
    AnyEpoch,
    /// Who renews a lease is not told that another connection had renewed it meanwhile.
    HidesRenewals,
    /// A class that was let go of is not looked for where something is due in it.
    NoOrphans,
}

/// In whose name something is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Hold {
    pub holder: Holder,
    pub epoch: u64,
}

/// Why the database did not do it.
pub enum Refused {
    /// The class has another home: nothing was done, and the connection is as good as before.
    Elsewhere,
    /// The lease is gone, or of another epoch.
    TakenOver,
    Failed(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Elsewhere => Box::new(Elsewhere),
            Refused::TakenOver => "another server holds the lease".into(),
            Refused::Failed(failure) => failure,
        }
    }
}

/// Which node is a class's home, as one of them is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    Here,
    Nobody,
    At(Address),
}

struct Lease {
    epoch: u64,
    address: Address,
    /// By which connection it was renewed last.
    by: Connection,
    alive_until: Instant,
}

/// What came of asking for a lease to be renewed.
#[derive(Debug, Clone, Copy)]
pub struct Renewed {
    /// When, by the database's clock.
    pub at: Instant,
    /// Whether the same connection had renewed it the time before.
    pub by_same: bool,
}

/// Something that has become durable, and by whom.
pub struct News {
    pub durable: Durable,
    pub by: Holder,
    /// The home of its class at that moment.
    pub home: Option<Holder>,
}

/// Everything that is durable, and who may write what.
pub struct Database {
    pub contents: Contents,
    pub defect: Defect,
    leases: BTreeMap<Holder, Lease>,
    homes: BTreeMap<GroupId, Holder>,
    /// Since when a class has its home.
    home_since: BTreeMap<GroupId, Instant>,
    ended: BTreeSet<Connection>,
    pub news: Vec<News>,
    pub commits: u64,
    /// What the fence has kept out.
    pub shut_out: u64,
    pub takeovers: u64,
}

impl Database {
    pub fn new(defect: Defect) -> Self {
        Self {
            contents: Contents::default(),
            defect,
            leases: BTreeMap::new(),
            homes: BTreeMap::new(),
            home_since: BTreeMap::new(),
            ended: BTreeSet::new(),
            news: Vec::new(),
            commits: 0,
            shut_out: 0,
            takeovers: 0,
        }
    }

    // Leases.

    /// Whether a lease holds: it has not run out, and whoever renews it is connected.
    pub fn is_held(&self, holder: Holder, now: Instant) -> bool {
        self.leases
            .get(&holder)
            .is_some_and(|lease| lease.alive_until > now && !self.ended.contains(&lease.by))
    }

    /// Gives a new holder a lease, unless there is one that holds at the same address.
    pub fn take_lease(
        &mut self,
        holder: Holder,
        address: Address,
        by: Connection,
        now: Instant,
    ) -> bool {
        let at_address = |(_, lease): &(&Holder, &Lease)| lease.address == address;
        let others: Vec<Holder> =
            self.leases.iter().filter(at_address).map(|(holder, _)| *holder).collect();
        if others.iter().any(|other| self.is_held(*other, now)) {
            return false;
        }
        self.leases.retain(|holder, _| !others.contains(holder));
        let lease = Lease { epoch: 0, address, by, alive_until: now + HOLDS };
        self.leases.insert(holder, lease);
        true
    }

    /// Renews a lease; none when it is gone.
    pub fn renew(&mut self, holder: Holder, by: Connection, now: Instant) -> Option<Renewed> {
        let lease = self.leases.get_mut(&holder)?;
        let by_same = lease.by == by || self.defect == Defect::HidesRenewals;
        lease.by = by;
        lease.alive_until = now + HOLDS;
        Some(Renewed { at: now, by_same })
    }

    pub fn give_back(&mut self, holder: Holder) {
        self.leases.remove(&holder);
    }

    /// The database sees that a connection has ended.
    pub fn end(&mut self, connection: Connection) {
        self.ended.insert(connection);
    }

    pub fn has_ended(&self, connection: Connection) -> bool {
        self.ended.contains(&connection)
    }

    /// Begins another epoch, which shuts out what comes late of the one before.
    pub fn begin_epoch(&mut self, holder: Holder) -> Result<u64, Refused> {
        let lease = self.leases.get_mut(&holder).ok_or(Refused::TakenOver)?;
        lease.epoch += 1;
        Ok(lease.epoch)
    }

    // Homes.

    /// Whether something is asked for in the epoch that goes on.
    fn is_of_epoch(&self, hold: Hold) -> bool {
        let epoch = self.leases.get(&hold.holder).map(|lease| lease.epoch);
        match self.defect {
            Defect::AnyEpoch => epoch.is_some(),
            Defect::None
            | Defect::NoFence
            | Defect::AnyHome
            | Defect::HidesRenewals
            | Defect::NoOrphans => epoch == Some(hold.epoch),
        }
    }

    /// Makes a node the home of a class that has none; false when there is no such class.
    pub fn claim(&mut self, hold: Hold, group_id: GroupId, now: Instant) -> Result<bool, Refused> {
        if !self.is_of_epoch(hold) {
            return Err(Refused::TakenOver);
        }
        if self.contents.class(group_id).is_none() {
            return Ok(false);
        }
        let home = self.homes.get(&group_id).copied();
        if home == Some(hold.holder) {
            return Ok(true);
        }
        if home.is_some_and(|home| self.is_held(home, now)) {
            return Err(Refused::Elsewhere);
        }
        self.takeovers += u64::from(home.is_some());
        self.homes.insert(group_id, hold.holder);
        self.home_since.insert(group_id, now);
        Ok(true)
    }

    pub fn release(&mut self, hold: Hold, group_id: GroupId) {
        if self.homes.get(&group_id) == Some(&hold.holder) && self.is_of_epoch(hold) {
            self.homes.remove(&group_id);
        }
    }

    pub fn home(&self, holder: Holder, group_id: GroupId, now: Instant) -> Home {
        match self.homes.get(&group_id) {
            Some(home) if *home == holder => Home::Here,
            Some(home) if self.is_held(*home, now) => Home::At(self.leases[home].address),
            Some(_) | None => Home::Nobody,
        }
    }

    /// The node whose class it is, whether its lease holds or not, and since when.
    pub fn home_of(&self, group_id: GroupId) -> Option<(Holder, Option<Instant>)> {
        let home = *self.homes.get(&group_id)?;
        Some((home, self.home_since.get(&group_id).copied()))
    }

    fn has_home(&self, group_id: GroupId, now: Instant) -> bool {
        self.homes.get(&group_id).is_some_and(|home| self.is_held(*home, now))
    }

    /// Some classes without a home in which something is due.
    pub fn orphans(&self, due: Timestamp, now: Instant) -> Vec<(GroupId, Timestamp)> {
        if self.defect == Defect::NoOrphans {
            return Vec::new();
        }
        let mut orphans = self.deadlines(now);
        orphans.retain(|(_, at)| *at <= due);
        orphans.sort_unstable_by_key(|(group_id, at)| (*at, *group_id));
        orphans.truncate(ORPHANS_AT_ONCE);
        orphans
    }

    /// Every class without a home in which something is to time out, and when.
    pub fn deadlines(&self, now: Instant) -> Vec<(GroupId, Timestamp)> {
        let classes = self.contents.classes.iter();
        let waiting = classes.filter_map(|(group_id, class)| {
            let at = class.next_deadline?;
            (!self.has_home(*group_id, now)).then_some((*group_id, at))
        });
        waiting.collect()
    }

    /// The classes of which a node is the home.
    pub fn homes(&self, holder: Holder) -> Vec<GroupId> {
        let own = self.homes.iter().filter(|(_, home)| **home == holder);
        own.map(|(group_id, _)| *group_id).collect()
    }

    // Commits.

    /// Appends and writes all of it, as the home of every class that is written to, or nothing.
    pub fn commit(
        &mut self,
        hold: Hold,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
        at: Instant,
    ) -> Result<(), Refused> {
        let done = self.try_commit(hold, now, appends, writes, at);
        match &done {
            Ok(()) => self.commits += 1,
            Err(_) => self.shut_out += 1,
        }
        done
    }

    fn try_commit(
        &mut self,
        hold: Hold,
        now: Timestamp,
        appends: &[Append<'_>],
        writes: &[(GroupId, Write)],
        at: Instant,
    ) -> Result<(), Refused> {
        if self.defect != Defect::NoFence && !self.is_of_epoch(hold) {
            return Err(Refused::TakenOver);
        }
        let asks_for_home = match self.defect {
            Defect::NoFence | Defect::AnyHome => false,
            Defect::None | Defect::AnyEpoch | Defect::HidesRenewals | Defect::NoOrphans => true,
        };
        let begun = |group_id: GroupId| {
            appends.iter().any(|append| append.group_id == group_id && append.creates.is_some())
        };
        let appended = appends.iter().map(|append| append.group_id);
        for group_id in appended.chain(writes.iter().map(|(group_id, _)| *group_id)) {
            let is_there = self.contents.class(group_id).is_some();
            let is_home = self.homes.get(&group_id) == Some(&hold.holder);
            if asks_for_home && is_there && !begun(group_id) && !is_home {
                return Err(Refused::Failed("another server is the home".into()));
            }
        }
        let mut contents = self.contents.clone();
        let news = contents.commit(now, appends, writes)?;
        self.contents = contents;
        for append in appends.iter().filter(|append| append.creates.is_some()) {
            self.homes.insert(append.group_id, hold.holder);
            self.home_since.insert(append.group_id, at);
        }
        for durable in news {
            let home = match &durable {
                Durable::Event(group_id, _)
                | Durable::Rewritten(group_id, _)
                | Durable::Deleted(group_id) => self.homes.get(group_id).copied(),
            };
            self.news.push(News { durable, by: hold.holder, home });
        }
        Ok(())
    }
}
