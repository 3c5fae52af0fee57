# The documented call with FreeRADIUS in place of the embedded server: it says where the tunnel goes and who the user is.
# shellcheck shell=bash
need freeradius iperf3 tshark ping
namespace lab
mkdir "$scratch/raddb" "$scratch/lab"
settings freeradius/radiusd.conf SCRATCH "$scratch/raddb" >"$scratch/raddb/radiusd.conf"
cp "$interop/../../examples/dial-in/users" "$scratch/raddb/users"
# The lab less its RADIUS node, whose place on the Ethernet the machine itself takes.
sed -e '/^name = "aaa"/,/^$/d' -e "s#\.\./\.\./configs#$interop/../../configs#" \
    -e 's#"aaa"\]#"host vlab0 10.51.6.3/24"]#' "$interop/../../examples/dial-in/lab.toml" >"$scratch/lab.all"
# What is left of the node is its [[node]] line, right before the first link.
tac "$scratch/lab.all" | awk '/^\[\[link\]\]/ { link = 1 } link && /^\[\[node\]\]/ { link = 0; next } { print }' |
    tac >"$scratch/lab/lab.toml"
background radius.log lab freeradius -f -l stdout -d "$scratch/raddb" -D /usr/share/freeradius
wait_for radius.log 'Ready to process requests'
settings freeradius/call.play SCRATCH "$scratch" WAIT "$interop/wait.sh" >"$scratch/call.play"
play lab "$scratch/call.play"
wait_for radius.log 'Login OK: \[dnis:614629'
wait_for radius.log 'Login OK: \[2500-1'
wait_for radius.log 'Login incorrect.*\[2500-1'
figure "iperf3 $(megabits "$scratch/iperf3.json") Mbit/s"
clean_capture "$scratch/call.pcapng"
has "$scratch/call.pcapng" 'radius.code == 2'
