//! Whether clients are told apart: by their own address, or by what a proxy that is trusted says of them.

use ipnet::IpNet;
use server::Forwarded;

use super::finding::Finding;
use super::http::Target;
use super::probed::Probed;

const CHECK: &str = "proxy";
/// A network that is wider has clients in it.
const WIDEST: (u8, u8) = (8, 16);

pub fn look(trusted: &[IpNet], public: Option<&Target>, reached: Option<&Probed>) -> Finding {
    let is_wide = |network: &&IpNet| match network {
        IpNet::V4(network) => network.prefix_len() < WIDEST.0,
        IpNet::V6(network) => network.prefix_len() < WIDEST.1,
    };
    if let Some(wide) = trusted.iter().find(is_wide) {
        return Finding::fail(CHECK, format!("--trusted-proxy {wide} trusts clients too"))
            .advise("name the proxy's own address: whoever is trusted can claim any address");
    }
    let Some(reached) = reached else {
        return Finding::warn(
            CHECK,
            "no request came through, so it is not known what the server sees",
        )
        .advise("see to what is above, and have the doctor look again");
    };
    let address = reached.probe.address;
    match reached.probe.forwarded {
        Forwarded::Believed => {
            Finding::ok(CHECK, format!("trusted; a request from here counts to {address}"))
        }
        Forwarded::Ignored => Finding::fail(
            CHECK,
            format!("the proxy at {address} is not trusted, so all who come by it share one rate limit"),
        )
        .advise(format!("if it is yours, name it: --trusted-proxy {address}")),
        Forwarded::Nothing if public.is_some_and(|it| it.is_https) => Finding::fail(
            CHECK,
            format!("the proxy at {address} does not say for whom it asks, so all share one rate limit"),
        )
        .advise(format!(
            "have it set X-Forwarded-For, as docs/PROXY.md says, and name it: --trusted-proxy {address}"
        )),
        Forwarded::Nothing => {
            Finding::ok(CHECK, format!("none is seen; a request from here counts to {address}"))
        }
        Forwarded::NothingFromProxy if public.is_some_and(|it| it.is_https) => Finding::fail(
            CHECK,
            format!("the proxy at {address} does not say for whom it asks, so all share one rate limit"),
        )
        .advise("have it set X-Forwarded-For, as docs/PROXY.md says"),
        Forwarded::NothingFromProxy => Finding::ok(
            CHECK,
            format!("none is in between; {address} would be believed what it says of clients"),
        ),
    }
}
