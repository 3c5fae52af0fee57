//! Method lists by name.

use crate::config::views::{Method, MethodList};

/// The name of the list that applies where none is named.
pub const DEFAULT: &str = "default";

/// The methods of the list, `default` without a name; `None` when it is not configured.
pub fn find<'a>(lists: &'a [MethodList], name: Option<&str>) -> Option<&'a [Method]> {
    let name = name.unwrap_or(DEFAULT);
    lists.iter().find(|list| list.name == name).map(|list| list.methods.as_slice())
}
