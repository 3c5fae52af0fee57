# soho dials our LAC, whose LNS is xl2tpd, pppd and the kernel's PPP.
# shellcheck shell=bash
need iperf3 tshark ping
namespace lab
in_ns lab ip tuntap add tap0 mode tap
in_ns lab ip link add br0 type bridge forward_delay 0
ip -n "$run_id-lab" link set tap0 master br0 up
ip -n "$run_id-lab" link set br0 up
capture lab tap0
cp "$interop/uml/lns.sh" "$scratch/peer.sh"
user_mode_linux peer.log lab tap0 peer.sh
wait_for peer.log UML-READY
lac_lab '' HIDDEN 'l2tp tunnel hello 60'
settings lac/call.play PEER "WAIT line SCRATCH/peer.log UML-PINGED" WAIT "$interop/wait.sh" SCRATCH "$scratch" >"$scratch/call.play"
# Joins vlab0 to the bridge as soon as it is there.
background join.log lab sh -c 'until ip link set vlab0 master br0 2>/dev/null; do sleep 0.1; done; echo joined'
play lab "$scratch/call.play"
expect peer.log 'inet 10.77.0.1 peer 10.77.0.10/32'
figure "iperf3 $(megabits "$scratch/iperf3.json") Mbit/s"
wait_for peer.log 'UML-RC=[0-9]+'
expect peer.log 'UML-RC=0'
no_capture
clean_capture "$scratch/call.pcapng"
