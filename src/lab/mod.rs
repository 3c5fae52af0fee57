//! Several routers in one process: a lab directory, its links, its ISDN switch, its RADIUS node, and the scripts
//! that play on it. The same directory runs in two worlds: in network namespaces and real time ([`real`]), and in
//! one thread in virtual time ([`virtual_lab`]).
//!
//! What both worlds share is sans-IO: the [`description`] of a lab, the [`segment`] that carries Ethernet frames,
//! the [`isdn`] switch, the [`play`] language and the [`player`] that runs it on a [`player::Stage`].

pub mod description;
pub mod entropy;
pub mod isdn;
pub mod packet;
pub mod play;
pub mod player;
pub mod radius;
pub mod radius_node;
pub mod real;
pub mod segment;
pub mod shell;
pub mod status;
pub mod virtual_host;
pub mod virtual_lab;
pub mod virtual_node;
