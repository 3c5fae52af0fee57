use super::*;

use crate::lab::description::RadiusClient;

#[test]
fn the_clients_of_a_node_are_written_with_their_secrets() {
    let client = |address: &str, secret: &str| RadiusClient {
        address: address.parse().unwrap(),
        secret: secret.to_owned(),
    };
    let node = RadiusNode {
        program: RadiusProgram::FreeRadius { config: None },
        address: "10.0.0.3/24".parse().unwrap(),
        users: PathBuf::from("users"),
        clients: vec![client("10.0.0.1/24", "cisco"), client("10.1.0.1/32", "a\"b\\c")],
        require_message_authenticator: true,
    };
    assert_eq!(
        clients(&node),
        "client lab0 {\n\tipaddr = 10.0.0.0/24\n\tsecret = \"cisco\"\n\trequire_message_authenticator = yes\n}\n\
         client lab1 {\n\tipaddr = 10.1.0.1/32\n\tsecret = \"a\\\"b\\\\c\"\n\trequire_message_authenticator = yes\n}\n"
    );
}

#[test]
fn what_is_new_in_a_file_is_read_once_and_whole() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut taken = 0;
    let mut then = |text: &str| {
        std::fs::write(file.path(), text).unwrap();
        read_new(file.path(), &mut taken, "\n\n").unwrap()
    };
    assert_eq!(then("one\n"), "");
    assert_eq!(then("one\n\ntw"), "one\n\n");
    assert_eq!(then("one\n\ntwo\n\n"), "two\n\n");
    assert_eq!(then("one\n\ntwo\n\n"), "");
    assert!(read_new(Path::new("/nowhere/detail"), &mut 0, "\n").is_err());
}

#[test]
fn an_error_has_the_last_lines() {
    let text: String = (0..20).map(|n| format!("{n}\n")).collect();
    assert_eq!(last_lines(&text), "12\n13\n14\n15\n16\n17\n18\n19");
    assert_eq!(last_lines("one\n"), "one");
}

#[test]
fn who_has_not_installed_it_is_told_the_package() {
    let start = |name: &str| Command::new(name).spawn().map(drop);
    let failure = first_found(&["/nowhere/freeradius", "no-such-freeradius"], start).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "FreeRADIUS is not installed: it is in the Debian package `freeradius`, and kind = \"radius\" does without"
    );
    let denied = first_found(&["/"], start).unwrap_err();
    assert!(matches!(denied, Failure::Io(_)), "{denied}");
    first_found(&["/nowhere/true", "true"], start).unwrap();
}
