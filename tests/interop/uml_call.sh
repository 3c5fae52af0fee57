# uml_call AUTHENTICATION: the kernel PPP peer as LAC and client in one, our LNS.
# shellcheck shell=bash
uml_call() {
    need iperf3 tshark ping
    namespace lns
    in_ns lns ip tuntap add tap0 mode tap
    ip -n "$run_id-lns" link set tap0 up
    sed "s/AUTHENTICATION/$1/" "$interop/lns.cfg" >"$scratch/lns.cfg"
    cp "$interop/uml-lac.sh" "$scratch/peer.sh"
    router lns lns tap0 "$scratch/lns.cfg"
    tell lns 'debug ppp negotiation' 'debug ppp authentication' 'debug vpdn l2x-events'
    background iperf3.log in_ns lns iperf3 -s -1
    background tshark.log in_ns lns tshark -q -i tap0 -s 200 -w "$scratch/call.pcapng" -f 'udp port 1701'
    wait_for tshark.log 'Capturing on' 10
    user_mode_linux peer.log lns tap0 peer.sh
    wait_for lns.log 'IPCP: Install route to 10.77.0.10' 30
    wait_for peer.log 'UML-READY' 20
    in_ns lns ping -c 3 -W 2 10.77.0.10 || fail 'no ping from the LNS to the user'
    tell lns 'show users' 'show interfaces virtual-access 1'
    wait_for peer.log 'UML-RC=0' 40
    grep -a 'inet 10.77.0.10' "$scratch/peer.log" || fail 'the user has another address'
    wait_for lns.log 'IPCP: Remove route to 10.77.0.10' 20
    ! in_ns lns ip link show Vi1 2>/dev/null || fail 'Vi1 is left'
    clean_capture "$scratch/call.pcapng"
}
