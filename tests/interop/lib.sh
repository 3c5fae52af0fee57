# Shared by the interop cases: namespaces, our routers, the other programs, and the report. Sourced by scripts/interop,
# which sets run_id, scratch, interop and vpdnsh.
# shellcheck shell=bash
#
# A machine that is slow or busy must break nothing: every wait is on an event, with a limit that only says that it will
# not come.
patience=120

netns_made=()
pids=()
consoles=()

# need PROGRAM...: the case is skipped, by name, when one is not installed.
need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}

skip() {
    echo "$*" >"$scratch/skipped"
    exit 77
}

fail() {
    echo "$*" >"$scratch/why"
    exit 1
}

# figure TEXT: stands behind the name of the case in the report.
figure() {
    echo "$*" >>"$scratch/figures"
}

# namespace NAME: a namespace of this run alone, with loopback up.
namespace() {
    local name="$run_id-$1"
    ip netns add "$name"
    netns_made+=("$name")
    ip -n "$name" link set lo up
}

in_ns() {
    local name="$run_id-$1"
    shift
    ip netns exec "$name" "$@"
}

# cable NS_A DEV_A ADDR_A NS_B DEV_B ADDR_B; an address of - is none.
cable() {
    ip link add "$2" netns "$run_id-$1" type veth peer name "$5" netns "$run_id-$4"
    ip -n "$run_id-$1" link set "$2" up
    ip -n "$run_id-$4" link set "$5" up
    [ "$3" = - ] || ip -n "$run_id-$1" addr add "$3" dev "$2"
    [ "$6" = - ] || ip -n "$run_id-$4" addr add "$6" dev "$5"
}

# background LOG NAMESPACE COMMAND...: a process of this case, ended with it; $last_pid is its id. (`ip netns exec`
# becomes the command, so the id is that of the command itself. A session of its own, since l2tpns ends its whole process
# group when it ends.)
background() {
    local log="$1" name="$run_id-$2" fd
    shift 2
    (
        # A console that somebody else holds open has not been left when its router's input ends.
        for fd in "${consoles[@]}"; do exec {fd}>&-; done
        exec setsid ip netns exec "$name" "$@"
    ) >"$scratch/$log" 2>&1 </dev/null &
    last_pid=$!
    pids+=("$last_pid")
}

