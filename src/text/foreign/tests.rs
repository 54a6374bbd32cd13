//! The shapes that are masked, and the texts that look like them and stay.

use std::collections::BTreeSet;

use super::super::{Cleaner, Style};
use crate::config::foreign_token;

fn cleaned(text: &str) -> String {
    let cleaner = Cleaner::new(&[], Style::default());
    cleaner.lines(text).collect::<Vec<_>>().join("\n")
}

/// Characters that make a long token of any kind.
const LONG: &str = "1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R9s0T";

/// Each text with its secret between `«` and `»`.
#[rustfmt::skip]
pub(super) const SECRETS: &[&str] = &[
    // addresses
    "Cloning https://build:«hunter2»@git.studio.example/game.git",
    "fetch https://x-access-token:«ghs_16C7e42F292c6912E7710c838347Ae178B4a»@github.com/studio/game",
    "https://«1a2b3c4d5e6f7g8h9i0j»@dev.azure.com/studio/_git/game",
    "https://«tok12345»:x-oauth-basic@github.com/a and https://«tok12345»:@host/b",
    "redis://:«p4/ss»@cache:6379/0",
    "unable to access 'https://user:«pa/ss#w?rd»@host/x': URL using bad/illegal format",
    "{\"url\":\"https:\\/\\/user:«secret»@host\\/x\"}",
    "ftp://user:«p@ss»@host",
    "notify https://hooks.slack.com/services/«T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX»",
    "notify https://discord.com/api/webhooks/«1234567890/abc-DEF_ghi»",
    "proxy=http://ci:«secret»@proxy.example:3128 http://ci:«other»@b",
    // tokens
    "token «ghp_16C7e42F292c6912E7710c838347Ae178B4a» used", "«gho_16C7e42F292c6912E7710c838347Ae178B4a»",
    "«github_pat_11ABCDEFG0abcdefghijkl_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVW»",
    "«glpat-abcdefghij0123456789»", "«glcbt-64_abcdefghij0123456789»", "gitlab-ci-token:«glcbt-1_abcdefghij0123456789»",
    "«xoxb-123456789012-1234567890123-abcdefghijklmnopqrstuvwx»", "«xapp-1-A0123456789-1234567890123-abcdef»",
    "«AKIAIOSFODNN7EXAMPLE»", "key «ASIAIOSFODNN7EXAMPLE»:«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»",
    "«npm_1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R»",
    "«pypi-AgEIcHlwaS5vcmcCJDEyMzQ1Njc4LTEyMzQtMTIzNC0xMjM0LTEyMzQ1Njc4OTAxMg»",
    "key=«AIzaSyA1234567890abcdefghijklmnopqrstuvw»", "«ya29.a0AfH6SMBx1234567890abcdef»", "«GOCSPX-abcdefghij0123456789abcdefgh»",
    "jwt «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P» end",
    "\\n«eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3»\\n",
    "«dckr_pat_abcdefghij0123456789abcdefg»", "«sk_live_abcdefghij0123456789abcd»", "«hvs.CAESIabcdefghij0123456789»",
    "«sk-proj-abcdefghij0123456789abcdefghij0123456789»",
   
    // headers
    "Authorization: Basic «dXNlcjpwYXNz»", "> Authorization: Bearer «abc123»", "authorization: token «abc»",
    "curl -H 'Authorization: Bearer «abc.def»' https://host", "curl -H \"AUTHORIZATION: basic «YWJj»\" x",
    "Proxy-Authorization: Negotiate «YIIJvwYGKwYBBQUCoIIJszCC»", "{\"Authorization\": \"Bearer «abc»\", \"Accept\": \"x\"}",
    "'Authorization': '«0123456789abcdef»'", "Authorization: «0123456789abcdef0123»",
    "Authorization: AWS4-HMAC-SHA256 «Credential=AKIA1/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=fe5f80f77d5fa3beca038a248ff027d0»",
    "Authorization: Digest «username=\"u\", realm=\"r\", response=\"6629fae49393a05397450978507c4ef1\"»",
    "Authorization: Custom «0123456789abcdef»",
    "git -c http.extraheader=\"AUTHORIZATION: basic «eC1hY2Nlc3M»\" fetch",
    "sent Bearer «0123456789abcdef» to it", "PRIVATE-TOKEN: «abcdef0123456789»", "X-Api-Key: «abcdef0123456789»",
    "GET https://host/a?authorization=Bearer%20«abc123»&b=c", "GET https://host/a?Authorization=+Basic+«YWJj»&b=c", "Authorization%3A%20token%20«abc»",
    "> Cookie: «session=abc; other=def»", "< Set-Cookie: «id=a3f; Secure»",
    // signed addresses
    "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=«AKIAIOSFODNN7EXAMPLE%2F20260101%2Fus-east-1%2Fs3%2Faws4_request»&X-Amz-Date=20260101T000000Z&X-Amz-Security-Token=«FQoGZXIvYXdzEJr1234567890»&X-Amz-Signature=«fe5f80f77d5fa3beca038a248ff027d0»&x=1",
    "https://storage.googleapis.com/b/o?X-Goog-Signature=«fe5f80f77d5fa3beca038a248ff027d0»&X-Goog-Expires=900",
    "https://a.blob.core.windows.net/c/b?sv=2022&sr=b&sig=«abcDEF%2F123%2Bxyz4567890%3D»&se=2026",
    "https://d.cloudfront.net/f?Expires=1&Signature=«abc~DEF-123_xyz4567890»&Key-Pair-Id=K1",
    "a=1\\u0026sig=«abcDEF123xyz4567890»\\u0026b=2",
    // names
    "P4PASSWD=«hunter2»", "p4 -p ssl:perforce:1666 -u build -P «hunter2» sync //depot/...", "p4 -P«hunter2» info", "p4.exe -u x -P \"«hun ter»\" login",
    "--password «hunter2»", "nuget push --api-key «abcdef0123456»", "x-api-key: «abcdef0123456»", "-password=«hunter2»", "/password:«hunter2»", "tool --password=\"«a b»\" x", "tool --token «abcdef0123»",
    "MY_API_TOKEN=«abcdefgh»", "export AWS_SECRET_ACCESS_KEY=«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»",
    "aws_secret_access_key = '«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»'", "{\"SecretAccessKey\": \"«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»\"}",
    "{\"password\":\"«hunter»\",\"a\":1}", "{\\\"password\\\":\\\"«hunter»\\\",\\\"a\\\":1}", "password: «hunter2»",
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=«abcdefghij0123456789abcdefghij==»;EndpointSuffix=core.windows.net",
    "Endpoint=sb://x/;SharedAccessKey=«abcdefghij0123456789=»", "Server=a;User Id=b;Password=«c»;Encrypt=True",
    "{\"auths\":{\"registry.example\":{\"auth\":\"«dXNlcjpwYXNz»\"}}}", "//registry.npmjs.org/:_authToken=«abcdef0123456789»", "_auth=«dXNlcjpwYXNz»",
    "<password>«hunter»</password>", "<add key=\"ClearTextPassword\" value=\"«hunter»\" />",
    "keytool -storepass «hunter» -keypass «hunter»", "apksigner sign --ks-pass pass:«hunter» a.apk", "openssl rsa -passin pass:«hunter» -in k",
    "security unlock-keychain -p «hunter» build.keychain", "/usr/bin/security import c.p12 -k build.keychain -P «hunter2» -T /usr/bin/codesign",
    "security set-key-partition-list -S apple-tool:,apple: -s -k «hunter2» x.keychain", "security set-keychain-password -o «hunter1» -p «hunter2» x.keychain",
    "sshpass -p «hunter» ssh x", "docker login -u ci -p «hunter» registry",
    "steamcmd +login builder «hunter» +run_app_build x", "curl -sS -u ci:«hunter» https://host", "curl -uci:«hunter2» https://host",
    "curl -sSu ci:«hunter2» https://host", "curl -fsSLuci:«hunter2» https://host", "curl -u a:«hunter1» -U \"b:«hunter2»\" https://host", "mkdir -p build && docker login -u ci -p «hunter2» r && mkdir -p build",
    "UnrealPak.exe a.pak -aes=«abcdef0123456789abcdef0123456789»",
    "BuildPatchTool -ClientId=a -ClientSecret=«abcdef0123456789»",
    "MSBuild /p:CertificatePassword=«hunter» a.sln",
    "-----BEGIN RSA PRIVATE KEY-----«\\nMIIEowIBAAKCAQEA\\n»-----END RSA PRIVATE KEY-----",
];

