//! The unit itself: sessions of many classes, and what is passed on between them. It does no I/O.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use signaling::{GroupId, UserId};
use str0m::ice::StunMessage;
use str0m::media::{MediaKind, Mid};
use str0m::net::{DatagramRecv, Protocol, Receive, TcpType};
use str0m::rtp::RtpPacket;
use str0m::{Candidate, Event, IceConnectionState, Input, Output as RtcOutput};

use crate::demultiplex::Demultiplexer;
use crate::refused::Refused;
use crate::room_id::RoomId;
use crate::seats::{SEATS, Seats};
use crate::session::{Identity, Session, SessionId, Spoken};
use crate::slots::{SLOTS, Slots};
use crate::timeline::{OPUS, PICTURES, Place, Timeline};

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

/// Who is heard where in a room.
#[derive(Debug)]
enum Places {
    /// In a class: those in a few slots who may be heard.
    Slots(Slots<Speaker>),
    /// In a call: everybody in their own seat.
    Seats(Seats),
}

/// What the unit knows of one room.
#[derive(Debug)]
struct Room {
    /// Who may be heard, those first who are heard before others; in a call, who is in it.
    voices: Vec<UserId>,
    sessions: Vec<SessionId>,
    places: Places,
    sounds: Vec<Timeline<SessionId>>,
    pictures: Vec<Timeline<SessionId>>,
    told: Vec<UserId>,
}

impl Room {
    fn new(now: Instant, id: RoomId) -> Self {
        let (places, sounds, pictures) = match id.call {
            None => (Places::Slots(Slots::default()), SLOTS, 0),
            Some(_) => (Places::Seats(Seats::default()), SEATS, SEATS),
        };
        let timelines = |count, rate| (0..count).map(|_| Timeline::new(now, rate)).collect();
        Self {
            voices: Vec::new(),
            sessions: Vec::new(),
            places,
            sounds: timelines(sounds, OPUS),
            pictures: timelines(pictures, PICTURES),
            told: Vec::new(),
        }
    }

    /// Who is heard in the slots of a class.
    fn heard(&self) -> Vec<UserId> {
        match &self.places {
            Places::Slots(slots) => slots.heard().map(|(user, _)| user).collect(),
            Places::Seats(_) => Vec::new(),
        }
    }
}

/// A selective forwarding unit.
pub struct Sfu {
    identity: Identity,
    /// Where datagrams are sent to, as the sessions know it.
    advertised: SocketAddr,
    limits: Limits,
    rooms: HashMap<RoomId, Room>,
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

    /// Who may be heard in a room from now on, those first who are heard before others; of a call, who is
    /// in it. None when the room is no more: all of its sessions end.
    pub fn hear(&mut self, now: Instant, room: RoomId, voices: Option<Vec<UserId>>) {
        let Some(voices) = voices else {
            let Some(over) = self.rooms.remove(&room) else { return };
            for session in over.sessions {
                self.drop_session(session);
            }
            if !over.told.is_empty() {
                self.outputs.push_back(Output::Heard { group: room.group, users: Vec::new() });
            }
            return;
        };
        let known = self.rooms.entry(room).or_insert_with(|| Room::new(now, room));
        known.voices.clone_from(&voices);
        match &mut known.places {
            Places::Slots(_) => self.take_slots(now, room, |(user, _)| !voices.contains(&user)),
            Places::Seats(seats) => {
                seats.set(&voices);
                let sessions = known.sessions.clone();
                for id in sessions {
                    let user = self.sessions.get(&id).map(|session| session.user);
                    if user.is_some_and(|user| !voices.contains(&user)) {
                        self.end(now, id);
                    }
                }
            }
        }
    }