# until_it COMMAND...: until the command succeeds, silently; false when it does not within the patience.
until_it() {
    local end=$((SECONDS + patience))
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# wait_for FILE REGEX: until a line of the file matches.
wait_for() {
    until_it grep -aqE -- "$2" "$scratch/$1" || fail "no line of $1 matches /$2/ within $patience s"
}

# expect FILE REGEX: a line of the file matches now.
expect() {
    grep -aqE -- "$2" "$scratch/$1" || fail "no line of $1 matches /$2/"
}

ended() { ! kill -0 "$1" 2>/dev/null; }

# wait_gone PID: until the process has ended.
wait_gone() {
    until_it ended "$1"
}

# no_device NAMESPACE DEVICE: it is gone, or goes.
no_device() {
    device_is_gone() { ! ip -n "$run_id-$1" link show dev "$2"; }
    until_it device_is_gone "$@" || fail "$2 is left"
}

# route_by NAMESPACE ADDRESS DEVICE: packets to the address leave by the device, or will.
route_by() {
    leaves_by() { in_ns "$1" ip route get "$2" | grep -q "dev $3"; }
    until_it leaves_by "$@" || fail "no route to $2 by $3"
}

# reaches NAMESPACE ADDRESS: three pings are answered.
reaches() {
    in_ns "$1" ping -c 3 -i 0.2 -w "$patience" "$2" || fail "no ping from $1 to $2"
}

# iperf_server NAMESPACE OPTIONS...: one that listens.
iperf_server() {
    local namespace="$1"
    shift
    background iperf3.log "$namespace" iperf3 -s --forceflush "$@"
    wait_for iperf3.log 'Server listening'
}

# router NAME NAMESPACE DEVICE CONFIG: vpdnsh with Ethernet0 on the device; its console is $scratch/NAME.log.
router() {
    local fd
    mkfifo "$scratch/$1.in"
    ip netns exec "$run_id-$2" "$vpdnsh" --config "$4" --interface "Ethernet0=$3" \
        <"$scratch/$1.in" >"$scratch/$1.log" 2>&1 &
    pids+=($!)
    printf -v "router_$1" '%s' "$!"
    exec {fd}>"$scratch/$1.in"
    printf -v "console_$1" '%s' "$fd"
    consoles+=("$fd")
    tell "$1" enable
}

# tell NAME LINE...: types lines on the router's console.
tell() {
    local fd="console_$1"
    shift
    printf '%s\n' "$@" >&"${!fd}"
}

# leave NAME: ends the console's input; the router takes everything back and ends well.
leave() {
    local fd="console_$1" pid="router_$1"
    eval "exec ${!fd}>&-"
    wait_gone "${!pid}" || fail "$1 does not end"
    wait "${!pid}" || fail "$1 ends with an error: $(tail -n 1 "$scratch/$1.log")"
}

# capture NAMESPACE DEVICE: into $scratch/call.pcapng, whole packets.
capture() {
    need tshark
    background tshark.log "$1" tshark -q -i "$2" -f "udp port 1701 or ip[6:2] & 0x1fff != 0" -w "$scratch/call.pcapng"
    capture_pid="$last_pid"
    wait_for tshark.log 'Capturing on'
}

# no_capture: ends it when the end of the call is in the file, and so is what was before.
no_capture() {
    # A Message Type AVP that says CDN or StopCCN. The file may be too long for tshark to read again and again.
    LC_ALL=C until_it grep -aqP '\x80\x08\x00\x00\x00\x00\x00[\x04\x0e]' "$scratch/call.pcapng" ||
        fail 'the capture has no end of a call'
    kill -INT "$capture_pid"
    wait_gone "$capture_pid" || fail 'tshark does not end'
}

# clean_capture FILE: tshark marks no packet as malformed or wrong. What TCP carries is iperf3's noise, in which tshark
# would recognise one protocol or another.
clean_capture() {
    local bad
    [ -s "$1" ] || fail "there is no capture $(basename "$1")"
    tshark -r "$1" --disable-protocol tcp -Y '_ws.malformed || _ws.expert.severity == "Error"' >"$scratch/bad" 2>"$scratch/tshark.err"
    bad=$(head -n 1 "$scratch/bad")
    [ -z "$bad" ] || fail "tshark: $bad"
    has "$1" 'l2tp.type == 1'
}

# has FILE FILTER: a packet of the capture matches.
has() {
    tshark -r "$1" --disable-protocol tcp -Y "$2" >"$scratch/has" 2>"$scratch/tshark.err"
    [ -s "$scratch/has" ] || fail "the capture has no packet with $2"
}

# Where UML finds its kernel modules, its process 1, and the shim.
user_mode_linux_files() {
    mkdir -p "$scratch/modules/lib"
    ln -sfn /usr/lib/uml/modules "$scratch/modules/lib/modules"
    cp "$interop/uml/init.sh" "$interop/uml/ppp.sh" "$scratch/"
    cc -shared -fPIC -o "$scratch/fpu_shim.so" "$interop/uml/fpu_shim.c"
}

# user_mode_linux LOG NAMESPACE TAP SCRIPT: boots the kernel PPP peer, which runs $scratch/SCRIPT; its eth is vec0.
user_mode_linux() {
    need linux.uml modprobe busybox cc
    user_mode_linux_files
    background "$1" "$2" env LD_PRELOAD="$scratch/fpu_shim.so" linux.uml mem=256M \
        rootfstype=hostfs rootflags=/ ro init="$scratch/init.sh" lab="$scratch" test="$4" \
        con=null con0=null,fd:1 quiet \
        "vec0:transport=tap,ifname=$3,depth=64,gro=1,mac=0a:00:00:00:00:01"
}

# megabits IPERF_JSON: what the receiver got, in Mbit/s.
megabits() {
    sed -n '/"sum_received"/,/}/s/.*"bits_per_second":[[:space:]]*\([0-9]*\).*/\1/p' "$1" |
        awk '{ printf "%.0f", $1 / 1000000 }'
}

clean_up() {
    set +e
    local pid name
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
    for pid in "${pids[@]}"; do
        patience=5 wait_gone "$pid" || kill -9 "$pid" 2>/dev/null
    done
    for name in "${netns_made[@]}"; do ip netns del "$name"; done
}

# settings FILE KEY VALUE...: a file of tests/interop, its words in capitals replaced.
settings() {
    local text
    text=$(cat "$interop/$1")
    shift
    while [ $# -gt 0 ]; do
        text=${text//$1/$2}
        shift 2
    done
    printf '%s\n' "$text"
}

# lac_lab HOST_ADDRESS VARIANT...: our soho, LAC and RADIUS server as a lab in $scratch/lab, joined to the namespace that
# it is run in by vlab0. The words behind are settings of lac.cfg; -radius leaves the RADIUS server out.
lac_lab() {
    local address="$1"
    shift
    mkdir "$scratch/lab"
    settings lac/lab.toml HOST "$address" >"$scratch/lab/lab.toml"
    settings lac/lac.cfg "$@" >"$scratch/lab/lac.cfg"
    cp "$interop/lac/soho.cfg" "$interop/lac/users" "$scratch/lab/"
}

# play NAMESPACE PLAY: runs a play on the lab; its logs are $scratch/out/NODE.log.
play() {
    cp "$2" "$scratch/lab/case.play"
    in_ns "$1" timeout 900 "$vpdnsh" lab "$scratch/lab" --play case.play --log "$scratch/out" 2>"$scratch/play.err" ||
        fail "the play: $(tail -n 1 "$scratch/play.err")"
}

# What answers RADIUS requests: the embedded server, and FreeRADIUS. A lab with either differs in its `kind` only.
kinds=(radius freeradius)

# example_lab EXAMPLE KIND: the lab of examples/ with a RADIUS server of that kind, in $scratch/KIND/lab.
example_lab() {
    local examples="$interop/../../examples" lab="$scratch/$2/lab"
    mkdir -p "$lab"
    cp "$examples/$1/users" "$examples/../configs/$1"/*.cfg "$lab/"
    sed -e 's#\.\./\.\./configs/[a-z-]*/##' -e '/^console-port/d' -e "s/^kind = \"radius\"/kind = \"$2\"/" \
        "$examples/$1/lab.toml" >"$lab/lab.toml"
}

# insert FILE BEFORE LINE...: puts lines in front of the first line that begins with BEFORE.
insert() {
    local file="$1" before="$2"
    shift 2
    printf '%s\n' "$@" >"$scratch/inserted"
    awk -v before="$before" -v lines="$scratch/inserted" '
        !done && index($0, before) == 1 { while ((getline line < lines) > 0) print line; done = 1 }
        { print }' "$file" >"$file.new"
    mv "$file.new" "$file"
}

# play_on_both PLAY: plays at once on the labs of both kinds, SCRATCH in it being $scratch/KIND; its logs are
# $scratch/KIND/out/NODE.log.
play_on_both() {
    local kind pid running=()
    for kind in "${kinds[@]}"; do
        settings "$1" SCRATCH "$scratch/$kind" WAIT "$interop/wait.sh" INTEROP "$interop" >"$scratch/$kind/lab/case.play"
        timeout 900 "$vpdnsh" lab "$scratch/$kind/lab" --play case.play --log "$scratch/$kind/out" \
            >"$scratch/$kind.play.log" 2>&1 &
        running+=($!)
        pids+=($!)
    done
    for kind in "${kinds[@]}"; do
        pid=${running[0]}
        running=("${running[@]:1}")
        wait "$pid" || fail "the play with $kind: $(tail -n 1 "$scratch/$kind.play.log")"
    done
}

# records DETAIL: one line per accounting record, its attributes in the order of FIELDS behind, split by `|`.
records() {
    local file="$1"
    shift
    awk -v fields="$*" '
        BEGIN { RS = ""; FS = "\n"; count = split(fields, names, " ") }
        {
            delete value
            for (i = 1; i <= NF; i++) {
                at = index($i, " = ")
                if (!at) continue
                name = substr($i, 1, at - 1)
                gsub(/^[ \t]+/, "", name)
                sub(/:[0-9]+$/, "", name)
                text = substr($i, at + 3)
                gsub(/^"|"$/, "", text)
                if (name in value) text = value[name] "," text
                value[name] = text
            }
            line = value[names[1]]
            for (i = 2; i <= count; i++) line = line "|" value[names[i]]
            print line
        }' "$file"
}
