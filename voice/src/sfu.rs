//! The unit itself: sessions of many classes, and what is passed on between them. It does no I/O.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use signaling::{GroupId, UserId};
use str0m::ice::StunMessage;
use str0m::net::{DatagramRecv, Protocol, Receive, TcpType};
use str0m::rtp::RtpPacket;
use str0m::{Candidate, Event, IceConnectionState, Input, Output as RtcOutput};

use crate::demultiplex::Demultiplexer;
use crate::refused::Refused;
use crate::session::{Identity, Session, SessionId, Spoken};
use crate::slots::{SLOTS, Slots};
use crate::timeline::{Place, Timeline};

/// How long a page may take to connect after its offer was answered.
const CONNECTS_WITHIN: Duration = Duration::from_secs(15);
/// How many frames of silence follow a source that is heard no more.
const FADES: usize = 4;

/// How much a unit carries.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most sessions at once.
    pub sessions: usize,
    /// The most sessions of one member; a further one takes the place of the oldest.
    pub sessions_of_member: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sessions: 2_000, sessions_of_member: 2 }
    }
}

/// An offer that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The session.
    pub session: SessionId,
    /// The answer, as SDP.
    pub answer: String,
}

/// A datagram that has come.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// By which protocol.
    pub protocol: Protocol,
    /// From where.
    pub from: SocketAddr,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What the unit wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A datagram is to be sent.
    Send {
        /// By which protocol.
        protocol: Protocol,
        /// Where to.
        to: SocketAddr,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Others are heard in a group from now on.
    Heard {
        /// The group.
        group: GroupId,
        /// Who, in the order of the slots.
        users: Vec<UserId>,
    },
}

/// Who speaks from where.
type Speaker = (UserId, SessionId);

/// What the unit knows of one group.
#[derive(Debug)]
struct Room {
    /// Who may be heard, those first who are heard before others.
    voices: Vec<UserId>,
    sessions: Vec<SessionId>,
    slots: Slots<Speaker>,
    timelines: [Timeline<SessionId>; SLOTS],
    told: Vec<UserId>,
}

impl Room {
    fn new(now: Instant, voices: Vec<UserId>) -> Self {
        let timelines = std::array::from_fn(|_| Timeline::new(now));
        Self { voices, sessions: Vec::new(), slots: Slots::default(), timelines, told: Vec::new() }
    }
}

/// A selective forwarding unit.
pub struct Sfu {
    identity: Identity,
    /// Where datagrams are sent to, as the sessions know it.
    advertised: SocketAddr,
    limits: Limits,
    rooms: HashMap<GroupId, Room>,
    sessions: HashMap<SessionId, Session>,
    demultiplexer: Demultiplexer<SessionId>,
    due: BTreeSet<(Instant, SessionId)>,
    last: u64,
    outputs: VecDeque<Output>,
}

impl Sfu {
    /// A unit that is reached at an address, by UDP and by TCP. None when the system gives it no
    /// certificate, or the address cannot be reached by anybody.
    pub fn new(advertised: SocketAddr, limits: Limits) -> Option<Self> {
        let udp = Candidate::host(advertised, Protocol::Udp).ok()?;
        let tcp =
            Candidate::builder().tcp().host(advertised).tcptype(TcpType::Passive).build().ok()?;
        Some(Self {
            identity: Identity::new(vec![udp, tcp])?,
            advertised,
            limits,
            rooms: HashMap::new(),
            sessions: HashMap::new(),
            demultiplexer: Demultiplexer::default(),
            due: BTreeSet::new(),
            last: 0,
            outputs: VecDeque::new(),
        })
    }

    /// Who may be heard in a group from now on, those first who are heard before others; none when
    /// nobody is and nobody listens: all of its sessions end.
    pub fn hear(&mut self, now: Instant, group: GroupId, voices: Option<Vec<UserId>>) {
        let Some(voices) = voices else {
            let room = self.rooms.remove(&group);
            for session in room.into_iter().flat_map(|room| room.sessions) {
                self.drop_session(session);
            }
            return;
        };
        self.rooms
            .entry(group)
            .and_modify(|room| room.voices.clone_from(&voices))
            .or_insert_with(|| Room::new(now, voices));
        self.silence(now, group);
    }

    /// Answers the offer of a member's page. Who may be heard in its group was told before.
    ///
    /// # Errors
    /// When the offer is none that the unit answers, or it carries no more.
    pub fn join(
        &mut self,
        now: Instant,
        group: GroupId,
        user: UserId,
        offer: &str,
    ) -> Result<Joined, Refused> {
        let room = self.rooms.get(&group).ok_or(Refused::Unavailable)?;
        let is_theirs = |id: &&SessionId| self.sessions.get(id).is_some_and(|it| it.user == user);
        let theirs: Vec<SessionId> = room.sessions.iter().filter(is_theirs).copied().collect();
        let replaces = theirs.len().saturating_sub(self.limits.sessions_of_member - 1);
        if self.sessions.len() - replaces >= self.limits.sessions {
            return Err(Refused::Full);
        }
        let (mut session, answer) = Session::answer(&self.identity, now, (group, user), offer)?;
        for oldest in &theirs[..replaces] {
            self.end(now, *oldest);
        }
        self.last += 1;
        let id = SessionId(self.last);
        self.demultiplexer.admit(session.fragment(), id);
        self.due.insert((session.due, id));
        self.sessions.insert(id, session);
        if let Some(room) = self.rooms.get_mut(&group) {
            room.sessions.push(id);
        }
        Ok(Joined { session: id, answer })
    }

