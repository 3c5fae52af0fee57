//! What the documented call (Cisco tech note 23980) prints of packets and AVPs. A `* ` stands for the time stamp.

/// The LAC receives the SCCRP.
pub(super) const LAC_I_SCCRP: &str = "\
* Tnl 17688 L2TP: Parse AVP 0, len 8, flag 0x8000 (M)
* Tnl 17688 L2TP: Parse SCCRP
* Tnl 17688 L2TP: Parse AVP 2, len 8, flag 0x8000 (M)
* Tnl 17688 L2TP: Protocol Ver 256
* Tnl 17688 L2TP: Parse AVP 3, len 10, flag 0x8000 (M)
* Tnl 17688 L2TP: Framing Cap 0x3
* Tnl 17688 L2TP: Parse AVP 4, len 10, flag 0x8000 (M)
* Tnl 17688 L2TP: Bearer Cap 0x3
* Tnl 17688 L2TP: Parse AVP 6, len 8, flag 0x0
* Tnl 17688 L2TP: Firmware Ver 0x1120
* Tnl 17688 L2TP: Parse AVP 7, len 13, flag 0x8000 (M)
* Tnl 17688 L2TP: Hostname l2tp-gw
* Tnl 17688 L2TP: Parse AVP 8, len 25, flag 0x0
* Tnl 17688 L2TP: Vendor Name Cisco Systems, Inc.
* Tnl 17688 L2TP: Parse AVP 9, len 8, flag 0x8000 (M)
* Tnl 17688 L2TP: Assigned Tunnel ID 55270
* Tnl 17688 L2TP: Parse AVP 10, len 8, flag 0x8000 (M)
* Tnl 17688 L2TP: Rx Window Size 300
* Tnl 17688 L2TP: Parse AVP 11, len 22, flag 0x8000 (M)
* Tnl 17688 L2TP: Chlng 98B296C28429E7ADC767237A45F31040
* Tnl 17688 L2TP: Parse AVP 13, len 22, flag 0x8000 (M)
* Tnl 17688 L2TP: Chlng Resp 7C358F7A7BA21957C07801195DCADFA6
* Tnl 17688 L2TP: No missing AVPs in SCCRP
* Tnl 17688 L2TP: I SCCRP, flg TLS, ver 2, len 154, tnl 17688, cl 0, ns 0, nr 1
         C8 02 00 9A 45 18 00 00 00 00 00 01 80 08 00 00
         00 00 00 02 80 08 00 00 00 02 01 00 80 0A 00 00
         00 03 00 00 00 03 80 0A 00 00 00 04 00 00 00 ...
";

/// The LAC receives the ICRP.
pub(super) const LAC_I_ICRP: &str = "\
* Se0:0 Tnl/Cl 17688/7 L2TP: Parse AVP 0, len 8, flag 0x8000 (M)
* Se0:0 Tnl/Cl 17688/7 L2TP: Parse ICRP
* Se0:0 Tnl/Cl 17688/7 L2TP: Parse AVP 14, len 8, flag 0x8000 (M)
* Se0:0 Tnl/Cl 17688/7 L2TP: Assigned Call ID 45
* Se0:0 Tnl/Cl 17688/7 L2TP: No missing AVPs in ICRP
* Se0:0 Tnl/Cl 17688/7 L2TP: I ICRP, flg TLS, ver 2, len 28, tnl 17688, cl 7, ns 1, nr 3
         C8 02 00 1C 45 18 00 07 00 01 00 03 80 08 00 00
         00 00 00 0B 80 08 00 00 00 0E 00 2D
";

