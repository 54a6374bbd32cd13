//! Walks from an error to its sources, and copies errors. Nothing else in this crate does.

use std::error::Error;
use std::io;

/// The error, then its sources, the nearest first.
pub fn walk<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The sources of the error, the nearest first, without the error itself.
pub fn sources<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    walk(error).skip(1)
}

/// The error and its sources in one line: `cannot do this: because of that`.
pub fn one_line(error: &(dyn Error + 'static)) -> String {
    walk(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// I/O errors cannot be cloned.
pub fn copy(error: &io::Error) -> io::Error {
    let made = || io::Error::new(error.kind(), error.to_string());
    error.raw_os_error().map_or_else(made, io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open the door")]
    struct Door(#[source] Lock);

    #[derive(Debug, thiserror::Error)]
    #[error("the lock is stuck")]
    struct Lock(#[source] std::fmt::Error);

    #[test]
    fn every_source_is_named_once_the_nearest_first() {
        let door = Door(Lock(std::fmt::Error));
        let words = std::fmt::Error.to_string();
        assert_eq!(one_line(&door), format!("cannot open the door: the lock is stuck: {words}"));
        assert_eq!(walk(&door).count(), 3);
        assert_eq!(sources(&door).next().unwrap().to_string(), "the lock is stuck");
    }
}
