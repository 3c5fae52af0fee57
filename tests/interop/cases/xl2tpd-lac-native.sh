# xl2tpd dials our LNS, with tunnel secret and hidden AVPs, up to an established session on both sides. Its pppd cannot
# run without kernel PPP here; the CDN that follows is handled and nothing is left.
# shellcheck shell=bash
need xl2tpd tshark
namespace lac
namespace lns
cable lac v0 10.99.0.1/24 lns v1 -
settings lns.cfg AUTHENTICATION chap HIDDEN "l2tp hidden" >"$scratch/lns.cfg"
echo '* * s3cret' >"$scratch/secrets"
cat >"$scratch/xl2tpd.conf" <<CONF
[global]
port = 1701
auth file = $scratch/secrets
debug tunnel = yes
debug avp = yes
[lac t]
lns = 10.99.0.2
hostname = xlac
challenge = yes
hidden bit = yes
length bit = yes
redial = no
CONF
router lns lns v1 "$scratch/lns.cfg"
tell lns 'debug vpdn l2x-events' 'debug vpdn l2x-errors'
capture lns v1
background xl2tpd.log lac xl2tpd -D -c "$scratch/xl2tpd.conf" -p "$scratch/xl2tpd.pid" -C "$scratch/ctl"
wait_for xl2tpd.log 'Listening on IP address'
echo 'c t' >"$scratch/ctl"
wait_for lns.log 'Tunnel Authentication success'
wait_for lns.log 'Session state change from wait-connect to established'
wait_for xl2tpd.log 'Call established with 10.99.0.2'
wait_for lns.log 'I CDN from xlac'
wait_for lns.log 'Tunnel state change from shutting-down to idle'
no_device lns Vi1
no_capture
clean_capture "$scratch/call.pcapng"
has "$scratch/call.pcapng" 'l2tp.avp.hidden == 1 && l2tp.avp.message_type == 11'
leave lns
