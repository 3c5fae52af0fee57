#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| vpdnsh_fuzz::l2tp_header(octets));
