//! Recognises tokens of other services by the form that those publish, so that none is sent to BuildPixel.

/// A service in each line, and the beginnings of its tokens. One text takes less room in the program than a table.
const BEGINNINGS: &str = "\
GitHub: ghp_ gho_ ghu_ ghs_ ghr_ github_pat_
GitLab: glpat- glcbt- gldt- glrt- glptt- glft- glimt- glagent- gloas- glsoat- glffct-
Slack: xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xoxe. xoxc- xoxd- xapp-
AWS: AKIA ASIA
Google: AIza ya29. GOCSPX-
Docker Hub: dckr_pat_ dckr_oat_
npm: npm_
PyPI: pypi-
Atlassian: ATATT3 ATBB ATCTT3
Buildkite: bkua_ bkaa_ bkct_
CircleCI: CCIPAT_ CCIPRJ_
Stripe: sk_live_ rk_live_ pk_live_ sk_test_ rk_test_
HashiCorp Vault: hvs. hvb.
DigitalOcean: dop_v1_ doo_v1_
Hugging Face: hf_
SendGrid: SG.
Grafana: glsa_ glc_
Sentry: sntrys_ sntryu_
OpenAI or Anthropic: sk-";

/// The beginnings of the tokens of all services.
#[cfg(test)]
pub(crate) fn beginnings() -> impl Iterator<Item = &'static str> {
    BEGINNINGS.lines().filter_map(|line| line.split_once(": ")).flat_map(|(_, all)| all.split(' '))
}

/// The service whose token this is, if that is certain.
pub(super) fn service(token: &str) -> Option<&'static str> {
    let mut services = BEGINNINGS.lines().filter_map(|line| line.split_once(": "));
    let known = services.find(|(_, all)| all.split(' ').any(|begin| token.starts_with(begin)));
    known
        .map(|(service, _)| service)
        .or_else(|| is_web_token(token).then_some("an identity provider"))
}

/// True if a word of the text is such a token.
pub(super) fn is_in(text: &str) -> bool {
    /// All of them are longer. A shorter word is an ordinary one, for example a branch `sk-fix`.
    const SHORTEST: usize = 16;
    text.split(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c))
        .any(|word| word.len() >= SHORTEST && service(word).is_some())
}

/// A JSON Web Token: three parts in Base64, of which the first begins with `{"`.
fn is_web_token(token: &str) -> bool {
    token.starts_with("eyJ") && token.split('.').count() == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_other_services_are_known_by_their_form() {
        for (token, expected) in [
            ("ghs_16C7e42F292c6912E7710c838347Ae178B4a", Some("GitHub")),
            ("github_pat_11ABCDEFG0123456789", Some("GitHub")),
            ("glpat-0123456789abcdefghij", Some("GitLab")),
            ("xoxb-123-456-abc", Some("Slack")),
            ("AKIAIOSFODNN7EXAMPLE", Some("AWS")),
            ("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl", Some("an identity provider")),
            ("bp_0123456789abcdef", None),
            ("eyJhbGciOiJSUzI1NiJ9", None),
            ("akiaiosfodnn7example", None),
            ("0123456789abcdef", None),
        ] {
            assert_eq!(service(token), expected, "{token}");
        }
    }

    #[test]
    fn they_are_found_inside_a_text_and_ordinary_words_are_not() {
        for text in [
            "https://x-access-token:ghs_16C7e42F292c6912E7710c838347Ae178B4a@github.com/studio/game",
            "Bearer glpat-0123456789abcdefghij",
        ] {
            assert!(is_in(text), "{text}");
        }
        for text in ["sk-fix", "npm_config", "feature/hf_one", "https://api.example/AKIA"] {
            assert!(!is_in(text), "{text}");
        }
    }
}
