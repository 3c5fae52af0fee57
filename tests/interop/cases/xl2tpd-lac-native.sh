# xl2tpd dials our LNS, with tunnel secret and hidden AVPs, up to an established session on both sides. Its pppd cannot
# run without kernel PPP here; the CDN that follows is handled and nothing is left.
need xl2tpd tshark
namespace lac
namespace lns
cable lac v0 10.99.0.1/24 lns v1 -
sed 's/AUTHENTICATION/chap/' "$interop/lns.cfg" >"$scratch/lns.cfg"
echo '* * s3cret' >"$scratch/secrets"
cat >"$scratch/xl2tpd.conf" <<CONF
[global]
port = 1701
auth file = $scratch/secrets
debug tunnel = yes
[lac t]
lns = 10.99.0.2
hostname = xlac
challenge = yes
hidden bit = yes
length bit = yes
redial = no
ppp debug = no
CONF
router lns lns v1 "$scratch/lns.cfg"
tell lns 'debug vpdn l2x-events' 'debug vpdn l2x-errors'
background tshark.log in_ns lns tshark -q -i v1 -w "$scratch/call.pcapng"
wait_for tshark.log 'Capturing on' 10
background xl2tpd.log in_ns lac xl2tpd -D -c "$scratch/xl2tpd.conf" -p "$scratch/xl2tpd.pid" -C "$scratch/ctl"
wait_for xl2tpd.log 'Listening on IP address' 5
echo 'c t' >"$scratch/ctl"
wait_for lns.log 'Tunnel Authentication success' 10
wait_for lns.log 'Session state change from wait-connect to established' 10
wait_for xl2tpd.log 'Call established with 10.99.0.2' 10
wait_for lns.log 'I CDN from xlac' 10
tell lns 'show vpdn'
wait_for lns.log 'sessions=0|No active L2TP' 20
sleep 0.5
clean_capture "$scratch/call.pcapng"
