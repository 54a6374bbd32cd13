//! A TCP connection that can be reset from elsewhere in the middle of anything.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use futures_util::task::AtomicWaker;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A listener whose connections can be cut.
pub(crate) struct Cables(pub(crate) TcpListener);

impl Listener for Cables {
    type Io = Cable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Cable, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Lines leave one by one, as the live service sends them; a failure only costs latency.
        stream.set_nodelay(true).ok();
        (Cable { stream, cutter: Cutter::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Cuts one [`Cable`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Cutter(Arc<State>);

#[derive(Debug, Default)]
struct State {
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Cutter {
    /// Fails all reading and writing from now on; the peer gets a reset.
    pub(crate) fn cut(&self) {
        self.0.cut.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
    }
}

impl Connected<IncomingStream<'_, Cables>> for Cutter {
    fn connect_info(stream: IncomingStream<'_, Cables>) -> Self {
        stream.io().cutter.clone()
    }
}

pub(crate) struct Cable {
    stream: TcpStream,
    cutter: Cutter,
}

impl Cable {
    fn check(&self) -> io::Result<()> {
        if self.cutter.0.cut.load(Ordering::Acquire) {
            // Without lingering, the close that follows is a reset.
            self.stream.set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Cable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.cutter.0.reader.register(context.waker());
        self.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Cable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.cutter.0.writer.register(context.waker());
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
