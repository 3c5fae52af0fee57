# xl2tpd and the kernel's PPP dial our LNS with CHAP: addresses, ping both ways, iperf3, teardown, capture.
. "$interop/uml_call.sh"
uml_call chap
