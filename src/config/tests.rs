//! Valid and invalid inputs, and the defaults.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::inputs::{INPUTS, ignored};
use super::{
    Config, Env, Inputs, Mistake, OnSuperseded, Override, RequestedOverrides, Secret, Task,
    Transport,
};
use crate::model::{Id, Level};

const ID: &str = "bld0000000000000000000a1";

fn env<'a>(more: &[(&'a str, &'a str)]) -> Env {
    let least = [
        ("BUILDPIXEL_TOKEN", "bp_secret_token"),
        ("BUILDPIXEL_PROJECT", ID),
        // No other action has this input, so `INPUT_*` variables count.
        ("INPUT_BUILD-SETTING", ID),
    ];
    least.into_iter().chain(more.iter().copied()).collect()
}

fn config(more: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let env = env(more);
    Config::new(Inputs::load(&env), &env)
        .map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect())
}

#[test]
fn the_least_input_gives_the_documented_defaults() {
    let config = config(&[]).unwrap();
    let id = Id::new(ID).unwrap();
    assert_eq!(
        config.task,
        Task::Trigger {
            project: id.clone(),
            build_setting: id,
            overrides: RequestedOverrides::default()
        }
    );
    assert_eq!(config.api_url.as_str(), "https://api.buildpixel.io/");
    assert_eq!(config.timeout, Duration::from_secs(6 * 3600));
    assert_eq!(config.queue_timeout, None);
    assert_eq!(config.on_superseded, OnSuperseded::Fail);
    assert_eq!(config.log_level, Some(Level::Info));
    assert_eq!(config.transport, Transport::Auto);
    assert!(config.wait && config.annotations && config.summary);
    assert!(config.source_root.is_none());
}

#[test]
fn every_mistake_is_reported_at_once_with_input_variable_value_and_what_is_accepted() {
    let mistakes = config(&[
        ("BUILDPIXEL_PROJECT", "My Game"),
        ("INPUT_WAIT", "yes"),
        ("BUILDPIXEL_TIMEOUT", "45M"),
        ("INPUT_ON-SUPERSEDED", "follow"),
        ("INPUT_API-URL", "http://builds.example"),
    ])
    .unwrap_err();
    assert_eq!(
        mistakes,
        [
            "`project` is \"My Game\" (read from BUILDPIXEL_PROJECT): is not an id (24 characters: A-Z, \
             a-z, 0-9, `_`, `-`); if it is a name, copy the id from the dashboard's URL",
            "`wait` is \"yes\" (read from INPUT_WAIT): is not a boolean; accepted are true, True, TRUE, \
             false, False, FALSE",
            "`timeout` is \"45M\" (read from BUILDPIXEL_TIMEOUT): is not a duration; write it like 90s, 45m, \
             2h or 1h30m",
            "`on-superseded` is \"follow\" (read from INPUT_ON-SUPERSEDED): is not known; accepted are fail, pass",
            "`api-url` is \"http://builds.example\" (read from INPUT_API-URL): must start with https://; \
             http:// is accepted for loopback only",
        ]
    );
}

#[test]
fn all_missing_inputs_are_reported_together() {
    let env = Env::default();
    let mistakes = Config::new(Inputs::load(&env), &env).unwrap_err();
    let inputs: Vec<_> = mistakes.iter().map(|mistake| mistake.input).collect();
    assert_eq!(inputs, ["token", "project", "build-setting"]);
}

#[test]
fn a_placeholder_in_any_input_is_an_error_that_names_its_variable() {
    for input in INPUTS {
        let variable = format!("BUILDPIXEL_{}", input.name.to_ascii_uppercase().replace('-', "_"));
        let mut least = vec![("BUILDPIXEL_TOKEN", "bp_secret_token")];
        least.extend([("BUILDPIXEL_PROJECT", ID), ("BUILDPIXEL_BUILD_SETTING", ID)]);
        let env = Env::from_iter(least.into_iter().chain([(variable.as_str(), "$(X)")]));
        let (inputs, mistakes) = Inputs::load(&env);
        assert!(inputs.reports_dir.is_none() && inputs.ci.is_none());
        let value = if input.name == "token" { "" } else { " is \"$(X)\"" };
        let expected = format!(
            "`{}`{value} (read from {variable}): is a placeholder that was not replaced by its value; set it \
             in the CI, or leave the input out",
            input.name
        );
        let mistakes = Config::new((inputs, mistakes), &env).unwrap_err();
        let shown: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(shown, [expected]);
    }
}

