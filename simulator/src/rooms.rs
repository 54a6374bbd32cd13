//! Who is connected, and who listens to which build.

use std::time::Duration;

use axum::extract::ConnectInfo;
use serde::Serialize;
use socketioxide::extract::SocketRef;
use socketioxide::{SendError, SocketError};
use tokio::sync::watch;

use crate::cable::{Cutter, Fault};

#[derive(Debug, Default)]
pub(crate) struct Rooms(watch::Sender<Vec<Member>>);

#[derive(Debug)]
struct Member {
    socket: SocketRef,
    builds: Vec<String>,
}

impl Rooms {
    pub(crate) fn connect(&self, socket: SocketRef) {
        self.0.send_modify(|members| members.push(Member { socket, builds: Vec::new() }));
    }

    pub(crate) fn forget(&self, socket: &SocketRef) {
        self.0.send_modify(|members| members.retain(|member| member.socket.id != socket.id));
    }

    pub(crate) fn join(&self, socket: &SocketRef, build_id: &str) {
        self.change(socket, |builds| builds.push(build_id.to_owned()));
    }

    pub(crate) fn leave(&self, socket: &SocketRef, build_id: &str) {
        self.change(socket, |builds| builds.retain(|build| build != build_id));
    }

    fn change(&self, socket: &SocketRef, change: impl FnOnce(&mut Vec<String>)) {
        self.0.send_modify(|members| {
            if let Some(member) = members.iter_mut().find(|member| member.socket.id == socket.id) {
                change(&mut member.builds);
            }
        });
    }

    /// Resolves when a socket is in the build's room.
    pub(crate) async fn until_joined(&self, build_id: &str) {
        let joined = |members: &Vec<Member>| members.iter().any(|member| member.hears(build_id));
        // The sender lives as long as `self`, so waiting cannot fail.
        self.0.subscribe().wait_for(joined).await.ok();
    }

    /// Sends an event to each socket of the room; a slow one holds up the build, so that nothing is
    /// lost and nothing changes its place.
    pub(crate) async fn emit(&self, build_id: &str, event: &str, payload: &impl Serialize) {
        for socket in self.listeners(build_id) {
            while let Err(SendError::Socket(SocketError::InternalChannelFull)) =
                socket.emit(event, payload)
            {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    fn listeners(&self, build_id: &str) -> Vec<SocketRef> {
        let members = self.0.borrow();
        let listeners = members.iter().filter(|member| member.hears(build_id));
        listeners.map(|member| member.socket.clone()).collect()
    }

    /// Empties all rooms, and gives back who was there.
    fn clear(&self) -> Vec<SocketRef> {
        self.0.send_replace(Vec::new()).into_iter().map(|member| member.socket).collect()
    }

    /// Makes the connections of all sockets fail. They are out of their rooms at once, so that the
    /// build does not wait for a connection that takes nothing any more.
    pub(crate) fn make(&self, fault: Fault) {
        for socket in self.clear() {
            let extensions = &socket.req_parts().extensions;
            if let Some(ConnectInfo(cutter)) = extensions.get::<ConnectInfo<Cutter>>() {
                cutter.make(fault);
            }
        }
    }

    /// Disconnects all sockets from the namespace.
    pub(crate) async fn disconnect(&self) {
        for socket in self.clear() {
            kick(&socket).await;
        }
    }

    /// Lets go of all sockets: each holds what holds the rooms.
    pub(crate) fn close(&self) {
        drop(self.clear());
    }
}

/// Disconnects one socket from the namespace.
pub(crate) async fn kick(socket: &SocketRef) {
    while let Err(SocketError::InternalChannelFull) = socket.clone().disconnect() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

impl Member {
    fn hears(&self, build_id: &str) -> bool {
        self.builds.iter().any(|build| build == build_id)
    }
}