    /// Ends one of a member's sessions; whether there was such a one.
    pub fn leave(
        &mut self,
        now: Instant,
        group: GroupId,
        user: UserId,
        session: SessionId,
    ) -> bool {
        let is_theirs =
            self.sessions.get(&session).is_some_and(|it| it.group == group && it.user == user);
        if is_theirs {
            self.end(now, session);
        }
        is_theirs
    }

    /// Ends all sessions of a member who is one no more.
    pub fn part(&mut self, now: Instant, group: GroupId, user: UserId) {
        let ids = self.rooms.get(&group).map(|room| room.sessions.clone()).unwrap_or_default();
        for id in ids {
            self.leave(now, group, user, id);
        }
    }

    /// Takes a datagram. One that is nobody's is dropped.
    pub fn receive(&mut self, now: Instant, datagram: Datagram<'_>) {
        let Datagram { protocol, from, bytes } = datagram;
        let source = (protocol, from);
        // A STUN message begins with 0 or 1; it alone names whose it is.
        let is_stun = bytes.first().is_some_and(|first| *first < 2);
        let named = is_stun
            .then(|| {
                StunMessage::parse(bytes).ok()?.split_username().map(|(own, _)| own.to_owned())
            })
            .flatten()
            .and_then(|own| self.demultiplexer.named(&own));
        let Some(id) = named.or_else(|| self.demultiplexer.known(source)) else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Ok(contents) = DatagramRecv::try_from(bytes) else { return };
        let receive =
            Receive { proto: protocol, source: from, destination: self.advertised, contents };
        let input = Input::Receive(now, receive);
        if named.is_some() {
            if !session.rtc.accepts(&input) {
                return;
            }
            self.demultiplexer.confirm(source, id);
        }
        if session.rtc.handle_input(input).is_err() {
            self.end(now, id);
            return;
        }
        self.drain(now, id);
    }

    /// When the unit wants to be woken.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Does what is due by now.
    pub fn elapse(&mut self, now: Instant) {
        while let Some((at, id)) = self.due.first().copied()
            && at <= now
        {
            self.due.pop_first();
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            let is_late = !session.is_connected && now - session.since > CONNECTS_WITHIN;
            if is_late || session.rtc.handle_input(Input::Timeout(now)).is_err() {
                self.end(now, id);
            } else {
                self.drain(now, id);
            }
        }
    }

