package verify_test

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
)

// bastionSpec is a small specification with everything that reaches a machine: three kinds of pools, a VPN, a jump
// box, a foreign cluster, a workload on the host network and one that publishes a host port.
func bastionSpec() *model.Spec {
	prefixes := func(s ...string) (all []netip.Prefix) {
		for _, x := range s {
			all = append(all, netip.MustParsePrefix(x))
		}
		return all
	}
	nodes := &model.Zone{Name: "nodes", CIDRs: prefixes("10.0.0.0/24", "fd12::/64")}
	mgmt := &model.Zone{Name: "mgmt", CIDRs: prefixes("10.0.9.0/24")}
	vpnZone := &model.Zone{Name: "vpn", CIDRs: prefixes("10.8.0.0/24")}
	sre, security := &model.Team{Name: "sre", OIDCGroup: "sre"}, &model.Team{Name: "security", OIDCGroup: "security"}
	sre.BreakGlass = &model.BreakGlass{Hours: 2, Approvers: []*model.Team{security}}
	wg := &model.VPN{
		Name: "wg", Kind: model.WireGuard, Zone: vpnZone, Endpoint: model.HostPort{Host: "vpn.example.com", Port: 51821},
		Server: netip.MustParseAddr("10.8.0.1"),
		Devices: []*model.Device{
			{Name: "anna-laptop", Team: sre, PublicKey: "mR0TXqyBqiyGzyPqSFTmSx4pzJV0gDxM9bKtQnKc6mM=", Address: netip.MustParseAddr("10.8.0.17")},
			{Name: "badr-laptop", Team: security, PublicKey: "2sV8lq2D1xEo9mZ7sV0mFq1o9sYlUQbBqKq3hH1TgXg=", Address: netip.MustParseAddr("10.8.0.23")},
		},
	}
	bastion := &model.JumpBox{
		Name: "bastion", Zone: mgmt, Address: netip.MustParseAddr("10.0.9.10"), ReachableFrom: []model.Peer{wg},
		MFA: model.MFAFIDO2, Recording: true, IdleMinutes: 10, OS: model.Ubuntu2404,
	}
	foreign := &model.ForeignCluster{Name: "legacy", CIDRs: prefixes("10.0.0.192/26")}
	c := &model.Cluster{
		Name: "shop", Version: model.Version{Minor: 36, Patch: 4}, Provisioner: model.Kubeadm, DNSDomain: "cluster.local",
		API: model.API{
			Endpoint: model.HostPort{Host: "api.shop.example.internal", Port: 6443}, ReachableFrom: []model.Peer{bastion, nodes},
			LoadBalancer: &model.LoadBalancer{Kind: model.KubeVIP, Address: netip.MustParseAddr("10.0.0.10")},
		},
		Network: model.Network{Pods: prefixes("10.244.0.0/16"), Services: prefixes("10.96.0.0/12"), CNI: model.Cilium, Encryption: true},
		Identity: model.Identity{OIDC: &model.OIDC{
			Issuer: "https://login.example.com", ClientID: "kubernetes", UsernameClaim: "email", UsernamePrefix: "oidc:",
			GroupsClaim: "groups", GroupsPrefix: "oidc:",
		}},
	}
	node := func(name, address string) model.Node {
		return model.Node{Name: name, Address: netip.MustParseAddr(address)}
	}
	control := &model.NodePool{
		Name: "control", Cluster: c, Roles: []model.Role{model.RoleControlPlane, model.RoleEtcd}, Zone: nodes, OS: model.Ubuntu2404,
		Nodes:   []model.Node{node("cp-1", "10.0.0.11"), node("cp-2", "10.0.0.12"), node("cp-3", "10.0.0.13")},
		SSHFrom: []model.Peer{bastion}, Patching: model.PatchAutomatic, Runtime: model.Runc,
	}
	general := &model.NodePool{
		Name: "general", Cluster: c, Zone: nodes, OS: model.Debian13, CIDR: netip.MustParsePrefix("10.0.0.64/26"), Max: 12,
		SSHFrom: []model.Peer{bastion}, Patching: model.PatchAutomatic, Runtime: model.Runc,
	}
	payments := &model.NodePool{
		Name: "payments", Cluster: c, Zone: nodes, OS: model.Debian12, Dedicated: true, Runtime: model.GVisor,
		Nodes:    []model.Node{node("pay-1", "10.0.0.31"), node("pay-2", "10.0.0.32")},
		Patching: model.PatchAutomatic,
	}
	c.NodePools = []*model.NodePool{control, general, payments}
	ns := &model.Namespace{Name: "monitoring", Cluster: c, Owner: sre, PodSecurity: model.Privileged}
	prometheus := &model.Workload{Name: "prometheus", Namespace: ns, Kind: model.StatefulSet}
	exporter := &model.Workload{Name: "node-exporter", Namespace: ns, Kind: model.DaemonSet, Host: model.Host{Network: true}}
	exporter.Ports = []*model.Port{{Name: "metrics", Number: 9100, Protocol: model.TCP, Workload: exporter, From: []model.Peer{prometheus}}}
	edge := &model.Workload{Name: "edge", Namespace: ns, Kind: model.DaemonSet, Host: model.Host{Ports: []int{8443}}}
	internet := &model.Zone{Name: model.InternetZone}
	edge.Ports = []*model.Port{{Name: "https", Number: 8443, Protocol: model.TCP, Workload: edge, From: []model.Peer{internet}}}
	ns.Workloads = []*model.Workload{edge, exporter, prometheus}
	c.Namespaces = []*model.Namespace{ns}
	return &model.Spec{
		Clusters: []*model.Cluster{c}, Zones: []*model.Zone{internet, mgmt, nodes, vpnZone}, VPNs: []*model.VPN{wg},
		JumpBoxes: []*model.JumpBox{bastion}, Teams: []*model.Team{security, sre}, ForeignClusters: []*model.ForeignCluster{foreign},
	}
}