/// The LAC receives the StopCCN.
pub(super) const LAC_I_STOPCCN: &str = "\
* Tnl 17688 L2TP: Parse AVP 0, len 8, flag 0x8000 (M)
* Tnl 17688 L2TP: Parse StopCCN
* Tnl 17688 L2TP: Parse AVP 9, len 8, flag 0x8000 (M)
* Tnl 17688 L2TP: Assigned Tunnel ID 55270
* Tnl 17688 L2TP: Parse AVP 1, len 8, flag 0x8000 (M)
* L2X: Result code(1): 1: Request to clear control connection
*      Error code(0): No error
* Tnl 17688 L2TP: No missing AVPs in StopCCN
* Tnl 17688 L2TP: I StopCCN, flg TLS, ver 2, len 36, tnl 17688, cl 0, ns 2, nr 5
         C8 02 00 24 45 18 00 00 00 02 00 05 80 08 00 00
         00 00 00 04 80 08 00 00 00 09 D7 E6 80 08 00 00
         00 01 00 01
";

/// The LAC sends the SCCCN.
pub(super) const LAC_O_SCCCN: &str = "\
* Tnl 17688 L2TP: O SCCCN, flg TLS, ver 2, len 42, tnl 55270, cl 0, ns 1, nr 1
         C8 02 00 2A D7 E6 00 00 00 01 00 01 80 08 00 00
         00 00 00 03 80 16 00 00 00 0D 96 39 53 18 41 AC
         22 E3 10 3E 20 8E F7 D9 09 89
";

/// The LAC sends the ICRQ.
pub(super) const LAC_O_ICRQ: &str = "\
* Se0:0 Tnl/Cl 17688/7 L2TP: O ICRQ, flg TLS, ver 2, len 91, tnl 55270, cl 0, ns 2, nr 1
         C8 02 00 5B D7 E6 00 00 00 02 00 01 80 08 00 00
         00 00 00 0A 80 08 00 00 00 0E 00 07 80 0A 00 00
         00 0F D1 14 C7 C5 80 0A 00 00 00 12 00 00 00 ...
";

/// The LAC sends the ICCN.
pub(super) const LAC_O_ICCN: &str = "\
* Se0:0 Tnl/Cl 17688/7 L2TP: O ICCN, flg TLS, ver 2, len 151, tnl 55270, cl 45, ns 3, nr 2
         C8 02 00 97 D7 E6 00 2D 00 03 00 02 80 08 00 00
         00 00 00 0C 80 0A 00 00 00 18 00 00 FA 00 00 0A
         00 00 00 26 00 00 FA 00 80 0A 00 00 00 13 00 ...
";

/// The LAC sends the CDN.
pub(super) const LAC_O_CDN: &str = "\
* Se0:0 Tnl/Cl 17688/7 L2TP: O CDN, flg TLS, ver 2, len 38, tnl 55270, cl 45, ns 4, nr 2
         C8 02 00 26 D7 E6 00 2D 00 04 00 02 80 08 00 00
         00 00 00 0E 80 08 00 00 00 0E 00 07 80 0A 00 00
         00 01 00 01 00 00
";

/// The LAC sends the ZLB.
pub(super) const LAC_O_ZLB: &str = "\
* Tnl 17688 L2TP: O ZLB ctrl ack, flg TLS, ver 2, len 12, tnl 55270, cl 0, ns 5, nr 3
         C8 02 00 0C D7 E6 00 00 00 05 00 03
";

