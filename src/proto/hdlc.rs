//! HDLC-like framing with FCS-16 (RFC 1662), as the emulated B channel carries it.