// hostTree runs the generators of nodes and access.
func hostTree(t *testing.T, spec *model.Spec) *generate.Set {
	t.Helper()
	var generators []*generate.Generator
	for _, g := range generate.All {
		if slices.Contains([]string{"node-files", "cni", "wireguard", "jump-box", "kubeconfig", "access-guide"}, g.Name) {
			generators = append(generators, g)
		}
	}
	set, err := generate.Run(spec, generators)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func hostChecks() []*verify.Check {
	var checks []*verify.Check
	for _, c := range verify.All {
		if slices.Contains([]string{"firewall", "kernel", "file-permissions", "auditd", "patching", "container-runtime", "sshd", "wireguard", "jump-box", "kubeconfig", "break-glass"}, c.Name) {
			checks = append(checks, c)
		}
	}
	return checks
}

func TestEveryClaimOfNodesAndAccessIsProved(t *testing.T) {
	spec := bastionSpec()
	set := hostTree(t, spec)
	result := verify.Run(spec, set.Files(), hostChecks())
	for _, f := range result.Findings {
		t.Errorf("finding in %s (%s): %s", f.Path, f.Object, f.Message)
	}
	for _, c := range result.Unproved(set.Claims) {
		t.Errorf("%s is claimed for %s by %s and not proved", c.Control, c.Subject, c.Path)
	}
	claimed := map[model.Hold]bool{}
	for _, c := range set.Claims {
		claimed[model.Hold{Control: c.Control, Subject: c.Subject}] = true
	}
	for _, c := range result.Proved {
		if !claimed[model.Hold{Control: c.Control, Subject: c.Subject}] {
			t.Errorf("%s is proved for %s by %s and not claimed", c.Control, c.Subject, c.Path)
		}
	}
}

// mutation is an edit of one file that undoes a control. Where both is set, cloud-init.yaml gets the same edit, as if
// somebody had kept the two in step.
type mutation struct {
	name     string
	path     string
	old, new string
	alone    bool // cloud-init.yaml is not edited
	control  model.ControlID
	subject  model.Address
}

func (m mutation) apply(t *testing.T, files map[string][]byte) {
	t.Helper()
	data, ok := files[m.path]
	if !ok || !bytes.Contains(data, []byte(m.old)) {
		t.Fatalf("%s does not contain %q", m.path, m.old)
	}
	files[m.path] = bytes.Replace(data, []byte(m.old), []byte(m.new), 1)
	dir := m.path[:strings.LastIndex(m.path, "/")]
	cloud := dir + "/cloud-init.yaml"
	if m.alone || m.path == cloud || files[cloud] == nil {
		return
	}
	var config map[string]any
	if err := yaml.Unmarshal(files[cloud], &config); err != nil {
		t.Fatal(err)
	}
	for _, f := range config["write_files"].([]any) {
		if f := f.(map[string]any); f["content"] == string(data) {
			f["content"] = string(files[m.path])
		}
	}
	edited, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	files[cloud] = append([]byte("#cloud-config\n"), edited...)
}

func testMutations(t *testing.T, mutations []mutation) {
	spec := bastionSpec()
	set := hostTree(t, spec)
	before := verify.Run(spec, set.Files(), hostChecks())
	for _, m := range mutations {
		t.Run(string(m.control)+"/"+m.name, func(t *testing.T) {
			t.Parallel()
			files := set.Files()
			if !proves(before, m) {
				t.Fatalf("%s is not proved for %s before the edit", m.control, m.subject)
			}
			m.apply(t, files)
			var checks []*verify.Check // those of the control, to save time
			for _, c := range hostChecks() {
				if slices.Contains(c.Controls, m.control) {
					checks = append(checks, c)
				}
			}
			after := verify.Run(spec, files, checks)
			if proves(after, m) {
				t.Errorf("%s is still proved for %s", m.control, m.subject)
			}
			if !slices.ContainsFunc(after.Findings, func(f verify.Finding) bool { return f.Path != "" && f.Message != "" }) {
				t.Error("there is no finding")
			}
		})
	}
}

func proves(r *verify.Result, m mutation) bool {
	return slices.ContainsFunc(r.Proved, func(c model.Claim) bool { return c.Control == m.control && c.Subject == m.subject })
}

func TestFirewallMutationsAreCaught(t *testing.T) {
	const (
		control = "clusters/shop/nodes/control/nftables.nft"
		general = "clusters/shop/nodes/general/nftables.nft"
		values  = "clusters/shop/cluster/cni/cilium-values.yaml"
		cp      = model.Address("node_pool.control")
		workers = model.Address("node_pool.general")
		cluster = model.Address("cluster.shop")
	)
	hole := func(rule string) string { return "chain admit {\n        " + rule + "\n" }
	testMutations(t, []mutation{
		{"a rule for one more address", control, "chain admit {\n", hole("ip saddr 203.0.113.7 tcp dport 2379 accept"), false, model.EtcdFirewall, cluster},
		{"one bit wider", control, "chain admit {\n", hole("ip saddr 10.0.0.14 tcp dport 2380 accept"), false, model.EtcdFirewall, cluster},
		{"a range that spans the port", general, "chain admit {\n", hole("ip saddr 10.8.0.0/24 tcp dport 10000-11000 accept"), false, model.KubeletFirewall, workers},
		{"all protocols from a source", general, "chain admit {\n", hole("ip saddr 10.8.0.5 accept"), false, model.HostFirewall, workers},
		{"source port instead of destination", general, "chain admit {\n", hole("tcp sport 53 accept"), false, model.HostFirewall, workers},
		{"the foreign cluster's drop is gone", control, "ip saddr 10.0.0.192/26 drop comment \"foreign_cluster.legacy\"", "", false, model.APIFirewall, cluster},
		{"the API open to all IPv6", control, "chain admit {\n", hole("meta nfproto ipv6 tcp dport 6443 accept"), false, model.APIFirewall, cluster},
		{"policy accept", control, "priority filter - 10; policy drop;", "priority filter - 10; policy accept;", false, model.HostFirewall, cp},
		{"a later priority", control, "priority mangle + 5;", "priority srcnat + 5;", false, model.HostFirewall, cp},
		{"new connections", control, "ct state established,related accept", "ct state established,related,new accept", false, model.HostFirewall, cp},
		{"NodePorts fall through", control, "jump admit\n        drop\n", "jump admit\n", false, model.HostFirewall, cp},
		{"a second table flushes the first", control, "\n}\n", "\n}\nflush ruleset\n", false, model.HostFirewall, cp},
		{"an include", control, "table inet bartizan\n", "include \"/tmp/x.nft\"\ntable inet bartizan\n", false, model.HostFirewall, cp},
		{"a declared source is shut out", control, "# What the node", "# X", true, model.HostFirewall, cp},
		{"cloud-init carries other rules", "clusters/shop/nodes/control/cloud-init.yaml", "policy drop;", "policy accept;", true, model.HostFirewall, cp},
		{"the unit is not enabled", "clusters/shop/nodes/control/node.sh", "systemctl enable bartizan-firewall.service\n", "", false, model.HostFirewall, cp},
		{"the script empties the table later", "clusters/shop/nodes/control/node.sh", "augenrules --load\n", "augenrules --load\nnft flush ruleset\n", false, model.HostFirewall, cp},
		{"the unit loads another file", "clusters/shop/nodes/control/bartizan-firewall.service", "-f /etc/bartizan/firewall.nft", "-f /tmp/firewall.nft", false, model.HostFirewall, cp},
		{"cloud-init writes one more file", "clusters/shop/nodes/control/cloud-init.yaml", "write_files:\n", "write_files:\n- content: x\n  owner: root:root\n  path: /etc/cron.d/x\n  permissions: \"0644\"\n", false, model.EtcdFirewall, cluster},
		{"cloud-init runs one more command", "clusters/shop/nodes/control/cloud-init.yaml", "runcmd:\n", "runcmd:\n- - nft\n  - flush\n  - ruleset\n", false, model.HostFirewall, cp},
		{"cloud-init has a second document", "clusters/shop/nodes/control/cloud-init.yaml", "write_files:\n", "---\nwrite_files:\n", false, model.HostFirewall, cp},
		{"an unknown module of cloud-init", "clusters/shop/nodes/control/cloud-init.yaml", "runcmd:\n", "bootcmd:\n- - rm\nruncmd:\n", false, model.HostFirewall, cp},
		{"metadata is forwarded", general, "ip daddr 169.254.169.254 drop", "ip daddr 169.254.169.253 drop", false, model.MetadataFirewall, workers},
		{"accepted before it is dropped", general, "        ip daddr 169.254.169.254 drop", "        ip saddr 10.244.0.0/16 accept\n        ip daddr 169.254.169.254 drop", false, model.MetadataFirewall, workers},
		{"Cilium routes past netfilter", values, "hostLegacyRouting: true", "hostLegacyRouting: false", false, model.MetadataFirewall, workers},
		{"Cilium's routing in a string", values, "hostLegacyRouting: true", "hostLegacyRouting: \"true\"", false, model.MetadataFirewall, cp},
		{"Cilium's routing left out", values, "bpf:\n  hostLegacyRouting: true\n", "", false, model.MetadataFirewall, workers},
		{"Cilium's key in capitals", values, "bpf:\n", "BPF:\n", false, model.MetadataFirewall, workers},
		{"Cilium's key twice", values, "bpf:\n", "bpf:\n  hostLegacyRouting: false\n", false, model.MetadataFirewall, workers},
		{"an option of Cilium's agent", values, "bpf:\n", "extraConfig:\n  enable-host-legacy-routing: \"false\"\nbpf:\n", false, model.MetadataFirewall, workers},
		{"another device for pods", values, "bpf:\n", "bpf:\n  datapathMode: netkit\n", false, model.MetadataFirewall, workers},
		{"a second document of values", values, "bpf:\n", "a: 1\n---\nbpf:\n", false, model.MetadataFirewall, workers},
		{"metadata over IPv6", general, "ip6 daddr fd00:ec2::254 drop", "ip6 daddr fd00:ec2::255 drop", false, model.MetadataFirewall, workers},
	})
}

func TestNodeMutationsAreCaught(t *testing.T) {
	const (
		dir     = "clusters/shop/nodes/general/"
		workers = model.Address("node_pool.general")
		control = "clusters/shop/nodes/control/"
		cp      = model.Address("node_pool.control")
	)
	testMutations(t, []mutation{
		{"a setting is weaker", dir + "sysctl.conf", "kernel.kptr_restrict = 2", "kernel.kptr_restrict = 0", false, model.KernelHardened, workers},
		{"a later line wins", dir + "sysctl.conf", "vm.unprivileged_userfaultfd = 0\n", "vm.unprivileged_userfaultfd = 0\nvm.unprivileged_userfaultfd = 1\n", false, model.KernelHardened, workers},
		{"forwarding is off", dir + "sysctl.conf", "net.ipv4.ip_forward = 1", "net.ipv4.ip_forward = 0", false, model.KernelHardened, workers},
		{"user namespaces are off", dir + "sysctl.conf", "kernel.sysrq = 0\n", "kernel.sysrq = 0\nuser.max_user_namespaces = 0\n", false, model.KernelHardened, workers},
		{"a module may load", dir + "modprobe.conf", "install dccp /bin/false\n", "", false, model.KernelHardened, workers},
		{"overlay may not load", dir + "modprobe.conf", "install dccp /bin/false\n", "install dccp /bin/false\ninstall overlay /bin/false\n", false, model.KernelHardened, workers},
		{"br_netfilter is not loaded", dir + "modules-load.conf", "br_netfilter\n", "", false, model.KernelHardened, workers},
		{"settings are not applied", dir + "node.sh", "sysctl --system\n", "", false, model.KernelHardened, workers},
		{"a key is readable", control + "tmpfiles.conf", "z /etc/kubernetes/pki/*.key 0600", "z /etc/kubernetes/pki/*.key 0640", false, model.FilePermissions, cp},
		{"a file belongs to somebody", control + "tmpfiles.conf", "admin.conf 0600 root root", "admin.conf 0600 nobody root", false, model.FilePermissions, cp},
		{"etcd's data is readable", control + "tmpfiles.conf", "d /var/lib/etcd 0700", "d /var/lib/etcd 0755", false, model.FilePermissions, cp},
		{"a line is gone", control + "tmpfiles.conf", "z /etc/kubernetes/super-admin.conf 0600 root root -\n", "", false, model.FilePermissions, cp},
		{"a first line counts", control + "tmpfiles.conf", "d /etc/kubernetes 0755", "z /etc/kubernetes/admin.conf 0666 root root -\nd /etc/kubernetes 0755", false, model.FilePermissions, cp},
		{"the timer runs something else", control + "bartizan-permissions.service", "--create /etc/tmpfiles.d/00-bartizan.conf", "--clean", false, model.FilePermissions, cp},
		{"the mode of a file in cloud-init", control + "cloud-init.yaml", "permissions: \"0700\"", "permissions: \"0777\"", false, model.FilePermissions, cp},
		{"a watch is gone", dir + "audit.rules", "-w /usr/bin/kubelet -p wa -k binaries\n", "", false, model.NodeAuditd, workers},
		{"reads only", dir + "audit.rules", "-w /etc/kubernetes -p wa", "-w /etc/kubernetes -p r", false, model.NodeAuditd, workers},
		{"an exclusion", dir + "audit.rules", "-w /etc/kubernetes", "-a never,exit -F auid=1000\n-w /etc/kubernetes", false, model.NodeAuditd, workers},
		{"deleted at the end", dir + "audit.rules", "-e 2", "-D\n-e 2", false, model.NodeAuditd, workers},
		{"not locked", dir + "audit.rules", "-e 2", "-e 1", false, model.NodeAuditd, workers},
		{"rules are not loaded", dir + "node.sh", "augenrules --load\n", "", false, model.NodeAuditd, workers},
		{"updates are off", dir + "apt.conf", "Unattended-Upgrade \"1\"", "Unattended-Upgrade \"0\"", false, model.NodePatching, workers},
		{"a later value wins", dir + "apt.conf", "Automatic-Reboot \"false\";\n", "Automatic-Reboot \"false\";\nAPT::Periodic::Unattended-Upgrade \"0\";\n", false, model.NodePatching, workers},
		{"the origins are cleared", dir + "apt.conf", "APT::Periodic::Update", "#clear Unattended-Upgrade::Origins-Pattern;\nAPT::Periodic::Update", false, model.NodePatching, workers},
		{"AppArmor is off", dir + "containerd.toml", "disable_apparmor = false", "disable_apparmor = true", false, model.RuntimeHardened, workers},
		{"streaming on all addresses", dir + "containerd.toml", "\"127.0.0.1\"", "\"0.0.0.0\"", false, model.RuntimeHardened, workers},
		{"an import", dir + "containerd.toml", "version = 3\n", "version = 3\nimports = [\"/etc/containerd/conf.d/*.toml\"]\n", false, model.RuntimeHardened, workers},
		{"one more runtime", dir + "containerd.toml", "# exec, attach", "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.x]\n  runtime_type = \"io.containerd.runc.v2\"\n# exec, attach", false, model.RuntimeHardened, workers},
		{"metrics on the network", dir + "containerd.toml", "[metrics]\n  address = \"\"", "[metrics]\n  address = \"0.0.0.0:1338\"", false, model.RuntimeHardened, workers},
		{"no gVisor", "clusters/shop/nodes/payments/containerd.toml", "io.containerd.runsc.v1\"", "io.containerd.runc.v2\"", false, model.RuntimeHardened, "node_pool.payments"},
		{"gVisor told by another file", "clusters/shop/nodes/payments/containerd.toml", "/etc/containerd/runsc.toml", "/tmp/runsc.toml", false, model.RuntimeHardened, "node_pool.payments"},
		{"gVisor beside the limits", "clusters/shop/nodes/payments/runsc.toml", "\"true\"", "\"false\"", false, model.RuntimeHardened, "node_pool.payments"},
		{"gVisor with the host's network", "clusters/shop/nodes/payments/runsc.toml", "[runsc_config]\n", "[runsc_config]\n  network = \"host\"\n", false, model.RuntimeHardened, "node_pool.payments"},
		{"passwords", dir + "sshd_config", "PasswordAuthentication no", "PasswordAuthentication yes", false, model.NodeSSHRestricted, workers},
		{"the first value wins", dir + "sshd_config", "Port 22\n", "Port 22\nPermitRootLogin yes\n", false, model.NodeSSHRestricted, workers},
		{"a Match block", dir + "sshd_config", "UseDNS no\n", "UseDNS no\nMatch Address 10.8.0.0/24\n  PasswordAuthentication yes\n", false, model.NodeSSHRestricted, workers},
		{"an Include", dir + "sshd_config", "Port 22\n", "Include /etc/ssh/sshd_config.d/*.conf\nPort 22\n", false, model.NodeSSHRestricted, workers},
		{"a second port", dir + "sshd_config", "Port 22\n", "Port 22\nPort 2222\n", false, model.NodeSSHRestricted, workers},
		{"keys that users write", dir + "sshd_config", "/etc/ssh/authorized_keys/%u", ".ssh/authorized_keys", false, model.NodeSSHRestricted, workers},
		{"SSH from the VPN", dir + "nftables.nft", "chain admit {\n", "chain admit {\n        ip saddr 10.8.0.0/24 tcp dport 22 accept\n", false, model.NodeSSHRestricted, workers},
		{"sshd stays on a worker where nobody may log in", "clusters/shop/nodes/payments/node.sh", "apt-get purge -y openssh-server\n", "", false, model.NodeSSHOff, "node_pool.payments"},
		{"sshd comes back", "clusters/shop/nodes/payments/node.sh", "augenrules --load\n", "augenrules --load\napt-get install -y openssh-server\n", false, model.NodeSSHOff, "node_pool.payments"},
		{"sshd by another way in", "clusters/shop/nodes/payments/install.sh", "'nftables' ", "'nftables' 'openssh-server' ", false, model.NodeSSHOff, "node_pool.payments"},
		{"sshd is removed if that works", "clusters/shop/nodes/payments/node.sh", "apt-get purge -y openssh-server\n", "apt-get purge -y openssh-server || true\n", false, model.NodeSSHOff, "node_pool.payments"},
		{"the port of an absent sshd", "clusters/shop/nodes/payments/nftables.nft", "chain admit {\n", "chain admit {\n        tcp dport 22 accept\n", false, model.NodeSSHOff, "node_pool.payments"},
		{"sshd stays where nobody may log in", "clusters/shop/nodes/payments/node.sh", "apt-get purge -y openssh-server\n", "", false, model.NodeSSHRestricted, "node_pool.payments"},
	})
}