    /// Answers the offer of a member's page. Who may be heard in its room was told before.
    ///
    /// # Errors
    /// When the offer is none that the unit answers, or it carries no more.
    pub fn join(
        &mut self,
        now: Instant,
        room_id: RoomId,
        user: UserId,
        offer: &str,
    ) -> Result<Joined, Refused> {
        let room = self.rooms.get(&room_id).ok_or(Refused::Unavailable)?;
        if let Places::Seats(seats) = &room.places {
            seats.of(user).ok_or(Refused::NotInCall)?;
        }
        let is_theirs = |id: &&SessionId| self.sessions.get(id).is_some_and(|it| it.user == user);
        let theirs: Vec<SessionId> = room.sessions.iter().filter(is_theirs).copied().collect();
        // A call is had by one page.
        let most = if room_id.call.is_some() { 1 } else { self.limits.sessions_of_member };
        let replaces = (theirs.len() + 1).saturating_sub(most);
        if self.sessions.len() - replaces >= self.limits.sessions {
            return Err(Refused::Full);
        }
        let (mut session, answer) = Session::answer(&self.identity, now, (room_id, user), offer)?;
        for oldest in &theirs[..replaces] {
            self.end(now, *oldest);
        }
        self.last += 1;
        let id = SessionId(self.last);
        self.demultiplexer.admit(session.fragment(), id);
        self.due.insert((session.due, id));
        self.sessions.insert(id, session);
        if let Some(room) = self.rooms.get_mut(&room_id) {
            room.sessions.push(id);
        }
        Ok(Joined { session: id, answer })
    }

    /// Ends one of a member's sessions; whether there was such a one.
    pub fn leave(&mut self, now: Instant, room: RoomId, user: UserId, session: SessionId) -> bool {
        let is_theirs =
            self.sessions.get(&session).is_some_and(|it| it.room == room && it.user == user);
        if is_theirs {
            self.end(now, session);
        }
        is_theirs
    }

