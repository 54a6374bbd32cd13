//! Writes a stream on a thread of its own, so that a pipe that blocks or a disk that hangs never costs
//! the network a heartbeat. Where the thread is refused, the stream is written all the same.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::threads::{self, Refused};

/// How many batches may wait for a slow pipe.
const WAITING_BATCHES: usize = 4;

/// How many more never have to wait for room: the verdict, and what is told after it.
const LAST_BATCHES: usize = 2;

/// No more is written at once, so that a slow reader of a large batch is seen to read.
const CHUNK_BYTES: usize = 16 * 1024;

/// How long a stream rests that says it would block: whoever shares it has made it so.
const REST: Duration = Duration::from_millis(10);

/// The way to stdout or to a file. After the first failure it swallows everything.
pub(crate) enum Writer {
    /// A thread writes.
    Thread {
        batches: mpsc::Sender<Vec<u8>>,
        last_rooms: Vec<mpsc::OwnedPermit<Vec<u8>>>,
        /// Changes with everything that was written, a chunk at the most.
        progress: watch::Receiver<()>,
        thread: JoinHandle<Option<io::Result<()>>>,
    },
    /// There is no thread: whoever hands a batch over writes it, and waits as long as that takes.
    Inline { stream: Arc<Mutex<Inline>>, refused: Refused },
}

/// There is room for one batch; none for any if nothing is written any more.
pub(crate) enum Room {
    Waiting(mpsc::OwnedPermit<Vec<u8>>),
    Inline(Arc<Mutex<Inline>>),
    Gone,
}

/// A stream that is written where the batches are made.
pub(crate) struct Inline {
    stream: Box<dyn Write + Send>,
    result: io::Result<()>,
}

impl Room {
    pub(crate) fn take(self, batch: &mut Vec<u8>) {
        let batch = std::mem::take(batch);
        match self {
            Self::Waiting(room) => drop(room.send(batch)),
            Self::Inline(stream) => write_inline(&stream, &batch),
            Self::Gone => {}
        }
    }
}

/// What became of all that was to be written.
#[derive(Debug)]
pub(crate) enum Written {
    /// It was, or its reader has gone and misses nothing.
    All,
    /// Not all of it was.
    Lost(io::Error),
    /// It is still being written.
    Stuck,
}

impl Writer {
    /// Writes to stdout.
    pub(crate) fn start(stdout: impl Write + Send + 'static) -> Self {
        Self::start_named("stdout", "writes to stdout", stdout)
    }

    /// Writes to something else. Of the name, 15 bytes can be seen from outside.
    pub(crate) fn start_named(
        name: &str,
        task: &'static str,
        stream: impl Write + Send + 'static,
    ) -> Self {
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
        match threads::start(name, task, stream, work) {
            Ok(thread) => {
                let room = || batches.clone().try_reserve_owned().ok();
                let last_rooms = (0..LAST_BATCHES).filter_map(|_| room()).collect();
                Self::Thread { batches, last_rooms, progress, thread }
            }
            Err((stream, refused)) => Self::inline(Box::new(stream), refused),
        }
    }

    fn inline(stream: Box<dyn Write + Send>, refused: Refused) -> Self {
        Self::Inline { stream: Arc::new(Mutex::new(Inline { stream, result: Ok(()) })), refused }
    }