/// The LNS receives the SCCRQ.
pub(super) const LNS_I_SCCRQ: &str = "\
* L2X: Parse AVP 0, len 8, flag 0x0x8000 (M)
* L2X: Parse SCCRQ
* L2X: Parse AVP 2, len 8, flag 0x0x8000 (M)
* L2X: Protocol Ver 256
* L2X: Parse AVP 3, len 10, flag 0x0x8000 (M)
* L2X: Framing Cap 0x0x3
* L2X: Parse AVP 4, len 10, flag 0x0x8000 (M)
* L2X: Bearer Cap 0x0x3
* L2X: Parse AVP 6, len 8, flag 0x0x0
* L2X: Firmware Ver 0x0x1130
* L2X: Parse AVP 7, len 9, flag 0x0x8000 (M)
* L2X: Hostname hgw
* L2X: Parse AVP 8, len 25, flag 0x0x0
* L2X: Vendor Name Cisco Systems, Inc.
* L2X: Parse AVP 9, len 8, flag 0x0x8000 (M)
* L2X: Assigned Tunnel ID 17688
* L2X: Parse AVP 10, len 8, flag 0x0x8000 (M)
* L2X: Rx Window Size 800
* L2X: Parse AVP 11, len 22, flag 0x0x8000 (M)
* L2X: Chlng 545A2343FBE20EA08BCA7B56E4A7D29E
* L2X: No missing AVPs in SCCRQ
* L2X: I SCCRQ, flg TLS, ver 2, len 128, tnl 0, cl 0, ns 0, nr 0 contiguous pak, size 128
         C8 02 00 80 00 00 00 00 00 00 00 00 80 08 00 00
         00 00 00 01 80 08 00 00 00 02 01 00 80 0A 00 00
         00 03 00 00 00 03 80 0A 00 00 00 04 00 00 00 ...
";

/// The LNS receives the SCCCN.
pub(super) const LNS_I_SCCCN: &str = "\
* Tnl 55270 L2TP: Parse AVP 0, len 8, flag 0x0x8000 (M)
* Tnl 55270 L2TP: Parse SCCCN
* Tnl 55270 L2TP: Parse AVP 13, len 22, flag 0x0x8000 (M)
* Tnl 55270 L2TP: Chlng Resp 9639531841AC22E3103E208EF7D90989
* Tnl 55270 L2TP: No missing AVPs in SCCCN
* Tnl 55270 L2TP: I SCCCN, flg TLS, ver 2, len 42, tnl 55270, cl 0, ns 1, nr 1 contiguous pak, size 42
         C8 02 00 2A D7 E6 00 00 00 01 00 01 80 08 00 00
         00 00 00 03 80 16 00 00 00 0D 96 39 53 18 41 AC
         22 E3 10 3E 20 8E F7 D9 09 89
";

/// The LNS receives the ICRQ.
pub(super) const LNS_I_ICRQ: &str = "\
* Tnl 55270 L2TP: Parse AVP 0, len 8, flag 0x0x8000 (M)
* Tnl 55270 L2TP: Parse ICRQ
* Tnl 55270 L2TP: Parse AVP 14, len 8, flag 0x0x8000 (M)
* Tnl 55270 L2TP: Assigned Call ID 7
* Tnl 55270 L2TP: Parse AVP 15, len 10, flag 0x0x8000 (M)
* Tnl 55270 L2TP: Serial Number
* Tnl 55270 L2TP: Parse AVP 18, len 10, flag 0x0x8000 (M)
* Tnl 55270 L2TP: Bearer Type 1
* Tnl 55270 L2TP: Parse AVP 22, len 16, flag 0x0x8000 (M)
* Tnl 55270 L2TP: Calling Number 2085730592
* Tnl 55270 L2TP: Parse AVP 21, len 12, flag 0x0x8000 (M)
* Tnl 55270 L2TP: Called Number 614629
* Tnl 55270 L2TP: Parse Cisco AVP 100, len 15, flag 0x0x0
* Tnl 55270 L2TP: Client NAS Port Serial0:0
* Tnl 55270 L2TP: No missing AVPs in ICRQ
* Tnl 55270 L2TP: I ICRQ, flg TLS, ver 2, len 91, tnl 55270, cl 0, ns 2, nr 1 contiguous pak, size 91
         C8 02 00 5B D7 E6 00 00 00 02 00 01 80 08 00 00
         00 00 00 0A 80 08 00 00 00 0E 00 07 80 0A 00 00
         00 0F D1 14 C7 C5 80 0A 00 00 00 12 00 00 00 ...
";

