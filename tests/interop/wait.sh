#!/bin/sh
# wait.sh WHAT ...: ends well as soon as it is so, and badly when it is not within two minutes. Plays run it by `shell`, so
# that no machine is too slow for them.
#   line FILE REGEX   a line of the file matches
#   listens PORT      a TCP server listens here
#   closed            no TCP connection is open here any more; what is left of one would dial again
left=1200
case $1 in
line) holds() { grep -aqsE -- "$2" "$1"; } ;;
listens) holds() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qE ":$(printf %04X "$1") 0+:0000 0A"; } ;;
closed)
    # 06 is TIME_WAIT, which says nothing any more, 0A is LISTEN.
    holds() {
        cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
            awk '$1 != "sl" && $4 != "06" && $4 != "0A" { open = 1 } END { exit open }'
    }
    ;;
*) exit 2 ;;
esac
what=$1
shift
until holds "$@"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo "$what $*: not within 120 s"; exit 1; }
    sleep 0.1
done
