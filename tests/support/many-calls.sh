#!/bin/sh
# many-calls.sh DIR KIND ROUTERS CALLS: writes a lab to DIR in which ROUTERS routers can place CALLS calls each to one LAC,
# whose only LNS asks a RADIUS server of that kind, as the LAC does. The Nth user of the Kth router pings 10.200.K.N.
set -eu
dir=$1 kind=$2 routers=$3 calls=$4
mkdir -p "$dir"

node() { printf '[[node]]\nname = "%s"\nconfig = "%s.cfg"\n%s\n' "$1" "$1" "${2:-}"; }
{
    echo 'title = "Many calls at once"'
    for k in $(seq "$routers"); do node "soho$k"; done
    node lac 'spool = "lac.spool"
'
    node lns 'spool = "lns.spool"
'
    printf '[[node]]\nname = "aaa"\nkind = "%s"\naddress = "10.20.0.3/24"\nusers = "users"\n' "$kind"
    printf 'clients = [{ address = "10.20.0.0/24", secret = "many" }]\n\n'
    printf '[[link]]\nname = "core"\nends = ["lac Ethernet0", "lns Ethernet0", "aaa"]\n\n[isdn.numbers]\n'
    n=0
    while [ "$n" -lt $((routers * calls)) ]; do
        echo "$((700000 + n)) = \"soho$((n / calls + 1)) BRI$((n % calls + 1))\""
        [ $((n % 23)) -ne 0 ] || echo "$((614000 + n / 23)) = \"lac Serial$((n / 23)):23\""
        n=$((n + 1))
    done
} >"$dir/lab.toml"

for k in $(seq "$routers"); do
    {
        printf 'version 12.1\nhostname soho%s\nisdn switch-type basic-5ess\ninterface Loopback0\n ip address 10.202.0.%s 255.255.255.255\n' "$k" "$k"
        for i in $(seq "$calls"); do
            n=$(((k - 1) * calls + i - 1))
            printf 'interface BRI%s\n ip address negotiated\n encapsulation ppp\n isdn calling-number %s\n' "$i" "$((700000 + n))"
            printf ' dialer map ip 10.200.%s.%s %s\n dialer-group 1\n dialer idle-timeout 7200\n' "$k" "$i" "$((614000 + n / 23))"
            printf ' ppp chap hostname u\n ppp chap password 0 p\n'
            printf 'ip route 10.200.%s.%s 255.255.255.255 BRI%s\n' "$k" "$i" "$i"
        done
        printf 'dialer-list 1 protocol ip permit\nline con 0\n exec-timeout 0 0\nend\n'
    } >"$dir/soho$k.cfg"
done

both='aaa new-model
aaa accounting network default start-stop group radius
vpdn enable'
radius='radius-server host 10.20.0.3 auth-port 1812 acct-port 1813
radius-server key 0 many
line con 0
 exec-timeout 0 0
end'
{
    printf 'version 12.1\nhostname lac\n%s\n' "$both"
    printf 'aaa authentication ppp default local\naaa authorization network default group radius\nvpdn search-order dnis\n'
    printf 'isdn switch-type primary-5ess\n'
    for pri in $(seq 0 $(((routers * calls - 1) / 23))); do
        printf 'controller T1 %s\n pri-group timeslots 1-24\ninterface Serial%s:23\n no ip address\n encapsulation ppp\n' "$pri" "$pri"
        printf ' isdn switch-type primary-5ess\n ppp authentication chap\n'
    done
    printf 'interface Ethernet0\n ip address 10.20.0.1 255.255.255.0\n%s\n' "$radius"
} >"$dir/lac.cfg"
{
    printf 'version 12.1\nhostname lns\n%s\n' "$both"
    printf 'aaa authentication ppp default group radius\naaa authorization network default group radius\n'
    printf 'vpdn-group 1\n accept-dialin\n  protocol l2tp\n  virtual-template 1\n terminate-from hostname lac\n l2tp tunnel password 0 many\n'
    printf 'interface Loopback0\n ip address 10.201.0.1 255.255.255.255\ninterface Ethernet0\n ip address 10.20.0.2 255.255.255.0\n'
    printf 'interface Virtual-Template1\n ip unnumbered Loopback0\n peer default ip address pool many\n ppp authentication chap\n'
    printf 'ip local pool many 10.201.1.1 10.201.3.254\n%s\n' "$radius"
} >"$dir/lns.cfg"

{
    for pri in $(seq 0 $(((routers * calls - 1) / 23))); do
        printf 'dnis:%s\tCleartext-Password := "cisco"\n\tService-Type = Outbound-User,\n\tTunnel-Type:1 = L2TP,\n' "$((614000 + pri))"
        printf '\tTunnel-Medium-Type:1 = IPv4,\n\tTunnel-Server-Endpoint:1 = "10.20.0.2",\n'
        printf '\tTunnel-Client-Auth-Id:1 = "lac",\n\tTunnel-Password:1 = "many"\n'
    done
    printf 'u\tCleartext-Password := "p"\n\tService-Type = Framed-User,\n\tFramed-Protocol = PPP,\n\tFramed-IP-Address = 255.255.255.254\n'
} >"$dir/users"
