# Inside the kernel PPP peer: xl2tpd and pppd dial 10.99.0.2, prove that the call carries traffic, and hang up.
# shellcheck shell=sh
. /tmp/lab/ppp.sh
eth 10.99.0.1/24
xl2tpd_with 'name u' 'password p' noauth <<CONF
[lac t]
lns = 10.99.0.2
hostname = xlac
redial = no
CONF
echo 'c t' >/tmp/ctl
until_it 1 has_address
ip -4 addr show ppp0
or_end 2 reaches 10.77.0.1
echo UML-READY
until_it 7 grep -qs GO /tmp/lab/go
iperf3 -J -c 10.77.0.1 -t 5 >/tmp/iperf3.json || { cat /tmp/iperf3.json; show_logs; exit 3; }
echo "IPERF $(sed -n '/"sum_received"/,/}/s/.*"bits_per_second":[[:space:]]*\([0-9]*\).*/\1/p' /tmp/iperf3.json | awk '{ printf "%.0f", $1 / 1000000 }')"
# By the user (LCP Terminate-Request, then CDN) or by closing the tunnel (StopCCN).
hangup=HANGUP
case $hangup in
user) kill -TERM "$(cat /run/ppp0.pid)" ;;
tunnel) echo 'd t' >/tmp/ctl ;;
esac
until_it 4 is_gone
until_it 5 grep -q 'Connection terminated' /tmp/pppd.log
show_logs