    /// Ends all sessions of a member who is one no more.
    pub fn part(&mut self, now: Instant, room: RoomId, user: UserId) {
        let ids = self.rooms.get(&room).map(|room| room.sessions.clone()).unwrap_or_default();
        for id in ids {
            self.leave(now, room, user, id);
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
        // What is malformed may be anybody's: it ends nothing by itself.
        let _ = session.rtc.handle_input(input);
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
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        for room in rooms {
            self.hear(now, room, None);
        }
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Who is heard in a class.
    pub fn heard(&self, group: GroupId) -> Vec<UserId> {
        self.rooms.get(&RoomId::of_class(group)).map(Room::heard).unwrap_or_default()
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
        let room = self.sessions.get(&id).map(|session| session.room);
        if came.is_over {
            self.end(now, id);
        } else if let Some(room) = room {
            if came.pauses {
                self.take_slots(now, room, |(_, session)| session == id);
            }
            if came.connects {
                self.ask_all_for_pictures(now, room);
            }
            for mid in came.wants_pictures {
                self.ask_for_picture(now, id, mid);
            }
        }
    }

    /// Passes what a page sends on to everybody who is to hear or see it.
    fn pass_on(&mut self, now: Instant, id: SessionId, packet: &RtpPacket) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let (room_id, user) = (session.room, session.user);
        let Some(kind) = session.kind_of(packet) else { return };
        let Some(room) = self.rooms.get_mut(&room_id) else { return };
        let Room { voices, places, sounds, pictures, .. } = room;
        let (place, is_new) = match places {
            Places::Slots(slots) => {
                let rank = |(user, _): Speaker| voices.iter().position(|voice| *voice == user);
                // A member is heard from one page at a time.
                let is_heard = slots.heard().any(|(other, from)| other == user && from != id);
                if is_heard || kind != MediaKind::Audio || rank((user, id)).is_none() {
                    return;
                }
                let Some(taken) = slots.take((user, id), rank) else { return };
                taken
            }
            Places::Seats(seats) => match seats.of(user) {
                Some(seat) => (seat, false),
                None => return,
            },
        };
        let lines = if kind == MediaKind::Video { pictures } else { sounds };
        let Some(line) = lines.get_mut(place) else { return };
        let from = Place { seq: *packet.seq_no, time: packet.time.numer() };
        let Some((at, begins)) = line.place(now, id, from) else { return };
        self.say(
            now,
            room_id,
            place,
            Some(user),
            at,
            &Spoken::Packet { packet, kind, begins, user },
        );
        if is_new {
            self.tell(room_id);
        }
        if begins && kind == MediaKind::Video {
            // Nothing can be made of what comes before a whole picture.
            self.ask_pages_for_pictures(now, &[id]);
        }
    }

    /// Puts something into a slot or a seat for everybody who is to hear or see it, but for whoever says it.
    fn say(
        &mut self,
        now: Instant,
        room: RoomId,
        slot: usize,
        speaker: Option<UserId>,
        place: Place,
        spoken: &Spoken<'_>,
    ) {
        let Some(room) = self.rooms.get(&room) else { return };
        let mut came = Vec::new();
        for id in &room.sessions {
            let Some(session) = self.sessions.get_mut(id) else { continue };
            if speaker == Some(session.user) || !session.is_connected {
                continue;
            }
            let stream = match &room.places {
                Places::Slots(_) => Some(slot),
                Places::Seats(seats) => {
                    seats.of(session.user).and_then(|own| Seats::stream(own, slot))
                }
            };
            let Some(stream) = stream else { continue };
            session.hear(now, stream, place, spoken);
            // It is sent at once, and not when the connection wakes up by itself.
            let woken = session.rtc.handle_input(Input::Timeout(now));
            let mut its = read_out(now, *id, session, &mut self.due, &mut self.outputs);
            its.is_over |= woken.is_err();
            if its.says_something() {
                came.push((*id, its));
            }
        }
        for (id, its) in came {
            self.follow(now, id, its);
        }
    }

    /// Has everybody in a call send a whole picture: somebody has come who has seen none.
    fn ask_all_for_pictures(&mut self, now: Instant, room: RoomId) {
        if room.call.is_none() {
            return;
        }
        let ids = self.rooms.get(&room).map(|room| room.sessions.clone()).unwrap_or_default();
        self.ask_pages_for_pictures(now, &ids);
    }

    /// A page has lost what it needs to go on with one of its pictures.
    fn ask_for_picture(&mut self, now: Instant, id: SessionId, mid: Mid) {
        let Some(session) = self.sessions.get(&id) else { return };
        let Some(room) = self.rooms.get(&session.room) else { return };
        let Places::Seats(seats) = &room.places else { return };
        let own = seats.of(session.user);
        let seat = own.zip(session.picture_of(mid)).map(|(own, eye)| Seats::behind(own, eye));
        let Some(user) = seat.and_then(|seat| seats.at(seat)) else { return };
        let is_theirs = |id: &SessionId| self.sessions.get(id).is_some_and(|it| it.user == user);
        let ids: Vec<SessionId> = room.sessions.iter().copied().filter(is_theirs).collect();
        self.ask_pages_for_pictures(now, &ids);
    }

    fn ask_pages_for_pictures(&mut self, now: Instant, ids: &[SessionId]) {
        for id in ids {
            let asked = self.sessions.get_mut(id).is_some_and(|it| it.ask_for_picture(now));
            let woken = |it: &mut Session| it.rtc.handle_input(Input::Timeout(now)).is_ok();
            if asked && self.sessions.get_mut(id).is_some_and(woken) {
                self.drain(now, *id);
            }
        }
    }

    fn take_slots(&mut self, now: Instant, id: RoomId, leaves: impl Fn(Speaker) -> bool) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let Places::Slots(slots) = &mut room.places else { return };
        let left = slots.retain(|speaker| !leaves(speaker));
        for slot in &left {
            for _ in 0..FADES {
                let Some(room) = self.rooms.get_mut(&id) else { return };
                let place = room.sounds[*slot].append(now);
                self.say(now, id, *slot, None, place, &Spoken::Silence);
            }
        }
        if !left.is_empty() {
            self.tell(id);
        }
    }

    fn tell(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let users = room.heard();
        if users != room.told {
            room.told.clone_from(&users);
            self.outputs.push_back(Output::Heard { group: id.group, users });
        }
    }

    fn end(&mut self, now: Instant, id: SessionId) {
        let Some(room_id) = self.sessions.get(&id).map(|session| session.room) else { return };
        self.drop_session(id);
        if let Some(room) = self.rooms.get_mut(&room_id) {
            room.sessions.retain(|other| *other != id);
        }
        self.take_slots(now, room_id, |(_, session)| session == id);
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
    /// It has connected.
    connects: bool,
    /// It needs whole pictures in these streams.
    wants_pictures: Vec<Mid>,
    is_over: bool,
}

impl Came {
    /// Whether anything follows from it.
    const fn says_something(&self) -> bool {
        self.is_over
            || self.pauses
            || self.connects
            || !self.packets.is_empty()
            || !self.wants_pictures.is_empty()
    }
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
                Event::Connected => {
                    session.is_connected = true;
                    came.connects = true;
                }
                Event::KeyframeRequest(request) => came.wants_pictures.push(request.mid),
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
