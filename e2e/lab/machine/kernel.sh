#!/bin/sh
# Gives the machine kernel settings of its own: kernel.sh WORK. Settings of the network belong to the namespace and are
# real. All others belong to the host's kernel: they are copies that can be written and read, and change nothing. So the
# generated sysctl.conf is loaded by the real sysctl, and the kubelet sees its values, but the host stays as it is.
set -eu
sys=$1/sys
mkdir -p "$sys"
mount -t tmpfs -o mode=0755 sys "$sys"
(cd /proc/sys && find . -path ./net -prune -o -type d -print) | while read -r dir; do mkdir -p "$sys/$dir"; done
# A setting that cannot be read is empty; some block, and one second is enough for the others.
(cd /proc/sys && find . -path ./net -prune -o -type f -print) | while read -r file; do
	head -c 65536 "/proc/sys/$file" >"$sys/$file" 2>/dev/null || true
done
# The generated settings may name what this kernel was built without.
for missing in kernel/apparmor_restrict_unprivileged_userns kernel/yama/ptrace_scope kernel/io_uring_disabled \
	kernel/kexec_load_disabled kernel/unprivileged_bpf_disabled vm/unprivileged_userfaultfd dev/tty/ldisc_autoload; do
	[ -e "$sys/$missing" ] || install -D -m 0644 /dev/null "$sys/$missing"
done
mkdir -p "$sys/net"
for entry in /proc/sys/net/*; do
	if [ -d "$entry" ]; then mkdir "$sys/net/${entry##*/}"; else : >"$sys/net/${entry##*/}"; fi
	mount --bind "$entry" "$sys/net/${entry##*/}"
done
for missing in core/bpf_jit_harden bridge/bridge-nf-call-iptables bridge/bridge-nf-call-ip6tables; do
	[ -e "$sys/net/$missing" ] || [ -d "/proc/sys/net/${missing%/*}" ] || install -D -m 0644 /dev/null "$sys/net/$missing"
done
mount --rbind "$sys" /proc/sys
