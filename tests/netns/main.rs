//! The Linux edge in real network namespaces: TUN, addresses, routes, UDP, ICMP, capture, and the task that drives
//! a router. Where the machine lacks something the test says `skipped:` and what, by name.
//!
//! A user namespace must be entered before the first thread is started, so this has a harness of its own.

mod attack;
mod bench;
mod books;
mod capture;
mod devices;
mod freeradius;
mod lab;
mod renumber;
mod traffic;

#[path = "../support/harness.rs"]
mod harness;
#[path = "../support/processes.rs"]
mod processes;

use std::process::ExitCode;

use vpdnsh::host::netns;

use harness::{Need, Test, tests};

const NET: &[Need] = &[Need::Tun, Need::Iproute];

const FREERADIUS: &[Need] = &[Need::Tun, Need::Iproute, Need::FreeRadius];

const TESTS: &[Test] = tests![
    NET => devices::a_tun_is_made_quiet_and_removed,
    NET => devices::addresses_come_and_go,
    NET => devices::routes_come_and_go,
    NET => devices::the_latest_call_of_a_user_has_its_route,
    NET => devices::a_device_that_others_removed_is_no_trouble,
    NET => devices::a_named_device_that_others_removed_is_waited_for,
    NET => devices::an_address_that_others_took_is_told_and_one_that_was_given_back_is_not,
    NET => devices::what_the_kernel_has_no_room_to_tell_is_looked_for,
    &[Need::Iproute] => devices::a_new_namespace_forwards_where_it_says_so,
    NET => devices::mtu_and_link_state_are_set,
    NET => devices::refusals_say_what_and_why,
    NET => devices::a_named_device_is_left_as_it_was_found,
    NET => devices::a_loopback_interface_needs_no_device,
    NET => devices::a_device_that_is_given_back_is_as_it_was_found,
    NET => devices::carrier_is_reported,
    NET => devices::the_hardware_address_is_reported,
    NET => devices::the_neighbour_table_is_told,
    NET => devices::a_reload_takes_everything_back_and_keeps_the_terminal,
    &[] => devices::saving_the_startup_config_replaces_the_file,
    &[] => traffic::loopback_answers_pings_and_nobody_does_not,
    NET => traffic::a_ping_crosses_tun_and_tunnel,
    NET => traffic::the_first_packet_of_a_peer_waits_for_its_route,
    NET => traffic::a_packet_without_open_port_asks_to_be_dialled,
    &[Need::Iproute] => traffic::datagrams_know_and_choose_their_local_address,
    NET => traffic::a_full_socket_stops_the_tun_and_loses_nothing,
    NET => traffic::what_the_kernel_drops_of_a_tun_is_told,
    NET => traffic::what_a_tun_that_is_down_does_not_take_is_told,
    NET => traffic::a_full_socket_drops_what_cannot_wait_and_says_so,
    NET => traffic::a_full_access_side_stops_the_tun_and_loses_nothing,
    &[] => traffic::garbage_on_port_1701_ends_nothing,
    &[] => traffic::garbage_does_not_end_a_router,
    &[] => books::a_router_that_leaves_says_farewell_to_its_servers,
    &[] => books::what_was_not_answered_arrives_once_after_the_next_start,
    &[] => books::a_router_that_is_cut_off_keeps_what_nobody_has_answered,
    NET => lab::frames_cross_a_link_and_obey_it,
    NET => lab::a_cable_that_is_pulled_is_noticed_at_its_ends,
    NET => lab::an_end_that_is_removed_is_made_anew,
    NET => lab::a_capture_that_cannot_go_on_says_so,
    NET => lab::a_linux_command_runs_in_the_namespace_of_its_node,
    NET => lab::no_script_begins_on_a_lab_that_is_to_be_switched_off,
    NET => lab::what_runs_in_the_background_ends_with_the_lab,
    NET => lab::an_orphan_that_ends_takes_nobody_along,
    NET => lab::a_lab_that_is_killed_takes_its_commands_along,
    NET => lab::a_console_listens_on_its_port,
    NET => lab::a_lab_that_ends_leaves_nothing,
    NET => lab::a_router_that_fails_is_reported_and_the_others_go_on,
    NET => lab::the_machine_itself_joins_a_link,
    NET => renumber::the_users_of_a_renumbered_interface_keep_their_routes,
    NET => attack::a_call_survives_what_strangers_send,
    NET => attack::a_lab_that_is_killed_in_the_middle_of_a_call_leaves_nothing,
    FREERADIUS => freeradius::it_answers_writes_and_is_switched,
    FREERADIUS => freeradius::its_own_configuration_finds_what_the_lab_says,
    FREERADIUS => freeradius::what_is_wrong_with_its_configuration_is_said,
    FREERADIUS => freeradius::a_lab_that_is_killed_takes_it_along,
    &[Need::Tshark] => capture::tshark_reads_a_capture,
];

fn main() -> ExitCode {
    harness::run(TESTS, &netns::acquire().map(drop).map_err(|lack| lack.to_string()))
}
