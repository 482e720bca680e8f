package model

import (
	"slices"
	"strings"
)

var containerAttributes = []*Attribute{
	{Name: "image", Type: imageType, Doc: "Image with its tag. Needed unless the manifests are the team's own. The digest stands in images.bartizan.json, which the pipeline writes."},
	{Name: "command", Type: listOf(argType), Derived: "the image's entrypoint", Doc: "Program and first arguments."},
	{Name: "args", Type: listOf(argType), Derived: "the image's", Doc: "Arguments."},
	{Name: "env", Type: mapOf(envNameType, argType), Doc: "Environment variables: plain values only. Secrets are files, see secret."},
	{Name: "ports", Type: mapOf(portNameType, portNumber), Doc: "TCP ports on which it listens: name to number. See port for more."},
}

var containerBlocks = []*BlockType{
	{
		Name:   "port",
		Labels: []Label{{"NAME", portNameType}},
		Doc:    "A port on which the container listens, with details.",
		Example: `port "metrics" {
  number = 9090
  from   = [workload.monitoring.prometheus]
}`,
		Attributes: []*Attribute{
			{Name: "number", Type: portNumber, Required: true, Example: "number = 9090", Doc: "Port number."},
			{Name: "protocol", Type: enum(TCP, UDP, SCTP), Default: "TCP", Example: `protocol = "UDP"`, Doc: "Transport protocol."},
			{Name: "service", Type: portNumber, Derived: "the number itself", Example: "service = 80", Doc: "Port of the Service in front of it."},
			{Name: "from", Type: listOf(to(peers...)), Doc: "Who may connect, besides the workloads whose calls name the port. Workloads and namespaces that stand here need no calls of their own.",
				Weakening: &Weakness{Doc: "The port is open to the internet past any gateway.", Values: []any{"zone.internet"}}},
		},
	},
	{
		Name: "resources",
		Doc:  "What the container is given and may use at most, in Kubernetes' quantities: \"250m\" is a quarter of a CPU, \"64Mi\" is 64 MiB.",
		Example: `resources {
  cpu          = "250m"
  memory       = "128Mi"
  memory_limit = "256Mi"
}`,
		Attributes: []*Attribute{
			{Name: "cpu", Type: quantityType, Derived: "50m", Doc: "CPU that is set aside for it."},
			{Name: "memory", Type: quantityType, Derived: "64Mi", Doc: "Memory that is set aside for it."},
			{Name: "cpu_limit", Type: quantityType, Derived: "ten times the request", Doc: "Most CPU."},
			{Name: "memory_limit", Type: quantityType, Derived: "twice the request", Doc: "Most memory."},
			{Name: "ephemeral_storage", Type: quantityType, Doc: "Requested space for logs and scratch volumes."},
			{Name: "ephemeral_storage_limit", Type: quantityType, Derived: "256Mi", Doc: "Most space for logs and scratch volumes."},
		},
	},
	{
		Name:   "probe",
		Labels: []Label{{"KIND", enum("readiness", "liveness", "startup")}},
		Doc:    "A health check. Exactly one of http, grpc, tcp and exec.",
		Attributes: []*Attribute{
			{Name: "http", Type: textType("path", parseURLPath), Example: `http = "/healthz"
port = "http"`, Doc: "Path of an HTTP request."},
			{Name: "grpc", Type: portNameType, Example: `grpc = "grpc"`, Doc: "Name of a port that answers the gRPC health protocol."},
			{Name: "tcp", Type: portNameType, Example: `tcp = "grpc"`, Doc: "Name of a port that accepts connections."},
			{Name: "exec", Type: listOf(argType), Doc: "Command in the container that ends with 0."},
			{Name: "port", Type: portNameType, Derived: "the only port", Example: `http = "/healthz"
port = "http"`, Doc: "Name of the port of an HTTP request."},
			{Name: "headers", Type: mapOf(textType("header name", parseHeaderName), lineType), Example: `http    = "/healthz"
port    = "http"
headers = { Accept = "application/json" }`, Doc: "Headers of an HTTP request."},
			{Name: "delay", Type: number(0, 3600), Default: 0, Doc: "Seconds before the first check."},
			{Name: "period", Type: number(1, 3600), Default: 10, Doc: "Seconds between checks."},
			{Name: "failures", Type: number(1, 100), Default: 3, Doc: "Failures in a row that count."},
		},
		Example: `probe "readiness" {
  http = "/ready"
  port = "http"
}`,
	},
	{
		Name: "security",
		Doc:  "What the container may do beyond the hardened defaults: its own numeric user, a read-only root, no capabilities, no escalation, the runtime's seccomp profile.",
		Example: `security {
  user         = 10070
  capabilities = ["NET_BIND_SERVICE"]
}`,
		Attributes: []*Attribute{
			{Name: "user", Type: number(0, 2147483647), Derived: "10001 for the first container, 10002 for the second…", Example: "user = 10070", Doc: "Numeric user id. Above 65535 the pod gets no user namespace: the kubelet gives a pod 65536 users."},
			{Name: "group", Type: number(0, 2147483647), Derived: "the user id", Example: "group = 10070", Doc: "Numeric group id. Above 65535 the pod gets no user namespace."},
			{Name: "run_as_root", Type: boolType, Default: false, Doc: "Runs as user 0.",
				Weakening: &Weakness{Doc: "The container runs as root; a flaw of the kernel or runtime then gives root on the node.", Values: []any{true}}},
			{Name: "privileged", Type: boolType, Default: false, Doc: "Runs without isolation.",
				Weakening: &Weakness{Doc: "The container is not isolated: it owns its node.", Values: []any{true}}},
			{Name: "writable_root", Type: boolType, Default: false, Doc: "The root file system can be written. Prefer a volume for each directory that must be.",
				Weakening: &Weakness{Doc: "An attacker in the container can bring and change programs.", Values: []any{true}}},
			{Name: "capabilities", Type: listOf(enum(linuxCapabilities...)), Example: `capabilities = ["NET_BIND_SERVICE"]`, Doc: "Linux capabilities to add after all were dropped.",
				Weakening: &Weakness{Doc: "The capability gives part of root's power.", Keys: true, Safe: []string{"NET_BIND_SERVICE"}}},
			{Name: "escalation", Type: boolType, Default: false, Doc: "Programs with the setuid bit may gain rights.",
				Weakening: &Weakness{Doc: "Setuid programs in the image give root in the container.", Values: []any{true}}},
			{Name: "unconfined", Type: boolType, Default: false, Doc: "No seccomp profile.",
				Weakening: &Weakness{Doc: "Every system call of the kernel can be attacked.", Values: []any{true}}},
		},
	},
}

