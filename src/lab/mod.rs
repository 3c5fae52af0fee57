//! lab

pub mod radius_node;
