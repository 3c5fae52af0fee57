#!/bin/sh
# last_session.sh DETAIL NAS: the Acct-Session-Id of the last start record of that router.
awk -v nas="$2" 'BEGIN { RS = "" }
    /Acct-Status-Type = Start/ && index($0, "NAS-IP-Address = " nas "\n") {
        match($0, /Acct-Session-Id = "[^"]*"/)
        id = substr($0, RSTART + 19, RLENGTH - 20)
    }
    END { print id }' "$1"
