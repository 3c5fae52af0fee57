#!/bin/sh
# Process 1 of the User-Mode Linux peer. Its root is the host's, read only; what must be writable is tmpfs. Runs the
# script named by test= in the folder named by lab=, prints `UML-RC=<status>` and powers off.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs dev /dev
while read -r name major minor; do
    mknod -m 666 "/dev/$name" c "$major" "$minor"
done <<NODES
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
ptmx 5 2
console 5 1
ppp 108 0
NODES
ln -s /proc/self/fd /dev/fd
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
for folder in /run /tmp /var/lib /var/log /etc/ppp /etc/xl2tpd; do
    [ -d "$folder" ] && mount -t tmpfs scratch "$folder"
done
argument() { sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
mkdir -p /tmp/lab
mount -t hostfs none /tmp/lab -o "$(argument lab)"
ip link set lo up
for module in slhc ppp_generic ppp_async pppox udp_tunnel l2tp_core l2tp_ppp; do
    modprobe -d /tmp/lab/modules "$module" || echo "no module $module"
done
touch /etc/ppp/options
sh "/tmp/lab/$(argument test)"
echo "UML-RC=$?"
sync
exec busybox poweroff -f
