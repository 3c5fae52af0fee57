# The documented call with the embedded server and with FreeRADIUS: it says where the tunnel goes and who the user is.
# shellcheck shell=bash
need freeradius iperf3 tshark ping
for kind in "${kinds[@]}"; do example_lab dial-in "$kind"; done
play_on_both aaa/dial-in.play
for kind in "${kinds[@]}"; do
    figure "iperf3 $(megabits "$scratch/$kind/iperf3.json") Mbit/s"
    clean_capture "$scratch/$kind/call.pcapng"
    has "$scratch/$kind/call.pcapng" 'radius.code == 2'
done
log=freeradius/out/aaa.log
expect "$log" 'Login OK: \[dnis:614629'
expect "$log" 'Login OK: \[2500-1'
expect "$log" 'Login incorrect.*\[2500-1'