    /// Why there is no thread, if there is none.
    pub(crate) fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Thread { .. } => None,
            Self::Inline { refused, .. } => Some(refused),
        }
    }

    /// Waits for room and takes the whole batch. Cancel safe: a batch is taken or untouched.
    pub(crate) async fn write(&self, batch: &mut Vec<u8>) {
        self.room().await.take(batch);
    }

    /// Waits for room for a batch. Cancel safe.
    pub(crate) fn room(&self) -> impl Future<Output = Room> + use<> {
        let (batches, inline) = match self {
            Self::Thread { batches, .. } => (Some(batches.clone()), None),
            Self::Inline { stream, .. } => (None, Some(Arc::clone(stream))),
        };
        async move {
            match (batches, inline) {
                (Some(batches), _) => {
                    batches.reserve_owned().await.map_or(Room::Gone, Room::Waiting)
                }
                (None, Some(stream)) => Room::Inline(stream),
                (None, None) => Room::Gone,
            }
        }
    }

    /// Takes the whole batch if there is room.
    pub(crate) fn write_if_room(&self, batch: &mut Vec<u8>) {
        match self {
            Self::Thread { batches, .. } => match batches.try_reserve() {
                Ok(room) => room.send(std::mem::take(batch)),
                Err(TrySendError::Full(())) => {}
                Err(TrySendError::Closed(())) => batch.clear(),
            },
            Self::Inline { stream, .. } => write_inline(stream, &std::mem::take(batch)),
        }
    }

    /// Takes a batch that must not wait for room. There is some for one such batch before the last.
    pub(crate) fn write_now(&mut self, batch: Vec<u8>) {
        match self {
            Self::Thread { last_rooms, .. } => {
                if let Some(room) = last_rooms.pop() {
                    room.send(batch);
                }
            }
            Self::Inline { stream, .. } => write_inline(stream, &batch),
        }
    }

    /// Writes the last batch, and waits until all is written: for a slow reader as long as it takes,
    /// for one that has stopped reading no longer than `patience`.
    pub(crate) async fn finish(mut self, rest: Vec<u8>, patience: Duration) -> Written {
        self.write_now(rest);
        let result = match self {
            Self::Thread { batches, last_rooms, mut progress, thread } => {
                drop((batches, last_rooms));
                loop {
                    match timeout(patience, progress.changed()).await {
                        Ok(Ok(())) => {}
                        // A panic has ended the process before it could be seen here.
                        Ok(Err(_ended)) => break thread.join().ok().flatten().unwrap_or(Ok(())),
                        Err(_elapsed) => return Written::Stuck,
                    }
                }
            }
            Self::Inline { stream, .. } => {
                let mut inline = stream.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::replace(&mut inline.result, Ok(()))
            }
        };
        match result {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Written::Lost(error),
            Ok(()) | Err(_) => Written::All,
        }
    }
}

fn write_inline(stream: &Mutex<Inline>, batch: &[u8]) {
    let mut inline = stream.lock().unwrap_or_else(PoisonError::into_inner);
    if inline.result.is_ok() {
        inline.result = write_all(&mut inline.stream, batch, &watch::Sender::new(()));
    }
}

/// As `Write::write_all` and a flush, but says when it gets on, and has patience with a stream that does
/// not block.
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

