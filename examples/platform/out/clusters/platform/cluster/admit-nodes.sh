#!/bin/sh
# Admits nodes that have joined: approves the serving certificates that their kubelets ask for, and labels them with
# their pool. Run it as root on a control-plane node after each join, and daily: kubelets renew their certificates.
# A request is approved only if its signer, requester, subject and every name and address in it are those of one declared
# node, or of a node that make-join.sh was called for. Anything else is left alone and reported.
set -eu
umask 077

export KUBECONFIG=/etc/kubernetes/admin.conf
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM

say() { echo "admit-nodes.sh: $*" >&2; }
[ "$(id -u)" -eq 0 ] || {
	say "run it as root"
	exit 1
}

# lookup NODE sets pool and address; address is empty for a node of an elastic pool.
lookup() {
	pool='' address=''
	case $1 in
	'plat-cp-1')
		pool='control'
		address='10.50.0.11'
		;;
	'plat-cp-2')
		pool='control'
		address='10.50.0.12'
		;;
	'plat-cp-3')
		pool='control'
		address='10.50.0.13'
		;;
	*)
		printf '%s\n' "$1" | grep -Eqx '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?' || return 1
		[ -f "/etc/kubernetes/admitted/$1" ] || return 1
		pool=$(cat "/etc/kubernetes/admitted/$1")
		;;
	esac
}

# in_pool ADDRESS POOL reports whether an IPv4 address is one of an elastic pool's.
in_pool() {
	case $2 in
	'apps') cidr='10.50.0.128/26' ;;
	*) return 1 ;;
	esac
	printf '%s %s\n' "$1" "$cidr" | awk '
		function number(a, p) {
			if (a !~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/) return -1
			split(a, p, ".")
			return ((p[1] * 256 + p[2]) * 256 + p[3]) * 256 + p[4]
		}
		{
			split($2, c, "/")
			size = 2 ^ (32 - c[2])
			a = number($1)
			b = number(c[1])
			exit !(a >= 0 && b >= 0 && int(a / size) == int(b / size))
		}'
}

# judge NAME USER writes why the request in "$work/csr" is not approved, or nothing.
judge() {
	node=${2#system:node:}
	if [ "$2" = "$node" ] || ! lookup "$node"; then
		echo "$2 is no declared node"
		return
	fi
	if [ "$(openssl req -in "$work/csr" -noout -subject -nameopt RFC2253 2>/dev/null)" != "subject=CN=system:node:$node,O=system:nodes" ]; then
		echo "its subject is not that of $node"
		return
	fi
	openssl req -in "$work/csr" -noout -text >"$work/text"
	# A name may hold a line break: nothing that looks like a name may stand beside the one line that is judged.
	if [ "$(grep -c 'Subject Alternative Name' "$work/text")" != 1 ] || [ "$(grep -cE 'DNS:|IP Address:' "$work/text")" != 1 ]; then
		echo "its names cannot be read"
		return
	fi
	awk 'found { print; exit } /Subject Alternative Name/ { found = 1 }' "$work/text" | tr ',' '\n' | sed 's/^ *//; s/ *$//' >"$work/names"
	[ -s "$work/names" ] || echo "it has no names"
	while read -r entry; do
		case $entry in
		"DNS:$node") ;;
		"IP Address:"*)
			if [ -n "$address" ]; then
				[ "${entry#IP Address:}" = "$address" ] || echo "$entry is not the address of $node"
			else
				in_pool "${entry#IP Address:}" "$pool" || echo "$entry is no address of pool $pool"
			fi
			;;
		*) echo "$entry is not $node" ;;
		esac
	done <"$work/names"
}

kubectl get certificatesigningrequests --field-selector spec.signerName=kubernetes.io/kubelet-serving \
	-o go-template='{{range .items}}{{if not .status.conditions}}{{.metadata.name}} {{.spec.username}} {{.spec.request}}{{"\n"}}{{end}}{{end}}' >"$work/requests"
status=0
while read -r name user request; do
	printf '%s' "$request" | base64 -d >"$work/csr"
	wrong=$(judge "$name" "$user")
	if [ -n "$wrong" ]; then
		say "$name is not approved: $wrong"
		status=1
	else
		kubectl certificate approve "$name"
	fi
done <"$work/requests"

kubectl get nodes -o go-template='{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}' >"$work/nodes"
while read -r node; do
	if lookup "$node"; then
		kubectl label --overwrite node "$node" node-restriction.kubernetes.io/pool="$pool"
	else
		say "node $node is not declared"
		status=1
	fi
done <"$work/nodes"
exit "$status"
