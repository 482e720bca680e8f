#!/bin/sh
# Puts the jump box's files into effect, as root. May run again.
set -eu
export DEBIAN_FRONTEND=noninteractive
systemctl daemon-reload
systemctl mask --now nftables.service
systemctl enable bartizan-firewall.service
systemctl restart bartizan-firewall.service
sysctl --system
apt-get purge -y 'bpftrace' 'gdb' 'ltrace' 'netcat-openbsd' 'netcat-traditional' 'nmap' 'strace' 'tcpdump' 'telnet' 'ufw'
groupadd -f -r bartizan-ssh
install -d -m 0755 -o root -g root /etc/ssh/authorized_keys
sshd -t
systemctl restart ssh.service
augenrules --load
