//! Writes to stdout on a thread of its own, so that a pipe that blocks never costs the network a
//! heartbeat.

use std::io::{ErrorKind, Write};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// How many batches may wait for a slow pipe.
const WAITING_BATCHES: usize = 4;

/// The way to stdout. After the first failure it swallows everything.
pub(crate) struct Writer {
    batches: mpsc::Sender<Vec<u8>>,
    /// The last batch never has to wait for room.
    last_room: Option<mpsc::OwnedPermit<Vec<u8>>>,
    /// Changes with every batch that was written, and tells whether all of them were.
    written: watch::Receiver<bool>,
}

impl Writer {
    pub(crate) fn start(mut stdout: impl Write + Send + 'static) -> Self {
        let (batches, mut waiting) = mpsc::channel::<Vec<u8>>(WAITING_BATCHES + 1);
        let (progress, written) = watch::channel(true);
        thread::spawn(move || {
            let mut result = Ok(());
            while let Some(batch) = waiting.blocking_recv() {
                result =
                    result.and_then(|()| stdout.write_all(&batch).and_then(|()| stdout.flush()));
                // A reader that has gone misses nothing; a full disk does.
                let lost =
                    result.as_ref().is_err_and(|error| error.kind() != ErrorKind::BrokenPipe);
                progress.send_replace(!lost);
            }
        });
        let last_room = batches.clone().try_reserve_owned().ok();
        Self { batches, last_room, written }
    }

    /// Waits for room and takes the whole batch. Cancel safe: a batch is taken or untouched.
    pub(crate) async fn write(&self, batch: &mut Vec<u8>) {
        match self.batches.reserve().await {
            Ok(room) => room.send(std::mem::take(batch)),
            Err(_ended) => batch.clear(),
        }
    }

    /// Writes the last batch, and waits until all is written: for a slow reader as long as it takes,
    /// for one that has stopped reading no longer than `patience`. `false` if something could not be
    /// written, though there is a reader.
    pub(crate) async fn finish(mut self, rest: Vec<u8>, patience: Duration) -> bool {
        if let Some(room) = self.last_room.take() {
            room.send(rest);
        }
        drop(self.batches);
        while let Ok(Ok(())) = timeout(patience, self.written.changed()).await {}
        *self.written.borrow()
    }
}

#[cfg(test)]
mod tests {
    use std::io;
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
        assert!(writer.finish(b"end\n".to_vec(), Duration::from_secs(60)).await);
        let expected: String = (0..100).map(|number| format!("{number}\n")).collect();
        assert_eq!(*stdout.0.lock().unwrap(), (expected + "end\n").into_bytes());
    }

    #[tokio::test]
    async fn nothing_waits_for_a_stdout_that_fails_and_only_a_reader_that_left_is_no_loss() {
        for (kind, all_is_well) in [(ErrorKind::BrokenPipe, true), (ErrorKind::StorageFull, false)]
        {
            let writer = Writer::start(Failing(kind));
            for _ in 0..100 {
                writer.write(&mut b"x".to_vec()).await;
            }
            assert_eq!(writer.finish(Vec::new(), Duration::from_secs(60)).await, all_is_well);
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
        assert!(writer.finish(b"y".to_vec(), PAUSE * 4).await);
        assert_eq!(*stdout.0.lock().unwrap(), b"xxxxy");
    }

    #[tokio::test]
    async fn a_blocked_pipe_does_not_keep_the_process() {
        let writer = Writer::start(Blocked);
        writer.write(&mut b"x".to_vec()).await;
        assert!(writer.finish(b"y".to_vec(), Duration::from_millis(20)).await);
    }
}
