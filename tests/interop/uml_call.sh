# uml_call AUTHENTICATION HANGUP LINE: xl2tpd, pppd and the kernel's PPP as LAC and client in one dial our LNS and hang up,
# which the LNS shows by LINE.
# shellcheck shell=bash
uml_call() {
    need iperf3 tshark ping
    namespace lns
    in_ns lns ip tuntap add tap0 mode tap
    ip -n "$run_id-lns" link set tap0 up
    settings lns.cfg AUTHENTICATION "$1" HIDDEN "l2tp tunnel hello 60" >"$scratch/lns.cfg"
    settings uml/lac.sh HANGUP "$2" >"$scratch/peer.sh"
    router lns lns tap0 "$scratch/lns.cfg"
    tell lns 'debug ppp negotiation' 'debug ppp authentication' 'debug vpdn l2x-events'
    iperf_server lns -1
    capture lns tap0
    user_mode_linux peer.log lns tap0 peer.sh
    wait_for lns.log 'IPCP: Install route to 10.77.0.10'
    wait_for peer.log UML-READY
    expect peer.log 'inet 10.77.0.10 peer 10.77.0.1/32'
    in_ns lns ip -4 addr show dev Vi1
    route_by lns 10.77.0.10 Vi1
    reaches lns 10.77.0.10
    tell lns 'show users' 'show interfaces virtual-access 1'
    wait_for lns.log '^Virtual-Access1 is up, line protocol is up'
    # The peer begins with its traffic, and hangs up behind it.
    echo GO >"$scratch/go"
    wait_for peer.log 'UML-RC=[0-9]+'
    expect peer.log 'UML-RC=0'
    wait_for lns.log "$3"
    figure "iperf3 $(sed -n 's/^IPERF \([0-9]*\).*$/\1/p' "$scratch/peer.log") Mbit/s"
    wait_for lns.log 'IPCP: Remove route to 10.77.0.10'
    no_device lns Vi1
    no_capture
    clean_capture "$scratch/call.pcapng"
    leave lns
}
