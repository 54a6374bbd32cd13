//! The connected clients, and the rooms that they are in.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ConnectInfo;
use serde::Serialize;
use socketioxide::extract::SocketRef;
use socketioxide::{SendError, SocketError};
use tokio::sync::watch;

use crate::faults::{Fault, FaultInjector};
use crate::outbox::Outbox;
use crate::recovery::{Recovered, Recoveries};

#[derive(Debug)]
pub(crate) struct Rooms {
    members: watch::Sender<Vec<Member>>,
    /// Present if lost sessions can be recovered.
    recoveries: Option<Mutex<Recoveries>>,
}

#[derive(Debug)]
struct Member {
    peer: Peer,
    builds: Vec<String>,
}

/// The service's end of a session.
#[derive(Debug, Clone)]
pub(crate) enum Peer {
    /// A socket of socketioxide.
    Library(SocketRef),
    /// A session of `session`, which can be recovered.
    Own(Outbox),
}

impl Peer {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Library(socket), Self::Library(other)) => socket.id == other.id,
            (Self::Own(outbox), Self::Own(other)) => outbox.is(other),
            (Self::Library(_), Self::Own(_)) | (Self::Own(_), Self::Library(_)) => false,
        }
    }

    /// Sends an event to this client alone, if it has room for it.
    pub(crate) fn emit(&self, event: &str, payload: &impl Serialize) {
        match self {
            // A closed or busy connection misses it.
            Self::Library(socket) => drop(socket.emit(event, payload)),
            Self::Own(outbox) => outbox.emit(event, payload),
        }
    }

    /// Disconnects the client from the namespace.
    pub(crate) async fn kick(&self) {
        match self {
            Self::Library(socket) => {
                while let Err(SocketError::InternalChannelFull) = socket.clone().disconnect() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
            Self::Own(outbox) => outbox.disconnect(),
        }
    }

    fn inject(&self, fault: Fault) {
        match self {
            Self::Library(socket) => {
                let extensions = &socket.req_parts().extensions;
                if let Some(ConnectInfo(injector)) = extensions.get::<ConnectInfo<FaultInjector>>()
                {
                    injector.inject(fault);
                }
            }
            Self::Own(outbox) => outbox.inject(fault),
        }
    }
}

impl Rooms {
    pub(crate) fn new(recoveries: Option<Recoveries>) -> Self {
        Self { members: watch::Sender::default(), recoveries: recoveries.map(Mutex::new) }
    }

    fn recoveries(&self) -> Option<MutexGuard<'_, Recoveries>> {
        let recoveries = self.recoveries.as_ref()?;
        Some(recoveries.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn connect(&self, peer: Peer) {
        self.add(Member { peer, builds: Vec::new() });
    }

    fn add(&self, member: Member) {
        self.members.send_modify(|members| members.push(member));
    }

    /// Lets a session of `session` in. A recovered one gets the events it missed, and is back in
    /// its rooms.
    pub(crate) fn welcome(&self, outbox: &mut Outbox, resume: Option<(&str, &str)>) {
        let Some(mut recoveries) = self.recoveries() else {
            return;
        };
        let recovered = resume.and_then(|(pid, offset)| {
            let recovered = recoveries.recover(pid, offset)?;
            Some((pid.to_owned(), recovered))
        });
        let (pid, recovered) = recovered.unwrap_or_else(|| {
            let nothing = Recovered { builds: Vec::new(), missed: Vec::new() };
            (recoveries.pid(), nothing)
        });
        let Recovered { builds, missed } = recovered;
        for frame in missed {
            outbox.send(frame);
        }
        outbox.let_in(pid);
        self.add(Member { peer: Peer::Own(outbox.clone()), builds });
    }

    /// A session ended. It can be recovered if it was still in its rooms.
    pub(crate) fn lose(&self, peer: &Peer) {
        self.members.send_modify(|members| {
            for member in members.extract_if(.., |member| member.peer.is(peer)) {
                self.keep(member);
            }
        });
    }

    /// A client has left for good.
    pub(crate) fn forget(&self, peer: &Peer) {
        self.members.send_modify(|members| members.retain(|member| !member.peer.is(peer)));
    }

    fn keep(&self, member: Member) {
        if let (Peer::Own(outbox), Some(mut recoveries)) = (member.peer, self.recoveries()) {
            recoveries.lose(outbox.pid().to_owned(), member.builds);
        }
    }

    pub(crate) fn join(&self, peer: &Peer, build_id: &str) {
        self.change(peer, |builds| builds.push(build_id.to_owned()));
    }

    pub(crate) fn leave(&self, peer: &Peer, build_id: &str) {
        self.change(peer, |builds| builds.retain(|build| build != build_id));
    }

    fn change(&self, peer: &Peer, change: impl FnOnce(&mut Vec<String>)) {
        self.members.send_modify(|members| {
            if let Some(member) = members.iter_mut().find(|member| member.peer.is(peer)) {
                change(&mut member.builds);
            }
        });
    }

    /// Resolves when a socket is in the build's room.
    pub(crate) async fn until_joined(&self, build_id: &str) {
        let joined = |members: &Vec<Member>| members.iter().any(|member| member.follows(build_id));
        // The sender lives as long as `self`, so waiting cannot fail.
        self.members.subscribe().wait_for(joined).await.ok();
    }

    /// Sends an event to each socket of the room. A slow one delays the build, so that nothing is
    /// lost or reordered.
    pub(crate) async fn emit(&self, build_id: &str, event: &str, payload: &impl Serialize) {
        let frame = self.recoveries().map(|mut known| known.remember(build_id, event, payload));
        for peer in self.listeners(build_id) {
            match peer {
                Peer::Library(socket) => {
                    while let Err(SendError::Socket(SocketError::InternalChannelFull)) =
                        socket.emit(event, payload)
                    {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                }
                Peer::Own(outbox) => outbox.send(frame.clone().unwrap_or_default()),
            }
        }
    }

    fn listeners(&self, build_id: &str) -> Vec<Peer> {
        let members = self.members.borrow();
        let listeners = members.iter().filter(|member| member.follows(build_id));
        listeners.map(|member| member.peer.clone()).collect()
    }

    /// Empties all rooms, and returns their members.
    fn clear(&self) -> Vec<Member> {
        self.members.send_replace(Vec::new())
    }

    /// Makes the connections of all sockets fail. They leave their rooms at once, so that the build
    /// does not wait for a stalled connection.
    pub(crate) fn inject(&self, fault: Fault) {
        for member in self.clear() {
            member.peer.inject(fault);
            self.keep(member);
        }
    }

    /// Disconnects all sockets from the namespace.
    pub(crate) async fn disconnect(&self) {
        for member in self.clear() {
            member.peer.kick().await;
        }
    }

    /// Drops all sockets, because each of them owns a reference to the rooms. None of them can be
    /// recovered.
    pub(crate) fn close(&self) {
        drop(self.clear());
        if let Some(mut recoveries) = self.recoveries() {
            recoveries.forget_all();
        }
    }
}

impl Member {
    fn follows(&self, build_id: &str) -> bool {
        self.builds.iter().any(|build| build == build_id)
    }
}
