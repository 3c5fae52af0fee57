#!/bin/sh
# dial.sh ROUTER CALLS: dials until every user of this router is up, those again that did not get through.
up() { ip -4 -br address | grep -c '10\.201\.'; }
until [ "$(up)" -ge "$2" ]; do
    for i in $(seq "$2"); do ping -c 1 -W 1 "10.200.$1.$i" >/dev/null 2>&1 & done
    wait
done
echo "router $1: $2 calls are up"
