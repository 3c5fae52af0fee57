# Inside the kernel PPP peer: xl2tpd and pppd as LNS on 10.99.0.2; iperf3 serves; ends when the user has come and gone.
# shellcheck shell=sh
ip addr add 10.99.0.2/24 dev vec0
ip link set vec0 up
cat >/tmp/xl2tpd.conf <<CONF
[global]
port = 1701
auth file = /tmp/secrets
[lns default]
ip range = 10.77.0.10-10.77.0.20
local ip = 10.77.0.1
hostname = xlns
challenge = yes
length bit = yes
pppoptfile = /tmp/options
ppp debug = yes
CONF
echo '* * s3cret' >/tmp/secrets
printf '%s\n' 'u * p *' >/etc/ppp/chap-secrets
printf '%s\n' 'name lns' auth require-chap debug nodetach 'lcp-echo-interval 2' 'lcp-echo-failure 5' \
    'logfile /tmp/pppd.log' >/tmp/options
xl2tpd -D -c /tmp/xl2tpd.conf -p /tmp/pid -C /tmp/ctl >/tmp/xl2tpd.log 2>&1 &
iperf3 -s >/tmp/iperf3.log 2>&1 &
show_logs() { sed 's/^/xl2tpd: /' /tmp/xl2tpd.log; sed 's/^/pppd: /' /tmp/pppd.log; }
until grep -qs "Listening on" /tmp/xl2tpd.log; do sleep 0.1; done
echo UML-READY
tries=300
until ip -4 addr show ppp0 2>/dev/null | grep -q 'inet '; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { show_logs; exit 1; }
    sleep 0.1
done
ip -4 addr show ppp0
ping -c 3 -i 0.2 -W 2 10.77.0.10 || { show_logs; exit 2; }
echo UML-PINGED
tries=300
while ip link show ppp0 >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { show_logs; exit 4; }
    sleep 0.1
done
sleep 0.5
show_logs
grep -q 'Connection terminated\|LCP terminated by peer\|Modem hangup' /tmp/pppd.log || exit 5
exit 0