/// The LNS receives the ICCN.
pub(super) const LNS_I_ICCN: &str = "\
* Tnl/Cl 55270/45 L2TP: Parse AVP 0, len 8, flag 0x0x8000 (M)
* Tnl/Cl 55270/45 L2TP: Parse ICCN
* Tnl/Cl 55270/45 L2TP: Parse AVP 24, len 10, flag 0x0x8000 (M)
* Tnl/Cl 55270/45 L2TP: Connect Speed 64000
* Tnl/Cl 55270/45 L2TP: Parse AVP 38, len 10, flag 0x0x0
* Tnl/Cl 55270/45 L2TP: Rx Speed 64000
* Tnl/Cl 55270/45 L2TP: Parse AVP 19, len 10, flag 0x0x8000 (M)
* Tnl/Cl 55270/45 L2TP: Framing Type 2
* Tnl/Cl 55270/45 L2TP: Parse AVP 27, len 17, flag 0x0x0
* Tnl/Cl 55270/45 L2TP: Last Sent LCPREQ 0305C223050506109D08F2
* Tnl/Cl 55270/45 L2TP: Parse AVP 28, len 12, flag 0x0x0
* Tnl/Cl 55270/45 L2TP: Last Rx LCPREQ 05066EE4E865
* Tnl/Cl 55270/45 L2TP: Parse AVP 31, len 22, flag 0x0x0
* Tnl/Cl 55270/45 L2TP: Proxy Auth Chal 5D0D008CB1677CF8BC354556321A7A74
* Tnl/Cl 55270/45 L2TP: Parse AVP 32, len 8, flag 0x0x0
* Tnl/Cl 55270/45 L2TP: Proxy Auth ID 6
* Tnl/Cl 55270/45 L2TP: Parse AVP 30, len 12, flag 0x0x0
* Tnl/Cl 55270/45 L2TP: Proxy Auth Name 2500-1
* Tnl/Cl 55270/45 L2TP: Parse AVP 33, len 22, flag 0x0x8000 (M)
* Tnl/Cl 55270/45 L2TP: Proxy Auth Resp CA1CC2E4FA6899E8DF1B695C0A80883E
* Tnl/Cl 55270/45 L2TP: Parse AVP 29, len 8, flag 0x0x0
* Tnl/Cl 55270/45 L2TP: Proxy Auth Type 2
* Tnl/Cl 55270/45 L2TP: No missing AVPs in ICCN
* Tnl/Cl 55270/45 L2TP: I ICCN, flg TLS, ver 2, len 151, tnl 55270, cl 45, ns 3, nr 2 contiguous pak, size 151
         C8 02 00 97 D7 E6 00 2D 00 03 00 02 80 08 00 00
         00 00 00 0C 80 0A 00 00 00 18 00 00 FA 00 00 0A
         00 00 00 26 00 00 FA 00 80 0A 00 00 00 13 00 ...
";

/// The LNS receives the CDN.
pub(super) const LNS_I_CDN: &str = "\
* Vi4 Tnl/Cl 55270/45 L2TP: Parse AVP 0, len 8, flag 0x0x8000 (M)
* Vi4 Tnl/Cl 55270/45 L2TP: Parse CDN
* Vi4 Tnl/Cl 55270/45 L2TP: Parse AVP 14, len 8, flag 0x0x8000 (M)
* Vi4 Tnl/Cl 55270/45 L2TP: Assigned Call ID 7
* Vi4 Tnl/Cl 55270/45 L2TP: Parse AVP 1, len 10, flag 0x0x8000 (M)
* Vi4 Tnl/Cl 55270/45 L2TP: Result code(1): 1: Loss of carrier
*      Error code(0): No error
* Vi4 Tnl/Cl 55270/45 L2TP: No missing AVPs in CDN
* Vi4 Tnl/Cl 55270/45 L2TP: I CDN, flg TLS, ver 2, len 38, tnl 55270, cl 45, ns 4, nr 2 contiguous pak, size 38
         C8 02 00 26 D7 E6 00 2D 00 04 00 02 80 08 00 00
         00 00 00 0E 80 08 00 00 00 0E 00 07 80 0A 00 00
         00 01 00 01 00 00
