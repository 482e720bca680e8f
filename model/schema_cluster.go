package model

// peers are the kinds of blocks that connections come from.
var peers = []string{"zone", "vpn", "jump_box", "workload", "gateway", "namespace", "node_pool", "foreign_cluster"}

var clusterBlock = &BlockType{
	Name:   "cluster",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A Kubernetes cluster: its version, how its API is reached, its network, how people log in, where audit records go.",
	Example: `cluster "main" {
  kubernetes = "1.36"

  api {
    endpoint       = "api.example.internal:6443"
    reachable_from = [jump_box.bastion]
  }
  network {
    pods     = "10.244.0.0/16"
    services = "10.96.0.0/16"
    cni      = "cilium"
  }
  identity {
    oidc {
      issuer    = "https://login.example.com"
      client_id = "kubernetes"
    }
  }
  audit {
    ship_to = "https://logs.example.internal:8443/audit"
  }
}`,
	Attributes: []*Attribute{
		{Name: "kubernetes", Type: versionType, Required: true, Doc: "Minor version, for example \"1.36\". The newest tested patch release is chosen."},
		{Name: "provisioner", Type: enum(Kubeadm, Managed), Default: "kubeadm", Example: `provisioner = "kubeadm"`, Doc: "What makes the control plane. A managed one is somebody else's: its controls need attestations."},
		{Name: "dns_domain", Type: dnsNameType, Default: "cluster.local", Doc: "Domain of the services' names."},
	},
	Blocks: []*BlockType{
		{
			Name: "api", Required: true,
			Doc: "How the API server is reached.",
			Example: `api {
  endpoint       = "api.example.internal:6443"
  reachable_from = [jump_box.bastion]
  load_balancer {
    address = "10.0.0.10"
  }
}`,
			Attributes: []*Attribute{
				{Name: "endpoint", Type: hostPortType, Required: true, Doc: "Name and port under which clients and nodes reach the API server. A control-plane node's own components ask the API server on the same node instead, as kubeadm sets it up."},
				{Name: "reachable_from", Type: listOf(to("jump_box", "vpn", "zone", "node_pool", "foreign_cluster")), Required: true,
					Doc:       "Who may connect to the API server besides the cluster's own nodes and pods.",
					Weakening: &Weakness{Doc: "Anyone on the internet can talk to the API server and wait for its next vulnerability.", Values: []any{"zone.internet"}}},
				{Name: "cert_sans", Type: listOf(textType("DNS name or IP address", parseHost)), Doc: "Further names and addresses in the serving certificate."},
				{Name: "tls_curves", Type: listOf(tlsCurveNames), Derived: "those of its Go version, X25519MLKEM768 among them", Needs: TLSCurves,
					Doc: "The only key exchanges that the API server offers, where a rule of yours demands a list. Clients that know none of them cannot connect."},
			},
			Blocks: []*BlockType{{
				Name: "load_balancer",
				Doc:  "What stands in front of several API servers.",
				Example: `load_balancer {
  kind    = "kube-vip"
  address = "10.0.0.10"
}`,
				Attributes: []*Attribute{
					{Name: "kind", Type: enum(KubeVIP, ExternalLoadBalancer), Default: "kube-vip", Doc: "kube-vip runs on each control-plane node; an external one is yours."},
					{Name: "address", Type: addressType, Required: true, Doc: "Its IP address."},
					{Name: "image", Type: imageType, Default: "ghcr.io/kube-vip/kube-vip:v1.1.2", Doc: "Image of kube-vip, of a mirror of yours for example. The generated flags are those of v1.1.2. Its digest stands here or in images.bartizan.json; without one the pod has the tag alone."},
				},
			}},
		},
		{
			Name: "network", Required: true,
			Doc: "The cluster's own network.",
			Example: `network {
  pods     = "10.244.0.0/16"
  services = "10.96.0.0/16"
  cni      = "cilium"
}`,
			Attributes: []*Attribute{
				{Name: "pods", Type: oneOrMore(cidrType), Required: true, Example: `pods     = ["10.244.0.0/16", "fd00:10:244::/56"] # dual stack
services = ["10.96.0.0/16", "fd00:10:96::/112"]`, Doc: "Network of the pods; one of each family for dual stack."},
				{Name: "services", Type: oneOrMore(cidrType), Required: true, Example: `pods     = ["10.244.0.0/16", "fd00:10:244::/56"] # dual stack
services = ["10.96.0.0/16", "fd00:10:96::/112"]`, Doc: "Network of the services; one of each family for dual stack."},
				{Name: "cni", Type: enum(Cilium, Calico, CalicoEnterprise, Antrea, OVNKubernetes, KubeNetworkPolicies, AmazonVPCCNI, EKSAutoMode, GKEDataplaneV2), Required: true, Example: `cni = "cilium"`, Doc: "Network plugin, which enforces the network policies. calico-enterprise stands for Calico Cloud too. kube-network-policies does that beside a plugin which has none and sends pods' packets between nodes without a tunnel, such as kindnet: no port is opened for one. The last three are Amazon EKS's and Google Kubernetes Engine's, for managed clusters alone: what must be set there stands in the guide of the manifests."},
				{Name: "encryption", Type: boolType, Default: true, Doc: "The network plugin encrypts traffic between nodes.",
					Weakening: &Weakness{Doc: "Who listens on the wires between nodes reads what pods say to each other.", Values: []any{false}}},
				{Name: "guard_rails", Type: boolType, Default: false, Example: `guard_rails = true`,
					Doc: "Cluster network policies, which the network plugin judges before those of the namespaces, keep pods from the cloud's metadata addresses, the nodes and the API server, but for what the workloads declare: whoever may write the policies of a namespace cannot open these. " +
						"The API (policy.networking.k8s.io/v1alpha2) is young; its definition must be installed. Cilium has it since 1.20, Calico since 3.32, Antrea since 2.7 behind the feature gate ClusterNetworkPolicy, kube-network-policies in its images for npa-v1alpha2; OVN-Kubernetes has an older one only."},
			},
		},
		{
			Name: "identity",
			Doc:  "How people log in. Required for kubeadm clusters.",
			Example: `identity {
  oidc {
    issuer    = "https://login.example.com"
    client_id = "kubernetes"
  }
}`,
			Blocks: []*BlockType{{
				Name: "oidc",
				Doc:  "The OpenID Connect provider whose tokens the API server takes.",
				Example: `oidc {
  issuer          = "https://login.example.com"
  client_id       = "kubernetes"
  username_claim  = "sub"
  username_prefix = "sso:"
  groups_claim    = "roles"
  groups_prefix   = "sso:"
}`,
				Attributes: []*Attribute{
					{Name: "issuer", Type: textType("https URL", parseIssuer).like("https://login.example.com"), Required: true, Doc: "URL of the provider, exactly as in its tokens."},
					{Name: "client_id", Type: textType("client id", parseClaim).like("kubernetes"), Required: true, Doc: "The client that tokens must be made for."},
					{Name: "username_claim", Type: claimType, Default: "email", Doc: "Claim that names the person."},
					{Name: "username_prefix", Type: prefixType, Default: "oidc:", Doc: "Put before user names, so that none can be one of Kubernetes' own."},
					{Name: "groups_claim", Type: claimType, Default: "groups", Doc: "Claim that lists the person's groups."},
					{Name: "groups_prefix", Type: prefixType, Default: "oidc:", Doc: "Put before group names, so that none can be one of Kubernetes' own."},
				},
			}},
		},
		{
			Name: "audit",
			Doc:  "What audit records hold, and where they go besides the log on the control plane. Required for kubeadm clusters.",
			Example: `audit {
  ship_to  = "https://logs.example.internal:8443/audit"
  log_days = 90
}`,
			Attributes: []*Attribute{
				{Name: "ship_to", Type: auditType, Required: true, Doc: "Receiver of the audit records, outside the cluster; or \"none\".",
					Weakening: &Weakness{Doc: "Whoever takes the control plane also erases the traces.", Values: []any{noAuditSink}}},
				{Name: "log_days", Type: number(1, 3650), Default: 30, Doc: "Days for which the local log is kept.",
					Weakening: &Weakness{Doc: "Traces are gone before the attack is noticed.", Below: 30}},
				{Name: "contents", Type: enum(ContentsOfChanges, ContentsOfAll), Default: "changes",
					Doc: "Of which requests the records hold what was sent and answered: of those that change the cluster, or of all, as STIG V-242403 asks. Secrets, ConfigMaps and tokens are recorded without contents in any case. " +
						"\"all\" also records health probes, leases and events, and each read with its whole answer: the log grows many times faster, so the 1 GB on the control plane holds fewer days. An object of another kind that holds a password stands in the log each time it is read."},
			},
		},
		encryptionBlock,
		certificatesBlock,
		serviceAccountsBlock,
		admissionBlock,
	},
}