/// The text without its marks, and its secrets.
pub(super) fn marked(text: &str) -> (String, Vec<&str>) {
    let secrets = text.split('«').skip(1).filter_map(|part| part.split_once('»'));
    (text.replace(['«', '»'], ""), secrets.map(|(secret, _)| secret).collect())
}

#[test]
fn each_shape_is_masked_and_nothing_else_of_the_line() {
    for text in SECRETS {
        let (shown, secrets) = marked(text);
        let expected = secrets.iter().fold((*text).to_owned(), |text, secret| {
            text.replacen(&format!("«{secret}»"), "***", 1)
        });
        assert_eq!(cleaned(&shown), expected, "{shown}");
        assert_eq!(cleaned(&expected), expected, "masked twice");
    }
}

#[rustfmt::skip]
const ORDINARY: &[&str] = &[
    "git@github.com:studio/game.git", "ssh://git@github.com/studio/game.git", "https://studio@dev.azure.com/studio/_git/game",
    "mail build@studio.example or a:b@c", "http://localhost:8080/path@2x.png", "https://host/a?b=c@d", "https://[::1]:80/a@b",
    "file://C:/Work/Icon@2x.png", "https://registry.npmjs.org/@scope/name",
    "Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089",
    "error C2065: 'Password': undeclared identifier", "Password = GetPassword();", "if (Password == Other)", "Token=Identifier",
    "Unexpected token: Identifier", "Failed to parse manifest: Invalid Json Token. Line: 43 Ch: 4", "bUsePassword=true", "password=", "password=***",
    "Password: incorrect", "--password is required", "Enter password:", "curl --password $PASSWORD", "--token ${TOKEN}", "token=%TOKEN%",
    "Authorization: failed", "authorization required", "Authorization: Basic", "bearer of bad news",
    "OnButtonClickedEvent__DelegateSignature", "Signature=void(int)", "config=Shipping", "-config=Development", "sig=short",
    "LogCook: Display: Cookie: none", "mp4 -P thing", "p4 sync //depot/Game/...", "p4 -p ssl:perforce:1666 -u build -c ws sync",
    "Shader pass: Base", "-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----", "gh_pages", "npm_config_registry=x", "npm_lifecycle_event",
    "eyJhbGciOiJIUzI1NiJ9", "MAX_TOKEN=512", "TOKEN_FILE=/run/secrets/token", "--password-file /run/x", "+login anonymous +app_update 90",
    "curl -u ci https://host", "SecretName=a", "const FString Token = MakeToken(Seed);", "Parsing token 17 of 20",
    "/Game/Tex/T_fabric_pat_checkered_red_01_N.uasset", "game_live_20240101T120000Z", "task-proj-abcdefghij0123456789_abcdefghij01234", "desk-ant-abcdefghij0123456789_abcdefghij01234",
    "docker login -u ci --password-stdin r && mkdir -p build", "docker login -u ci --password-stdin r; mkdir -p build", "echo $T | docker login -u ci --password-stdin | tee -p log",
    "curl -o out:u https://host || x -u a:b", "curl -ofile:u -Hu:b https://host", "security import c.p12 -k build.keychain", "security list-keychains -d user -s x.keychain",
    "SIG=SIGTERM", "Signing_Key=Default", "ENCRYPTION_KEY=$KEY", "-AES=", "Authorization: a+b",
    "bUsePassword=1", "MetadataToken=0x06000001", "Token: 0x06000001", "--token 0x06000001", "http://$HOST:$PORT/@scope/pkg", "http://$HOST:${PORT}/@scope/pkg",
    "D:\\Build\\Token1\\Password2.cpp(3,17): warning C4996: 'UToken::Secret1': Use SecretKey2 instead.",
];

