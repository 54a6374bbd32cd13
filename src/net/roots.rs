//! The trusted roots: the compiled-in ones, the system's, and all that are configured.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::pem_files::Certificates;
use crate::config::Network;

/// Why configured roots cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// It cannot be read.
    #[error("this is not PEM text")]
    NotPem,
    /// A certificate cannot be a root.
    #[error("a certificate in it cannot be used")]
    Rejected(#[source] rustls::Error),
    /// It holds no certificate.
    #[error("it contains no PEM certificate")]
    Empty,
}

/// The roots, and a warning for each variable that adds none.
pub(super) struct Roots {
    pub(super) store: RootCertStore,
    pub(super) warnings: Vec<String>,
}

impl Roots {
    pub(super) fn new(network: &Network) -> Result<Self, RootsError> {
        let store = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let mut roots = Self { store, warnings: Vec::new() };
        // A `FROM scratch` image has no store, and one odd certificate in a store is no reason to
        // fail.
        roots.store.add_parsable_certificates(system::store());
        for pem in &network.extra_roots {
            roots.add_given(pem)?;
        }
        if let Some(path) = &network.cert_file {
            roots.add_ambient("SSL_CERT_FILE", path, Certificates::of_file(path));
        }
        for path in &network.cert_dirs {
            roots.add_ambient("SSL_CERT_DIR", path, Certificates::of_folder(path));
        }
        for (variable, path) in &network.cert_paths {
            // Python's Requests takes a folder, too.
            let found = match path.is_dir() {
                true => Certificates::of_folder(path),
                false => Certificates::of_file(path),
            };
            roots.add_ambient(variable, path, found);
        }
        Ok(roots)
    }

    /// An unusable `ca-file` is an error.
    fn add_given(&mut self, pem: &str) -> Result<(), RootsError> {
        let before = self.store.len();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            // The parser's error may quote the text, which may be a key.
            let certificate = certificate.map_err(|_| RootsError::NotPem)?;
            self.store.add(certificate).map_err(RootsError::Rejected)?;
        }
        match self.store.len() > before {
            true => Ok(()),
            false => Err(RootsError::Empty),
        }
    }

    /// A variable of the machine may be an unrelated leftover, and there are other roots. So this
    /// is a warning, and a step that works without it continues.
    fn add_ambient(&mut self, variable: &str, path: &Path, found: Certificates) {
        let (added, _odd) = self.store.add_parsable_certificates(found.found);
        let path = path.display();
        let why = found.problem.map(|problem| format!(": {problem}")).unwrap_or_default();
        if added == 0 {
            self.warnings
                .push(format!("{variable} adds no trusted root: {path} contains none{why}"));
        } else if !why.is_empty() {
            self.warnings.push(format!("{variable}: not all of {path} can be used{why}"));
        }
    }
}

/// The system's store, found where rustls-native-certs looks. That crate reads without bounds, and would use only
/// SSL_CERT_FILE and SSL_CERT_DIR if they are set.
#[cfg(target_os = "linux")]
mod system {
    use std::path::Path;

    use rustls::pki_types::CertificateDer;

    use crate::net::pem_files::Certificates;

    const FILES: [&str; 6] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/cacert.pem",
        "/etc/ssl/cert.pem",
    ];
    const FOLDERS: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

    pub(super) fn store() -> Vec<CertificateDer<'static>> {
        store_in(FILES.map(Path::new), FOLDERS.map(Path::new))
    }

    /// The first file that exists belongs to the distribution.
    pub(super) fn store_in<'p>(
        files: impl IntoIterator<Item = &'p Path>,
        folders: impl IntoIterator<Item = &'p Path>,
    ) -> Vec<CertificateDer<'static>> {
        let file = files.into_iter().find(|file| file.exists());
        let file = file.map(Certificates::of_file);
        let mut certificates = file.map(|file| file.found).unwrap_or_default();
        for folder in folders.into_iter().filter(|folder| folder.exists()) {
            certificates.extend(Certificates::of_folder(folder).found);
        }
        // The links in the folder and the file contain the same roots.
        certificates.sort_unstable_by(|a, b| a.as_ref().cmp(b.as_ref()));
        certificates.dedup();
        certificates
    }
}

/// The system's store on platforms without a file. While one of the two variables is set, the crate
/// takes that path for the store.
#[cfg(not(target_os = "linux"))]
mod system {
    use rustls::pki_types::CertificateDer;

    #[expect(clippy::disallowed_methods, reason = "there is no other call for it")]
    pub(super) fn store() -> Vec<CertificateDer<'static>> {
        rustls_native_certs::load_native_certs().certs
    }
}