    /// What is to be done next.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Ends all sessions, and tells their pages.
    pub fn close(&mut self, now: Instant) {
        let groups: Vec<GroupId> = self.rooms.keys().copied().collect();
        for group in groups {
            self.hear(now, group, None);
        }
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Who is heard in a group.
    pub fn heard(&self, group: GroupId) -> Vec<UserId> {
        let room = self.rooms.get(&group);
        room.map(|room| room.slots.heard().map(|(user, _)| user).collect()).unwrap_or_default()
    }

    /// Reads all that a session's connection has to say, and does what follows from it.
    fn drain(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let came = read_out(now, id, session, &mut self.due, &mut self.outputs);
        self.follow(now, id, came);
    }

    fn follow(&mut self, now: Instant, id: SessionId, came: Came) {
        for packet in came.packets {
            self.pass_on(now, id, &packet);
        }
        let group = self.sessions.get(&id).map(|session| session.group);
        if came.is_over {
            self.end(now, id);
        } else if let Some(group) = group.filter(|_| came.pauses) {
            self.take_slots(now, group, |(_, session)| session == id);
        }
    }

    /// Passes a speaker's packet on to all who listen.
    fn pass_on(&mut self, now: Instant, id: SessionId, packet: &RtpPacket) {
        let Some(Session { group, user, .. }) = self.sessions.get(&id) else { return };
        let (group, user) = (*group, *user);
        let Some(room) = self.rooms.get_mut(&group) else { return };
        let Room { voices, slots, timelines, .. } = room;
        let rank = |(user, _): Speaker| voices.iter().position(|voice| *voice == user);
        if rank((user, id)).is_none() {
            return;
        }
        // A member is heard from one page at a time.
        if slots.heard().any(|(other, from)| other == user && from != id) {
            return;
        }
        let Some((slot, is_new)) = slots.take((user, id), rank) else { return };
        let from = Place { seq: *packet.seq_no, time: packet.time.numer() };
        let Some((place, begins)) = timelines[slot].place(now, id, from) else { return };
        self.say(now, group, slot, Some(user), place, &Spoken::Packet { packet, begins });
        if is_new {
            self.tell(group);
        }
    }

    /// Puts something into a slot for everybody who listens, but for whoever says it.
    fn say(
        &mut self,
        now: Instant,
        group: GroupId,
        slot: usize,
        speaker: Option<UserId>,
        place: Place,
        spoken: &Spoken<'_>,
    ) {
        let Some(room) = self.rooms.get(&group) else { return };
        let mut came = Vec::new();
        for id in &room.sessions {
            let Some(session) = self.sessions.get_mut(id) else { continue };
            if speaker == Some(session.user) || !session.is_connected {
                continue;
            }
            session.hear(now, slot, place, spoken);
            // It is sent at once, and not when the connection wakes up by itself.
            let woken = session.rtc.handle_input(Input::Timeout(now));
            let mut its = read_out(now, *id, session, &mut self.due, &mut self.outputs);
            its.is_over |= woken.is_err();
            if its.is_over || its.pauses || !its.packets.is_empty() {
                came.push((*id, its));
            }
        }
        for (id, its) in came {
            self.follow(now, id, its);
        }
    }

    /// Takes their slots from all who may be heard no more.
    fn silence(&mut self, now: Instant, group: GroupId) {
        let Some(room) = self.rooms.get(&group) else { return };
        let voices = room.voices.clone();
        self.take_slots(now, group, |(user, _)| !voices.contains(&user));
    }

    fn take_slots(&mut self, now: Instant, group: GroupId, leaves: impl Fn(Speaker) -> bool) {
        let Some(room) = self.rooms.get_mut(&group) else { return };
        let left = room.slots.retain(|speaker| !leaves(speaker));
        for slot in &left {
            for _ in 0..FADES {
                let Some(room) = self.rooms.get_mut(&group) else { return };
                let place = room.timelines[*slot].append(now);
                self.say(now, group, *slot, None, place, &Spoken::Silence);
            }
        }
        if !left.is_empty() {
            self.tell(group);
        }
    }

    fn tell(&mut self, group: GroupId) {
        let Some(room) = self.rooms.get_mut(&group) else { return };
        let users: Vec<UserId> = room.slots.heard().map(|(user, _)| user).collect();
        if users != room.told {
            room.told.clone_from(&users);
            self.outputs.push_back(Output::Heard { group, users });
        }
    }

    fn end(&mut self, now: Instant, id: SessionId) {
        let Some(group) = self.sessions.get(&id).map(|session| session.group) else { return };
        self.drop_session(id);
        if let Some(room) = self.rooms.get_mut(&group) {
            room.sessions.retain(|other| *other != id);
        }
        self.take_slots(now, group, |(_, session)| session == id);
    }

    /// Ends a session's connection, and says so to its page.
    fn drop_session(&mut self, id: SessionId) {
        let Some(mut session) = self.sessions.remove(&id) else { return };
        self.due.remove(&(session.due, id));
        self.demultiplexer.forget(id);
        if session.rtc.close().is_err() {
            return;
        }
        // What it still has to say is that it ends; it is woken no more.
        read_out(session.since, id, &mut session, &mut BTreeSet::new(), &mut self.outputs);
    }
}

/// What came out of a session's connection, beside datagrams.
#[derive(Debug, Default)]
struct Came {
    packets: Vec<RtpPacket>,
    /// What it sends has paused.
    pauses: bool,
    is_over: bool,
}

fn read_out(
    now: Instant,
    id: SessionId,
    session: &mut Session,
    due: &mut BTreeSet<(Instant, SessionId)>,
    outputs: &mut VecDeque<Output>,
) -> Came {
    let mut came = Came::default();
    loop {
        match session.rtc.poll_output() {
            Ok(RtcOutput::Timeout(at)) => {
                due.remove(&(session.due, id));
                // One that never connects is looked at again all the same.
                let by = if session.is_connected { at } else { at.min(now + CONNECTS_WITHIN) };
                session.due = by.max(now + Duration::from_millis(1));
                due.insert((session.due, id));
                break;
            }
            Ok(RtcOutput::Transmit(transmit)) => outputs.push_back(Output::Send {
                protocol: transmit.proto,
                to: transmit.destination,
                bytes: transmit.contents.into(),
            }),
            Ok(RtcOutput::Event(event)) => match event {
                Event::Connected => session.is_connected = true,
                Event::RtpPacket(packet) => came.packets.push(packet),
                Event::StreamPaused(stream) => came.pauses |= stream.paused,
                Event::IceConnectionStateChange(IceConnectionState::Disconnected)
                | Event::Closed => came.is_over = true,
                _ => {}
            },
            Err(_) => {
                came.is_over = true;
                break;
            }
        }
    }
    came.is_over |= !session.rtc.is_alive();
    came
}