#[test]
fn a_branch_given_as_a_reference_is_its_name() {
    let branch = |given| {
        let config = config(&[("INPUT_BRANCH", given)])?;
        let Task::Trigger { overrides, .. } = config.task else { panic!("attached") };
        Ok::<_, Vec<String>>(overrides.branch)
    };
    for (given, expected) in [
        ("refs/heads/main", "main"),
        ("refs/heads/feature/a", "feature/a"),
        ("refs/heads/auto", "auto"),
        ("heads/main", "heads/main"),
        ("//depot/main", "//depot/main"),
    ] {
        assert_eq!(branch(given), Ok(Some(Override::Value(expected.to_owned()))), "{given}");
    }
    assert!(branch("refs/heads/").unwrap_err()[0].contains("names no branch"));
    let config = config(&[("INPUT_COMMIT", "refs/heads/main")]).unwrap();
    let Task::Trigger { overrides, .. } = config.task else { panic!("attached") };
    assert_eq!(overrides.commit, Some(Override::Value("refs/heads/main".to_owned())));
}

/// The least inputs with this `token-file` and without `token`.
fn from_token_file(path: &str, more: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let given = [("BUILDPIXEL_TOKEN", ""), ("INPUT_TOKEN-FILE", path)];
    config(&given.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
}

#[test]
fn a_token_is_read_from_its_file_and_trimmed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let path = file.to_str().unwrap();
    for content in ["bp_from_a_file", " bp_from_a_file\r\n", "\u{feff}bp_from_a_file\n"] {
        std::fs::write(&file, content).unwrap();
        let token = from_token_file(path, &[]).unwrap().token;
        assert_eq!(token.expose(), "bp_from_a_file", "{content:?}");
    }
    let config = from_token_file(path, &[("INPUT_TOKEN", "bp_given_itself")]).unwrap();
    assert_eq!(config.token.expose(), "bp_given_itself");
}

#[test]
fn a_token_file_that_is_none_is_an_error_that_names_it_and_shows_no_content() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let path = file.to_str().unwrap();
    let words = |content: &[u8]| {
        std::fs::write(&file, content).unwrap();
        let mistakes = from_token_file(path, &[]).unwrap_err();
        let [mistake] = &mistakes[..] else { panic!("{mistakes:?}") };
        assert!(mistake.starts_with("`token-file`"), "{mistake}");
        assert!(mistake.contains("(read from INPUT_TOKEN-FILE): "), "{mistake}");
        assert!(!mistake.contains("hunter2"), "{mistake}");
        mistake.split_once("): ").unwrap().1.to_owned()
    };
    assert_eq!(words(b" \n"), "is an empty file");
    assert_eq!(words(&vec![b'a'; 64 * 1024 + 1]), "cannot be read: it is larger than 64 KiB");
    assert!(words(b"hunter2 hunter2").starts_with("contains blanks"));
    assert!(words(b"ghs_hunter2").starts_with("looks like a token of GitHub"));
    for (path, expected) in [
        (folder.path().to_str().unwrap(), "it is not a regular file"),
        ("/nonexistent/token", "cannot be read: "),
    ] {
        let mistakes = from_token_file(path, &[]).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].contains(expected), "{mistakes:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_token_file_that_never_ends_is_not_read() {
    let mistakes = from_token_file("/dev/zero", &[]).unwrap_err();
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert!(mistakes[0].ends_with("cannot be read: it is not a regular file"), "{mistakes:?}");
}

