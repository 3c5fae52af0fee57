# Our LAC calls xl2tpd, with tunnel secret and hidden AVPs, up to an established session on both sides. Its pppd cannot
# run without kernel PPP here; the CDN that follows is handled: the call is cleared, nothing is left.
# shellcheck shell=bash
need xl2tpd tshark
namespace lab
echo '* * s3cret' >"$scratch/secrets"
cat >"$scratch/xl2tpd.conf" <<CONF
[global]
port = 1701
auth file = $scratch/secrets
debug tunnel = yes
debug avp = yes
[lns default]
ip range = 10.77.0.10-10.77.0.20
local ip = 10.77.0.1
hostname = xlns
challenge = yes
length bit = yes
CONF
lac_lab 10.99.0.2/24 HIDDEN 'l2tp hidden'
cat >"$scratch/call.play" <<PLAY
soho: enable
lac: enable
lac: debug vpdn l2x-events
lac: debug vpdn l2x-errors
capture lan $scratch/call.pcapng
soho: ping 10.77.0.1
wait lac /Tunnel Authentication success/ 120s
wait lac /Session state change from wait-reply to established/ 120s
wait lac /I CDN from xlns/ 120s
wait lac /Session state change from established to idle/ 120s
wait lac /Tunnel state change from (no-sessions-left|shutting-down) to idle/ 120s
lac: show vpdn
wait lac /No active L2TP tunnels/ 60s
no capture
PLAY
background xl2tpd.log lab xl2tpd -D -c "$scratch/xl2tpd.conf" -p "$scratch/xl2tpd.pid" -C "$scratch/ctl"
wait_for xl2tpd.log 'Listening on IP address'
play lab "$scratch/call.play"
wait_for xl2tpd.log 'Call established with 10.99.0.1'
clean_capture "$scratch/call.pcapng"
has "$scratch/call.pcapng" 'l2tp.avp.hidden == 1 && l2tp.avp.message_type == 12'
