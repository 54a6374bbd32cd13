//! Writing to slow, stalled and broken streams, with and without a thread.

use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};

use futures_util::FutureExt;

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

/// Like a blocking pipe with a reader that the test controls: a write waits until all of its bytes are read.
struct Gated {
    /// Gets a message when a read is due.
    due: mpsc::Sender<()>,
    /// Has a message for each read that may happen.
    allowed: mpsc::Receiver<()>,
    stdout: Shared,
}

impl Gated {
    const READ_BYTES: usize = 64 * 1024;
}

impl Write for Gated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for chunk in bytes.chunks(Self::READ_BYTES) {
            self.due.send(()).unwrap();
            self.allowed.recv().unwrap();
            self.stdout.write_all(chunk)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The test's end of [`Gated`].
struct Reader {
    due: mpsc::Receiver<()>,
    allow: mpsc::Sender<()>,
}

impl Reader {
    /// Finishes the output with this text. The reader is slow: it takes almost all of the patience for each read, which
    /// is longer than the patience in all.
    async fn finish(self, output: Output, text: &[u8]) -> Written {
        const PATIENCE: Duration = Duration::from_secs(100);
        let mut finished = pin!(finish(output, text, PATIENCE));
        // The clock moves only where the test advances it, because the test never waits for a timer.
        tokio::time::pause();
        assert!(finished.as_mut().now_or_never().is_none(), "it hands the text over");
        let mut reads = 0;
        // Fails after the last read, when the thread drops its stream.
        while self.due.recv().is_ok() {
            assert!(finished.as_mut().now_or_never().is_none());
            tokio::time::advance(PATIENCE / 4 * 3).await;
            if let Some(early) = finished.as_mut().now_or_never() {
                return early;
            }
            self.allow.send(()).unwrap();
            reads += 1;
        }
        assert!(reads > 2, "{reads}");
        tokio::time::resume();
        finished.await
    }
}

fn gated() -> (Gated, Reader, Shared) {
    let (due, is_due) = mpsc::channel();
    let (allow, allowed) = mpsc::channel();
    let stdout = Shared::default();
    (Gated { due, allowed, stdout: stdout.clone() }, Reader { due: is_due, allow }, stdout)
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

/// Hands the text over as soon as there is room for it.
async fn write(output: &mut Output, text: &[u8]) {
    output.batch().extend_from_slice(text);
    output.ready().await;
    output.hand_over();
}

/// Hands the last text over, and waits for the end.
async fn finish(mut output: Output, text: &[u8], patience: Duration) -> Written {
    output.batch().extend_from_slice(text);
    output.finish(patience).await
}

#[tokio::test]
async fn batches_are_written_in_order_and_all_before_the_finish() {
    let stdout = Shared::default();
    let mut output = Output::start(stdout.clone(), Overflow::Wait);
    for number in 0..100 {
        write(&mut output, format!("{number}\n").as_bytes()).await;
    }
    let written = finish(output, b"end\n", Duration::from_secs(60)).await;
    assert!(matches!(written, Written::All), "{written:?}");
    let expected: String = (0..100).map(|number| format!("{number}\n")).collect();
    assert_eq!(*stdout.0.lock().unwrap(), (expected + "end\n").into_bytes());
}

#[tokio::test]
async fn nothing_waits_for_a_stdout_that_fails_and_only_a_reader_that_left_is_no_loss() {
    for (kind, is_loss) in [(ErrorKind::BrokenPipe, false), (ErrorKind::StorageFull, true)] {
        let mut output = Output::start(Failing(kind), Overflow::Wait);
        for _ in 0..100 {
            write(&mut output, b"x").await;
        }
        let written = finish(output, b"", Duration::from_secs(60)).await;
        assert_eq!(matches!(written, Written::Lost(_)), is_loss, "{written:?}");
    }
}

#[tokio::test]
async fn a_slow_pipe_gets_everything_even_if_it_takes_longer_than_the_patience() {
    let (pipe, reader, stdout) = gated();
    let mut output = Output::start(pipe, Overflow::Wait);
    for _ in 0..WAITING_BATCHES {
        write(&mut output, b"x").await;
    }
    let written = reader.finish(output, b"y").await;
    assert!(matches!(written, Written::All), "{written:?}");
    assert_eq!(*stdout.0.lock().unwrap(), b"xxxxy");
}

#[tokio::test]
async fn a_slow_pipe_gets_a_large_batch_even_if_it_takes_longer_than_the_patience() {
    let (pipe, reader, stdout) = gated();
    let output = Output::start(pipe, Overflow::Wait);
    let batch: Vec<_> = (0..=u8::MAX).cycle().take(5 * Gated::READ_BYTES + 1).collect();
    let written = reader.finish(output, &batch).await;
    assert!(matches!(written, Written::All), "{written:?}");
    assert_eq!(*stdout.0.lock().unwrap(), batch);
}

/// Like a non-blocking pipe: takes little at a time, and nothing in between.
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
    let mut output = Output::start(Nonblocking(false, stdout.clone()), Overflow::Wait);
    write(&mut output, b"0123456789\n").await;
    let written = finish(output, b"end\n", Duration::from_secs(60)).await;
    assert!(matches!(written, Written::All), "{written:?}");
    assert_eq!(*stdout.0.lock().unwrap(), b"0123456789\nend\n");
}

#[tokio::test]
async fn a_blocked_pipe_does_not_keep_the_process() {
    let mut output = Output::start(Blocked, Overflow::Wait);
    write(&mut output, b"x").await;
    let written = finish(output, b"y", Duration::from_millis(20)).await;
    assert!(matches!(written, Written::Stuck), "{written:?}");
}

#[tokio::test]
async fn the_verdict_and_the_last_messages_wait_for_no_room() {
    let mut output = Output::start(Blocked, Overflow::Wait);
    while timeout(Duration::from_millis(20), write(&mut output, b"x")).await.is_ok() {}
    output.batch().clear();
    output.batch().extend_from_slice(b"verdict");
    output.hand_over_now();
    assert!(output.is_empty());
    let Writer::Thread { last_rooms, .. } = &output.writer else { panic!("no thread") };
    assert_eq!(last_rooms.len(), 1);
    let written = finish(output, b"y", Duration::from_millis(20)).await;
    assert!(matches!(written, Written::Stuck), "{written:?}");
}

#[tokio::test]
async fn an_output_is_full_at_a_batch_and_ready_while_there_is_text_and_room() {
    /// Reports the first write, and then takes nothing.
    struct Taking(mpsc::Sender<()>);
    impl Write for Taking {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(()).unwrap();
            Blocked.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (taking, taken) = mpsc::channel();
    let mut output = Output::start(Taking(taking), Overflow::Wait);
    let is_ready =
        async |output: &Output| timeout(Duration::from_millis(20), output.ready()).await.is_ok();
    assert!(!is_ready(&output).await, "there is nothing to hand over");
    output.batch().resize(BATCH_BYTES - 1, b'x');
    assert!(!output.is_full());
    output.batch().push(b'x');
    assert!(output.is_full() && is_ready(&output).await);
    output.hand_over();
    taken.recv().unwrap();
    while output.has_room() {
        output.batch().push(b'x');
        output.hand_over();
    }
    output.batch().resize(2 * ABANDON_BYTES, b'x');
    output.hand_over();
    assert_eq!(output.batch().len(), 2 * ABANDON_BYTES, "stdout loses nothing");
    assert!(!is_ready(&output).await);
}

#[tokio::test]
async fn a_stalled_file_is_abandoned_and_a_slow_one_is_not() {
    let mut output = Output::start(Blocked, Overflow::Abandon);
    let line = "x".repeat(BATCH_BYTES - 1);
    // The thread may take its first batches late, and then much at once.
    for _ in 0..4 * ABANDON_BYTES / BATCH_BYTES {
        output.push_line(&line);
        assert!(output.batch().len() <= ABANDON_BYTES);
    }
    assert!(output.is_abandoned && output.batch().capacity() == 0);
    let written = output.finish(Duration::from_secs(60)).await;
    assert!(matches!(written, Written::Stuck), "{written:?}");

    let file = Shared::default();
    let mut output = Output::start(file.clone(), Overflow::Abandon);
    for _ in 0..2 * ABANDON_BYTES / BATCH_BYTES {
        output.push_line(&line);
        output.writer.room().await;
    }
    let written = output.finish(Duration::from_secs(60)).await;
    assert!(matches!(written, Written::All), "{written:?}");
    assert_eq!(file.0.lock().unwrap().len(), 2 * ABANDON_BYTES);
}

fn without_a_thread(stream: impl Write + Send + 'static) -> Output {
    let refused = own_threads::refused("writes to stdout");
    let writer = Writer::Inline { stream: Box::new(stream), result: Ok(()), refused };
    Output { batch: Vec::new(), writer, overflow: Overflow::Wait, is_abandoned: false }
}

#[tokio::test]
async fn without_a_thread_everything_is_written_at_once_and_in_order() {
    let stdout = Shared::default();
    let mut output = without_a_thread(stdout.clone());
    assert!(output.refused().is_some() && output.has_room());
    output.batch().extend_from_slice(b"1\n");
    output.hand_over();
    assert_eq!(*stdout.0.lock().unwrap(), b"1\n");
    output.batch().extend_from_slice(b"2\n");
    output.hand_over_now();
    let written = finish(output, b"3\n", Duration::ZERO).await;
    assert!(matches!(written, Written::All), "{written:?}");
    assert_eq!(*stdout.0.lock().unwrap(), b"1\n2\n3\n");
}

#[tokio::test]
async fn without_a_thread_a_stdout_that_fails_is_reported_as_with_one() {
    for (kind, is_loss) in [(ErrorKind::BrokenPipe, false), (ErrorKind::StorageFull, true)] {
        let mut output = without_a_thread(Failing(kind));
        output.batch().push(b'x');
        output.hand_over();
        let written = finish(output, b"y", Duration::ZERO).await;
        assert_eq!(matches!(written, Written::Lost(_)), is_loss, "{written:?}");
    }
}
