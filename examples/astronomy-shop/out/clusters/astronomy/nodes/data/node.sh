#!/bin/sh
# Puts this machine's files into effect, as root, before kubeadm. One plain command a line, so that it can be checked.
# It stops at the first command that fails: a node that is not hardened does not join.
set -eu
export DEBIAN_FRONTEND=noninteractive
test -x /usr/bin/kubelet
test -x /usr/bin/kubeadm
systemd-tmpfiles --create /etc/tmpfiles.d/00-bartizan.conf
systemctl daemon-reload
systemctl mask --now nftables.service
systemctl enable bartizan-firewall.service
systemctl restart bartizan-firewall.service
systemctl restart systemd-modules-load.service
sysctl --system
swapoff -a
systemctl mask swap.target
apt-get purge -y 'bpftrace' 'gdb' 'ltrace' 'netcat-openbsd' 'netcat-traditional' 'nmap' 'strace' 'tcpdump' 'telnet' 'ufw'
groupadd -f -r bartizan-ssh
sshd -t
systemctl restart ssh.service
systemctl enable containerd.service
systemctl restart containerd.service
systemctl enable --now bartizan-permissions.timer
# Last, because the rules lock themselves: loading them again fails until the next boot.
augenrules --load
