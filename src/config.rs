//! Turns raw inputs into a configuration that no other module has to check again.

pub mod env;
pub(crate) mod foreign_token;
pub mod inputs;
mod mistake;
mod placeholder;
pub mod secret;
mod table;
mod token;
mod variables;

use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;

pub use env::Env;
pub use inputs::Inputs;
pub use mistake::{Found, Mistake};
pub use secret::Secret;

use crate::files::read;
use crate::model::{Id, Level};

/// The largest file of certificates. All of the world's authorities together need less than 1 MiB.
pub(crate) const MOST_PEM_BYTES: u64 = 16 * 1024 * 1024;

/// The checked configuration.
#[derive(Debug)]
pub struct Config {
    /// API token.
    pub token: Secret,
    /// Base URL of the API.
    pub api_url: Url,
    /// The build to trigger or attach to.
    pub task: Task,
    /// True to follow the build to its end.
    pub wait: bool,
    /// The time limit for following in all.
    pub timeout: Duration,
    /// The time limit for `pending`.
    pub queue_timeout: Option<Duration>,
    /// The result of the step if the build is superseded.
    pub on_superseded: OnSuperseded,
    /// The lowest level of printed log lines; none are printed if absent.
    pub log_level: Option<Level>,
    /// True if findings become annotations.
    pub annotations: bool,
    /// Folder of the Unreal project inside the repository, with `/`, relative.
    pub source_root: Option<String>,
    /// True to write the step summary.
    pub summary: bool,
    /// The transports for following.
    pub transport: Transport,
    /// The connection settings for the API.
    pub network: Network,
}

/// The build to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// A new one.
    Trigger {
        /// Project.
        project: Id,
        /// Build setting.
        build_setting: Id,
        /// Branch, commit and changelist to build instead of the setting's own.
        overrides: RequestedOverrides,
    },
    /// One that exists already.
    Attach(Id),
}

/// Branch, commit and changelist to build instead of the setting's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedOverrides {
    /// Git branch.
    pub branch: Option<Override>,
    /// Git commit.
    pub commit: Option<Override>,
    /// Perforce changelist.
    pub changelist: Option<Override>,
}

/// One override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Override {
    /// The value of the checkout that this CI job runs on.
    Auto,
    /// This value.
    Value(String),
}

/// The result of the step if the build is superseded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnSuperseded {
    /// The step fails.
    Fail,
    /// The step succeeds.
    Pass,
}

/// The transports for following a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Socket.IO, with polling as the fallback.
    Auto,
    /// Over Socket.IO only.
    Socket,
    /// By polling the REST API only.
    Poll,
}

/// The connection settings for the API, as given; `net` parses them.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// PEM texts of roots to trust besides the system's and the compiled-in ones.
    pub extra_roots: Vec<String>,
    /// `SSL_CERT_FILE`: a file of more such roots.
    pub cert_file: Option<PathBuf>,
    /// `SSL_CERT_DIR`: folders of more such roots.
    pub cert_dirs: Vec<PathBuf>,
    /// Variables of other tools, and the files or folders of more such roots that they name.
    pub cert_paths: Vec<(&'static str, PathBuf)>,
    /// Proxy for `https://`; may hold credentials.
    pub https_proxy: Option<Secret>,
    /// Hosts that are reached directly, comma-separated.
    pub no_proxy: String,
}

