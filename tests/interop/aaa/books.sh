#!/bin/sh
# books.sh CALLS: waits until FreeRADIUS, which runs here, has a stop record for every start record, of so many calls or more
# at both ends.
detail=/proc/$(pidof freeradius)/cwd/detail
count() { grep -cs "Acct-Status-Type = $1" "$detail"; }
left=1200
until [ "$(count Start)" -ge $((2 * $1)) ] && [ "$(count Start)" -eq "$(count Stop)" ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || { echo "$(count Start) starts, $(count Stop) stops"; exit 1; }
    sleep 0.1
done
