//! Whether people come by https, without which browsers give no microphone, and what http leads to.

use http::header::LOCATION;

use super::finding::Finding;
use super::http::{Target, get};
use super::probed::{NotProbed, Probed};

const CHECK: &str = "https";

/// What is answered to who leaves the s out.
pub enum Plain {
    /// Nothing.
    Nothing,
    /// They are led to https.
    Leads,
    /// Something else.
    Stays,
}

/// Asks by http what is to be reached by https; none where that is not asked.
pub async fn leads_there(public: Option<&Target>) -> Option<Plain> {
    let target = public.filter(|it| it.is_https && it.port == 443)?;
    let plain = Target { is_https: false, port: 80, ..target.clone() };
    let Ok(answer) = get(&plain, "/").await else { return Some(Plain::Nothing) };
    let to = answer.headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
    let leads = answer.status.is_redirection() && to.starts_with("https://");
    Some(if leads { Plain::Leads } else { Plain::Stays })
}

/// None where there is no public URL, or nothing answers there.
pub fn look(
    public: Option<&Target>,
    probed: Option<&Result<Probed, NotProbed>>,
    plain: Option<Plain>,
) -> Option<Finding> {
    let public = public?;
    if !public.is_https {
        let found = if public.is_local() {
            return Some(Finding::ok(CHECK, "not needed on this machine itself"));
        } else {
            "people come by http: browsers give such pages no microphone, so there are no calls and \
             nobody speaks, and the network reads along"
        };
        let to_do = "put a proxy with a certificate in front, as docs/PROXY.md says, and name it by \
                     --public-url https://…";
        return Some(Finding::warn(CHECK, found).advise(to_do));
    }
    // What is wrong with the certificate was said of the public URL.
    probed.filter(|it| it.is_ok())?;
    Some(match plain {
        Some(Plain::Stays) => {
            Finding::warn(CHECK, "the certificate is good, but http:// is not led to it").advise(
                "have the proxy answer http:// with 308 and the https:// address, and with nothing else",
            )
        }
        Some(Plain::Leads) => Finding::ok(CHECK, "the certificate is good, and http:// leads to it"),
        Some(Plain::Nothing) => {
            Finding::ok(CHECK, "the certificate is good; nothing answers by http://")
        }
        None => Finding::ok(CHECK, "the certificate is good"),
    })
}
