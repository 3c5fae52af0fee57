# Calls by domain, two LNSs that share them, one of them switched off and the call going on to the other: the wholesale lab
# with the embedded server and with FreeRADIUS, which both decide where the calls go.
# shellcheck shell=bash
need freeradius tshark
for kind in "${kinds[@]}"; do example_lab wholesale "$kind"; done
play_on_both aaa/wholesale.play
for kind in "${kinds[@]}"; do
    out="$scratch/$kind/out"
    clean_capture "$out/core.pcapng"
    # Load sharing: an SCCRQ of nas-alpha to each LNS; preference: that of nas-beta to lns2 first and to lns1 when it is dead.
    for lns in 10.20.0.11 10.20.0.12; do
        has "$out/core.pcapng" "l2tp.avp.message_type == 1 && ip.dst == $lns && l2tp.avp.host_name == \"nas-alpha\""
        has "$out/core.pcapng" "l2tp.avp.message_type == 1 && ip.dst == $lns && l2tp.avp.host_name == \"nas-beta\""
    done
    has "$out/core.pcapng" 'radius.code == 2 && radius.Tunnel_Server_Endpoint == "10.20.0.11"'
done
for user in alpha.example beta.example user1@alpha.example user2@alpha.example user1@beta.example; do
    grep -aq "Login OK: \[$user" "$scratch/freeradius/out/aaa.log" || fail "FreeRADIUS does not know of $user"
done
