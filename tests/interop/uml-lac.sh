# Inside the kernel PPP peer: xl2tpd and pppd dial 10.99.0.2 and prove that the call carries traffic.
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
printf '%s\n' 'name u' 'password p' noauth debug nodetach noccp 'logfile /tmp/pppd.log' >/tmp/options
xl2tpd -D -c /tmp/xl2tpd.conf -p /tmp/pid -C /tmp/ctl >/tmp/xl2tpd.log 2>&1 &
sleep 0.5
echo 'c t' >/tmp/ctl
tries=100
until ip -4 addr show ppp0 2>/dev/null | grep -q 'inet '; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { cat /tmp/xl2tpd.log /tmp/pppd.log; exit 1; }
    sleep 0.1
done
ip -4 addr show ppp0
ping -c 3 -W 2 10.99.0.2 -I ppp0 || exit 2
echo UML-READY
iperf3 -c 10.99.0.2 -B "$(ip -4 -o addr show ppp0 | sed 's/.*inet \([0-9.]*\).*/\1/')" -t 5 || exit 3
sleep 2
echo 'd t' >/tmp/ctl
sleep 2
grep -a 'Connection terminated\|LCP terminated\|Terminating on' /tmp/pppd.log
exit 0
