//! What calls leave behind in a lab: nothing, when all is well.

use std::collections::BTreeMap;

use super::VirtualLab;
use crate::engine::Engine;
use crate::lab::description::NodeId;
use crate::lab::virtual_host::Route;
use crate::router::Router;

/// What a call may leave behind on a router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remains {
    tuns: Vec<String>,
    routes: Vec<Route>,
    table_empty: bool,
    timer: bool,
    tunnels: usize,
    sessions: usize,
    quiet: bool,
}

impl VirtualLab {
    /// Remembers what is there now as what may be there when nobody calls.
    pub fn take_baseline(&mut self) {
        self.baseline = self.remains();
    }

    /// What is left that was not there when the baseline was taken: TUNs, routes, sessions in the data plane,
    /// tunnels, sessions and users of the engine, timers, calls and frames. Empty when everything is gone.
    pub fn leftovers(&self) -> Vec<String> {
        let mut left = Vec::new();
        for (node, now) in self.remains() {
            let name = self.description.node_name(node);
            let Some(before) = self.baseline.get(&node) else { continue };
            for tun in now.tuns.iter().filter(|tun| !before.tuns.contains(tun)) {
                left.push(format!("{name}: TUN {tun}"));
            }
            for route in now.routes.iter().filter(|route| !before.routes.contains(route)) {
                left.push(format!("{name}: route {route:?}"));
            }
            for route in before.routes.iter().filter(|route| !now.routes.contains(route)) {
                left.push(format!("{name}: missing route {route:?}"));
            }
            if before.table_empty && !now.table_empty {
                left.push(format!("{name}: a port or session in the data plane"));
            }
            for (what, before, now) in
                [("tunnels", before.tunnels, now.tunnels), ("sessions", before.sessions, now.sessions)]
            {
                if now > before {
                    left.push(format!("{name}: {now} {what}"));
                }
            }
            if before.quiet && !now.quiet {
                left.push(format!("{name}: a call, user, address or request in the engine"));
            }
            if !before.timer && now.timer {
                left.push(format!("{name}: a timer"));
            }
        }
        left.extend(self.switch.calls().iter().map(|call| format!("ISDN call {call:?}")));
        for (wire, link) in self.wires.iter().zip(&self.description.links) {
            if wire.segment.next_timeout().is_some() {
                left.push(format!("{}: a frame under way", link.name));
            }
        }
        left
    }

    fn remains(&self) -> BTreeMap<NodeId, Remains> {
        let mut remains = BTreeMap::new();
        for (id, ..) in self.description.routers() {
            let Some(router) = self.router(id) else { continue };
            let engine = router.machine().map(Router::engine);
            let mut tuns = router.host().tuns();
            tuns.sort();
            remains.insert(
                id,
                Remains {
                    tuns,
                    routes: router.host().routes(),
                    table_empty: router.table().is_empty(),
                    timer: router.next_timeout().is_some(),
                    tunnels: engine.map_or(0, |e| e.tunnels().len()),
                    sessions: engine.map_or(0, |e| e.sessions().len()),
                    quiet: engine.is_none_or(Engine::is_quiet),
                },
            );
        }
        remains
    }
}
