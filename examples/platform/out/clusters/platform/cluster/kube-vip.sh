#!/bin/sh
# Gives kube-vip on this control-plane node a credential of its own and starts it. bootstrap.sh and join.sh run it; run it
# again within a year, because the certificate lives that long. kube-vip is reachable from the network and must not hold
# admin.conf: its credential may do nothing but hold the lease that decides which node has the address.
set -eu
umask 077

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
[ "$(id -u)" -eq 0 ] || {
	echo "kube-vip.sh: run it as root" >&2
	exit 1
}
kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f "$here/kube-vip/rbac.yaml"
kubeadm kubeconfig user --config "$here/init.yaml" --client-name kube-vip --validity-period 8760h >/etc/kubernetes/kube-vip.conf.new
mv /etc/kubernetes/kube-vip.conf.new /etc/kubernetes/kube-vip.conf
install -m 0600 -o root -g root "$here/kube-vip/pod.yaml" /etc/kubernetes/manifests/kube-vip.yaml
