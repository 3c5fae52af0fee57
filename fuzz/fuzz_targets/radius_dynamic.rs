#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| vpdnsh_fuzz::radius_dynamic(octets));
