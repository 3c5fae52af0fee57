//! The interfaces that the configuration implies, and what a change of it does to them.

use std::collections::HashSet;
use std::sync::Arc;

use super::{LinkState, Origin};
use crate::config::views::{InterfaceConfig, InterfaceKind, InterfaceName, RouterConfig};
use crate::engine::Engine;
use crate::engine::io::InterfaceId;

/// What the configuration wants to exist.
struct Wanted {
    name: InterfaceName,
    config: Arc<InterfaceConfig>,
    channel: Option<(InterfaceName, u8)>,
    controller_down: bool,
}

/// Every interface that the configuration implies, D channels before their B channels.
fn wanted(config: &RouterConfig) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = config
        .interfaces
        .iter()
        .map(|i| Wanted {
            name: i.name.clone(),
            config: Arc::new(i.clone()),
            channel: None,
            // A D channel is there with its controller.
            controller_down: i.name.kind == InterfaceKind::Serial && i.name.unit.contains(':'),
        })
        .collect();
    let mut channels = Vec::new();
    for controller in config.controllers.iter().filter(|c| c.pri_group) {
        let d = controller.d_channel();
        let name = InterfaceName::new(InterfaceKind::Serial, format!("{}:{d}", controller.unit));
        let interface = match all.iter_mut().find(|w| w.name == name) {
            Some(wanted) => {
                wanted.controller_down = controller.shutdown;
                wanted.config.clone()
            }
            None => {
                let config = Arc::new(InterfaceConfig::new(name.clone()));
                all.push(Wanted {
                    name: name.clone(),
                    config: config.clone(),
                    channel: None,
                    controller_down: controller.shutdown,
                });
                config
            }
        };
        for b in (0..controller.timeslots).filter(|b| *b != d) {
            channels.push(Wanted {
                name: InterfaceName::new(InterfaceKind::Serial, format!("{}:{b}", controller.unit)),
                config: interface.clone(),
                channel: Some((name.clone(), b)),
                controller_down: controller.shutdown,
            });
        }
    }
    for bri in all.iter().filter(|w| w.name.kind == InterfaceKind::Bri) {
        for b in 1..=2 {
            channels.push(Wanted {
                name: InterfaceName::new(InterfaceKind::Bri, format!("{}:{b}", bri.name.unit)),
                config: bri.config.clone(),
                channel: Some((bri.name.clone(), b)),
                controller_down: false,
            });
        }
    }
    all.extend(channels);
    all
}

impl Engine {
    /// Makes the table agree with a new configuration.
    pub(in crate::engine) fn configure_interfaces(&mut self, config: &RouterConfig, boot: bool) {
        let wanted = wanted(config);
        let keep: HashSet<&InterfaceName> = wanted.iter().map(|w| &w.name).collect();
        let gone: Vec<InterfaceId> = self
            .interfaces
            .iter()
            .filter(|(_, i)| !matches!(i.origin, Origin::Cloned { .. }) && !keep.contains(&i.name))
            .map(|(id, _)| id)
            .collect();
        for id in gone {
            self.remove_interface(id);
        }
        for want in &wanted {
            match self.interfaces.find(&want.name) {
                Some(id) => self.change_interface(id, want),
                None => self.add_interface(want, boot),
            }
        }
    }

    fn add_interface(&mut self, want: &Wanted, boot: bool) {
        let origin = match &want.channel {
            Some((controller, channel)) => match self.interfaces.find(controller) {
                Some(controller) => Origin::Channel { controller, channel: *channel },
                None => return,
            },
            None => Origin::Configured,
        };
        let id = self.interfaces.add(want.config.clone(), want.name.clone(), origin, self.core.now);
        if let Some(interface) = self.interfaces.get_mut(id) {
            interface.quiet = boot && want.channel.is_none();
            if want.config.shutdown {
                interface.link = LinkState::AdministrativelyDown;
            }
        }
        if want.channel.is_none() {
            self.bind(id);
            self.settle_link(id, want.controller_down);
        }
    }

    fn change_interface(&mut self, id: InterfaceId, want: &Wanted) {
        let Some(interface) = self.interfaces.get_mut(id) else { return };
        let before = std::mem::replace(&mut interface.config, want.config.clone());
        interface.template = want.config.clone();
        if want.channel.is_some() {
            if want.config.shutdown || want.controller_down {
                self.drop_port(id);
            }
            self.settle_link(id, want.controller_down);
            return;
        }
        if want.config.shutdown && !before.shutdown {
            self.drop_calls_of(id);
        }
        if before.mtu != want.config.mtu || before.ip_mtu != want.config.ip_mtu {
            self.apply_mtu(id);
        }
        if before.ip != want.config.ip {
            self.apply_address(id);
        }
        self.settle_link(id, want.controller_down);
    }
}