/// Tries again for as long as it would block.
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
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Slow(Duration, Shared);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            thread::sleep(self.0);
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Blocked;

    impl Write for Blocked {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            loop {
                thread::park();
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn batches_are_written_in_order_and_all_before_the_finish() {
        let stdout = Shared::default();
        let writer = Writer::start(stdout.clone());
        for number in 0..100 {
            writer.write(&mut format!("{number}\n").into_bytes()).await;
        }
        let written = writer.finish(b"end\n".to_vec(), Duration::from_secs(60)).await;
        assert!(matches!(written, Written::All), "{written:?}");
        let expected: String = (0..100).map(|number| format!("{number}\n")).collect();
        assert_eq!(*stdout.0.lock().unwrap(), (expected + "end\n").into_bytes());
    }

    #[tokio::test]
    async fn nothing_waits_for_a_stdout_that_fails_and_only_a_reader_that_left_is_no_loss() {
        for (kind, is_loss) in [(ErrorKind::BrokenPipe, false), (ErrorKind::StorageFull, true)] {
            let writer = Writer::start(Failing(kind));
            for _ in 0..100 {
                writer.write(&mut b"x".to_vec()).await;
            }
            let written = writer.finish(Vec::new(), Duration::from_secs(60)).await;
            assert_eq!(matches!(written, Written::Lost(_)), is_loss, "{written:?}");
        }
    }

    #[tokio::test]
    async fn a_slow_pipe_gets_everything_though_all_of_it_takes_longer_than_the_patience() {
        const PAUSE: Duration = Duration::from_millis(500);
        let stdout = Shared::default();
        let writer = Writer::start(Slow(PAUSE, stdout.clone()));
        for _ in 0..WAITING_BATCHES {
            writer.write(&mut b"x".to_vec()).await;
        }
        let written = writer.finish(b"y".to_vec(), PAUSE * 4).await;
        assert!(matches!(written, Written::All), "{written:?}");
        assert_eq!(*stdout.0.lock().unwrap(), b"xxxxy");
    }

    #[tokio::test]
    async fn a_slow_pipe_gets_a_large_batch_though_all_of_it_takes_longer_than_the_patience() {
        const PAUSE: Duration = Duration::from_millis(50);
        const READ_BYTES: usize = 64 * 1024;
        let stdout = Shared::default();
        // As a pipe that blocks: whoever writes waits until all is taken.
        struct Reading(Duration, Shared);
        impl Write for Reading {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                for chunk in bytes.chunks(READ_BYTES) {
                    thread::sleep(self.0);
                    self.1.write_all(chunk)?;
                }
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let writer = Writer::start(Reading(PAUSE, stdout.clone()));
        let batch: Vec<_> = (0..=u8::MAX).cycle().take(5 * READ_BYTES + 1).collect();
        let written = writer.finish(batch.clone(), PAUSE * 4).await;
        assert!(matches!(written, Written::All), "{written:?}");
        assert_eq!(*stdout.0.lock().unwrap(), batch);
    }

    /// A pipe that does not block: takes little at a time, and in between nothing.
    struct Nonblocking(bool, Shared);

    impl Write for Nonblocking {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = !self.0;
            match self.0 {
                true => Err(ErrorKind::WouldBlock.into()),
                false => self.1.write(&bytes[..bytes.len().min(3)]),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0 = !self.0;
            if self.0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(()) }
        }
    }

    #[tokio::test]
    async fn a_pipe_that_does_not_block_gets_everything_once() {
        let stdout = Shared::default();
        let writer = Writer::start(Nonblocking(false, stdout.clone()));
        writer.write(&mut b"0123456789\n".to_vec()).await;
        let written = writer.finish(b"end\n".to_vec(), Duration::from_secs(60)).await;
        assert!(matches!(written, Written::All), "{written:?}");
        assert_eq!(*stdout.0.lock().unwrap(), b"0123456789\nend\n");
    }

    #[tokio::test]
    async fn a_blocked_pipe_does_not_keep_the_process() {
        let writer = Writer::start(Blocked);
        writer.write(&mut b"x".to_vec()).await;
        let written = writer.finish(b"y".to_vec(), Duration::from_millis(20)).await;
        assert!(matches!(written, Written::Stuck), "{written:?}");
    }

    #[tokio::test]
    async fn the_verdict_and_the_last_words_wait_for_no_room() {
        let mut writer = Writer::start(Blocked);
        while timeout(Duration::from_millis(20), writer.write(&mut b"x".to_vec())).await.is_ok() {}
        writer.write_now(b"verdict".to_vec());
        let Writer::Thread { last_rooms, .. } = &writer else { panic!("no thread") };
        assert_eq!(last_rooms.len(), 1);
        let written = writer.finish(b"y".to_vec(), Duration::from_millis(20)).await;
        assert!(matches!(written, Written::Stuck), "{written:?}");
    }

    fn without_a_thread(stream: impl Write + Send + 'static) -> Writer {
        Writer::inline(Box::new(stream), threads::refused("writes to stdout"))
    }

    #[tokio::test]
    async fn without_a_thread_everything_is_written_at_once_and_in_order() {
        let stdout = Shared::default();
        let mut writer = without_a_thread(stdout.clone());
        assert!(writer.refused().is_some());
        let mut batch = b"1\n".to_vec();
        writer.write(&mut batch).await;
        assert_eq!((batch.len(), stdout.0.lock().unwrap().as_slice()), (0, &b"1\n"[..]));
        writer.write_if_room(&mut b"2\n".to_vec());
        let room = writer.room().await;
        writer.write_now(b"3\n".to_vec());
        room.take(&mut b"4\n".to_vec());
        let written = writer.finish(b"5\n".to_vec(), Duration::ZERO).await;
        assert!(matches!(written, Written::All), "{written:?}");
        assert_eq!(*stdout.0.lock().unwrap(), b"1\n2\n3\n4\n5\n");
    }

    #[tokio::test]
    async fn without_a_thread_a_stdout_that_fails_is_told_as_with_one() {
        for (kind, is_loss) in [(ErrorKind::BrokenPipe, false), (ErrorKind::StorageFull, true)] {
            let writer = without_a_thread(Failing(kind));
            writer.write(&mut b"x".to_vec()).await;
            writer.write(&mut b"y".to_vec()).await;
            let written = writer.finish(Vec::new(), Duration::ZERO).await;
            assert_eq!(matches!(written, Written::Lost(_)), is_loss, "{written:?}");
        }
    }
}
