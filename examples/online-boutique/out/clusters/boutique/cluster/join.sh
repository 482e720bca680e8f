#!/bin/sh
# Joins this node to the cluster. Run it as root on the node, from a copy of this directory, with the output of
# make-join.sh as its input.
set -eu
umask 077

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

fail() {
	echo "join.sh: $*" >&2
	exit 1
}

[ "$(id -u)" -eq 0 ] || fail "run it as root"
[ ! -e /etc/kubernetes/kubelet.conf ] || fail "this node has joined already; kubeadm reset undoes that"
[ -S /run/containerd/containerd.sock ] || fail "containerd does not run; set the machine up with its node files first"
getent ahosts 'api.boutique.example.internal' >/dev/null || fail 'api.boutique.example.internal'" has no address; enter it in DNS or in /etc/hosts"

node='' pool='' token='' authority='' certificate_key='' encryption=''
while read -r name value; do
	case $name in
	node) node=$value ;;
	pool) pool=$value ;;
	token) token=$value ;;
	authority) authority=$value ;;
	certificate-key) certificate_key=$value ;;
	encryption) encryption=$value ;;
	*) fail "the input is not what make-join.sh writes" ;;
	esac
done

# The shapes are checked, because the values go into files.
matches() { printf '%s\n' "$1" | grep -Eqx "$2"; }
matches "$token" '[a-z0-9]{6}\.[a-z0-9]{16}' || fail "the input has no token; make-join.sh failed"
matches "$authority" '[A-Za-z0-9+/]+=*' || fail "the input has no authority"
[ "$(hostname)" = "$node" ] || fail "this is $(hostname), but the token was made for $node"

address=''
control=no
case $node in
'cp-1')
	pool='control'
	address='10.20.0.11'
	config='join-cp-1.yaml'
	control=yes
	;;
'cp-2')
	pool='control'
	address='10.20.0.12'
	config='join-cp-2.yaml'
	control=yes
	;;
'cp-3')
	pool='control'
	address='10.20.0.13'
	config='join-cp-3.yaml'
	control=yes
	;;
'gen-1')
	pool='general'
	address='10.20.0.21'
	config='join-general.yaml'
	;;
'gen-2')
	pool='general'
	address='10.20.0.22'
	config='join-general.yaml'
	;;
'gen-3')
	pool='general'
	address='10.20.0.23'
	config='join-general.yaml'
	;;
'pay-1')
	pool='payments'
	address='10.20.0.31'
	config='join-payments.yaml'
	;;
'pay-2')
	pool='payments'
	address='10.20.0.32'
	config='join-payments.yaml'
	;;
*) fail "$node is not declared" ;;
esac

install -d -m 0700 -o root -g root /etc/kubernetes /etc/kubernetes/patches /etc/kubernetes/join
trap 'rm -rf /etc/kubernetes/join' EXIT
trap 'exit 1' HUP INT TERM
install -m 0600 -o root -g root "$here/patches/$pool/"*.yaml /etc/kubernetes/patches/
if [ "$control" = yes ]; then
	matches "$certificate_key" '[0-9a-f]{64}' || fail "the input has no certificate key"
	install -d -m 0700 -o root -g root /etc/kubernetes/hardening /var/log/kubernetes /var/log/kubernetes/audit
	[ -s /etc/kubernetes/hardening/audit-webhook.token ] || fail "the log collector's token is missing: put it into /etc/kubernetes/hardening/audit-webhook.token"
	chown root:root /etc/kubernetes/hardening/audit-webhook.token
	chmod 0600 /etc/kubernetes/hardening/audit-webhook.token
	for name in 'admission.yaml' 'audit-policy.yaml' 'authentication.yaml' 'audit-webhook.yaml'; do
		install -m 0600 -o root -g root "$here/hardening/$name" /etc/kubernetes/hardening/"$name"
	done
	matches "$encryption" '[A-Za-z0-9+/]+=*' || fail "the input has no encryption configuration"
	printf '%s' "$encryption" | base64 -d >/etc/kubernetes/hardening/encryption.yaml
fi

# printf is part of the shell, so no secret stands on a command line.
{
	printf 's|@JOIN_TOKEN@|%s|\n' "$token"
	printf 's|@CLUSTER_AUTHORITY@|%s|\n' "$authority"
	printf 's|@CERTIFICATE_KEY@|%s|\n' "$certificate_key"
	printf 's|@NODE_ADDRESS@|%s|\n' "$address"
} >/etc/kubernetes/join/marks
sed -f /etc/kubernetes/join/marks "$here/discovery.yaml" >/etc/kubernetes/join/discovery.conf
sed -f /etc/kubernetes/join/marks "$here/$config" >/etc/kubernetes/join/join.yaml
kubeadm join --config /etc/kubernetes/join/join.yaml
if [ "$control" = yes ]; then
	"$here/kube-vip.sh"
fi
echo "Joined. Next: admit-nodes.sh on $(printf '%s' 'cp-1')."
