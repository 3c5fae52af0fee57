# soho dials our LAC, whose LNS is l2tpns; that asks our embedded RADIUS server about the user.
# shellcheck shell=bash
need l2tpns iperf3 tshark ping unshare
namespace lab
# Its cluster interface must exist and speak multicast, though nobody else is in the cluster.
in_ns lab ip link add c0 type veth peer name c1
in_ns lab ip addr add 10.98.0.1/24 dev c0
in_ns lab ip link set c0 up
in_ns lab ip link set c1 up
# The address that it gives its users as theirs to talk to.
in_ns lab ip addr add 10.77.0.1/32 dev lo
mkdir "$scratch/etc"
echo 10.77.0.0/27 >"$scratch/etc/ip_pool"
: >"$scratch/etc/users"
cat >"$scratch/etc/startup-config" <<CONF
set debug 4
set log_file "$scratch/l2tpns.log"
set pid_file "$scratch/l2tpns.pid"
set hostname "l2tpns"
set l2tp_secret "s3cret"
set primary_radius 10.99.0.3
set radius_secret "radsec"
set radius_authtypes "chap,pap"
set bind_address 10.99.0.2
set peer_address 10.77.0.1
set cluster_interface c0
set cluster_hb_timeout 10
CONF
# It reads its pool and users from /etc/l2tpns only, and wants its address to be there when it starts.
cat >"$scratch/start" <<'START'
mount --bind "$1/etc" /etc/l2tpns
until ip -4 addr show dev vlab0 2>/dev/null | grep -q inet; do sleep 0.1; done
exec l2tpns -c /etc/l2tpns/startup-config
START
background l2tpns.out lab unshare -m sh "$scratch/start" "$scratch"
iperf_server lab -B 10.77.0.1
lac_lab 10.99.0.2/24 HIDDEN 'l2tp tunnel hello 60'
{
    echo "capture lan $scratch/call.pcapng"
    # It serves when it has elected itself master; only a master sends heartbeats.
    echo "shell soho: $interop/wait.sh line $scratch/l2tpns.log 'Sending v10 heartbeat'"
    settings lac/call.play PEER "nsenter --net=/run/netns/$run_id-lab ping -I 10.77.0.1 -c 3 -i 0.2 -w 60 10.77.0.10" \
        WAIT "$interop/wait.sh" SCRATCH "$scratch"
} >"$scratch/call.play"
play lab "$scratch/call.play"
figure "iperf3 $(megabits "$scratch/iperf3.json") Mbit/s"
clean_capture "$scratch/call.pcapng"
