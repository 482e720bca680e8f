package verify

import (
	"net/netip"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// admitMutations let a certificate be approved that is not a declared node's.
func admitMutations() []mutation {
	var all []mutation
	for _, m := range []struct{ name, old, new string }{
		{"everything approved", `if [ -n "$wrong" ]; then`, `if false; then`},
		{"approved in either case", "		status=1\n	else\n", "		status=1\n	fi\n	if true; then\n"},
		{"no judgement", `wrong=$(judge "$name" "$user")`, `wrong=''`},
		{"a judgement that is thrown away", `wrong=$(judge "$name" "$user")`, `wrong=$(judge "$name" "$user" >/dev/null)`},
		{"a judgement of another request", `base64 -d >"$work/csr"`, `base64 -d >"$work/other"`},
		{"a second approval", "status=0\n", "status=0\nkubectl certificate approve --all\n"},
		{"requests of other signers", "--field-selector spec.signerName=kubernetes.io/kubelet-serving", "--all-namespaces"},
		{"certificates of clients", "kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client"},
		{"another address", "address='10.0.0.12'", "address='10.0.0.66'"},
		{"another pool", "pool='payments'", "pool='control'"},
		{"a node that nobody declared", "	'cp-1')\n", "	'evil')\n		pool='general'\n		;;\n	'cp-1')\n"},
		{"any name", "	'cp-1')\n", "	*)\n"},
		{"a node that nobody called by its name", `[ -f "/etc/kubernetes/admitted/$1" ] || return 1`, `[ -d /etc/kubernetes/admitted ] || return 1`},
		{"every address of a pool", "cidr='10.0.0.64/26'", "cidr='0.0.0.0/0'"},
		{"a wrong calculation", "int(a / size) == int(b / size)", "int(a / size) >= 0"},
		{"another subject", "subject=CN=system:node:$node,O=system:nodes", "subject=CN=system:node:$node,O=system:masters"},
		{"names that are not judged", `*) echo "$entry is not $node" ;;`, `*) ;;`},
		{"any address", `[ "${entry#IP Address:}" = "$address" ] ||`, `[ -n "$address" ] ||`},
		{"several lines of names", `!= 1 ] || [`, `= 0 ] || [`},
		{"a function that hides a command", "status=0\n", "openssl() { :; }\nstatus=0\n"},
		{"other commands first", "export KUBECONFIG=", "export PATH=/tmp:$PATH KUBECONFIG="},
		{"a failure that is passed over", "set -eu\n", "set -u\n"},
		{"a label for an undeclared node", "		say \"node $node is not declared\"\n", "		kubectl label node \"$node\" a=b\n"},
	} {
		all = append(all, mutation{name: "admit-nodes.sh: " + m.name, control: model.KubeletsVerified, file: "admit-nodes.sh", old: m.old, new: m.new})
	}
	return append(all, mutation{name: "no approval", control: model.KubeletsVerified, file: "admit-nodes.sh", old: "#!/bin/sh\n", new: "#!/bin/false\n"})
}

func TestApprovalMutationsAreCaught(t *testing.T) {
	checkMutations(t, clusterSpec(), admitMutations())
}

// Labels, IPv6 addresses and clusters without elastic pools have other lines, and are proved as well.
func TestEveryShapeOfTheApprovalIsProved(t *testing.T) {
	for name, edit := range map[string]func(*model.Cluster){
		"no elastic pool": func(c *model.Cluster) { c.NodePools = []*model.NodePool{c.NodePools[0], c.NodePools[2]} },
		"labels":          func(c *model.Cluster) { c.NodePools[1].Labels = map[string]string{"disk": "ssd", "a/b": "c"} },
		"IPv6":            func(c *model.Cluster) { c.NodePools[2].Nodes[0].Address = netip.MustParseAddr("fd00:0:ab::1:12") },
		"external etcd":   externalEtcdNodes,
	} {
		spec := clusterSpec(edit)
		result := Run(spec, clusterTree(t, spec).Files(), []*Check{kubeadm})
		if !holds(result, model.Hold{Control: model.KubeletsVerified, Subject: "cluster.shop"}) {
			t.Errorf("%s: not proved: %+v", name, result.Findings)
		}
	}
}