var zoneBlock = &BlockType{
	Name:   "zone",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A part of the network with one level of trust. zone.internet is built in: everything that no other zone contains.",
	Attributes: []*Attribute{
		{Name: "cidrs", Type: listOf(cidrType), Required: true, Example: `cidrs = ["10.0.9.0/24"]`, Doc: "Networks of the zone."},
	},
	Example: `zone "mgmt" { cidrs = ["10.0.9.0/24"] }`,
}

var vpnBlock = &BlockType{
	Name:   "vpn",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "A way into the private zones for people's devices.",
	Example: `vpn "wg" {
  zone     = zone.vpn
  endpoint = "vpn.example.com:51820"

  device "anna-laptop" {
    team       = team.sre
    public_key = "fQ4+ydMozE1WnXNfiohfGduixHDRCSqYKfj11mEhs+Y="
  }
}`,
	Attributes: []*Attribute{
		{Name: "kind", Type: enum(WireGuard), Default: "wireguard", Doc: "Protocol."},
		{Name: "zone", Type: to("zone"), Required: true, Doc: "Addresses of the VPN."},
		{Name: "endpoint", Type: hostPortType, Required: true, Doc: "Where devices connect to."},
		{Name: "server", Type: addressType, Derived: "first address of the zone", Example: `server = "10.8.0.1"`, Doc: "The server's address inside the VPN."},
	},
	Blocks: []*BlockType{{
		Name:   "device",
		Labels: []Label{{"NAME", labelType}},
		Doc:    "One person's machine that may join.",
		Example: `device "anna-laptop" {
  team       = team.sre
  public_key = "fQ4+ydMozE1WnXNfiohfGduixHDRCSqYKfj11mEhs+Y=" # of "wg pubkey", on the device
}`,
		Attributes: []*Attribute{
			{Name: "team", Type: to("team"), Required: true, Doc: "Team of the person."},
			{Name: "public_key", Type: wgKeyType, Required: true, Doc: "The device's WireGuard public key. The private key never leaves the device."},
			{Name: "address", Type: addressType, Derived: "computed from the name, so that other devices keep theirs", Example: `address = "10.8.0.77"`, Doc: "The device's address inside the VPN."},
		},
	}},
}

