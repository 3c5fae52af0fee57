# Shared by the interop cases: namespaces, our routers, the other programs, and the report. Sourced by scripts/interop.
# shellcheck shell=bash


netns_made=()
pids=()

# has PROGRAM...: the case is skipped, by name, when one is not installed.
need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || { echo "$program is not installed" >"$scratch/skipped"; exit 77; }
    done
}

fail() {
    echo "$*" >"$scratch/why"
    exit 1
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

# cable NS_A DEV_A ADDR_A NS_B DEV_B ADDR_B
cable() {
    ip link add "$2" netns "$run_id-$1" type veth peer name "$5" netns "$run_id-$4"
    ip -n "$run_id-$1" link set "$2" up
    ip -n "$run_id-$4" link set "$5" up
    [ "$3" = - ] || ip -n "$run_id-$1" addr add "$3" dev "$2"
    [ "$6" = - ] || ip -n "$run_id-$4" addr add "$6" dev "$5"
}

# background LOG COMMAND...: a process of this case, ended with it.
background() {
    local log="$1"
    shift
    "$@" >"$scratch/$log" 2>&1 &
    pids+=($!)
}

# wait_for FILE REGEX SECONDS: until a line of the file matches.
wait_for() {
    local file="$scratch/$1" regex="$2" left=$(($3 * 10))
    until grep -aqE -- "$regex" "$file" 2>/dev/null; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || fail "no line of $1 matches /$regex/ within $3 s"
        sleep 0.1
    done
}

# router NAME NAMESPACE DEVICE CONFIG: vpdnsh with Ethernet0 on the device; its console is $scratch/NAME.log.
router() {
    mkfifo "$scratch/$1.in"
    background "$1.log" in_ns "$2" bash -c "exec '$vpdnsh' --config '$4' --interface 'Ethernet0=$3' <'$scratch/$1.in'"
    exec {console}>"$scratch/$1.in"
    printf -v "console_$1" '%s' "$console"
    tell "$1" enable
}

# tell NAME LINE...: types lines on the router's console.
tell() {
    local fd="console_$1"
    shift
    printf '%s\n' "$@" >&"${!fd}"
}

# user_mode_linux LOG NAMESPACE TAP SCRIPT: boots the kernel PPP peer; its eth is vec0.
user_mode_linux() {
    need linux.uml modprobe busybox
    mkdir -p "$scratch/modules/lib"
    ln -sfn /usr/lib/uml/modules "$scratch/modules/lib/modules"
    cp "$interop/uml/init.sh" "$scratch/init.sh"
    [ -e "$scratch/fpu_shim.so" ] || cc -shared -fPIC -o "$scratch/fpu_shim.so" "$interop/uml/fpu_shim.c"
    background "$1" in_ns "$2" env LD_PRELOAD="$scratch/fpu_shim.so" linux.uml mem=256M \
        rootfstype=hostfs rootflags=/ ro init="$scratch/init.sh" lab="$scratch" test="$4" \
        con=null con0=null,fd:1 quiet \
        "vec0:transport=tap,ifname=$3,depth=128,gro=1,mac=02:00:00:00:00:01"
}

# clean_capture FILE: tshark marks no packet as malformed.
clean_capture() {
    local bad
    bad=$(tshark -r "$1" -Y '_ws.malformed || _ws.expert.severity == "Error"' 2>/dev/null | head -3)
    [ -z "$bad" ] || fail "tshark: $bad"
}

clean_up() {
    local pid name
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null; done
    for name in "${netns_made[@]}"; do ip netns del "$name" 2>/dev/null; done
    return 0
}
