#!/bin/sh
# Puts the VPN server's files into effect, as root. May run again: devices that left the file lose their connection.
# There is no sshd on this machine: it is changed by a new image, or at its console.
set -eu
export DEBIAN_FRONTEND=noninteractive
systemctl daemon-reload
systemctl mask --now nftables.service
systemctl enable bartizan-firewall.service
systemctl restart bartizan-firewall.service
sysctl --system
apt-get purge -y 'bpftrace' 'gdb' 'ltrace' 'netcat-openbsd' 'netcat-traditional' 'nmap' 'strace' 'tcpdump' 'telnet' 'ufw' openssh-server
systemctl start bartizan-wireguard-key.service
systemctl enable wg-quick@wg0.service
systemctl restart wg-quick@wg0.service
wg show wg0 public-key
