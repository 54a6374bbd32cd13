//! TCP connections that fail in a chosen way, at any moment.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// The Engine.IO packet `1` (close) in a WebSocket frame from a client. The server has no call for
/// closing a WebSocket, but does so if the client seems to ask.
const CLOSE_PLEASE: [u8; 7] = [0x81, 0x81, 0, 0, 0, 0, b'1'];

/// A fault of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The peer gets a reset.
    Reset,
    /// The peer gets the end of the stream, in the middle of any message.
    HangUp,
    /// No bytes go in or out any more, and the connection stays open.
    Freeze,
    /// The server closes the WebSocket with a close frame.
    CloseEngine,
}

/// A listener whose connections can fail.
pub(crate) struct FaultyListener {
    pub(crate) listener: TcpListener,
    pub(crate) connections: Arc<Connections>,
}

impl Listener for FaultyListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Each line leaves on its own, as on the live service; a failure only costs latency.
        stream.set_nodelay(true).ok();
        let (stream, injector) = (Some(stream), self.connections.connect());
        (Connection { stream, injector, connections: self.connections.clone() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// All open connections, including those of REST.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    used: Mutex<Vec<Weak<State>>>,
    /// Connections that the server has closed, perhaps without their peers' knowledge.
    frozen: Mutex<Vec<TcpStream>>,
}

impl Connections {
    fn connect(&self) -> FaultInjector {
        let injector = FaultInjector::default();
        let mut used = lock(&self.used);
        used.retain(|connection| connection.strong_count() > 0);
        used.push(Arc::downgrade(&injector.0));
        injector
    }

    /// Resets every connection.
    pub(crate) fn reset(&self) {
        for connection in lock(&self.used).drain(..).filter_map(|connection| connection.upgrade()) {
            FaultInjector(connection).inject(Fault::Reset);
        }
        lock(&self.frozen).drain(..).for_each(reset);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closing without lingering sends a reset.
fn reset(stream: TcpStream) {
    stream.set_zero_linger().ok();
}

/// Makes one [`Connection`] fail.
#[derive(Debug, Clone, Default)]
pub(crate) struct FaultInjector(Arc<State>);

#[derive(Debug, Default)]
struct State {
    fault: Mutex<Option<Fault>>,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl FaultInjector {
    /// From now on all reads and writes have the fault.
    pub(crate) fn inject(&self, fault: Fault) {
        *lock(&self.0.fault) = Some(fault);
        self.0.reader.wake();
        self.0.writer.wake();
    }
}

impl Connected<IncomingStream<'_, FaultyListener>> for FaultInjector {
    fn connect_info(stream: IncomingStream<'_, FaultyListener>) -> Self {
        stream.io().injector.clone()
    }
}

pub(crate) struct Connection {
    /// Exists as long as the connection.
    stream: Option<TcpStream>,
    injector: FaultInjector,
    connections: Arc<Connections>,
}

impl Connection {
    /// The stream, as long as it has no fault.
    fn sound(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Pin<&mut TcpStream>>> {
        let fault = self.fault();
        let Some(stream) = self.stream.as_mut().map(Pin::new) else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        match fault {
            None | Some(Fault::CloseEngine) => Poll::Ready(Ok(stream)),
            Some(Fault::Reset) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Some(Fault::HangUp) => {
                let ended = std::task::ready!(stream.poll_shutdown(context));
                Poll::Ready(Err(ended.err().unwrap_or(io::ErrorKind::BrokenPipe.into())))
            }
            Some(Fault::Freeze) => Poll::Pending,
        }
    }

    fn fault(&self) -> Option<Fault> {
        *lock(&self.injector.0.fault)
    }

    /// True if written bytes get lost, as on a half-open connection.
    fn swallows(&self) -> bool {
        self.fault() == Some(Fault::Freeze)
    }

    /// True if the server is to be asked to close the WebSocket; it is asked once.
    fn asks_to_close(&self, buffer: &ReadBuf<'_>) -> bool {
        let due = |fault: &mut Fault| *fault == Fault::CloseEngine;
        buffer.remaining() >= CLOSE_PLEASE.len()
            && lock(&self.injector.0.fault).take_if(due).is_some()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        match (self.fault(), self.stream.take()) {
            (Some(Fault::Reset), Some(stream)) => reset(stream),
            (Some(Fault::Freeze), Some(stream)) => lock(&self.connections.frozen).push(stream),
            _ => {}
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.injector.0.reader.register(context.waker());
        if self.asks_to_close(buffer) {
            buffer.put_slice(&CLOSE_PLEASE);
            return Poll::Ready(Ok(()));
        }
        std::task::ready!(self.sound(context))?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.injector.0.writer.register(context.waker());
        if self.swallows() {
            return Poll::Ready(Ok(bytes.len()));
        }
        std::task::ready!(self.sound(context))?.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.injector.0.writer.register(context.waker());
        if self.swallows() {
            return Poll::Ready(Ok(()));
        }
        std::task::ready!(self.sound(context))?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.injector.0.writer.register(context.waker());
        if self.swallows() {
            return Poll::Ready(Ok(()));
        }
        std::task::ready!(self.sound(context))?.poll_shutdown(context)
    }
}