var moreContainers = []*BlockType{
	{
		Name:   "container",
		Labels: []Label{{"NAME", labelType}},
		Doc:    "A further container of the pods.",
		Example: `container "proxy" {
  image   = "registry.example.com/platform/proxy:v2.1.0"
  ports   = { admin = 9901 }
  sidecar = true
}`,
		Attributes: slices.Concat(containerAttributes, []*Attribute{
			{Name: "sidecar", Type: boolType, Default: false, Doc: "Starts before the other containers and ends after them."},
		}),
		Blocks: containerBlocks,
	},
	{
		Name:   "init_container",
		Labels: []Label{{"NAME", labelType}},
		Doc:    "A container that runs to its end before the others start, in the order written.",
		Example: `init_container "migrate" {
  image = "registry.example.com/shop/migrate:v1.4.2"
  args  = ["--up"]
}`,
		Attributes: containerAttributes,
		Blocks:     []*BlockType{containerBlocks[1], containerBlocks[3]}, // resources and security
	},
}

var workloadAttributes = []*Attribute{
	{Name: "kind", Type: enum(Deployment, StatefulSet, DaemonSet, Job, CronJob), Default: "Deployment", Example: `kind = "StatefulSet"`, Doc: "Kubernetes kind. Each pod of a StatefulSet keeps a name that the others reach it by, also before it is ready: NAME-0.NAME-pods.NAMESPACE.svc and the cluster's dns_domain."},
	{Name: "manifests", Type: enum(ManifestsGenerate, ManifestsPatch, ManifestsExternal), Default: "generate",
		Example: `manifests = "patch"`, Doc: "Who writes the workload's objects: \"generate\": complete objects; \"patch\": kustomize patches over the team's own; \"external\": only what surrounds the workload."},
	{Name: "pods", Type: mapOf(labelKeyType, labelValType), Derived: "app.kubernetes.io/name with the workload's name", Example: `manifests = "patch"
pods      = { "app.kubernetes.io/name" = "cart" }`, Doc: "Labels of the pods, where the manifests are the team's own."},
	{Name: "replicas", Type: number(0, 10000), Derived: "2; 1 for a StatefulSet with a persistent volume", Example: "replicas = 3", Doc: "Number of pods."},
	{Name: "schedule", Type: cronType, Example: `kind     = "CronJob"
schedule = "0 3 * * *"`, Doc: "When a CronJob runs."},
	{Name: "pool", Type: to("node_pool"), Derived: "any worker pool that is not dedicated", Doc: "Pool that the pods run on."},
	{Name: "arch", Type: listOf(archType), Derived: "any: the images are made for every node that it may run on", Doc: "Processor architectures for which all its images are made. Its pods run only on such nodes."},
	{Name: "calls", Type: listOf(to("workload", "port")), Doc: "Ports of workloads that it connects to; a workload with one port stands for that port. Pods of one workload talk to each other only where it calls a port of its own."},
	{Name: "grace_seconds", Type: number(0, 86400), Default: 30, Doc: "Seconds to end gracefully."},
	{Name: "priority", Type: enum(PriorityLow, PriorityNormal, PriorityCritical), Default: "normal", Doc: "Whose pods stay when capacity is short."},
}