/// The variables with which Node.js, the runner of GitLab, Python's Requests and curl get more roots.
const ROOTS_OF_OTHER_TOOLS: [&str; 4] =
    ["NODE_EXTRA_CA_CERTS", "CI_SERVER_TLS_CA_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];

impl Network {
    /// The secrets in it: the proxy's credentials, in every spelling.
    pub fn secrets(&self) -> Vec<Secret> {
        let address = self.https_proxy.as_ref().map_or("", Secret::expose);
        let (_, rest) = scheme_and_rest(address);
        let Some((credentials, _)) = rest.rsplit_once('@') else {
            return Vec::new();
        };
        let decoded = percent_decode_str(credentials).decode_utf8_lossy();
        let password = |pair: &str| pair.split_once(':').map(|(_, password)| password.to_owned());
        let passwords = [password(credentials), password(&decoded)].into_iter().flatten();
        let whole = [address, &decoded].map(str::to_owned);
        passwords.chain(whole).filter(|text| !text.is_empty()).map(Secret::new).collect()
    }

    /// Reads the variables that other programs use too. Proxies in lower case come first, as on CI
    /// runners.
    fn from_env(env: &Env, extra_roots: Vec<String>) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| env.get(name)).map(str::trim);
        let all = first(&["all_proxy", "ALL_PROXY"]);
        let no_proxy = ["no_proxy", "NO_PROXY"].into_iter().filter_map(|name| env.get(name));
        let cert_dirs = env.get("SSL_CERT_DIR").into_iter().flat_map(std::env::split_paths);
        let cert_file = first(&["SSL_CERT_FILE"]).map(PathBuf::from);
        // One file that several variables name is read once.
        let mut cert_paths: Vec<(&str, PathBuf)> = Vec::new();
        for variable in ROOTS_OF_OTHER_TOOLS {
            let Some(path) = first(&[variable]).map(PathBuf::from) else { continue };
            let mut known = cert_file.iter().chain(cert_paths.iter().map(|(_, path)| path));
            if !known.any(|known| *known == path) {
                cert_paths.push((variable, path));
            }
        }
        Self {
            extra_roots,
            cert_file,
            cert_dirs: cert_dirs.filter(|path| !path.as_os_str().is_empty()).collect(),
            cert_paths,
            https_proxy: first(&["https_proxy", "HTTPS_PROXY"]).or(all).map(Secret::new),
            no_proxy: no_proxy.collect::<Vec<_>>().join(","),
        }
    }
}

/// The secrets in the environment, before anything is checked.
pub fn secrets(env: &Env) -> Vec<Secret> {
    let (Inputs { token, .. }, _mistakes) = Inputs::read(env);
    let proxy = Network::from_env(env, Vec::new()).secrets();
    token.into_iter().chain(proxy).collect()
}

impl Config {
    /// Checks the inputs, as [`Inputs::load`] returns them.
    ///
    /// # Errors
    /// All mistakes at once, so that a workflow can be fixed in one go.
    pub fn new(
        (inputs, mistakes): (Inputs, Vec<Mistake>),
        env: &Env,
    ) -> Result<Self, Vec<Mistake>> {
        let mut check = Check { env, token: inputs.token.clone(), mistakes };
        let config = check.config(inputs);
        config.filter(|_| check.mistakes.is_empty()).ok_or(check.mistakes)
    }
}

struct Check<'e> {
    env: &'e Env,
    /// The token as given. No mistake shows it.
    token: Option<Secret>,
    mistakes: Vec<Mistake>,
}

