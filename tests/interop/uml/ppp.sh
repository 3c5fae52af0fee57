# What both scripts of the kernel PPP peer do: xl2tpd and pppd, and waiting for what they bring about.
# shellcheck shell=sh

# eth ADDRESS: vec0 has it.
eth() {
    ip addr add "$1" dev vec0
    ip link set vec0 up
}

show_logs() {
    sed 's/^/xl2tpd: /' /tmp/xl2tpd.log
    sed 's/^/pppd: /' /tmp/pppd.log
}

# or_end STATUS COMMAND...: the command succeeds, or the peer ends with the status.
or_end() {
    status=$1
    shift
    "$@" || { echo "failed: $*"; show_logs; exit "$status"; }
}

# until_it STATUS COMMAND...: until the command succeeds; the peer ends with the status when it does not within two minutes.
until_it() {
    status=$1
    shift
    tries=1200
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo "in vain: $*"; show_logs; exit "$status"; }
        sleep 0.1
    done
}

has_address() { ip -4 addr show ppp0 2>/dev/null | grep -q 'inet '; }
is_gone() { ! ip link show ppp0 >/dev/null 2>&1; }

# xl2tpd_with OPTIONS...: starts it, with the rest of its configuration on standard input and the options for its pppd.
xl2tpd_with() {
    {
        printf '%s\n' '[global]' 'port = 1701' 'auth file = /tmp/secrets'
        cat
        printf '%s\n' 'challenge = yes' 'length bit = yes' 'pppoptfile = /tmp/options' 'ppp debug = yes'
    } >/tmp/xl2tpd.conf
    echo '* * s3cret' >/tmp/secrets
    printf '%s\n' "$@" debug nodetach 'logfile /tmp/pppd.log' >/tmp/options
    : >/tmp/pppd.log
    xl2tpd -D -c /tmp/xl2tpd.conf -p /tmp/pid -C /tmp/ctl >/tmp/xl2tpd.log 2>&1 &
    until_it 6 grep -qs 'Listening on' /tmp/xl2tpd.log
}

# reaches ADDRESS: three pings are answered, however long that takes.
reaches() { ping -c 3 -i 0.2 -w 60 "$1"; }
