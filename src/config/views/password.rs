//! Passwords in the typed views.

use std::fmt;
use std::ops::Deref;

use crate::config::secret;
use crate::grammar::value::{Scheme, Secret};
use crate::proto::redact;

/// A password or its digest, which no `Debug` shows and which is wiped from memory when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Secret);

impl Password {
    /// The password in clear, or the digest that stands for it.
    pub fn as_str(&self) -> &str {
        self.0.reveal()
    }

    /// The password in clear; `None` when only its digest is kept, by which nothing can be computed.
    pub fn clear(&self) -> Option<&str> {
        match self.0.scheme {
            Scheme::Clear | Scheme::Type7 => Some(self.0.reveal()),
            Scheme::Digest(_) => None,
        }
    }

    /// Whether `typed` is this password, in a time that does not depend on where they differ.
    pub fn matches(&self, typed: &str) -> bool {
        secret::verify(&self.0, typed)
    }
}

/// A line of configuration as a log may show it.
pub fn secret_free(line: &str) -> String {
    redact::line(line)
}

impl Deref for Password {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Password {
    fn from(clear: &str) -> Self {
        Password(Secret::clear(clear))
    }
}

impl From<String> for Password {
    fn from(clear: String) -> Self {
        Password(Secret::new(Scheme::Clear, clear))
    }
}

impl From<&Secret> for Password {
    fn from(secret: &Secret) -> Self {
        Password(secret.clone())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<removed>")
    }
}
