# Inside the kernel PPP peer: xl2tpd and pppd dial 10.99.0.2, prove that the call carries traffic, and hang up.
# shellcheck shell=sh
ip addr add 10.99.0.1/24 dev vec0
ip link set vec0 up
cat >/tmp/xl2tpd.conf <<CONF
[global]
port = 1701
auth file = /tmp/secrets
[lac t]
lns = 10.99.0.2
hostname = xlac
challenge = yes
length bit = yes
redial = no
pppoptfile = /tmp/options
ppp debug = yes
CONF
echo '* * s3cret' >/tmp/secrets
printf '%s\n' 'name u' 'password p' noauth debug nodetach 'logfile /tmp/pppd.log' >/tmp/options
xl2tpd -D -c /tmp/xl2tpd.conf -p /tmp/pid -C /tmp/ctl >/tmp/xl2tpd.log 2>&1 &
sleep 0.5
echo 'c t' >/tmp/ctl
show_logs() { sed 's/^/xl2tpd: /' /tmp/xl2tpd.log; sed 's/^/pppd: /' /tmp/pppd.log; }
# until_ip SECONDS: ppp0 has an address.
tries=150
until ip -4 addr show ppp0 2>/dev/null | grep -q 'inet '; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { show_logs; exit 1; }
    sleep 0.1
done
ip -4 addr show ppp0
ping -c 3 -i 0.2 -W 2 10.77.0.1 || { show_logs; exit 2; }
echo UML-READY
iperf3 -J -c 10.77.0.1 -t 5 >/tmp/iperf3.json || { cat /tmp/iperf3.json; show_logs; exit 3; }
echo "IPERF $(sed -n '/"sum_received"/,/}/s/.*"bits_per_second":[[:space:]]*\([0-9]*\).*/\1/p' /tmp/iperf3.json | awk '{ printf "%.0f", $1 / 1000000 }')"
# By the user (LCP Terminate-Request, then CDN) or by closing the tunnel (StopCCN).
case HANGUP in
user) kill -TERM "$(cat /run/ppp0.pid)" ;;
tunnel) echo 'd t' >/tmp/ctl ;;
esac
tries=50
while ip link show ppp0 >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { show_logs; exit 4; }
    sleep 0.1
done
sleep 0.5
show_logs
grep -q 'Connection terminated' /tmp/pppd.log || exit 5
exit 0
