//! Checked readers and writers over network-order bytes: no input makes them panic.

/// The input ended before the value did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("truncated")]
pub struct Truncated;

/// Reads network-order values from a slice, front to back.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader over the whole of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    /// What has not been read.
    pub const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// How many octets have not been read.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether everything has been read.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next `n` octets.
    ///
    /// # Errors
    /// [`Truncated`] when fewer than `n` are left; nothing is consumed then.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], Truncated> {
        let (head, rest) = self.0.split_at_checked(n).ok_or(Truncated)?;
        self.0 = rest;
        Ok(head)
    }

    /// The next `N` octets as an array.
    ///
    /// # Errors
    /// [`Truncated`] when fewer than `N` are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(Truncated)?;
        self.0 = rest;
        Ok(*head)
    }

    /// One octet.
    ///
    /// # Errors
    /// [`Truncated`] at the end.
    pub fn u8(&mut self) -> Result<u8, Truncated> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    /// 16 bits.
    ///
    /// # Errors
    /// [`Truncated`] at the end.
    pub fn u16(&mut self) -> Result<u16, Truncated> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// 32 bits.
    ///
    /// # Errors
    /// [`Truncated`] at the end.
    pub fn u32(&mut self) -> Result<u32, Truncated> {
        Ok(u32::from_be_bytes(self.array()?))
    }
}