";

/// The LNS sends the SCCRP.
pub(super) const LNS_O_SCCRP: &str = "\
* Tnl 55270 L2TP: O SCCRP, flg TLS, ver 2, len 154, tnl 17688, cl 0, ns 0, nr 1
* contiguous buffer, size 154
         C8 02 00 9A 45 18 00 00 00 00 00 01 80 08 00 00
         00 00 00 02 80 08 00 00 00 02 01 00 80 0A 00 00
         00 03 00 00 00 03 80 0A 00 00 00 04 00 00 00 ...
";

/// The LNS sends the ICRP.
pub(super) const LNS_O_ICRP: &str = "\
* Tnl/Cl 55270/45 L2TP: O ICRP, flg TLS, ver 2, len 28, tnl 17688, cl 7, ns 1, nr 3
* contiguous buffer, size 28
         C8 02 00 1C 45 18 00 07 00 01 00 03 80 08 00 00
         00 00 00 0B 80 08 00 00 00 0E 00 2D
";

/// The LNS sends the StopCCN.
pub(super) const LNS_O_STOPCCN: &str = "\
* Tnl 55270 L2TP: O StopCCN, flg TLS, ver 2, len 36, tnl 17688, cl 0, ns 2, nr 5
* contiguous buffer, size 36
         C8 02 00 24 45 18 00 00 00 02 00 05 80 08 00 00
         00 00 00 04 80 08 00 00 00 09 D7 E6 80 08 00 00
         00 01 00 01
";

/// The acknowledgements that the LNS sends.
pub(super) const LNS_O_ZLBS: &str = "\
* Tnl 55270 L2TP: O ZLB ctrl ack, flg TLS, ver 2, len 12, tnl 17688, cl 0, ns 1, nr 2
* contiguous buffer, size 12
         C8 02 00 0C 45 18 00 00 00 01 00 02
* Tnl/Cl 55270/45 L2TP: O ZLB ctrl ack, flg TLS, ver 2, len 12, tnl 17688, cl 0, ns 2, nr 4
* contiguous buffer, size 12
         C8 02 00 0C 45 18 00 00 00 02 00 04
* Vi4 Tnl/Cl 55270/45 L2TP: O ZLB ctrl ack, flg TLS, ver 2, len 12, tnl 17688, cl 0, ns 2, nr 5
* contiguous buffer, size 12
         C8 02 00 0C 45 18 00 00 00 02 00 05
";

/// The acknowledgements that the LAC receives.
pub(super) const LAC_I_ZLBS: &str = "\
* Tnl 17688 L2TP: I ZLB ctrl ack, flg TLS, ver 2, len 12, tnl 17688, cl 0, ns 1, nr 2
* Tnl 17688 L2TP: I ZLB ctrl ack, flg TLS, ver 2, len 12, tnl 17688, cl 0, ns 2, nr 4
* Tnl 17688 L2TP: I ZLB ctrl ack, flg TLS, ver 2, len 12, tnl 17688, cl 0, ns 2, nr 5
";

/// The LAC sends the SCCRQ. The page lost the beginning; the dump is the LNS's of the same packet.
pub(super) const LAC_O_SCCRQ: &str = "\
* Tnl 17688 L2TP: O SCCRQ, flg TLS, ver 2, len 128, tnl 0, cl 0, ns 0, nr 0
         C8 02 00 80 00 00 00 00 00 00 00 00 80 08 00 00
         00 00 00 01 80 08 00 00 00 02 01 00 80 0A 00 00
         00 03 00 00 00 03 80 0A 00 00 00 04 00 00 00 ...
";