#[test]
fn a_token_from_a_file_is_not_shown_in_other_inputs() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hunter2-without-prefix").unwrap();
    for given in ["hunter2-without-prefix", "x hunter2-without-prefix x"] {
        let path = file.path().to_str().unwrap();
        let mistakes = from_token_file(path, &[("INPUT_PROJECT", given)]).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].starts_with("`project` (read from INPUT_PROJECT): "), "{mistakes:?}");
    }
}

#[test]
fn the_path_of_a_file_is_no_token() {
    let file = tempfile::Builder::new().prefix("a token").tempfile().unwrap();
    let mistakes = config(&[("INPUT_TOKEN", file.path().to_str().unwrap())]).unwrap_err();
    let words = "`token` (read from INPUT_TOKEN): is the path of a file; give it as `token-file`";
    assert_eq!(mistakes, [words]);
}

#[test]
fn a_token_of_another_service_is_refused_and_not_shown() {
    for token in ["ghs_hunter2hunter2", "github_pat_hunter2", "glpat-hunter2", "AKIAHUNTER2hunter2"]
    {
        let mistakes = config(&[("INPUT_TOKEN", token)]).unwrap_err();
        assert_eq!(mistakes.len(), 1);
        assert!(mistakes[0].contains("(read from INPUT_TOKEN): looks like a token of "));
        assert!(!mistakes[0].contains("hunter2"), "{mistakes:?}");
    }
    let mistakes = config(&[("INPUT_PROJECT", "ghs_hunter2hunter2")]).unwrap_err();
    assert!(!mistakes[0].contains("hunter2"), "{mistakes:?}");
}

#[test]
fn an_input_of_another_action_is_ignored_with_a_reason() {
    let env = Env::from_iter([
        ("INPUT_TOKEN", "ghs_hunter2hunter2"),
        ("INPUT_TIMEOUT", "5"),
        ("BUILDPIXEL_PROJECT", ID),
        ("BUILDPIXEL_BUILD_SETTING", ID),
    ]);
    let mistakes = Config::new(Inputs::load(&env), &env).unwrap_err();
    let [mistake] = &mistakes[..] else { panic!("{mistakes:?}") };
    assert!(mistake.problem.ends_with("; INPUT_TOKEN is ignored here"), "{mistake}");
    let warning = ignored(&env).unwrap();
    assert!(warning.starts_with("INPUT_TOKEN, INPUT_TIMEOUT: ignored"), "{warning}");
    assert!(!warning.contains("hunter2"), "{warning}");
    let ours = Env::from_iter([("INPUT_TOKEN", "x"), ("INPUT_BUILD-ID", "x")]);
    assert_eq!(ignored(&ours), None);
}

#[test]
fn a_bad_token_is_an_error_that_does_not_show_it() {
    for bad in ["bp secret", "secret"] {
        let mistakes = config(&[("INPUT_TOKEN", bad)]).unwrap_err();
        assert_eq!(mistakes.len(), 1);
        assert!(mistakes[0].starts_with("`token` (read from INPUT_TOKEN): "), "{mistakes:?}");
        assert!(!mistakes[0].contains("secret"), "{mistakes:?}");
    }
}

#[test]
fn a_token_that_is_given_as_an_id_is_not_shown() {
    let token = "bpx_0123456789abcdefghij";
    assert_eq!(token.len(), Id::LENGTH);
    let mistakes = config(&[("INPUT_TOKEN", token), ("INPUT_PROJECT", token)]).unwrap_err();
    assert_eq!(mistakes, ["`project` (read from INPUT_PROJECT): is the token"]);
}

#[test]
fn a_password_in_the_api_url_is_refused_and_not_shown() {
    let mistakes = config(&[("INPUT_API-URL", "https://me:hunter2@api.example")]).unwrap_err();
    assert!(mistakes[0].contains("must not contain a user name"), "{mistakes:?}");
    assert!(!mistakes[0].contains("hunter2"), "{mistakes:?}");
}

