#!/bin/sh
# Installs the Debian packages that "make e2e" needs and that are missing. The host needs no others.
set -eu
missing=
need() { command -v "$1" >/dev/null || missing="$missing $2"; }
PATH=$PATH:/usr/sbin:/sbin
need gcc gcc
need pkg-config pkg-config
[ -e /usr/include/stdlib.h ] || missing="$missing libc6-dev"
[ -e /usr/include/seccomp.h ] || missing="$missing libseccomp-dev"
need nft nftables
need iptables iptables
need conntrack conntrack
need ipset ipset
need ip iproute2
need mount mount
need nsenter util-linux
need sysctl procps
need openssl openssl
need curl curl
need jq jq
need sshd openssh-server
need systemd-tmpfiles systemd
[ -z "$missing" ] && exit
apt-get update -qq
# shellcheck disable=SC2086 # one word for each package
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
