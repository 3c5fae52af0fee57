# A user who proves himself by PAP, CHAP and MS-CHAPv2, changed and thrown out by radclient; FreeRADIUS's detail file (and
# the embedded server's), tshark and the screens of the routers say the same of the calls.
# shellcheck shell=bash
need freeradius radclient tshark
for kind in "${kinds[@]}"; do
    example_lab dial-in "$kind"
    for router in lac lns; do
        insert "$scratch/$kind/lab/$router.cfg" 'vpdn enable' 'aaa accounting update newinfo' \
            'aaa accounting network default start-stop group radius' 'aaa server radius dynamic-author' \
            ' client 10.51.6.3 server-key s3cret' '!'
    done
    # Nothing but the call moves its counters.
    insert "$scratch/$kind/lab/lns.cfg" ' ppp authentication chap vpdn' ' no keepalive'
    insert "$scratch/$kind/lab/soho.cfg" ' ppp authentication chap callin' \
        ' ppp pap sent-username 2500-1 password 0 cisco' ' ppp chap hostname 2500-1' ' ppp chap password 0 cisco'
done
play_on_both aaa/accounting.play

lac=10.51.6.68 lns=10.51.6.82
# about WHAT A B: the second is the first and no more than the end of PPP on top of it.
about() { [ "$3" -ge "$2" ] && [ "$3" -le $(($2 + $4)) ] || fail "$kind: $1: $2 on the screen, $3 in the record"; }
for kind in "${kinds[@]}"; do
    out="$scratch/$kind/out" capture="$scratch/$kind/out/call.pcapng"
    clean_capture "$capture"
    # Error-Cause: no such session; a change that cannot be made; and what the router has done as it was told.
    expect "$kind/out/aaa.shell.log" 'Received Disconnect-NAK'
    expect "$kind/out/aaa.shell.log" 'Error-Cause = Session-Context-Not-Found'
    expect "$kind/out/aaa.shell.log" 'Received CoA-NAK'
    expect "$kind/out/aaa.shell.log" 'Received CoA-ACK'
    expect "$kind/out/aaa.shell.log" 'Received Disconnect-ACK'

    # The server's file and tshark: the same records with the same figures, each once. tshark has numbers for names.
    fields="NAS-IP-Address Acct-Status-Type Acct-Session-Id Acct-Input-Octets Acct-Output-Octets Acct-Input-Packets
        Acct-Output-Packets Acct-Session-Time"
    # shellcheck disable=SC2086
    records "$out/aaa.detail" $fields | sed 's/|Start|/|1|/; s/|Stop|/|2|/; s/|Interim-Update|/|3|/' | sort >"$scratch/theirs"
    # shellcheck disable=SC2046
    tshark -r "$capture" -Y 'radius.code == 4' -T fields -E separator='|' \
        $(for field in $fields; do echo "-e radius.${field//-/_}"; done) 2>"$scratch/tshark.err" | sort -u >"$scratch/seen"
    cmp -s "$scratch/theirs" "$scratch/seen" || fail "$kind: $(diff "$scratch/theirs" "$scratch/seen" | head -n 3 | tr '\n' ' ')"
    for end in "$lac" "$lns"; do
        for status in 1 2; do
            count=$(grep -c "^$end|$status|" "$scratch/theirs")
            [ "$count" -eq 3 ] || fail "$kind: $count records of status $status of $end for 3 calls"
        done
    done

    # Why the calls ended: the user hung up, the same, a RADIUS client did it.
    causes=$(records "$out/aaa.detail" NAS-IP-Address Acct-Status-Type Acct-Terminate-Cause | sed -n "s/^$lns|Stop|//p" | tr '\n' ' ')
    [ "$causes" = 'Lost-Carrier Lost-Carrier Admin-Reset ' ] || fail "$kind: the calls ended by $causes"
    # What the screens of the LNS said right before each end, and the record: the end of PPP comes on top of it.
    awk '/^ *Elapsed = / { split($3, part, ":"); time = part[1] * 3600 + part[2] * 60 + part[3] }
        / is .*, line protocol is / { up = /^Virtual-Access[0-9]+ is up/ }
        up && / packets input, / { packets = $1; octets = $4 }
        up && / packets output, / { print packets, octets, $1, $4, time }' "$out/lns.log" >"$scratch/screens"
    records "$out/aaa.detail" NAS-IP-Address Acct-Status-Type Acct-Input-Packets Acct-Input-Octets Acct-Output-Packets \
        Acct-Output-Octets Acct-Session-Time | sed -n "s/^$lns|Stop|//p" | tr '|' ' ' >"$scratch/stops"
    [ "$(wc -l <"$scratch/screens")" -eq 3 ] || fail "$kind: the screens of three calls are not there"
    while read -r screen_in screen_octets_in screen_out screen_octets_out time in octets_in out_ octets_out lasted; do
        about 'packets in' "$screen_in" "$in" 4
        about 'octets in' "$screen_octets_in" "$octets_in" 100
        about 'packets out' "$screen_out" "$out_" 4
        about 'octets out' "$screen_octets_out" "$octets_out" 100
        about 'session time' "$time" "$lasted" "$patience"
    done < <(paste -d ' ' "$scratch/screens" "$scratch/stops")

    # tshark: what the LAC sent into the tunnel is what the LNS has taken from the users, packet by packet.
    data=$(tshark -r "$capture" -Y "l2tp.type == 0 && ip.src == $lac" 2>"$scratch/tshark.err" | wc -l)
    counted=$(awk '{ sum += $1 } END { print sum }' "$scratch/stops")
    [ "$data" -eq "$counted" ] || fail "$kind: tshark saw $data data messages from the LAC, the records say $counted"
    figure "$kind $(wc -l <"$scratch/theirs") records, $counted packets in"
done
