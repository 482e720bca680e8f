#!/bin/sh
# Writes what one node needs to join the cluster to standard output: a token that lives for 15 minutes, the cluster's
# authority and, for control-plane nodes, their keys. Run it as root on a control-plane node and pipe it to the node:
#   ssh astro-cp-1 sudo cluster/make-join.sh NODE [POOL] | ssh NODE sudo cluster/join.sh
# The secrets then touch no disk on the way. POOL is for nodes of elastic pools, which the specification does not name.
set -eu
umask 077

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
export KUBECONFIG=/etc/kubernetes/admin.conf

fail() {
	echo "make-join.sh: $*" >&2
	exit 1
}

[ "$#" -ge 1 ] || fail "usage: make-join.sh NODE [POOL]"
[ "$(id -u)" -eq 0 ] || fail "run it as root"
[ ! -t 1 ] || fail "what it writes is secret: pipe it to join.sh on the node"
printf '%s\n' "$1" | grep -Eqx '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?' || fail "$1 is no name of a node"

control=no
case $1 in
'astro-cp-1')
	pool='control'
	control=yes
	;;
'astro-cp-2')
	pool='control'
	control=yes
	;;
'astro-cp-3')
	pool='control'
	control=yes
	;;
'data-1')
	pool='data'
	;;
'data-2')
	pool='data'
	;;
'data-3')
	pool='data'
	;;
*)
	pool=${2:-}
	case $pool in
	'apps') ;;
	*) fail "$1 is not declared; name the elastic pool that it belongs to" ;;
	esac
	# admit-nodes.sh admits such a node because somebody has called it by its name here.
	install -d -m 0700 /etc/kubernetes/admitted
	printf '%s\n' "$pool" >"/etc/kubernetes/admitted/$1"
	;;
esac

token=$(kubeadm token create --ttl 15m --usages authentication --description "join of $1")
authority=$(base64 -w 0 /etc/kubernetes/pki/ca.crt)
printf 'node %s\n' "$1"
printf 'pool %s\n' "$pool"
printf 'token %s\n' "$token"
printf 'authority %s\n' "$authority"
if [ "$control" = yes ]; then
	# The keys of the control plane, encrypted in a Secret that lives for two hours; this is the key to them.
	certificate_key=$(kubeadm init phase upload-certs --upload-certs --config "$here/init.yaml" | tail -n 1)
	printf 'certificate-key %s\n' "$certificate_key"
	encryption=$(base64 -w 0 /etc/kubernetes/hardening/encryption.yaml)
	printf 'encryption %s\n' "$encryption"
fi