var jumpBoxBlock = &BlockType{
	Name:   "jump_box",
	Labels: []Label{{"NAME", labelType}},
	Doc:    "The only host from which people reach nodes and, where declared, the API server.",
	Example: `jump_box "bastion" {
  zone           = zone.mgmt
  reachable_from = [vpn.wg]
}`,
	Attributes: []*Attribute{
		{Name: "zone", Type: to("zone"), Required: true, Doc: "Where the host stands."},
		{Name: "address", Type: addressType, Derived: "anywhere in its zone", Example: `address = "10.0.9.10"`, Doc: "The host's address."},
		{Name: "reachable_from", Type: listOf(to("vpn", "zone", "foreign_cluster")), Required: true, Doc: "Who may connect to its sshd.",
			Weakening: &Weakness{Doc: "Anyone on the internet can talk to the jump box's sshd.", Values: []any{"zone.internet"}}},
		{Name: "mfa", Type: enum(MFAFIDO2, MFATOTP, MFANone), Default: "fido2", Doc: "Second factor at login.",
			Weakening: &Weakness{Doc: "A stolen key file alone opens the jump box.", Values: []any{"none"}}},
		{Name: "recording", Type: boolType, Default: true, Doc: "Sessions are recorded.",
			Weakening: &Weakness{Doc: "Nobody can say afterwards what was done.", Values: []any{false}}},
		{Name: "idle_minutes", Type: number(1, 1440), Default: 10, Doc: "An idle session ends after so many minutes.",
			Weakening: &Weakness{Doc: "An abandoned session stays open for whoever finds it.", Above: 15}},
		{Name: "os", Type: enum(Ubuntu2404, Debian12, Debian13), Default: "ubuntu-24.04", Doc: "Operating system that its files are written for."},
	},
}

