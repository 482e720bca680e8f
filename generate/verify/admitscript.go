package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// reviewedJudge are the SHA-256 of the function that says why a request for a serving certificate is not approved: with
// and without elastic pools. Whoever changes the function reviews it again and puts the new digest here.
var reviewedJudge = map[bool]string{
	true:  "5b11f885351a34a37301952abec1db0820974f6d156167abbe1748f3185aff6a",
	false: "32e72e6c4dc86fa1aa1fbff58e970eb9620d5484c29847d09a8d16841f2e3236",
}

// admitWrong compares the script that approves the kubelets' serving certificates, statement by statement, with the one
// that approves a request only if the reviewed function finds nothing wrong. The nodes and their addresses in it must be the
// declared ones: whatever else stood there would be approved.
func (k *kubeadmFiles) admitWrong() (string, error) {
	file := path.Join(k.dir(), "admit-nodes.sh")
	data, ok := k.pass.Files[file]
	if !ok {
		return file, fmt.Errorf("it is missing, and nothing in Kubernetes approves these certificates")
	}
	statements, err := topStatements(data)
	if err != nil {
		return file, err
	}
	lookup, inPool, labels := k.admitted()
	const judged = "judge() { the reviewed function; }"
	for i, s := range statements {
		if sum := sha256.Sum256([]byte(s.text)); hex.EncodeToString(sum[:]) == reviewedJudge[inPool != ""] {
			statements[i].text = judged
		}
	}
	want := []string{
		`set -eu`,
		`umask 077`,
		`export KUBECONFIG=/etc/kubernetes/admin.conf`,
		`work=$(mktemp -d)`,
		`trap 'rm -rf -- "$work"' EXIT`,
		`trap 'exit 1' HUP INT TERM`,
		`say() { echo "admit-nodes.sh: $*" >&2; }`,
		`[ "$(id -u)" -eq 0 ] || { say "run it as root"; exit 1; }`,
		lookup, inPool, judged,
		`kubectl get certificatesigningrequests --field-selector spec.signerName=kubernetes.io/kubelet-serving -o go-template='{{range .items}}{{if not .status.conditions}}{{.metadata.name}} {{.spec.username}} {{.spec.request}}{{"\n"}}{{end}}{{end}}' >"$work/requests"`,
		`status=0`,
		`while read -r name user request; do printf '%s' "$request" | base64 -d >"$work/csr"; wrong=$(judge "$name" "$user"); if [ -n "$wrong" ]; then say "$name is not approved: $wrong"; status=1; else kubectl certificate approve "$name"; fi; done <"$work/requests"`,
		`kubectl get nodes -o go-template='{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}' >"$work/nodes"`,
		`while read -r node; do if lookup "$node"; then ` + labels + ` else say "node $node is not declared"; status=1; fi; done <"$work/nodes"`,
		`exit "$status"`,
	}
	return file, sameStatements(statements, slices.DeleteFunc(want, func(s string) bool { return s == "" }))
}

// admitted returns the parts of the script that hold the declared nodes: who they are, which addresses elastic pools have
// ("" without such pools), and the labels of their pools.
func (k *kubeadmFiles) admitted() (lookup, inPool, labels string) {
	var nodes, elastic, label strings.Builder
	label.WriteString(`kubectl label --overwrite node "$node" ` + generate.PoolLabel + `="$pool";`)
	for _, pool := range k.cluster.NodePools {
		if pool.EtcdOnly() {
			continue
		}
		for _, n := range pool.Nodes {
			fmt.Fprintf(&nodes, ` '%s') pool='%s'; address='%s' ;;`, n.Name, pool.Name, certificateAddress(n.Address))
		}
		if len(pool.Nodes) == 0 {
			fmt.Fprintf(&elastic, ` '%s') cidr='%s' ;;`, pool.Name, pool.CIDR)
		}
		for _, key := range slices.Sorted(maps.Keys(pool.Labels)) {
			fmt.Fprintf(&label, ` [ "$pool" != '%s' ] || kubectl label --overwrite node "$node" '%s=%s';`, pool.Name, key, pool.Labels[key])
		}
	}
	if elastic.Len() == 0 {
		return `lookup() { pool='' address=''; case $1 in` + nodes.String() + ` *) return 1 ;; esac }`, "", label.String()
	}
	lookup = `lookup() { pool='' address=''; case $1 in` + nodes.String() +
		` *) printf '%s\n' "$1" | grep -Eqx '[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?' || return 1; [ -f "/etc/kubernetes/admitted/$1" ] || return 1; pool=$(cat "/etc/kubernetes/admitted/$1") ;; esac }`
	return lookup, `in_pool() { case $2 in` + elastic.String() + ` *) return 1 ;; esac printf '%s %s\n' "$1" "$cidr" | awk '` + inPoolProgram + `'; }`, label.String()
}

// inPoolProgram exits with 0 if the IPv4 address that it reads is in the network behind it.
const inPoolProgram = `
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
		}`

// certificateAddress writes an address as openssl prints it in a certificate: IPv6 in full groups without leading zeros.
func certificateAddress(a netip.Addr) string {
	if a.Is4() {
		return a.String()
	}
	var groups []string
	for _, g := range strings.Split(a.StringExpanded(), ":") {
		groups = append(groups, strings.ToUpper(strings.TrimLeft(g[:3], "0")+g[3:]))
	}
	return strings.Join(groups, ":")
}

// approvalWrong marks the control of kubelets' certificates as not given where the script approves other requests.
func (k *kubeadmFiles) approvalWrong(failed map[model.ControlID]bool) {
	if file, err := k.admitWrong(); err != nil {
		failed[model.KubeletsVerified] = true
		k.pass.Find(Finding{Control: model.KubeletsVerified, Subject: k.cluster.Addr(), Path: file,
			Message: fmt.Sprintf("Certificates of kubelets may be approved for others: %v.", err)})
	}
}
