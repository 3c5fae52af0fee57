//! Randomness as an argument. Every draw says what it is for, so that a test can replay a documented call.

/// What a random value is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// L2TP local tunnel id, 16 bits, RFC 2661 section 3.1.
    TunnelId,
    /// L2TP local session id, 16 bits.
    SessionId,
    /// Challenge AVP of an SCCRQ or SCCRP, 16 octets.
    TunnelChallenge,
    /// Random Vector AVP for hidden AVPs.
    RandomVector,
    /// Padding of a hidden AVP.
    HiddenPadding,
    /// Tie Breaker AVP, 8 octets.
    TieBreaker,
    /// Call Serial Number AVP, first value, 32 bits.
    CallSerialNumber,
    /// PPP magic number, 32 bits.
    MagicNumber,
    /// First LCP identifier of a link, 8 bits.
    LcpId,
    /// First identifier of an NCP of a link, 8 bits.
    NcpId,
    /// First CHAP identifier of a link, 8 bits.
    ChapId,
    /// CHAP challenge, 16 octets.
    ChapChallenge,
    /// First RADIUS identifier of a client, 8 bits.
    RadiusId,
    /// RADIUS request authenticator, 16 octets.
    RadiusAuthenticator,
    /// Salt of an encrypted RADIUS attribute, 16 bits.
    RadiusSalt,
    /// The id that the AAA debugs print in parentheses, 32 bits.
    AaaId,
    /// Hardware address of a virtual interface, last 3 octets.
    HardwareAddress,
    /// Choice among equals (load sharing).
    Choice,
    /// Jitter of a timer.
    Jitter,
    /// The seed of the salts of secrets in the configuration, 16 octets.
    SaltSeed,
}

/// A source of random octets.
pub trait Entropy {
    /// Fills `out` with random octets drawn for `purpose`.
    fn fill(&mut self, purpose: Purpose, out: &mut [u8]);

    /// One octet.
    fn u8(&mut self, purpose: Purpose) -> u8 {
        let mut b = [0; 1];
        self.fill(purpose, &mut b);
        b[0]
    }

    /// 16 bits, network order.
    fn u16(&mut self, purpose: Purpose) -> u16 {
        let mut b = [0; 2];
        self.fill(purpose, &mut b);
        u16::from_be_bytes(b)
    }

    /// 32 bits, network order.
    fn u32(&mut self, purpose: Purpose) -> u32 {
        let mut b = [0; 4];
        self.fill(purpose, &mut b);
        u32::from_be_bytes(b)
    }
}

/// A small deterministic generator (SplitMix64) for tests and the virtual lab. Not for secrets.
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// A generator that gives the same octets for the same seed.
    pub const fn new(seed: u64) -> Self {
        Seeded(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, _purpose: Purpose, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let word = self.next_u64().to_be_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}
