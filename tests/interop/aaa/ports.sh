#!/bin/sh
# ports.sh -ge|-eq COUNT: waits until there are so many Virtual-Access interfaces here.
left=6000
until [ "$(ip -br link | grep -c '^Vi')" "$1" "$2" ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo "no $2 calls within 300 s: $(ip -br link | grep -c '^Vi')"; exit 1; }
    sleep 0.05
done
