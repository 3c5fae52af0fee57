//! What the ICCN says.

use super::*;
use crate::engine::vpdn::lac::Lac;
use crate::proto::ppp::Credentials;

fn info(credentials: Option<Credentials>) -> ConnectInfo {
    let access = Access {
        called: "614629".to_owned(),
        calling: None,
        speed: 64_000,
        digital: true,
        outgoing: false,
        dialer: None,
        credentials: credentials.map(Box::new),
        authentication_id: Some(9),
        reported_errors: 0,
        forwarded: None,
        idle: None,
        lac: Lac::Idle,
    };
    connect_info(&access, &ProxyLcp::default(), None)
}

fn chap(protocol: AuthProtocol) -> ConnectInfo {
    let proof = Proof::Chap { protocol, id: 6, challenge: vec![1; 16], response: vec![2; 49] };
    info(Some(Credentials { name: b"2500-1".to_vec(), proof }))
}

/// Name, challenge, id and response are there.
fn present(info: &ConnectInfo) -> [bool; 4] {
    [
        info.proxy_auth_name.is_some(),
        info.proxy_auth_challenge.is_some(),
        info.proxy_auth_id.is_some(),
        info.proxy_auth_response.is_some(),
    ]
}

#[test]
fn the_proxy_avps_of_each_kind_of_authentication() {
    // RFC 2661 section 4.4.5: type 2 and 5 have all four, type 3 all but the challenge.
    for (protocol, kind) in
        [(AuthProtocol::ChapMd5, ProxyAuthType::Chap), (AuthProtocol::MsChap, ProxyAuthType::MsChap)]
    {
        let info = chap(protocol);
        assert_eq!((info.proxy_auth_type, info.proxy_auth_id), (Some(kind), Some(6)));
        assert_eq!(present(&info), [true; 4], "{protocol:?}");
    }
    let proof = Proof::Pap { password: b"cisco".to_vec() };
    let pap = info(Some(Credentials { name: b"2500-1".to_vec(), proof }));
    assert_eq!((pap.proxy_auth_type, pap.proxy_auth_id), (Some(ProxyAuthType::Pap), Some(9)));
    assert_eq!(present(&pap), [true, false, true, true]);
    // What the RFC has no type for is no proxy authentication.
    let second = chap(AuthProtocol::MsChapV2);
    assert_eq!(second.proxy_auth_type, Some(ProxyAuthType::None));
    assert_eq!(present(&second)[1..], [false; 3]);
    let nobody = info(None);
    assert_eq!((nobody.proxy_auth_type, present(&nobody)), (Some(ProxyAuthType::None), [false; 4]));
}