#[test]
fn ordinary_text_stays() {
    for text in ORDINARY {
        assert_eq!(cleaned(text), *text);
    }
}

#[test]
fn a_private_key_is_masked_on_all_of_its_lines() {
    let body = "MIIEowIBAAKCAQEAx1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R9s0T+/abcdef";
    let key = format!(
        "before\n-----BEGIN PRIVATE KEY-----\n{body}\nUATHelper: Packaging (Windows): {body}\nabc=\n\
         -----END PRIVATE KEY-----\nafter\n{body}"
    );
    let expected = format!(
        "before\n-----BEGIN PRIVATE KEY-----\n***\nUATHelper: Packaging (Windows): ***\n***\n\
         -----END PRIVATE KEY-----\nafter\n{body}"
    );
    assert_eq!(cleaned(&key), expected);
}

#[test]
fn the_headers_of_a_private_key_do_not_end_it() {
    let body = "MIIEowIBAAKCAQEAx1a2B3c4D5e6F7g8H9i0J1k2L3m4N5o6P7q8R9s0T+/abcdef";
    let pem = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,2AF25325A9B318F344B4D5B0A4A3D6A5\n\n";
    let pgp = "Version: GnuPG v2\nComment: a\nComment: b\nCharset: UTF-8\n\n";
    let labelled = "UATHelper: Proc-Type: 4,ENCRYPTED\nUATHelper: DEK-Info: DES-EDE3-CBC,2AF25325A9B318F3\nUATHelper:\nUATHelper: ";
    for (kind, headers) in
        [("RSA PRIVATE KEY", pem), ("PGP PRIVATE KEY BLOCK", pgp), ("RSA PRIVATE KEY", labelled)]
    {
        let block =
            |body: &str| format!("-----BEGIN {kind}-----\n{headers}{body}\n-----END {kind}-----");
        assert_eq!(cleaned(&block(body)), block("***"));
    }
}

