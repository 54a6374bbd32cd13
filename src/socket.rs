//! One Socket.IO session with BuildPixel: Engine.IO 4 over a WebSocket, the default namespace, text
//! packets. It ends at the first error; `session` reconnects.

mod error;
mod message;
mod options;
mod packet;
mod session;
mod transport;

pub use error::{ConnectStage, ProtocolError, SocketError};
pub use message::Message;
pub use options::Options;
pub use session::{Resume, Session};

#[cfg(any(test, fuzzing))]
pub mod invariants;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod resume_tests;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod session_tests;
#[cfg(test)]
mod transport_tests;
