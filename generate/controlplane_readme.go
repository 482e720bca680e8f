package generate

import (
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

// controlPlaneReadme says in which order the files are used, and on which machine.
func controlPlaneReadme(c *model.Cluster, d bootstrapData) Directory {
	var b strings.Builder
	say := func(parts ...string) { b.WriteString(strings.Join(parts, "")) }
	code := templates.MarkdownCode
	say("From bare machines to a cluster whose nodes are all Ready. No file here holds a secret; the scripts make what is secret on the machine that ",
		"keeps it. Each script may be run again.\n\n")
	n := 0
	step := func(parts ...string) {
		n++
		say(string(rune('0'+n)), ". ")
		say(parts...)
		say("\n")
	}
	step("**Every machine**: set it up with the node files of its pool (`../nodes`), install kubelet and kubeadm ", code(c.Version.String()), ", make ",
		code(d.Endpoint), " resolve to the API's address, and copy this directory there as `cluster`.")
	if d.AuditToken != "" {
		step("**Each control-plane node**: put the bearer token that the log collector issued to this machine into ", code(d.AuditToken),
			", mode 0600. The collector's certificate must be trusted by the machine (`/etc/ssl/certs`).")
	}
	if d.KMSSocket != "" {
		step("**Each control-plane node**: start the KMS plugin; it listens at ", code(d.KMSSocket), ".")
	}
	if len(d.EtcdNodes) > 0 {
		first := d.EtcdNodes[0]
		step("**", first, "**: `sudo cluster/etcd-member.sh`. It makes etcd's authority, whose key `/etc/kubernetes/pki/etcd/ca.key` stays there: keep a copy where the backups are not. ",
			"Then, from **your machine**, for each other member, and for the API server's client certificate:\n\n",
			"   ```\n", etcdCommands(d), "   ```\n\n   The certificates end after the days that the specification gives them: run the same before, first with `kubeadm certs renew all` on ", first, ".")
	}
	step("**", d.First, "**: `sudo cluster/bootstrap.sh`. ", keyAdvice(d),
		"Afterwards take `/etc/kubernetes/super-admin.conf` off the machine and lock it away: no role binds whoever holds it. ",
		"`/etc/kubernetes/admin.conf` is for this machine's scripts only; people log in through the identity provider (`../access`).")
	step("**", d.First, "**: install the network plugin. ", cniAdvice(c))
	step("**Your machine**, for each further node, control-plane nodes first and one at a time:\n\n",
		"   ```\n   ssh ", d.First, " sudo cluster/make-join.sh NODE | ssh NODE sudo cluster/join.sh\n   ```\n\n",
		"   The token in the pipe lives for 15 minutes, and SSH through the jump box is encrypted from end to end, so that its recording holds none of it.",
		elasticAdvice(d))
	step("**", d.First, "**: `sudo cluster/admit-nodes.sh` now, after each join, and daily from a timer. It approves the serving certificates that kubelets ",
		"ask for, if every name and address in them is the declared node's, and puts the label ", code(PoolLabel), " on the nodes, which a kubelet cannot ",
		"set itself. Until then logs and exec do not work on the node, and workloads of a dedicated pool wait.")
	step("**", d.First, "**: apply `../manifests/platform`, then the namespaces.")
	say("\nUpgrades: change `kubernetes` in the specification, generate and copy. On ", d.First, " install the files of `hardening` by running `bootstrap.sh` ",
		"again, put the new configuration into the cluster with `kubeadm init phase upload-config all --config init.yaml`, then ",
		"`kubeadm upgrade apply ", c.Version.String(), " --patches /etc/kubernetes/patches`; on the others `kubeadm upgrade node --patches /etc/kubernetes/patches`. ",
		"An upgrade renews the control plane's certificates; without one they end after a year (`kubeadm certs renew all`).")
	if d.VIP != "" {
		say(" Run `kube-vip.sh` as often.")
	}
	if d.MakeKey {
		rotationAdvice(&b, d)
	}
	say("\n\nWhat the control plane does with these files is proved by `bartizan verify`. That `kubeadm` and the API server accept them you can see without ",
		"a cluster: `kubeadm config validate --config init.yaml`.\n")
	return Directory{Path: ControlPlaneDir(c), Title: "The control plane and the kubelets of " + c.Name, Doc: b.String()}
}

// etcdCommands carries certificates from the first member to where they are used.
func etcdCommands(d bootstrapData) string {
	var b strings.Builder
	for _, n := range d.EtcdNodes[1:] {
		b.WriteString("   ssh " + d.EtcdNodes[0] + " sudo cluster/etcd-certs.sh " + n + " | ssh " + n + " sudo cluster/etcd-member.sh\n")
	}
	b.WriteString("   ssh " + d.EtcdNodes[0] + " sudo cluster/etcd-certs.sh " + d.First + " | ssh " + d.First + " sudo cluster/etcd-client.sh\n")
	return b.String()
}

// rotationAdvice is the procedure of rotate-key.sh.
func rotationAdvice(b *strings.Builder, d bootstrapData) {
	b.WriteString("\n\nThe key that encrypts Secrets is replaced on " + d.First + ", once a year, and whenever somebody may have seen it:\n\n```\n")
	for _, step := range []string{"add", "promote", "rewrite", "drop"} {
		b.WriteString("ssh " + d.First + " sudo cluster/rotate-key.sh " + step + "\n")
		if step == "rewrite" {
			continue // changes no file
		}
		for _, n := range d.Nodes {
			if n.ControlPlane && n.Name != d.First {
				b.WriteString("ssh " + d.First + " sudo cluster/rotate-key.sh send | ssh " + n.Name + " sudo cluster/rotate-key.sh take\n")
			}
		}
	}
	b.WriteString("```\n\nEach step first asks every API server which file it uses, and refuses where one of them has missed the step before. Steps may be run again; " +
		"`rotate-key.sh status` says which is next. The keys touch no disk on the way.")
}

func keyAdvice(d bootstrapData) string {
	if !d.MakeKey {
		return ""
	}
	return "It makes the key that encrypts Secrets in etcd, " + templates.MarkdownCode(d.Hardening+"/encryption.yaml") +
		". Keep a copy where the backups of etcd are not: a backup without the key is lost, and with the key beside it is open. "
}

func elasticAdvice(d bootstrapData) string {
	if len(d.Elastic) == 0 {
		return ""
	}
	return " For nodes of an elastic pool, which the specification does not name, write `make-join.sh NODE POOL`."
}