#[cfg(test)]
mod tests {
    use simulator::proxy_tls::Authority;

    use super::*;

    fn roots(network: &Network) -> Roots {
        Roots::new(network).unwrap()
    }

    #[test]
    fn an_extra_root_that_cannot_be_used_is_an_error() {
        let begin = "-----BEGIN CERTIFICATE-----\n";
        let end = "-----END CERTIFICATE-----\n";
        for pem in [String::new(), format!("{begin}????\n{end}"), format!("{begin}AAAA\n{end}")] {
            let network = Network { extra_roots: vec![pem], ..Network::default() };
            assert!(Roots::new(&network).is_err());
        }
    }

    #[test]
    fn roots_of_the_variables_are_added_to_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let folders = ["a", "b"].map(|name| folder.path().join(name));
        for path in &folders {
            std::fs::create_dir(path).unwrap();
            std::fs::write(path.join("root.pem"), Authority::new().unwrap().pem()).unwrap();
        }
        let file = folder.path().join("roots.pem");
        let pem =
            format!("# R\n{}{}", Authority::new().unwrap().pem(), Authority::new().unwrap().pem());
        std::fs::write(&file, pem).unwrap();

        let usual = roots(&Network::default()).store.len();
        let network =
            Network { cert_file: Some(file), cert_dirs: folders.to_vec(), ..Network::default() };
        let more = roots(&network);
        assert_eq!(more.store.len(), usual + 4);
        assert_eq!(more.warnings, [""; 0]);
    }

    #[test]
    fn roots_of_other_tools_are_added_from_a_file_or_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("root.pem");
        std::fs::write(&file, Authority::new().unwrap().pem()).unwrap();
        let usual = roots(&Network::default()).store.len();
        for (path, added, warnings) in
            [(file, 1, 0), (folder.path().to_owned(), 1, 0), ("/nonexistent".into(), 0, 1)]
        {
            let cert_paths = vec![("REQUESTS_CA_BUNDLE", path)];
            let more = roots(&Network { cert_paths, ..Network::default() });
            assert_eq!(more.store.len(), usual + added);
            assert_eq!(more.warnings.len(), warnings, "{:?}", more.warnings);
            assert!(more.warnings.iter().all(|w| w.starts_with("REQUESTS_CA_BUNDLE adds no")));
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_systems_store_is_the_first_file_and_all_folders_each_root_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let pem = || Authority::new().unwrap().pem();
        let shared = pem();
        for name in ["a", "b"] {
            std::fs::create_dir(path(name)).unwrap();
            std::fs::write(path(name).join("shared.pem"), &shared).unwrap();
            std::fs::write(path(name).join("own.pem"), pem()).unwrap();
        }
        std::fs::write(path("first"), shared + &pem()).unwrap();
        std::fs::write(path("second"), pem()).unwrap();
        let files = [path("missing"), path("first"), path("second")];
        let folders = [path("a"), path("missing"), path("b")];
        let files = files.iter().map(std::path::PathBuf::as_path);
        let folders = folders.iter().map(std::path::PathBuf::as_path);
        assert_eq!(system::store_in(files, folders).len(), 4);
    }

    #[test]
    fn a_useless_variable_gets_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let (missing, empty) = (folder.path().join("missing"), folder.path().join("empty"));
        std::fs::create_dir(&empty).unwrap();
        let text = folder.path().join("text");
        std::fs::write(&text, "no certificate").unwrap();
        let broken = folder.path().join("broken");
        std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap();
        for file in [&missing, &text, &broken] {
            let network = Network { cert_file: Some(file.clone()), ..Network::default() };
            let warnings = roots(&network).warnings;
            assert!(warnings[0].starts_with("SSL_CERT_FILE adds no trusted root"), "{warnings:?}");
            assert!(warnings[0].contains(file.to_str().unwrap()), "{warnings:?}");
        }
        let network = Network { cert_dirs: vec![missing, empty], ..Network::default() };
        let warnings = roots(&network).warnings;
        assert_eq!(warnings.len(), 2);
        assert!(warnings.iter().all(|w| w.starts_with("SSL_CERT_DIR adds no")), "{warnings:?}");
    }

    #[test]
    fn a_partly_valid_folder_is_used_with_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.pem"), Authority::new().unwrap().pem()).unwrap();
        std::fs::write(folder.path().join("b.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n").unwrap();
        let cert_dirs = vec![folder.path().to_owned()];
        let more = roots(&Network { cert_dirs, ..Network::default() });
        assert_eq!(more.store.len(), roots(&Network::default()).store.len() + 1);
        assert!(more.warnings[0].starts_with("SSL_CERT_DIR: not all of "), "{:?}", more.warnings);
    }
}