const hostElsewhere = "Write fqdns = [\"api.example.com\"] for names, or cidrs for addresses."

var workloadBlocks = []*BlockType{
	{
		Name:   "expose",
		Labels: []Label{{"HOST", dnsNameType}},
		Doc:    "Publishes a port under a host name.",
		Example: `expose "shop.example.com" {
  via  = gateway.public
  port = "http"
}`,
		Attributes: []*Attribute{
			{Name: "host", Type: dnsNameType, Derived: "the label", Doc: "Host name, where it is computed; the label is then a name without a meaning."},
			{Name: "via", Type: to("gateway"), Required: true, Doc: "Gateway that publishes it."},
			{Name: "port", Type: portNameType, Derived: "the only port", Doc: "Name of the port."},
			{Name: "path", Type: textType("path", parseURLPath), Default: "/", Doc: "Only requests below this path."},
		},
	},
	{
		Name:      "egress",
		Elsewhere: map[string]string{"host": hostElsewhere, "hosts": hostElsewhere, "fqdn": hostElsewhere},
		Labels:    []Label{{"NAME", labelType}},
		Doc:       "A destination outside the cluster: names, networks or zones, and one port. Everything that is not declared is closed.",
		Example: `egress "payments-provider" {
  fqdns = ["api.payments.example"]
  port  = 443
}`,
		Attributes: []*Attribute{
			{Name: "fqdns", Type: listOf(dnsNameType), Doc: "DNS names of the destination; the network plugin must be cilium, antrea, calico-enterprise, ovn-kubernetes, kube-network-policies, eks-auto-mode or gke-dataplane-v2. Whoever answers for a name chooses its addresses: any, but not the cloud's metadata addresses, the API server or the cluster's nodes; with gke-dataplane-v2 any at all. With kube-network-policies the workload itself can be who answers."},
			{Name: "cidrs", Type: listOf(cidrType), Doc: "Networks.",
				Weakening: &Weakness{Doc: "Stolen data can be sent anywhere, and tools fetched from anywhere.", Values: []any{"0.0.0.0/0", "::/0"}}},
			{Name: "zones", Type: listOf(to("zone")), Doc: "Zones.",
				Weakening: &Weakness{Doc: "Stolen data can be sent anywhere, and tools fetched from anywhere.", Values: []any{"zone.internet"}}},
			{Name: "port", Type: portNumber, Required: true, Doc: "Port number."},
			{Name: "protocol", Type: enum(TCP, UDP, SCTP), Default: "TCP", Example: `protocol = "UDP"`, Doc: "Transport protocol."},
		},
	},
	{
		Name: "volume",
		Elsewhere: map[string]string{
			"storage_class":      "Write class, with kind = \"persistent\".",
			"storage_class_name": "Write class, with kind = \"persistent\".",
			"mount_path":         "Write path.",
		},
		Labels: []Label{{"NAME", labelType}},
		Doc:    "A directory that can be written.",
		Attributes: []*Attribute{
			{Name: "path", Type: pathType, Required: true, Doc: "Where it is mounted."},
			{Name: "kind", Type: enum(Scratch, Memory, Persistent), Default: "scratch", Example: `kind = "memory"`, Doc: "\"scratch\" and \"memory\" end with the pod."},
			{Name: "size", Type: quantityType, Default: "64Mi", Doc: "Most that it holds. What scratch volumes hold counts towards ephemeral_storage_limit of the containers, above which the kubelet ends the pod."},
			{Name: "class", Type: dnsNameType, Derived: "the cluster's default", Example: `kind  = "persistent"
class = "fast-ssd"`, Doc: "Storage class of a persistent volume."},
			{Name: "read_only", Type: boolType, Default: false, Doc: "Mounted read-only."},
			{Name: "in", Type: listOf(labelType), Derived: "the first", Doc: "Names of the containers that mount it."},
		},
		Example: `volume "tmp" { path = "/tmp" }`,
	},
	{
		Name:   "secret",
		Labels: []Label{{"NAME", labelType}},
		Doc: "A secret. Its values are files in the directory /run/secrets/NAME, one for each property of the store's entry or each key of the Secret. " +
			"They stand in no specification and no output.",
		Example: `secret "redis" {
  from = secret_store.vault
  path = "shop/cart/redis#password" # the file /run/secrets/redis/password
}`,
		Attributes: []*Attribute{
			{Name: "from", Type: to("secret_store"), Derived: "a Secret of that name that somebody else makes", Doc: "Store that holds it."},
			{Name: "path", Type: storePathType, Doc: "The store's entry; only with from. Behind # one property of it, the only one that is fetched then."},
			{Name: "in", Type: listOf(labelType), Derived: "the first", Doc: "Names of the containers that see it."},
			{Name: "env", Type: envNameType, Doc: "Environment variable that also carries a value: that of the property in path, or without from that of the key which is called like the block.",
				Weakening: &Weakness{Doc: "Environment variables leak into logs, crash dumps and child processes.", Keys: true}},
		},
	},
	{
		Name:   "config",
		Labels: []Label{{"FILE", fileNameType}},
		Doc:    "A configuration file.",
		Example: `config "cart.yaml" {
  path    = "/etc/cart"
  content = file("cart.yaml")
}`,
		Attributes: []*Attribute{
			{Name: "path", Type: pathType, Required: true, Doc: "Directory that it is mounted in."},
			{Name: "content", Type: contentType, Required: true, Doc: "Its text; file(\"…\") reads it from the specification's directory."},
			{Name: "in", Type: listOf(labelType), Derived: "the first", Doc: "Names of the containers that see it."},
		},
	},
	{
		Name:   "api_access",
		Labels: []Label{{"NAME", labelType}},
		Doc:    "A rule of the workload's role on the Kubernetes API. Without any, no token is mounted.",
		Example: `api_access "leader-election" {
  groups    = ["coordination.k8s.io"]
  resources = ["leases"]
  names     = ["cart"]
  verbs     = ["get", "update"]
}`,
		Attributes: []*Attribute{
			{Name: "verbs", Type: listOf(enum("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use", "bind", "escalate", "impersonate", "approve", "sign", "*")), Required: true, Doc: "What it may do.",
				Weakening: &Weakness{Doc: "The verb lets the workload give itself any right.", Values: []any{"*", "bind", "escalate", "impersonate"}}},
			{Name: "groups", Type: listOf(apiGroupType), Derived: `[""], the core group`, Doc: "API groups.",
				Weakening: &Weakness{Doc: "The rule covers every API there is and will be.", Values: []any{"*"}}},
			{Name: "resources", Type: listOf(resourceType), Required: true, Doc: "Resources in the plural, with subresource if need be.",
				Weakening: &Weakness{Doc: "The resource leads to other identities or to the nodes.", Values: []any{"*", "secrets", "pods/exec", "pods/attach", "pods/ephemeralcontainers", "nodes/proxy", "serviceaccounts/token"}}},
			{Name: "names", Type: listOf(objectNameType), Derived: "all", Doc: "Only objects of these names. Requests that name none, such as creations, are then refused."},
			{Name: "scope", Type: enum(ScopeNamespace, ScopeCluster), Default: "namespace", Doc: "How far the rule reaches.",
				Weakening: &Weakness{Doc: "The rule holds in every namespace, kube-system included.", Values: []any{"cluster"}}},
		},
	},
	{
		Name: "host",
		Doc:  "What the workload takes from its node.",
		Example: `host {
  paths = { "/var/log" = "read-only" }
}`,
		Attributes: []*Attribute{
			{Name: "pid", Type: boolType, Default: false, Doc: "Sees the node's processes.",
				Weakening: &Weakness{Doc: "The workload sees, and as root can signal and inspect, every process of its node.", Values: []any{true}}},
			{Name: "ipc", Type: boolType, Default: false, Doc: "Shares the node's memory segments.",
				Weakening: &Weakness{Doc: "The workload reads shared memory of its node's processes.", Values: []any{true}}},
			{Name: "network", Type: boolType, Default: false, Doc: "Uses the node's network.",
				Weakening: &Weakness{Doc: "Network policies do not hold for the workload, and it reaches what listens on the node's loopback.", Values: []any{true}}},
			{Name: "ports", Type: listOf(portNumber), Doc: "Ports that are opened on the node's address.",
				Weakening: &Weakness{Doc: "The port is reached at the node's address, past Services and most policies.", Keys: true}},
			{Name: "paths", Type: mapOf(pathType, enum(ReadOnly, ReadWrite)), Doc: "Directories of the node: path to mode.",
				Weakening: &Weakness{Doc: "The workload reads, or writes, files of its node.", Keys: true}},
		},
	},
	{
		Name: "scaling",
		Doc:  "Bounds of an autoscaler, instead of replicas: two owners of one number fight, although some scanners (polaris, kube-linter) ask for both.",
		Example: `scaling {
  min = 2
  max = 9
}`,
		Attributes: []*Attribute{
			{Name: "min", Type: number(1, 10000), Required: true, Example: `min = 2
max = 9`, Doc: "Fewest pods."},
			{Name: "max", Type: number(1, 10000), Required: true, Example: `min = 2
max = 9`, Doc: "Most pods."},
			{Name: "cpu", Type: number(1, 100), Default: 70, Doc: "Use of the CPU set aside, in percent, that the autoscaler aims at."},
		},
	},
}