impl Check<'_> {
    /// `None` only if a mistake was recorded.
    fn config(&mut self, given: Inputs) -> Option<Config> {
        let token = self.token(given.token);
        let branch = given.branch.and_then(|branch| self.branch(branch));
        let task = match given.build_id {
            Some(build) => self.id("build-id", build).map(Task::Attach),
            // An unreadable build is none to trigger.
            None if self.is_mistaken("build-id") => None,
            None => self.trigger(
                (given.project, given.build_setting),
                RequestedOverrides {
                    branch,
                    commit: given.commit.map(r#override),
                    changelist: given.changelist.map(r#override),
                },
            ),
        };
        let wait = self.boolean("wait", given.wait);
        if wait == Some(false) && matches!(task, Some(Task::Attach(_))) {
            let problem = "has no effect with `build-id`; remove one of them".to_owned();
            self.mistake::<()>("wait", Some("false".to_owned()), problem);
        }
        let timeout = given.timeout.unwrap_or_else(|| "6h".to_owned());
        let timeout = self.duration("timeout", timeout);
        let queue_timeout = given.queue_timeout.map(|text| self.duration("queue-timeout", text));
        let on_superseded = self.choice(
            "on-superseded",
            given.on_superseded,
            &[("fail", OnSuperseded::Fail), ("pass", OnSuperseded::Pass)],
        );
        let log_level = self.choice(
            "log-level",
            given.log_level,
            &[
                ("info", Some(Level::Info)),
                ("warn", Some(Level::Warn)),
                ("error", Some(Level::Error)),
                ("off", None),
            ],
        );
        let annotations = self.boolean("annotations", given.annotations);
        let source_root = given.source_root.map(|root| self.source_root(root));
        let summary = self.boolean("summary", given.summary);
        let transport = self.choice(
            "transport",
            given.transport,
            &[("auto", Transport::Auto), ("socket", Transport::Socket), ("poll", Transport::Poll)],
        );
        let api_url = given.api_url.unwrap_or_else(|| "https://api.buildpixel.io".to_owned());
        let api_url = self.api_url(api_url);
        let extra_roots = given.ca_file.map(|given| self.roots(given));
        Some(Config {
            token: token?,
            api_url: api_url?,
            task: task?,
            wait: wait?,
            timeout: timeout?,
            queue_timeout: queue_timeout.flatten(),
            on_superseded: on_superseded?,
            log_level: log_level?,
            annotations: annotations?,
            source_root: source_root.flatten(),
            summary: summary?,
            transport: transport?,
            network: Network::from_env(self.env, extra_roots.flatten().into_iter().collect()),
        })
    }

    fn trigger(
        &mut self,
        ids: (Option<String>, Option<String>),
        overrides: RequestedOverrides,
    ) -> Option<Task> {
        let needed = "is required unless `build-id` is given";
        let project = self.required("project", ids.0, needed);
        let build_setting = self.required("build-setting", ids.1, needed);
        let project = project.and_then(|id| self.id("project", id));
        let build_setting = build_setting.and_then(|id| self.id("build-setting", id));
        Some(Task::Trigger { project: project?, build_setting: build_setting?, overrides })
    }

    fn token(&mut self, given: Option<Secret>) -> Option<Secret> {
        if self.is_mistaken("token-file") && given.is_none() {
            return None;
        }
        let problem = "is required; keep it in a secret of your CI and pass it as BUILDPIXEL_TOKEN";
        let token = self.required("token", given, problem)?;
        match token::problem(&token) {
            Some(problem) => {
                let is_direct = variables::lookup(self.env, "token").is_some();
                self.mistake(if is_direct { "token" } else { "token-file" }, None, problem)
            }
            None => Some(token),
        }
    }

    /// Webhooks and CIs name a branch by its reference.
    fn branch(&mut self, given: String) -> Option<Override> {
        match given.strip_prefix("refs/heads/") {
            Some("") => self.mistake("branch", Some(given), "names no branch".to_owned()),
            Some(name) => Some(Override::Value(name.to_owned())),
            None => Some(r#override(given)),
        }
    }

    fn id(&mut self, input: &'static str, given: String) -> Option<Id> {
        if self.token.as_ref().is_some_and(|token| token.expose().contains(&given)) {
            return self.mistake(input, None, "is the token".to_owned());
        }
        match Id::new(&given) {
            Some(id) if given.len() == Id::LENGTH => Some(id),
            _ => self.mistake(
                input,
                Some(given),
                format!(
                    "is not an id ({} characters: A-Z, a-z, 0-9, `_`, `-`); if it is a name, \
                     copy the id from the dashboard's URL",
                    Id::LENGTH
                ),
            ),
        }
    }

    fn boolean(&mut self, input: &'static str, given: Option<String>) -> Option<bool> {
        match given.as_deref() {
            None | Some("true" | "True" | "TRUE") => Some(true),
            Some("false" | "False" | "FALSE") => Some(false),
            Some(_) => self.mistake(
                input,
                given,
                "is not a boolean; accepted are true, True, TRUE, false, False, FALSE".to_owned(),
            ),
        }
    }

    fn duration(&mut self, input: &'static str, given: String) -> Option<Duration> {
        // humantime knows more units than documented: `M` would be a month.
        let documented = given.chars().all(|c| c.is_ascii_digit() || "hms".contains(c));
        let duration = documented.then(|| humantime::parse_duration(&given).ok()).flatten();
        match duration {
            Some(duration) if duration > Duration::ZERO => Some(duration),
            _ => self.mistake(
                input,
                Some(given),
                "is not a duration; write it like 90s, 45m, 2h or 1h30m".to_owned(),
            ),
        }
    }

    /// The first choice is the default.
    fn choice<T: Copy>(
        &mut self,
        input: &'static str,
        given: Option<String>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let Some(word) = given else {
            return choices.first().map(|(_, choice)| *choice);
        };
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == word) {
            return Some(*choice);
        }
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        let problem = format!("is not known; accepted are {}", names.join(", "));
        self.mistake(input, Some(word), problem)
    }

    fn source_root(&mut self, given: String) -> Option<String> {
        let root = given.replace('\\', "/");
        let root = root.trim_start_matches("./").trim_end_matches('/');
        let absolute = root.starts_with('/') || root.contains(':');
        if absolute || root.split('/').any(|part| part == "..") {
            let problem = "must be a folder inside the repository, relative to its top".to_owned();
            return self.mistake("source-root", Some(given), problem);
        }
        Some(root.to_owned())
    }

    fn api_url(&mut self, given: String) -> Option<Url> {
        match checked_url(&given) {
            Ok(url) => Some(url),
            Err(problem) => {
                // An address with a user name may contain a password too.
                let value = (!given.contains('@')).then_some(given);
                self.mistake("api-url", value, problem.to_owned())
            }
        }
    }

    fn roots(&mut self, given: String) -> Option<String> {
        const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
        if given.contains(BEGIN) {
            return Some(given);
        }
        // The text between the certificates may be in any encoding.
        let pem = read::whole(Path::new(&given), MOST_PEM_BYTES);
        match pem.map(|pem| String::from_utf8_lossy(&pem).into_owned()) {
            Ok(pem) if pem.contains(BEGIN) => Some(pem),
            Ok(_) => self.mistake("ca-file", Some(given), "contains no PEM certificate".to_owned()),
            Err(error) => {
                // A private key given by mistake must not be shown.
                let value = (!given.contains("-----BEGIN")).then_some(given);
                self.mistake("ca-file", value, format!("cannot be read: {error}"))
            }
        }
    }

    fn required<T>(&mut self, input: &'static str, given: Option<T>, problem: &str) -> Option<T> {
        // An unreadable input was already reported.
        if given.is_none() && !self.is_mistaken(input) {
            let ignored = variables::ignored(self.env, input);
            let ignored = ignored.map(|variable| format!("; {variable} is ignored here"));
            let problem = format!("{problem}{}", ignored.unwrap_or_default());
            self.mistakes.push(Mistake { input, found: None, problem });
        }
        given
    }

    fn is_mistaken(&self, input: &str) -> bool {
        self.mistakes.iter().any(|mistake| mistake.input == input)
    }

    fn mistake<T>(
        &mut self,
        input: &'static str,
        value: Option<String>,
        problem: String,
    ) -> Option<T> {
        let is_token = |value: &String| {
            self.token.as_ref().is_some_and(|token| value.contains(token.expose()))
        };
        let value = value.filter(|value| !is_token(value));
        self.mistakes.push(Mistake::new(self.env, input, value, problem));
        None
    }
}

fn r#override(given: String) -> Override {
    if given == "auto" { Override::Auto } else { Override::Value(given) }
}

fn checked_url(given: &str) -> Result<Url, &'static str> {
    let url =
        Url::parse(given).map_err(|_| "is not a URL; write it like https://api.buildpixel.io")?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err("must start with https://; http:// is accepted for loopback only"),
        _ => return Err("must start with https://"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user name or password; the token goes into `token`");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a query or a fragment");
    }
    Ok(url)
}

/// Splits the address of a proxy. Its password may contain any character. The default scheme is
/// `http`.
pub fn scheme_and_rest(address: &str) -> (&str, &str) {
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match address.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
        _ => ("http", address),
    }
}

/// True if the address is on this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
