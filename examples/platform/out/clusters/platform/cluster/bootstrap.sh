#!/bin/sh
# Sets up the first control-plane node of the cluster. Run it as root on that node, from a copy of this directory.
# It may be run again: it keeps the encryption key, and it does not initialize a cluster that is there.
set -eu
umask 077

first='plat-cp-1'
endpoint='api.platform.example.internal'
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

fail() {
	echo "bootstrap.sh: $*" >&2
	exit 1
}

[ "$(id -u)" -eq 0 ] || fail "run it as root"
[ "$(hostname)" = "$first" ] || fail "this is $(hostname), but the cluster starts on $first"
[ -S /run/containerd/containerd.sock ] || fail "containerd does not run; set the machine up with its node files first"
getent ahosts "$endpoint" >/dev/null || fail "$endpoint has no address; enter it in DNS or in /etc/hosts"

# The files that the API server reads.
install -d -m 0700 -o root -g root /etc/kubernetes /etc/kubernetes/hardening /etc/kubernetes/patches /var/log/kubernetes /var/log/kubernetes/audit
[ -s /etc/kubernetes/hardening/audit-webhook.token ] || fail "the log collector's token is missing: put it into /etc/kubernetes/hardening/audit-webhook.token"
chown root:root /etc/kubernetes/hardening/audit-webhook.token
chmod 0600 /etc/kubernetes/hardening/audit-webhook.token
for name in 'admission.yaml' 'audit-policy.yaml' 'authentication.yaml' 'audit-webhook.yaml'; do
	install -m 0600 -o root -g root "$here/hardening/$name" /etc/kubernetes/hardening/"$name"
done
install -m 0600 -o root -g root "$here/patches/"'control'/*.yaml /etc/kubernetes/patches/

# The key that encrypts Secrets in etcd. It is made once, here, and never leaves the control plane. Without it nobody
# can read a backup of etcd: keep a copy where backups are not.
if [ ! -s /etc/kubernetes/hardening/encryption.yaml ]; then
	key=$(head -c 32 /dev/urandom | base64)
	printf 's|@ENCRYPTION_KEY@|%s|\n' "$key" | sed -f /dev/stdin "$here/hardening/encryption.yaml" >/etc/kubernetes/hardening/encryption.yaml.new
	mv /etc/kubernetes/hardening/encryption.yaml.new /etc/kubernetes/hardening/encryption.yaml
fi

if [ ! -e /etc/kubernetes/manifests/kube-apiserver.yaml ]; then
	kubeadm config validate --config "$here/init.yaml"
	# kubeadm speaks to the cluster's endpoint before kube-vip runs: this node holds the address until then.
	interface=$(ip -o address show to '10.50.0.11' | awk '{ print $2; exit }')
	[ -n "$interface" ] || fail "no interface has the address "'10.50.0.11'
	ip address replace '10.50.0.10'/32 dev "$interface"
	kubeadm init --config "$here/init.yaml" --skip-token-print
fi

export KUBECONFIG=/etc/kubernetes/admin.conf
# No token is left that admits a node; make-join.sh makes one for each.
kubeadm token list | awk 'NR > 1 { sub(/\..*/, "", $1); print $1 }' | while read -r id; do
	kubeadm token delete "$id"
done
# Nodes get the cluster's address and authority from make-join.sh, so nobody needs the public copy.
kubectl --namespace kube-public delete rolebinding kubeadm:bootstrap-signer-clusterinfo --ignore-not-found
"$here/kube-vip.sh"

echo "The control plane runs. Take /etc/kubernetes/super-admin.conf off this machine and lock it away: RBAC does not bind it."
echo "Next: install the network plugin, join the other nodes, run admit-nodes.sh. See README.md."