// profileAttribute is shared by workloads and profiles, which may build on each other.
var profileAttribute = &Attribute{Name: "profile", Type: oneOrMore(to("profile")),
	Doc: "Profiles that fill in what is left out here: attributes whole, blocks part by part. What two of them say differently must be said here."}

var workloadBlock = &BlockType{
	Name:      "workload",
	Elsewhere: otherWords,
	Labels:    []Label{{"NAMESPACE", labelType}, {"NAME", labelType}},
	Doc: "One application in a declared namespace: its pods, who may reach it, and what it may reach. The attributes and blocks of a container " +
		"(image, command, args, env, ports, port, resources, probe, security) describe the first container, which is named like the workload.",
	Attributes: slices.Concat(
		[]*Attribute{profileAttribute},
		containerAttributes, workloadAttributes,
	),
	Blocks: slices.Concat(containerBlocks, workloadBlocks, moreContainers),
	Example: `workload "shop" "cart" {
  image = "registry.example.com/shop/cart:v1.4.2"
  ports = { grpc = 7070, http = 8080 }
  calls = [workload.shop.redis.port.redis]
}`,
}

var profileBlock = &BlockType{
	Name:      "profile",
	Elsewhere: otherWords,
	Labels:    []Label{{"NAME", labelType}},
	Doc:       "What several workloads have in common: a workload's own attributes and blocks go before those of its profiles.",
	Example: `profile "http-service" {
  replicas = 3
  ports    = { http = 8080 }
  probe "readiness" { http = "/ready" }
}`,
	Attributes: slices.Concat([]*Attribute{profileAttribute}, containerAttributes, workloadAttributes),
	Blocks:     slices.Concat(containerBlocks, workloadBlocks, moreContainers),
}

