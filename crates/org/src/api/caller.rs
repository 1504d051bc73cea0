//! Where a request comes from, and the session it carries.

use std::net::{IpAddr, SocketAddr};

use aide::OperationInput;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use web::Problem;

use crate::session::Token;

/// Address and browser of a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// IP address, or `unknown` when the server was not told.
    pub address: String,
    /// The browser's own words.
    pub user_agent: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let text = |name: header::HeaderName| {
            parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let forwarded = text(header::HeaderName::from_static("x-forwarded-for"));
        Ok(Caller {
            address: address(peer, &forwarded).map_or_else(|| "unknown".into(), |ip| ip.to_string()),
            user_agent: text(header::USER_AGENT),
        })
    }
}

impl OperationInput for Caller {}

/// Only a proxy on this very machine is believed about whom it speaks for, and only its own last word: what
/// stands before it in the header was written by the client.
fn address(peer: Option<IpAddr>, forwarded: &str) -> Option<IpAddr> {
    let peer = peer?;
    let told = forwarded.rsplit(',').next().and_then(|last| last.trim().parse().ok());
    if peer.is_loopback() { told.or(Some(peer)) } else { Some(peer) }
}

/// The token of the session the middleware found.
#[derive(Debug, Clone)]
pub struct LiveSession(pub Token);

impl<S: Send + Sync> FromRequestParts<S> for LiveSession {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Token>().cloned().map(LiveSession).ok_or_else(Problem::not_signed_in)
    }
}

impl OperationInput for LiveSession {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let cases = [
            (Some("10.0.0.9"), "", Some("10.0.0.9")),
            (Some("10.0.0.9"), "1.2.3.4", Some("10.0.0.9")),
            (Some("127.0.0.1"), "6.6.6.6, 1.2.3.4", Some("1.2.3.4")),
            (Some("::1"), "nonsense", Some("::1")),
            (None, "1.2.3.4", None),
        ];
        for (peer, forwarded, expected) in cases {
            assert_eq!(address(peer.map(ip), forwarded), expected.map(ip), "{peer:?} {forwarded:?}");
        }
    }
}