#[test]
fn build_id_attaches_and_makes_project_and_setting_unnecessary() {
    let env = Env::from_iter([("INPUT_TOKEN", "bp_token"), ("INPUT_BUILD-ID", ID)]);
    let config = Config::new(Inputs::load(&env), &env).unwrap();
    assert_eq!(config.task, Task::Attach(Id::new(ID).unwrap()));
}

#[test]
fn overrides_are_values_or_auto_or_absent() {
    let config = config(&[("INPUT_BRANCH", "auto"), ("INPUT_COMMIT", "abc")]).unwrap();
    let Task::Trigger { overrides, .. } = config.task else { panic!("attached") };
    assert_eq!(overrides.branch, Some(Override::Auto));
    assert_eq!(overrides.commit, Some(Override::Value("abc".to_owned())));
    assert_eq!(overrides.changelist, None);
}

#[test]
fn durations_are_hours_minutes_and_seconds() {
    for (text, seconds) in [("90s", 90), ("45m", 2700), ("2h", 7200), ("1h30m", 5400)] {
        assert_eq!(
            config(&[("INPUT_TIMEOUT", text)]).unwrap().timeout.as_secs(),
            seconds,
            "{text}"
        );
    }
    for text in ["90", "0s", "1d", "-1h", "1h 30m", "soon", "99999999999999999999h"] {
        assert!(config(&[("INPUT_TIMEOUT", text)]).is_err(), "{text}");
    }
}

#[test]
fn plain_http_is_for_loopback_only() {
    for url in
        ["http://127.0.0.1:80", "http://localhost", "http://[::1]:9", "https://x.example/base/"]
    {
        assert!(config(&[("INPUT_API-URL", url)]).is_ok(), "{url}");
    }
    for url in [
        "http://127.0.0.1.evil.example",
        "http://10.0.0.1",
        "ftp://localhost",
        "api",
        "https://h?x",
    ] {
        assert!(config(&[("INPUT_API-URL", url)]).is_err(), "{url}");
    }
}

#[test]
fn a_source_root_stays_inside_the_repository() {
    let root = |text| config(&[("INPUT_SOURCE-ROOT", text)]).map(|config| config.source_root);
    assert_eq!(root("./Game\\Shooter/").unwrap().as_deref(), Some("Game/Shooter"));
    for text in ["/abs", "C:\\Game", "a/../../b"] {
        assert!(root(text).is_err(), "{text}");
    }
}

#[test]
fn roots_come_from_a_file_or_from_the_input_itself() {
    let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    let latin = folder.path().join("latin.pem");
    std::fs::write(&latin, [pem.as_bytes(), b"# Autorit\xe9\n"].concat()).unwrap();
    assert!(config(&[("INPUT_CA-FILE", latin.to_str().unwrap())]).is_ok());
    for given in [pem.trim(), file.to_str().unwrap()] {
        let roots = config(&[("INPUT_CA-FILE", given)]).unwrap().network.extra_roots;
        assert_eq!(roots.len(), 1);
        assert_eq!(roots[0].trim(), pem.trim());
    }
    assert!(config(&[("INPUT_CA-FILE", "/nonexistent/ca.pem")]).is_err());
}

#[test]
fn the_secrets_of_a_proxy_are_known_in_every_spelling() {
    let config = config(&[("HTTPS_PROXY", "http://ci:p%40ss%3A1@proxy:3128")]).unwrap();
    let secrets = config.network.secrets();
    for secret in ["p%40ss%3A1", "p@ss:1", "ci:p@ss:1", "http://ci:p%40ss%3A1@proxy:3128"] {
        assert!(secrets.contains(&Secret::new(secret)), "{secret}");
    }
}

#[test]
fn a_proxy_without_credentials_is_no_secret() {
    let config = config(&[("HTTPS_PROXY", "http://proxy:3128")]).unwrap();
    assert_eq!(config.network.secrets(), []);
}

#[test]
fn a_password_with_special_characters_is_a_secret() {
    for address in ["http://ci:a://b@c@proxy:3128", "ci:a://b@c@proxy:3128"] {
        let config = config(&[("ALL_PROXY", address)]).unwrap();
        assert!(config.network.secrets().contains(&Secret::new("a://b@c")), "{address}");
    }
}

