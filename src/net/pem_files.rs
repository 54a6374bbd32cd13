//! Reads certificates from files and folders, within bounds.

use std::path::Path;
use std::{fs, io};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::config::MOST_PEM_BYTES;
use crate::files::read;

/// The bounds of a folder. A usual one has some hundred files.
const MOST_FILES: usize = 10_000;
const MOST_FOLDER_BYTES: usize = 64 * 1024 * 1024;

/// The certificates of a file or of a folder.
#[derive(Default)]
pub(super) struct Certificates {
    pub(super) found: Vec<CertificateDer<'static>>,
    /// The first problem, if not all can be read.
    pub(super) problem: Option<String>,
}

impl Certificates {
    pub(super) fn of_file(path: &Path) -> Self {
        let mut certificates = Self::default();
        match read::whole(path, MOST_PEM_BYTES) {
            Ok(pem) => certificates.add(&pem, ""),
            Err(error) => certificates.problem(|| error.to_string()),
        }
        certificates
    }

    /// Folders in the folder are not read.
    pub(super) fn of_folder(path: &Path) -> Self {
        let mut certificates = Self::default();
        if let Err(error) = certificates.add_folder(path) {
            certificates.problem(|| error.to_string());
        }
        // `openssl rehash` makes links to each certificate.
        certificates.found.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
        certificates.found.dedup();
        certificates
    }

    fn add_folder(&mut self, path: &Path) -> io::Result<()> {
        let mut bytes = 0;
        for (count, entry) in fs::read_dir(path)?.enumerate() {
            if count >= MOST_FILES || bytes > MOST_FOLDER_BYTES {
                return Err(io::Error::other("it holds too much"));
            }
            let file = entry?.path();
            // A link may lead nowhere.
            if !file.is_file() {
                continue;
            }
            let name = format!("{}: ", file.file_name().unwrap_or_default().display());
            match read::whole(&file, MOST_PEM_BYTES) {
                Ok(pem) => {
                    bytes += pem.len();
                    self.add(&pem, &name);
                }
                Err(error) => self.problem(|| format!("{name}{error}")),
            }
        }
        Ok(())
    }

    fn add(&mut self, pem: &[u8], name: &str) {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            match certificate {
                Ok(certificate) => self.found.push(certificate),
                // The parser's error may quote the text, which may be a key.
                Err(_) => {
                    self.problem(|| format!("{name}it has a PEM section that cannot be read"))
                }
            }
        }
    }

    fn problem(&mut self, problem: impl FnOnce() -> String) {
        self.problem.get_or_insert_with(problem);
    }
}

#[cfg(test)]
mod tests {
    use simulator::proxy_tls::Authority;

    use super::*;

    #[test]
    fn a_file_that_is_too_large_spoils_no_other_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.pem"), Authority::new().unwrap().pem()).unwrap();
        let large = fs::File::create(folder.path().join("b.pem")).unwrap();
        large.set_len(MOST_PEM_BYTES + 1).unwrap();
        let certificates = Certificates::of_folder(folder.path());
        assert_eq!(certificates.found.len(), 1);
        assert_eq!(certificates.problem.as_deref(), Some("b.pem: it is larger than 16 MiB"));
        let certificates = Certificates::of_file(&folder.path().join("b.pem"));
        assert_eq!(certificates.problem.as_deref(), Some("it is larger than 16 MiB"));
    }

    #[test]
    fn a_folder_is_read_up_to_its_bounds_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..6 {
            let file = fs::File::create(folder.path().join(number.to_string())).unwrap();
            file.set_len(15 << 20).unwrap();
        }
        let certificates = Certificates::of_folder(folder.path());
        assert_eq!(certificates.problem.as_deref(), Some("it holds too much"));
    }
}
