//! Writes a stream on a separate thread, so that a blocking pipe or a hanging disk never delays the
//! network. [`Output`] is the handle of stdout or of a file: it collects text into batches. If the
//! thread is refused, the caller's thread writes.

use std::future::pending;
use std::io::{self, ErrorKind, Write};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::threads::{self as own_threads, Refused};

/// A batch is full at this size. Smaller batches are handed over when nothing else is to be done.
const BATCH_BYTES: usize = 64 * 1024;

/// How much may wait for a stalled file before it is abandoned.
const ABANDON_BYTES: usize = 8 * 1024 * 1024;

/// How many batches may wait for a slow pipe.
const WAITING_BATCHES: usize = 4;

/// How many more batches never wait for room: the verdict and the messages after it.
const LAST_BATCHES: usize = 2;

/// The size of one write. Small writes show that a slow reader of a large batch is reading.
const CHUNK_BYTES: usize = 16 * 1024;

/// The pause before a write that would block is repeated. Another process may have made the stream
/// non-blocking.
const REST: Duration = Duration::from_millis(10);

/// Text on its way to stdout or to a file.
pub(crate) struct Output {
    batch: Vec<u8>,
    writer: Writer,
    overflow: Overflow,
    is_abandoned: bool,
}

/// The policy for a stream that takes no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// Wait for it, as for stdout: callers check [`Output::is_full`] before they add text.
    Wait,
    /// Keep some MiB, then drop all pending and further text, as for `build.log`.
    Abandon,
}

impl Output {
    pub(crate) fn start(stream: impl Write + Send + 'static, overflow: Overflow) -> Self {
        let writer = match overflow {
            Overflow::Wait => Writer::start("stdout", "writes to stdout", stream),
            Overflow::Abandon => Writer::start("build.log", "writes build.log", stream),
        };
        Self { batch: Vec::new(), writer, overflow, is_abandoned: false }
    }

    /// The error, if the thread was refused.
    pub(crate) fn refused(&self) -> Option<&Refused> {
        match &self.writer {
            Writer::Thread { .. } => None,
            Writer::Inline { refused, .. } => Some(refused),
        }
    }

    /// The buffer for text that must not be lost.
    pub(crate) fn batch(&mut self) -> &mut Vec<u8> {
        &mut self.batch
    }

    /// Adds a line, and hands a full batch over if there is room for it.
    pub(crate) fn push_line(&mut self, text: &str) {
        if self.is_abandoned {
            return;
        }
        self.batch.extend_from_slice(text.as_bytes());
        self.batch.push(b'\n');
        if self.is_full() {
            self.hand_over();
        }
    }

    /// True if nothing waits to be handed over.
    pub(crate) fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// True if callers should wait until the batch is handed over.
    pub(crate) fn is_full(&self) -> bool {
        self.batch.len() >= BATCH_BYTES
    }

    /// True if a batch can be handed over now.
    pub(crate) fn has_room(&self) -> bool {
        self.writer.has_room()
    }

    /// Resolves when there is text to hand over and room for it. Cancel safe.
    pub(crate) async fn ready(&self) {
        match self.batch.is_empty() {
            true => pending().await,
            false => self.writer.room().await,
        }
    }

    /// Hands the batch over if there is room for it; abandons the stream if too much waits.
    pub(crate) fn hand_over(&mut self) {
        self.writer.write_if_room(&mut self.batch);
        if self.overflow == Overflow::Abandon && self.batch.len() > ABANDON_BYTES {
            self.is_abandoned = true;
            self.batch = Vec::new();
        }
    }

    /// Hands the batch over without waiting for room. There is room for one such batch before the
    /// last.
    pub(crate) fn hand_over_now(&mut self) {
        self.writer.write_now(std::mem::take(&mut self.batch));
    }

    /// Hands over the rest, and waits until all of it is written. A slow reader gets as long as it
    /// needs; one that has stopped reading gets `patience`.
    pub(crate) async fn finish(self, patience: Duration) -> Written {
        match self.is_abandoned {
            true => Written::Stuck,
            false => self.writer.finish(self.batch, patience).await,
        }
    }
}

/// The writing side. After the first error it discards everything.
enum Writer {
    /// A thread, and the queue of its batches.
    Thread {
        batches: mpsc::Sender<Vec<u8>>,
        last_rooms: Vec<mpsc::OwnedPermit<Vec<u8>>>,
        /// Changes with every write, of one chunk at most.
        progress: watch::Receiver<()>,
        thread: JoinHandle<Option<io::Result<()>>>,
    },
    /// There is no thread: handing a batch over writes it, and waits for that.
    Inline { stream: Box<dyn Write + Send>, result: io::Result<()>, refused: Refused },
}