// archType is an architecture that the node files, and the images of the network plugins, are made for.
var archType = enum(AMD64, ARM64)

// otherWords are what Kubernetes calls what the language says in another way.
var otherWords = func() map[string]string {
	words := map[string]string{}
	for what, do := range map[string]string{
		"node_selector tolerations affinity":           "Write pool = node_pool.NAME; arch says for which processors the images are made.",
		"security_context":                             "Write a security block; what it leaves out is hardened.",
		"service_account service_account_name":         "Each workload has an account of its own. What it may do at the Kubernetes API stands in api_access blocks.",
		"liveness_probe readiness_probe startup_probe": "Write probe \"liveness\" { … }, or readiness or startup.",
		"volume_mounts":                                "Write volume \"NAME\" { path = \"…\" }, which is mounted there.",
		"env_from config_map":                          "Write a config block for a file, env for plain values, or a secret block.",
		"host_network host_pid host_ipc":               "Write it in a host block: host { network = true }.",
		"ingress":                                      "Write an expose block with a gateway.",
		"labels annotations":                           "They are chosen here, so that policies can rely on them. manifests = \"patch\" leaves the objects, and their labels, to the team.",
		"namespace":                                    "The namespace is the first label: workload \"NAMESPACE\" \"NAME\".",
	} {
		for _, w := range strings.Fields(what) {
			words[w] = do
		}
	}
	return words
}()

// linuxCapabilities are those of capabilities(7), Linux 6.12, without the prefix CAP_. ALL is missing on purpose: that
// is what privileged is for.
var linuxCapabilities = []string{
	"AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE",
	"DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN",
	"MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP", "SETGID",
	"SETPCAP", "SETUID", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE",
	"SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM",
}
