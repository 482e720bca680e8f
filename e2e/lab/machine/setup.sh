#!/bin/sh
# Makes a machine out of fresh namespaces: setup.sh NAME WORK. What the machine writes stays in WORK, which is removed with
# it: the system directories are the host's, copy-on-write; /run is empty, as after a boot.
set -eu
name=$1 work=$2
hostname "$name"
for dir in etc var opt usr; do
	mkdir -p "$work/$dir/upper" "$work/$dir/work"
	mount -t overlay "$name-$dir" -o "lowerdir=/$dir,upperdir=$work/$dir/upper,workdir=$work/$dir/work" "/$dir"
done
mount -t tmpfs -o mode=0755 run /run
mount -t tmpfs -o mode=0700 root /root
# Nothing of another cluster on the host.
rm -rf /etc/kubernetes /etc/cni /etc/containerd /opt/cni /var/lib/kubelet /var/lib/etcd /var/lib/cni /var/log/kubernetes /var/log/pods
mkdir -p /run/sshd /run/units /var/log/units
# Container file systems are overlays themselves, and an overlay cannot be the upper layer of another; nor can the kernel map
# the users of one for a pod that has its own, as it does with the volumes that the kubelet keeps.
for dir in containerd kubelet; do
	mkdir -p "/var/lib/$dir" "$work/$dir"
	mount --bind "$work/$dir" "/var/lib/$dir"
done
# The kernel lets a pod with users of its own mount its processes only where those of its node are in full view, and those in
# /proc are not: kernel.sh covers settings.
mkdir -p /run/proc
mount -t proc proc /run/proc
tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
: >/etc/resolv.conf
# Volumes of pods are mounted by the kubelet and seen by containers.
mount --make-rshared /
