#!/bin/sh
# radclient.sh disconnect|coa ATTRIBUTES: what the LNS answers. A NAK is an answer too, for which radclient ends badly.
echo "$2" | radclient -x -r 10 -t 10 10.51.6.82:1700 "$1" s3cret 2>&1 | tee /dev/stderr | grep -q '^Received'
