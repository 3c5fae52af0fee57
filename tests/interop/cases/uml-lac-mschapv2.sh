# The same with MS-CHAPv2; the tunnel is closed under the call.
# shellcheck shell=bash
. "$interop/uml_call.sh"
uml_call ms-chap-v2 tunnel 'I StopCCN from xlac'
