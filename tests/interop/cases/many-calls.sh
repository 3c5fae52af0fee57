# Calls at once, and FreeRADIUS is killed and started again in the middle of them, then once more while all of them end: each
# user gets through, and each session of both routers has its start and its stop.
# shellcheck shell=bash
need freeradius ping
routers=10 each=50
calls=$((routers * each))
"$interop/../support/many-calls.sh" "$scratch/freeradius/lab" freeradius "$routers" "$each"
{
    echo 'lac: enable'
    for k in $(seq "$routers"); do
        echo "shell soho$k: $interop/aaa/dial.sh $k $each >$scratch/dial$k.log 2>&1 &"
    done
    cat <<PLAY
shell lns: $interop/aaa/ports.sh -ge $((calls / 5))
power aaa off
shell lns: ip -br link | grep -c '^Vi' >$scratch/killed
sleep 5s
power aaa on
PLAY
    for k in $(seq "$routers"); do echo "shell soho$k: $interop/wait.sh line $scratch/dial$k.log 'calls are up'"; done
    cat <<PLAY
power aaa off
lac: clear vpdn tunnel l2tp all
sleep 5s
power aaa on
shell aaa: date +%s >$scratch/back; $interop/aaa/books.sh $calls; date +%s >$scratch/complete
PLAY
} >"$scratch/many.play"
cp "$scratch/many.play" "$scratch/freeradius/lab/case.play"
timeout 600 "$vpdnsh" lab "$scratch/freeradius/lab" --play case.play --log "$scratch/freeradius/out" 2>"$scratch/play.err" ||
    fail "the play: $(tail -n 1 "$scratch/play.err")"
records "$scratch/freeradius/out/aaa.detail" NAS-IP-Address Acct-Session-Id Acct-Status-Type >"$scratch/records"
sort -u "$scratch/records" | sed -n 's/|Start$//p' >"$scratch/started"
sort -u "$scratch/records" | sed -n 's/|Stop$//p' >"$scratch/stopped"
cmp -s "$scratch/started" "$scratch/stopped" || fail "lost: $(diff "$scratch/started" "$scratch/stopped" | tr '\n' ' ')"
figure "$calls calls, $(cat "$scratch/killed") ports when it was killed, $(wc -l <"$scratch/records") records"
figure "the last one $(($(cat "$scratch/complete") - $(cat "$scratch/back"))) s after its return"
