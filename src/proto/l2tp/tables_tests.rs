//! Every row of the RFC's tables, cell by cell, in the RFC's order.

use super::Action::{self, *};

/// States, events, the cell's actions and its new state.
type Row<'a, S, E> = (&'a [S], &'a [E], &'a [Action], S);

fn rows<S: Copy + PartialEq + std::fmt::Debug, E: Copy + std::fmt::Debug>(
    transition: impl Fn(S, E) -> (&'static [Action], S),
    table: &[Row<'_, S, E>],
) {
    for (states, events, actions, next) in table {
        for &state in *states {
            for &event in *events {
                assert_eq!(transition(state, event), (*actions, *next), "{state:?} {event:?}");
            }
        }
    }
}

#[test]
fn control_connection_7_2_1() {
    use super::control::{Event as E, State::*, transition};
    let sccrq: &[E] = &[E::SccrqAcceptable, E::SccrqNotAcceptable, E::SccrqLoseTie];
    let sccrp: &[E] = &[E::SccrpAcceptable, E::SccrpNotAcceptable];
    let scccn: &[E] = &[E::ScccnAcceptable, E::ScccnNotAcceptable];
    rows(
        transition,
        &[
            (&[Idle], &[E::OpenRequest], &[SendSccrq], WaitCtlReply),
            (&[Idle], &[E::SccrqAcceptable], &[SendSccrp], WaitCtlConn),
            (&[Idle], &[E::SccrqNotAcceptable], &[SendStopCcn, CleanUp], Idle),
            (&[Idle], sccrp, &[SendStopCcn, CleanUp], Idle),
            (&[Idle], scccn, &[CleanUp], Idle),
            (&[WaitCtlReply], &[E::SccrpAcceptable], &[SendScccn, TunnelOpen], Established),
            (&[WaitCtlReply], &[E::SccrpNotAcceptable], &[SendStopCcn, CleanUp], Idle),
            (&[WaitCtlReply], &[E::SccrqLoseTie], &[CleanUp, Requeue], Idle),
            (&[WaitCtlReply], scccn, &[SendStopCcn, CleanUp], Idle),
            (&[WaitCtlConn], &[E::ScccnAcceptable], &[TunnelOpen], Established),
            (&[WaitCtlConn], &[E::ScccnNotAcceptable], &[SendStopCcn, CleanUp], Idle),
            (&[WaitCtlConn], sccrp, &[SendStopCcn, CleanUp], Idle),
            (&[WaitCtlConn], sccrq, &[SendStopCcn, CleanUp], Idle),
            (&[Established], &[E::OpenRequest], &[TunnelOpen], Established),
            (&[Established], &[E::AdminClose], &[SendStopCcn, CleanUp], Idle),
            (&[Established], sccrq, &[SendStopCcn, CleanUp], Idle),
            (&[Established], sccrp, &[SendStopCcn, CleanUp], Idle),
            (&[Established], scccn, &[SendStopCcn, CleanUp], Idle),
            (&[Idle, WaitCtlReply, WaitCtlConn, Established], &[E::StopCcn], &[CleanUp], Idle),
        ],
    );
}

#[test]
fn lac_incoming_call_7_4_1() {
    use super::lac_incoming::{Event as E, State::*, transition};
    let icrp: &[E] = &[E::IcrpAcceptable, E::IcrpNotAcceptable];
    rows(
        transition,
        &[
            (&[Idle], &[E::BearerRing], &[OpenTunnel], WaitTunnel),
            (&[Idle], &[E::Iccn, E::Cdn], &[CleanUp], Idle),
            (&[Idle], icrp, &[CleanUp], Idle),
            (&[WaitTunnel], &[E::LocalClose], &[CleanUp], Idle),
            (&[WaitTunnel], &[E::TunnelOpen], &[SendIcrq], WaitReply),
            (&[WaitReply], &[E::IcrpAcceptable], &[SendIccn], Established),
            (&[WaitReply], &[E::IcrpNotAcceptable], &[SendCdn, CleanUp], Idle),
            (&[WaitReply], &[E::Icrq], &[SendCdn, CleanUp], Idle),
            (&[WaitReply], &[E::Cdn, E::Iccn], &[CleanUp], Idle),
            (&[WaitReply], &[E::LocalClose], &[SendCdn, CleanUp], Idle),
            (&[Established], &[E::Cdn], &[CleanUp], Idle),
            (&[Established], &[E::Icrq, E::Iccn], &[SendCdn, CleanUp], Idle),
            (&[Established], icrp, &[SendCdn, CleanUp], Idle),
            (&[Established], &[E::LocalClose], &[SendCdn, CleanUp], Idle),
        ],
    );
}

#[test]
fn lns_incoming_call_7_4_2() {
    use super::lns_incoming::{Event as E, State::*, transition};
    let icrq: &[E] = &[E::IcrqAcceptable, E::IcrqNotAcceptable];
    let iccn: &[E] = &[E::IccnAcceptable, E::IccnNotAcceptable];
    rows(
        transition,
        &[
            (&[Idle], &[E::IcrqAcceptable], &[SendIcrp], WaitConnect),
            (&[Idle], &[E::IcrqNotAcceptable], &[SendCdn, CleanUp], Idle),
            (&[Idle], &[E::Icrp], &[SendCdn, CleanUp], Idle),
            (&[Idle], iccn, &[CleanUp], Idle),
            (&[WaitConnect], &[E::IccnAcceptable], &[PrepareData], Established),
            (&[WaitConnect], &[E::IccnNotAcceptable], &[SendCdn, CleanUp], Idle),
            (&[WaitConnect], &[E::Icrp], &[SendCdn, CleanUp], Idle),
            (&[WaitConnect], icrq, &[SendCdn, CleanUp], Idle),
            (&[Idle, WaitConnect, Established], &[E::Cdn], &[CleanUp], Idle),
            (&[WaitConnect, Established], &[E::LocalClose], &[SendCdn, CleanUp], Idle),
            (&[Established], &[E::Icrp], &[SendCdn, CleanUp], Idle),
            (&[Established], icrq, &[SendCdn, CleanUp], Idle),
            (&[Established], iccn, &[SendCdn, CleanUp], Idle),
        ],
    );
}

#[test]
fn lac_outgoing_call_7_5_1() {
    use super::lac_outgoing::{Event as E, State::*, transition};
    let messages: &[E] = &[E::OcrqAcceptable, E::OcrqNotAcceptable, E::Ocrp, E::Occn];
    rows(
        transition,
        &[
            (&[Idle], &[E::OcrqAcceptable], &[SendOcrp, OpenBearer], WaitCsAnswer),
            (&[Idle], &[E::OcrqNotAcceptable], &[SendCdn, CleanUp], Idle),
            (&[Idle], &[E::Ocrp], &[SendCdn, CleanUp], Idle),
            (&[Idle], &[E::Occn, E::Cdn], &[CleanUp], Idle),
            (&[WaitCsAnswer], &[E::BearerAnswer], &[SendOccn], Established),
            (&[WaitCsAnswer], &[E::BearerFailure], &[SendCdn, CleanUp], Idle),
            (&[WaitCsAnswer], messages, &[SendCdn, CleanUp], Idle),
            (&[Established], messages, &[SendCdn, CleanUp], Idle),
            (&[WaitCsAnswer, Established], &[E::Cdn], &[CleanUp], Idle),
            (&[Established], &[E::LocalClose], &[SendCdn, CleanUp], Idle),
        ],
    );
}

#[test]
fn lns_outgoing_call_7_5_2() {
    use super::lns_outgoing::{Event as E, State::*, transition};
    let ocrp: &[E] = &[E::OcrpAcceptable, E::OcrpNotAcceptable];
    rows(
        transition,
        &[
            (&[Idle], &[E::OpenRequest], &[OpenTunnel], WaitTunnel),
            (&[Idle], &[E::Occn, E::Cdn], &[CleanUp], Idle),
            (&[Idle], ocrp, &[CleanUp], Idle),
            (&[WaitTunnel], &[E::TunnelOpen], &[SendOcrq], WaitReply),
            (&[WaitReply], &[E::OcrpAcceptable], &[], WaitConnect),
            (&[WaitReply], &[E::OcrpNotAcceptable], &[SendCdn, CleanUp], Idle),
            (&[WaitReply], &[E::Occn, E::Ocrq], &[SendCdn, CleanUp], Idle),
            (&[WaitConnect], &[E::Occn], &[], Established),
            (&[WaitConnect], &[E::Ocrq], &[SendCdn, CleanUp], Idle),
            (&[WaitConnect], ocrp, &[SendCdn, CleanUp], Idle),
            (&[Idle, WaitReply, WaitConnect, Established], &[E::Cdn], &[CleanUp], Idle),
            (&[Established], &[E::Ocrq, E::Occn], &[SendCdn, CleanUp], Idle),
            (&[Established], ocrp, &[SendCdn, CleanUp], Idle),
            (&[WaitReply, WaitConnect, Established], &[E::LocalClose], &[SendCdn, CleanUp], Idle),
            (&[WaitTunnel], &[E::LocalClose], &[CleanUp], Idle),
        ],
    );
}