var nodePoolBlock = &BlockType{
	Name: "node_pool",
	Elsewhere: map[string]string{
		"taints": "Write dedicated = true: the nodes then run only workloads that name the pool.",
		"taint":  "Write dedicated = true: the nodes then run only workloads that name the pool.",
		"size":   "Name the machines with nodes, or write cidr and max for an elastic pool.",
	},
	Labels: []Label{{"NAME", labelType}},
	Doc:    "Nodes that are configured alike.",
	Example: `node_pool "general" {
  zone     = zone.nodes
  nodes    = { worker-1 = "10.0.0.21", worker-2 = "10.0.0.22" }
  ssh_from = [jump_box.bastion]
}`,
	Attributes: []*Attribute{
		{Name: "cluster", Type: to("cluster"), Derived: "the only cluster", Doc: "Cluster that the nodes join."},
		{Name: "roles", Type: listOf(roleType), Derived: "worker", Example: `nodes = { cp-4 = "10.0.0.14", cp-5 = "10.0.0.15" }
roles = ["control-plane", "etcd"]`, Doc: "What the nodes do instead of running workloads. Either every control-plane pool has both, or a pool of its own has only \"etcd\"; etcd has an odd number of nodes."},
		{Name: "zone", Type: to("zone"), Required: true, Example: "zone = zone.nodes", Doc: "Where the nodes stand."},
		{Name: "os", Type: enum(Ubuntu2404, Debian12, Debian13), Default: "ubuntu-24.04", Doc: "Operating system that the node files are written for. Pods get appArmorProfile and hostUsers: false only if every node that they may run on can do it: the kubelet refuses them elsewhere. debian-12 has no user namespaces for pods: its kernel and its runc are too old. The nodes of EKS Auto Mode and Google Kubernetes Engine are the provider's, with its Bottlerocket or Container-Optimized OS: no node files are written, so leave it out."},
		{Name: "nodes", Type: mapOf(labelType, addressType), Doc: "Machines with fixed addresses: name to IP address."},
		{Name: "cidr", Type: cidrType, Example: `cidr = "10.0.0.64/26"`, Doc: "Addresses of an elastic pool, instead of nodes."},
		{Name: "max", Type: number(1, 5000), Default: 10, Example: `cidr = "10.0.0.64/26"
max  = 12`, Doc: "Most nodes of an elastic pool."},
		{Name: "ssh_from", Type: listOf(to("jump_box", "vpn", "zone")), Derived: "nobody: no sshd runs", Doc: "From where administrators may log in.",
			Weakening: &Weakness{Doc: "The nodes' sshd is reached past the jump box, without its second factor and recording.", Values: []any{"zone.*", "vpn.*"}}},
		{Name: "ssh", Type: enum(SSHAlways, SSHOnRequest), Default: "always", Example: `ssh_from = [jump_box.bastion]
ssh      = "on-request"`, Doc: "When those in ssh_from may log in. on-request: the firewall keeps the port closed until somebody runs bartizan-ssh-open at the machine's console, for two hours at most; it closes by itself. Emergency access on the control plane then begins at a console too."},
		{Name: "dedicated", Type: boolType, Default: false, Doc: "Only workloads that name the pool run there."},
		{Name: "runtime", Type: enum(Runc, GVisor, Kata), Default: "runc", Doc: "OCI runtime of the pods. gvisor and kata put a second wall around each pod."},
		{Name: "patching", Type: enum(PatchAutomatic, PatchManual), Default: "automatic", Doc: "How the operating system gets security updates.",
			Weakening: &Weakness{Doc: "Known holes of the operating system stay open until somebody acts.", Values: []any{"manual"}}},
		{Name: "arch", Type: archType, Derived: "not known", Doc: "Processor architecture of the nodes. Workloads that name the architectures of their images are held against it."},
		{Name: "cpu", Type: quantityType, Derived: "not known", Example: `cpu = "8"`, Doc: "CPUs of the smallest node. With it, a workload that asks for more than such a node has left is an error."},
		{Name: "memory", Type: quantityType, Derived: "not known", Example: `memory = "32Gi"`, Doc: "Memory of the smallest node, as its kernel reports it. With it, a workload that asks for more than such a node has left is an error."},
		{Name: "labels", Type: mapOf(labelKeyType, labelValType), Doc: "Further labels of the nodes."},
	},
	Blocks: []*BlockType{{
		Name: "physical",
		Doc:  "Where bare-metal nodes stand. Left out: virtual machines of a provider. No file can prove any of it: see attestation.",
		Example: `physical {
  site            = "rack 12, Frankfurt"
  disk_encryption = "luks-tpm"
  secure_boot     = true
}`,
		Attributes: []*Attribute{
			{Name: "site", Type: lineType, Required: true, Doc: "Building or provider."},
			{Name: "disk_encryption", Type: enum(LUKSTPM, LUKSPassphrase, NoEncryption), Required: true, Doc: "How the disks are encrypted.",
				Weakening: &Weakness{Doc: "A stolen or returned disk can be read.", Values: []any{"none"}}},
			{Name: "secure_boot", Type: boolType, Required: true, Doc: "The machines start signed software only.",
				Weakening: &Weakness{Doc: "A changed boot loader or kernel starts unnoticed.", Values: []any{false}}},
		},
	}},
}

// roleType takes the roles that nodes have instead of running workloads, which is what "worker" is called elsewhere.
var roleType = func() *Type {
	t := enum(RoleControlPlane, RoleEtcd)
	known := t.parse
	t.parse = func(s string) (any, *problem) {
		if s == "worker" {
			return nil, bad("Unknown value", "%q is no role: nodes of a pool without roles run workloads. Leave roles out.", s)
		}
		return known(s)
	}
	return t
}()