#[test]
fn a_private_key_without_a_body_ends_after_some_lines() {
    let lines = "LogInit: Display: x\n".repeat(12);
    let text = format!("-----BEGIN PRIVATE KEY-----\n{lines}word");
    assert_eq!(cleaned(&text), text);
}

#[test]
fn what_shows_nothing_does_not_hide_a_secret() {
    for hidden in ["\x1b[31m", "\u{200b}", "\u{ad}", "\0", "\x1b[2K", "\u{feff}"] {
        let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
        let (start, end) = token.split_at(7);
        let shown = cleaned(&format!("x {start}{hidden}{end} y"));
        assert_eq!(shown, "x *** y", "{hidden:?}");
    }
}

#[test]
fn a_line_with_any_of_the_words_is_looked_at() {
    let foreign = super::Foreign::new();
    for (word, _) in super::WORDS {
        for before in ["a", "ab", "abc", "abcd", "日"] {
            let word = if *word == "://" { "https://" } else { word };
            assert!(foreign.may_hit(&format!("{before}{word}")), "{word}");
        }
    }
}

#[test]
fn a_long_token_of_each_prefix_is_masked() {
    for (word, kind) in super::WORDS {
        if let super::Kind::Token(..) | super::Kind::Word(..) = kind {
            let rest = match kind {
                super::Kind::Word(super::Chars::Upper, _) => LONG.to_uppercase(),
                _ => LONG.repeat(2),
            };
            let shown = cleaned(&format!("a {word}{rest} b"));
            assert_eq!(shown, "a *** b", "{word}");
        }
    }
}

/// The name in lower case, in upper case, and with a capital letter at the start of each word.
fn spellings(name: &str) -> [String; 3] {
    let mut title = String::new();
    for letter in name.chars() {
        let starts_word = title.chars().next_back().is_none_or(|last| !last.is_alphanumeric());
        title.push(if starts_word { letter.to_ascii_uppercase() } else { letter });
    }
    [name.to_owned(), name.to_uppercase(), title]
}

#[test]
fn a_word_leads_to_each_name_in_every_spelling() {
    for (name, _) in super::values::NAMES {
        for name in spellings(name) {
            // npm and Docker write it in lower case, and npm with `_`.
            let name = if name.eq_ignore_ascii_case("auth") { "_auth" } else { &name };
            assert_eq!(cleaned(&format!("a {name}={LONG}")), format!("a {name}=***"));
        }
    }
}

/// Beginnings of tokens that are recognised only in an input. `hf_`, `SG.` and `sk-` are too short to
/// be searched for, `ent-` of `glagent-` is in too many lines, the tokens of Stripe are for tests, and
/// the services of the others are not in the table of `docs/guarantees.md`.
#[rustfmt::skip]
const ONLY_IN_INPUTS: &[&str] = &[
    "hf_", "SG.", "sk-", "glagent-", "sk_test_", "rk_test_", "ATATT3", "ATBB", "ATCTT3", "bkua_", "bkaa_", "bkct_",
    "CCIPAT_", "CCIPRJ_", "glsa_", "glc_", "sntrys_", "sntryu_",
];

/// Beginnings of tokens that are recognised only in a log. In an input `sk-` stands for them.
const ONLY_IN_LOGS: &[&str] = &["sk-proj-", "sk-ant-"];

#[test]
fn inputs_and_logs_know_the_same_tokens_apart_from_the_listed_ones() {
    let in_logs: BTreeSet<_> = super::WORDS
        .iter()
        .filter(|(_, kind)| matches!(kind, super::Kind::Token(..) | super::Kind::Word(..)))
        .map(|(word, _)| *word)
        .collect();
    let in_inputs: BTreeSet<_> = foreign_token::beginnings().collect();
    let only = |all: &BTreeSet<&'static str>, others: &BTreeSet<&'static str>| {
        all.difference(others).copied().collect::<BTreeSet<_>>()
    };
    assert_eq!(only(&in_inputs, &in_logs), ONLY_IN_INPUTS.iter().copied().collect());
    assert_eq!(only(&in_logs, &in_inputs), ONLY_IN_LOGS.iter().copied().collect());
}
