# The same with MS-CHAPv2.
. "$interop/uml_call.sh"
uml_call ms-chap-v2
