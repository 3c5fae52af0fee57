# Inside the kernel PPP peer: xl2tpd and pppd as LNS on 10.99.0.2; iperf3 serves; ends when the user has come and gone.
# shellcheck shell=sh
. /tmp/lab/ppp.sh
eth 10.99.0.2/24
printf '%s\n' 'u * p *' >/etc/ppp/chap-secrets
xl2tpd_with 'name lns' auth require-chap 'lcp-echo-interval 10' 'lcp-echo-failure 12' <<CONF
[lns default]
ip range = 10.77.0.10-10.77.0.20
local ip = 10.77.0.1
hostname = xlns
CONF
iperf3 -s --forceflush >/tmp/iperf3.log 2>&1 &
until_it 6 grep -q 'Server listening' /tmp/iperf3.log
echo UML-READY
until_it 1 has_address
ip -4 addr show ppp0
or_end 2 reaches 10.77.0.10
echo UML-PINGED
until_it 4 is_gone
until_it 5 grep -q 'Connection terminated\|LCP terminated by peer\|Modem hangup' /tmp/pppd.log
show_logs
