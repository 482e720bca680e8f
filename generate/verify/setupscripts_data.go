package verify

import (
	"fmt"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// reviewedCommands returns what each script may do besides what is free: pipes as a whole, then commands. admit-nodes.sh and kube-vip.sh are compared
// as a whole by the checks of their controls.
func (k *kubeadmFiles) reviewedCommands() map[string]*reviewedScript {
	var first struct{ pool, address, balancer string }
	node := generate.ControlPlaneNodes(k.cluster)[0]
	first.address = node.Address.String()
	for _, pool := range k.cluster.NodePools {
		for _, n := range pool.Nodes {
			if n.Name == node.Name {
				first.pool = pool.Name
			}
		}
	}
	if lb := k.cluster.API.LoadBalancer; lb != nil && lb.Kind == model.KubeVIP {
		first.balancer = fmt.Sprintf("%s'/%d", lb.Address, lb.Address.BitLen())
	}
	return map[string]*reviewedScript{
		"bootstrap.sh": {
			commands: []string{
				`CDPATH='' cd -- "$(dirname -- "$0")"`,
				`head -c 32 /dev/urandom | base64`,
				`ip -o address show to '` + first.address + `' | awk '{ print $2; exit }'`,
				`kubeadm token list | awk 'NR > 1 { sub(/\..*/, "", $1); print $1 }'`,
				`kubeadm token list | awk 'NR > 1 { sub(/\..*/, "", $1); print $1 }' | while read -r id; do kubeadm token delete "$id"; done`,
				`printf 's|@ENCRYPTION_KEY@|%s|\n' "$key" | sed -f /dev/stdin "$here/hardening/encryption.yaml" >/etc/kubernetes/hardening/encryption.yaml.new`,
				`"$here/kube-vip.sh"`,
				`awk 'NR > 1 { sub(/\..*/, "", $1); print $1 }'`,
				`awk '{ print $2; exit }'`,
				`base64`,
				`chmod 0600 /etc/kubernetes/hardening/audit-webhook.token`,
				`chown root:root /etc/kubernetes/hardening/audit-webhook.token`,
				`export KUBECONFIG=/etc/kubernetes/admin.conf`,
				`head -c 32 /dev/urandom`,
				`install -d -m 0700 -o root -g root /etc/kubernetes /etc/kubernetes/hardening /etc/kubernetes/patches /var/log/kubernetes /var/log/kubernetes/audit`,
				`install -m 0600 -o root -g root "$here/hardening/$name" /etc/kubernetes/hardening/"$name"`,
				`install -m 0600 -o root -g root "$here/patches/"'` + first.pool + `'/*.yaml /etc/kubernetes/patches/`,
				`ip -o address show to '` + first.address + `'`,
				`ip address replace '` + first.balancer + ` dev "$interface"`,
				`kubeadm config validate --config "$here/init.yaml"`,
				`kubeadm init --config "$here/init.yaml" --skip-token-print`,
				`kubeadm token delete "$id"`,
				`kubeadm token list`,
				`kubectl --namespace kube-public delete rolebinding kubeadm:bootstrap-signer-clusterinfo --ignore-not-found`,
				`mv /etc/kubernetes/hardening/encryption.yaml.new /etc/kubernetes/hardening/encryption.yaml`,
				`sed -f /dev/stdin "$here/hardening/encryption.yaml" >/etc/kubernetes/hardening/encryption.yaml.new`,
			},
			always: []string{
				`kubeadm token list | awk 'NR > 1 { sub(/\..*/, "", $1); print $1 }' | while read -r id; do kubeadm token delete "$id"; done`,
				`kubectl --namespace kube-public delete rolebinding kubeadm:bootstrap-signer-clusterinfo --ignore-not-found`,
			},
		},
		"etcd-certs.sh": {
			commands: []string{
				`(cd "$work/pki" && find . -type f) >"$work/names"`,
				`CDPATH='' cd -- "$(dirname -- "$0")"`,
				`cd "$work/pki"`,
				`base64 -w 0 "$work/pki/$name"`,
				`cp "$pki/etcd/ca.crt" "$pki/etcd/ca.key" "$work/pki/etcd/"`,
				`find . -type f`,
				`install -d -m 0700 "$work/pki/etcd"`,
				`kubeadm init phase certs "$kind" --config "$work/config.yaml" >&2`,
				`rm "$work/pki/etcd/ca.key"`,
				`sed "s|^certificatesDir: .*|certificatesDir: $work/pki|" "$here/etcd/$config" >"$work/config.yaml"`,
				`sort -o "$work/names" "$work/names"`,
				`trap 'exit 1' HUP INT TERM`,
				`trap 'rm -rf -- "$work"' EXIT`,
			},
			always: []string{
				`rm "$work/pki/etcd/ca.key"`,
				`(cd "$work/pki" && find . -type f) >"$work/names"`,
			},
		},
		"etcd-client.sh": {
			commands: []string{
				`printf '%s' "$value" | base64 -d >"$work/${name#etcd/}"`,
				`base64 -d >"$work/${name#etcd/}"`,
				`cmp -s "$work/ca.crt" "$pki/etcd/ca.crt"`,
				`install -d -m 0755 -o root -g root /etc/kubernetes "$pki" "$pki/etcd"`,
				`install -m 0600 -o root -g root "$work/apiserver-etcd-client.key" "$pki/"`,
				`install -m 0644 -o root -g root "$work/apiserver-etcd-client.crt" "$pki/"`,
				`install -m 0644 -o root -g root "$work/ca.crt" "$pki/etcd/"`,
				`openssl verify -CAfile "$work/ca.crt" "$work/apiserver-etcd-client.crt" >/dev/null`,
				`trap 'exit 1' HUP INT TERM`,
				`trap 'rm -rf -- "$work"' EXIT`,
			},
		},
		"etcd-member.sh": {
			commands: []string{
				`CDPATH='' cd -- "$(dirname -- "$0")"`,
				`printf '%s' "$value" | base64 -d >"$work/${name#etcd/}"`,
				`base64 -d >"$work/${name#etcd/}"`,
				`cmp -s "$work/ca.crt" "$pki/etcd/ca.crt"`,
				`install -d -m 0700 -o root -g root /etc/kubernetes/patches /etc/kubernetes/manifests`,
				`install -d -m 0755 -o root -g root "$pki" "$pki/etcd"`,
				`install -d -m 0755 -o root -g root /etc/systemd/system/kubelet.service.d`,
				`install -m 0600 -o root -g root "$here/etcd/kubelet.conf" /etc/systemd/system/kubelet.service.d/20-bartizan-etcd.conf`,
				`install -m 0600 -o root -g root "$here/etcd/kubelet.yaml" /etc/kubernetes/etcd-kubelet.yaml`,
				`install -m 0600 -o root -g root "$here/patches/$pool/"*.yaml /etc/kubernetes/patches/`,
				`install -m 0600 -o root -g root "$work"/*.key "$pki/etcd/"`,
				`install -m 0644 -o root -g root "$work"/*.crt "$pki/etcd/"`,
				`kubeadm config validate --config "$here/etcd/$node.yaml"`,
				`kubeadm init phase certs "$kind" --config "$here/etcd/$node.yaml"`,
				`kubeadm init phase etcd local --config "$here/etcd/$node.yaml"`,
				`openssl verify -CAfile "$work/ca.crt" "$work/$kind.crt" >/dev/null`,
				`systemctl daemon-reload`,
				`systemctl enable kubelet.service`,
				`systemctl restart kubelet.service`,
				`trap 'exit 1' HUP INT TERM`,
				`trap 'rm -rf -- "$work"' EXIT`,
			},
		},
		"join.sh": {
			commands: []string{
				`CDPATH='' cd -- "$(dirname -- "$0")"`,
				`printf '%s' "$encryption" | base64 -d >/etc/kubernetes/hardening/encryption.yaml`,
				`printf '%s\n' "$1" | grep -Eqx "$2"`,
				`{ printf 's|@JOIN_TOKEN@|%s|\n' "$token"; printf 's|@CLUSTER_AUTHORITY@|%s|\n' "$authority"; printf 's|@CERTIFICATE_KEY@|%s|\n' "$certificate_key"; printf 's|@NODE_ADDRESS@|%s|\n' "$address"; } >/etc/kubernetes/join/marks`,
				`"$here/kube-vip.sh"`,
				`base64 -d >/etc/kubernetes/hardening/encryption.yaml`,
				`chmod 0600 /etc/kubernetes/hardening/audit-webhook.token`,
				`chown root:root /etc/kubernetes/hardening/audit-webhook.token`,
				`grep -Eqx "$2"`,
				`install -d -m 0700 -o root -g root /etc/kubernetes /etc/kubernetes/patches /etc/kubernetes/join`,
				`install -d -m 0700 -o root -g root /etc/kubernetes/hardening /var/log/kubernetes /var/log/kubernetes/audit`,
				`install -m 0600 -o root -g root "$here/hardening/$name" /etc/kubernetes/hardening/"$name"`,
				`install -m 0600 -o root -g root "$here/patches/$pool/"*.yaml /etc/kubernetes/patches/`,
				`kubeadm join --config /etc/kubernetes/join/join.yaml`,
				`sed -f /etc/kubernetes/join/marks "$here/$config" >/etc/kubernetes/join/join.yaml`,
				`sed -f /etc/kubernetes/join/marks "$here/discovery.yaml" >/etc/kubernetes/join/discovery.conf`,
				`trap 'exit 1' HUP INT TERM`,
				`trap 'rm -rf /etc/kubernetes/join' EXIT`,
			},
			always: []string{
				`kubeadm join --config /etc/kubernetes/join/join.yaml`,
			},
		},
		"make-join.sh": {
			commands: []string{
				`CDPATH='' cd -- "$(dirname -- "$0")"`,
				`kubeadm init phase upload-certs --upload-certs --config "$here/init.yaml" | tail -n 1`,
				`printf '%s\n' "$1" | grep -Eqx '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?'`,
				`base64 -w 0 /etc/kubernetes/hardening/encryption.yaml`,
				`base64 -w 0 /etc/kubernetes/pki/ca.crt`,
				`export KUBECONFIG=/etc/kubernetes/admin.conf`,
				`grep -Eqx '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?'`,
				`install -d -m 0700 /etc/kubernetes/admitted`,
				`kubeadm init phase upload-certs --upload-certs --config "$here/init.yaml"`,
				`kubeadm token create --ttl 15m --usages authentication --description "join of $1"`,
				`printf '%s\n' "$pool" >"/etc/kubernetes/admitted/$1"`,
				`tail -n 1`,
			},
		},
		"rotate-key.sh": {
			commands: []string{
				`CDPATH='' cd -- "$(dirname -- "$0")"`,
				`grep '^apiserver_encryption_config_controller_last_config_info{' "$work/metrics" | grep -qF "hash=\"sha256:$(digest "$file")\""`,
				`head -c 32 /dev/urandom | base64`,
				`keys "$file" | cut -d ' ' -f 1`,
				`keys "$file" | cut -d ' ' -f 1 | tr '\n' ' '`,
				`keys "$file" | head -n 1 >"$work/new"`,
				`keys "$file" | sed '1!G;h;$!d' >"$work/new"`,
				`keys "$file.new" | cmp -s - "$work/keys"`,
				`kubectl --kubeconfig /etc/kubernetes/admin.conf get "$1" --all-namespaces -o json | kubectl --kubeconfig /etc/kubernetes/admin.conf replace -f - >"$work/replaced"`,
				`sha256sum "$1" | cut -d ' ' -f 1`,
				`exit 0`,
				`awk '$1 == "-" && $2 == "name:" { name = $3 } $1 == "secret:" { gsub(/\047/, "", $2); print name, $2 }' "$1"`,
				`awk '{ sub(/^key/, "", $1); n[NR] = $1 + 0 }
		END {
			if (NR == 1) print "one"
			else if (NR == 2 && n[2] == n[1] + 1) print "added"
			else if (NR == 2 && n[1] == n[2] + 1) print "promoted"
			else print "broken"
		}' "$work/state"`,
				`awk -v keys="$work/keys" '
		/- name: / { indent = $0; sub(/-.*/, "", indent); next }
		/secret: / {
			while ((getline line <keys) > 0) {
				split(line, k, " ")
				printf "%s- name: %s\n%s  secret: %s\n", indent, k[1], indent, k[2]
			}
			next
		}
		{ print }' "$here/hardening/encryption.yaml" >"$file.new"`,
				`base64`,
				`cat "$file"`,
				`cat "$written" 2>/dev/null`,
				`cat >"$work/keys"`,
				`cat >"$work/taken"`,
				`chmod 0600 "$file.new"`,
				`chown root:root "$file.new"`,
				`cmp -s - "$work/keys"`,
				`cut -d ' ' -f 1`,
				`digest "$file" >"$written"`,
				`grep '^apiserver_encryption_config_controller_last_config_info{' "$work/metrics"`,
				`grep -Evqx 'key[0-9]+ [A-Za-z0-9+/]{43}=' "$work/state"`,
				`grep -qF "hash=\"sha256:$(digest "$file")\""`,
				`grep -qxF -f "$work/front" "$work/own"`,
				`head -c 32 /dev/urandom`,
				`head -n 1 "$work/new" >"$work/front"`,
				`head -n 1 >"$work/new"`,
				`keys "$1" >"$work/state"`,
				`keys "$file" >"$work/new"`,
				`keys "$file" >"$work/own"`,
				`keys "$work/taken" >"$work/new"`,
				`kubectl --kubeconfig /etc/kubernetes/admin.conf --server "$1" get --raw /metrics >"$work/metrics"`,
				`kubectl --kubeconfig /etc/kubernetes/admin.conf get "$1" --all-namespaces -o json`,
				`kubectl --kubeconfig /etc/kubernetes/admin.conf get "$1" --all-namespaces -o name >"$work/names"`,
				`kubectl --kubeconfig /etc/kubernetes/admin.conf replace -f - >"$work/replaced"`,
				`mv "$file.new" "$file"`,
				`printf 'key%d %s\n' "$((number + 1))" "$secret" >>"$work/new"`,
				`rm -f "$written"`,
				`sed '1!G;h;$!d' >"$work/new"`,
				`sed 's/^key\([0-9]*\) .*/\1/' "$work/new"`,
				`sha256sum "$1"`,
				`tr '\n' ' '`,
				`trap 'exit 1' HUP INT TERM`,
				`trap 'rm -rf -- "$work"' EXIT`,
			},
		},
	}
}