#[test]
fn more_roots_are_read_from_the_standard_variables() {
    let folders = std::env::join_paths(["/a", "", "/b"]).unwrap();
    let given = [("SSL_CERT_FILE", " /roots.pem\n"), ("SSL_CERT_DIR", folders.to_str().unwrap())];
    let network = config(&given).unwrap().network;
    assert_eq!(network.cert_file, Some("/roots.pem".into()));
    assert_eq!(network.cert_dirs, [PathBuf::from("/a"), PathBuf::from("/b")]);
    let network = config(&[("SSL_CERT_FILE", " "), ("SSL_CERT_DIR", "")]).unwrap().network;
    assert!(network.cert_file.is_none() && network.cert_dirs.is_empty());
}

#[test]
fn roots_of_other_tools_are_read_once_for_each_path() {
    let given = [
        ("SSL_CERT_FILE", "/all.pem"),
        ("NODE_EXTRA_CA_CERTS", " /node.pem\n"),
        ("CI_SERVER_TLS_CA_FILE", "/all.pem"),
        ("REQUESTS_CA_BUNDLE", "/certs"),
        ("CURL_CA_BUNDLE", "/node.pem"),
    ];
    let network = config(&given).unwrap().network;
    let expected = [("NODE_EXTRA_CA_CERTS", "/node.pem"), ("REQUESTS_CA_BUNDLE", "/certs")];
    assert_eq!(network.cert_paths, expected.map(|(variable, path)| (variable, path.into())));
}

#[test]
fn a_private_key_in_the_wrong_input_is_not_shown() {
    let key = "-----BEGIN PRIVATE KEY-----\nhunter2";
    let mistakes = config(&[("INPUT_CA-FILE", key)]).unwrap_err();
    assert!(!mistakes[0].contains("hunter2"), "{mistakes:?}");
    assert!(mistakes[0].contains("INPUT_CA-FILE"), "{mistakes:?}");
}

#[test]
fn a_token_in_any_input_is_not_shown() {
    let own = "hunter2-without-prefix";
    let mut refused = BTreeSet::new();
    for input in INPUTS {
        let variable = format!("INPUT_{}", input.name.to_ascii_uppercase());
        for token in ["bp_hunter2", own] {
            for value in [
                token.to_owned(),
                format!("C:/game/{token}/x"),
                format!("true {token}"),
                format!("first\n{token}\nlast"),
            ] {
                let given = [("INPUT_TOKEN", own), (variable.as_str(), value.as_str())];
                for mistake in config(&given).err().into_iter().flatten() {
                    assert!(!mistake.contains("hunter2"), "{mistake}");
                    assert!(mistake.contains(&variable), "{mistake}");
                    refused.insert(input.name);
                }
                let mistake = Mistake::new(&env(&given), input.name, Some(value), "p".to_owned());
                let shown = format!("`{}` (read from {variable}): p", input.name);
                assert_eq!(mistake.to_string(), shown);
            }
        }
    }
    let expected = INPUTS.iter().map(|input| input.name);
    // Any text is accepted for these. `ci::tests` has the test of `ci`, and `token` wins over `token-file`.
    let unchecked = ["token-file", "branch", "commit", "changelist", "reports-dir", "ci"];
    assert_eq!(refused, expected.filter(|name| !unchecked.contains(name)).collect());
}

#[test]
fn proxies_are_read_lower_case_first_and_kept_secret() {
    let config = config(&[
        ("HTTPS_PROXY", "http://upper:1"),
        ("https_proxy", "http://me:hunter2@lower:1"),
        ("NO_PROXY", "a.example"),
        ("no_proxy", "b.example"),
    ])
    .unwrap();
    assert_eq!(config.network.https_proxy.as_ref().unwrap().expose(), "http://me:hunter2@lower:1");
    assert_eq!(config.network.no_proxy, "b.example,a.example");
    assert!(!format!("{config:?}").contains("hunter2"));
}