/// The result of all writes.
#[derive(Debug)]
pub(crate) enum Written {
    /// Everything was written, or the reader is gone and misses nothing.
    All,
    /// Some of it was not written.
    Lost(io::Error),
    /// It is still being written.
    Stuck,
}

impl Writer {
    /// Only 15 bytes of the name are visible from outside.
    fn start(name: &str, task: &'static str, stream: impl Write + Send + 'static) -> Self {
        let (batches, mut waiting) = mpsc::channel::<Vec<u8>>(WAITING_BATCHES + LAST_BATCHES);
        let (written, progress) = watch::channel(());
        let work = move |mut stream| {
            let mut result = Ok(());
            while let Some(batch) = waiting.blocking_recv() {
                result = result.and_then(|()| write_all(&mut stream, &batch, &written));
                written.send_replace(());
            }
            result
        };
        match own_threads::start(name, task, stream, work) {
            Ok(thread) => {
                let room = || batches.clone().try_reserve_owned().ok();
                let last_rooms = (0..LAST_BATCHES).filter_map(|_| room()).collect();
                Self::Thread { batches, last_rooms, progress, thread }
            }
            Err((stream, refused)) => {
                Self::Inline { stream: Box::new(stream), result: Ok(()), refused }
            }
        }
    }

    /// Waits for room for a batch. The room stays, because nobody else adds batches. Cancel safe.
    async fn room(&self) {
        match self {
            // An error means that nothing is written any more: batches are dropped.
            Self::Thread { batches, .. } => drop(batches.reserve().await),
            Self::Inline { .. } => {}
        }
    }

    fn has_room(&self) -> bool {
        match self {
            Self::Thread { batches, .. } => batches.capacity() > 0 || batches.is_closed(),
            Self::Inline { .. } => true,
        }
    }

    /// Takes the whole batch if there is room.
    fn write_if_room(&mut self, batch: &mut Vec<u8>) {
        match self {
            Self::Thread { batches, .. } => match batches.try_reserve() {
                Ok(room) => room.send(std::mem::take(batch)),
                Err(TrySendError::Full(())) => {}
                Err(TrySendError::Closed(())) => batch.clear(),
            },
            Self::Inline { .. } => self.write_now(std::mem::take(batch)),
        }
    }

    /// Takes a batch that must not wait for room. There is room for one such batch before the last.
    fn write_now(&mut self, batch: Vec<u8>) {
        match self {
            Self::Thread { last_rooms, .. } => {
                if let Some(room) = last_rooms.pop() {
                    room.send(batch);
                }
            }
            Self::Inline { stream, result, .. } => {
                if result.is_ok() {
                    *result = write_all(stream, &batch, &watch::Sender::new(()));
                }
            }
        }
    }

    /// Writes the last batch, and waits until all is written. A slow reader gets as long as it
    /// needs; one that has stopped reading gets `patience`.
    async fn finish(mut self, rest: Vec<u8>, patience: Duration) -> Written {
        self.write_now(rest);
        let result = match self {
            Self::Thread { batches, last_rooms, mut progress, thread } => {
                drop((batches, last_rooms));
                loop {
                    match timeout(patience, progress.changed()).await {
                        Ok(Ok(())) => {}
                        // A panic would have ended the process before this.
                        Ok(Err(_ended)) => break thread.join().ok().flatten().unwrap_or(Ok(())),
                        Err(_elapsed) => return Written::Stuck,
                    }
                }
            }
            Self::Inline { result, .. } => result,
        };
        match result {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Written::Lost(error),
            Ok(()) | Err(_) => Written::All,
        }
    }
}

/// Like `Write::write_all` and a flush, but reports progress and retries on a non-blocking stream.
fn write_all(
    stream: &mut impl Write,
    mut rest: &[u8],
    progress: &watch::Sender<()>,
) -> io::Result<()> {
    while !rest.is_empty() {
        let chunk = rest.get(..CHUNK_BYTES).unwrap_or(rest);
        let written = patiently(|| stream.write(chunk))?;
        if written == 0 {
            return Err(ErrorKind::WriteZero.into());
        }
        rest = rest.get(written..).unwrap_or_default();
        progress.send_replace(());
    }
    patiently(|| stream.flush())
}

/// Retries for as long as it would block.
fn patiently<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(REST),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests;
