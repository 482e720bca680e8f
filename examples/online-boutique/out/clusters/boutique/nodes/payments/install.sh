#!/bin/sh
# Installs this directory's files on the machine it runs on, as root. cloud-init.yaml does the same at first boot.
set -eu
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends 'apparmor' 'auditd' 'nftables' 'openssh-server' 'tlog' 'unattended-upgrades'
install -D -m 0600 -o root -g root 'nftables.nft' '/etc/bartizan/firewall.nft'
install -D -m 0644 -o root -g root 'bartizan-firewall.service' '/etc/systemd/system/bartizan-firewall.service'
install -D -m 0644 -o root -g root 'sysctl.conf' '/etc/sysctl.d/99-zz-bartizan.conf'
install -D -m 0644 -o root -g root 'modules-load.conf' '/etc/modules-load.d/bartizan.conf'
install -D -m 0644 -o root -g root 'modprobe.conf' '/etc/modprobe.d/bartizan.conf'
install -D -m 0600 -o root -g root 'audit.rules' '/etc/audit/rules.d/99-bartizan.rules'
install -D -m 0600 -o root -g root 'containerd.toml' '/etc/containerd/config.toml'
install -D -m 0644 -o root -g root 'tmpfiles.conf' '/etc/tmpfiles.d/00-bartizan.conf'
install -D -m 0644 -o root -g root 'bartizan-permissions.service' '/etc/systemd/system/bartizan-permissions.service'
install -D -m 0644 -o root -g root 'bartizan-permissions.timer' '/etc/systemd/system/bartizan-permissions.timer'
install -D -m 0644 -o root -g root 'issue' '/etc/issue.net'
install -D -m 0600 -o root -g root 'runsc.toml' '/etc/containerd/runsc.toml'
install -D -m 0644 -o root -g root 'apt.conf' '/etc/apt/apt.conf.d/99-bartizan'
install -D -m 0600 -o root -g root 'sshd_config' '/etc/ssh/sshd_config'
install -D -m 0700 -o root -g root 'ssh-user.sh' '/usr/local/sbin/bartizan-ssh-user'
install -D -m 0700 -o root -g root 'ssh-open.sh' '/usr/local/sbin/bartizan-ssh-open'
install -D -m 0644 -o root -g root 'tlog.conf' '/etc/tlog/tlog-rec-session.conf'
install -D -m 0700 -o root -g root 'node.sh' '/usr/local/sbin/bartizan-node'
'/usr/local/sbin/bartizan-node'
