# xl2tpd, pppd and the kernel's PPP dial our LNS with CHAP: addresses, ping both ways, iperf3, capture; the user hangs up.
# shellcheck shell=bash
. "$interop/uml_call.sh"
uml_call chap user 'LCP: I TERMREQ'
