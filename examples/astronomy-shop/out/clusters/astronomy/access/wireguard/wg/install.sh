#!/bin/sh
# Installs this directory's files on the machine it runs on, as root. cloud-init.yaml does the same at first boot.
set -eu
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends 'nftables' 'unattended-upgrades' 'wireguard-tools'
install -D -m 0600 -o root -g root 'wg0.conf' '/etc/wireguard/wg0.conf'
install -D -m 0644 -o root -g root 'bartizan-wireguard-key.service' '/etc/systemd/system/bartizan-wireguard-key.service'
install -D -m 0600 -o root -g root 'nftables.nft' '/etc/bartizan/firewall.nft'
install -D -m 0644 -o root -g root 'bartizan-firewall.service' '/etc/systemd/system/bartizan-firewall.service'
install -D -m 0644 -o root -g root 'sysctl.conf' '/etc/sysctl.d/99-zz-bartizan.conf'
install -D -m 0644 -o root -g root 'modprobe.conf' '/etc/modprobe.d/bartizan.conf'
install -D -m 0644 -o root -g root 'apt.conf' '/etc/apt/apt.conf.d/99-bartizan'
install -D -m 0700 -o root -g root 'setup-wireguard.sh' '/usr/local/sbin/bartizan-wireguard'
'/usr/local/sbin/bartizan-wireguard'
