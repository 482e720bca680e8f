package generate

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

var bootstrap = &Generator{
	Name: "bootstrap",
	Doc: `write the scripts that bring the control plane up and nodes in

Whatever is secret is made on the machine that will hold it: the encryption key and the certificates on the first
control-plane node, a join token of 15 minutes for each node, which reaches it through a pipe and touches no disk.`,
	Controls: []model.ControlID{model.JoinTokensShort, model.KubeVIPConfined, model.SetupScripts},
	Kinds:    slices.Concat(objectKinds("v1", "Config", "Pod"), rightsKinds), // a discovery file, and kube-vip
	Run:      runBootstrap,
}

// bootstrapData fills the scripts' templates.
type bootstrapData struct {
	First       string // name of the first control-plane node
	Address     string // its address
	Pool        string // its pool
	Endpoint    string // host of the API endpoint
	Hardening   string
	AuditLog    string
	AuditToken  string   // file of the log collector's token; empty: nothing is shipped
	KMSSocket   string   // empty: no KMS
	MakeKey     bool     // the encryption key is made on the node
	Files       []string // of the hardening directory that are installed as they are
	VIP         string   // address that kube-vip holds; empty: none
	VIPBits     int
	PoolLabel   string
	EtcdNodes   []string        // members of etcd on machines of their own; none: beside the API servers
	EtcdMembers []bootstrapNode // the same with their pools
	Nodes       []bootstrapNode
	Elastic     []bootstrapPool
	Labels      []bootstrapLabel
}

type bootstrapNode struct {
	Name, Pool, Address, Config string
	SAN                         string // the address as openssl prints it
	Server                      string // URL of its API server; "" for workers
	ControlPlane                bool
}

type bootstrapPool struct{ Name, CIDR string }

type bootstrapLabel struct{ Pool, Label string }

func runBootstrap(p *Pass) error {
	for _, c := range kubeadmClusters(p.Spec) {
		data := bootstrapFor(c)
		dir := ControlPlaneDir(c)
		control := "each control-plane node"
		scripts := []struct{ name, doc, where string }{
			{"bootstrap.sh", "sets up the first control-plane node", data.First + ", once"},
			{"make-join.sh", "makes what one node needs to join: a token of 15 minutes and the cluster's authority", data.First + ", for each node that joins"},
			{"join.sh", "joins the node that it runs on", "each node but " + data.First + ", once"},
			{"admit-nodes.sh", "approves the serving certificates of declared nodes and labels them with their pool", data.First + ", after each join and daily"},
		}
		if data.VIP != "" {
			scripts = append(scripts, struct{ name, doc, where string }{"kube-vip.sh", "gives kube-vip its own credential and starts it", control + "; again within a year"})
			if err := kubeVIP(p, c); err != nil {
				return err
			}
		}
		if data.MakeKey {
			scripts = append(scripts, struct{ name, doc, where string }{"rotate-key.sh", "replaces the key that encrypts Secrets, step by step", control + ", once a year and when somebody leaves who has seen it"})
		}
		for _, s := range scripts {
			text, err := templates.Render(s.name+".tmpl", data)
			if err != nil {
				return err
			}
			p.File(Artifact{Path: path.Join(dir, s.name), Mode: 0o755, Data: text, Doc: s.doc, Where: s.where})
		}
		if err := p.YAML(Artifact{
			Path:  path.Join(dir, "discovery.yaml"),
			Doc:   "how a joining node reaches the API server; join.sh completes it on the node",
			Where: "each node that joins",
		}, joinKubeconfig(c)); err != nil {
			return err
		}
		p.Claim(model.SetupScripts, c.Addr(), path.Join(dir, "bootstrap.sh"))
		p.Claim(model.JoinTokensShort, c.Addr(), path.Join(dir, "make-join.sh"))
		p.Directory(controlPlaneReadme(c, data))
		p.Directory(Directory{Path: path.Join(dir, "hardening"), Title: "Configuration files of the API server",
			Doc: "The scripts one directory up install them in `" + HardeningDir + "` on each control-plane node, for root alone; the API server mounts that directory read-only."})
		p.Directory(Directory{Path: path.Join(dir, "patches"), Title: "Kubelet configuration of each pool",
			Doc: "kubeadm applies a pool's patches when a node joins and at upgrades; the scripts one directory up install them in `" + patchesDir + "`."})
	}
	return nil
}

func bootstrapFor(c *model.Cluster) bootstrapData {
	first := ControlPlaneNodes(c)[0]
	d := bootstrapData{
		First:     first.Name,
		Address:   first.Address.String(),
		Pool:      poolOf(c, first.Name).Name,
		Endpoint:  c.API.Endpoint.Host,
		Hardening: HardeningDir,
		AuditLog:  auditLogDir,
		MakeKey:   c.Encryption.KMS == "",
		Files:     []string{"admission.yaml", "audit-policy.yaml", "authentication.yaml"},
		PoolLabel: PoolLabel,
	}
	if c.Audit.ShipTo != "" {
		d.AuditToken = AuditTokenFile
		d.Files = append(d.Files, "audit-webhook.yaml")
	}
	if !d.MakeKey {
		d.KMSSocket = strings.TrimPrefix(c.Encryption.KMS, "unix://")
		d.Files = append(d.Files, "encryption.yaml")
	}
	if lb := c.API.LoadBalancer; lb != nil && lb.Kind == model.KubeVIP {
		d.VIP, d.VIPBits = lb.Address.String(), lb.Address.BitLen()
	}
	for _, n := range etcdMembers(c) {
		d.EtcdNodes = append(d.EtcdNodes, n.Name)
	}
	for _, pool := range c.NodePools {
		if pool.EtcdOnly() {
			for _, n := range pool.Nodes {
				d.EtcdMembers = append(d.EtcdMembers, bootstrapNode{Name: n.Name, Pool: pool.Name})
			}
			continue
		}
		control := pool.Has(model.RoleControlPlane)
		for _, n := range pool.Nodes {
			node := bootstrapNode{Name: n.Name, Pool: pool.Name, Address: n.Address.String(), SAN: opensslAddress(n.Address),
				ControlPlane: control, Config: "join-" + pool.Name + ".yaml"}
			if control {
				node.Config = "join-" + n.Name + ".yaml"
				node.Server = "https://" + net.JoinHostPort(n.Address.String(), strconv.Itoa(APIPort(c)))
			}
			d.Nodes = append(d.Nodes, node)
		}
		if len(pool.Nodes) == 0 {
			d.Elastic = append(d.Elastic, bootstrapPool{pool.Name, pool.CIDR.String()})
		}
		for _, key := range slices.Sorted(maps.Keys(pool.Labels)) {
			d.Labels = append(d.Labels, bootstrapLabel{pool.Name, key + "=" + pool.Labels[key]})
		}
	}
	return d
}

// opensslAddress writes an address as "openssl req -text" does: IPv6 as eight groups in capitals, nothing left out.
func opensslAddress(a netip.Addr) string {
	if a.Is4() {
		return a.String()
	}
	b := a.As16()
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = fmt.Sprintf("%X", int(b[2*i])<<8|int(b[2*i+1]))
	}
	return strings.Join(groups, ":")
}

// joinConfigFile is the kubeconfig of a node that joins. It holds a credential, the token: without one kubeadm would
// ask for the public cluster-info object, which anonymous requests do not reach, and wait for it in vain (discovery/file
// in cmd/kubeadm, v1.36.4).
type joinConfigFile struct {
	metav1.TypeMeta
	Clusters       []joinCluster  `json:"clusters"`
	Contexts       []namedContext `json:"contexts"`
	CurrentContext string         `json:"current-context"`
	Users          []joinUser     `json:"users"`
}

type joinCluster struct {
	Name    string     `json:"name"`
	Cluster joinServer `json:"cluster"`
}

type joinServer struct {
	CertificateAuthorityData string `json:"certificate-authority-data"`
	Server                   string `json:"server"`
}

type joinUser struct {
	Name string    `json:"name"`
	User joinToken `json:"user"`
}

type joinToken struct {
	Token string `json:"token"`
}

func joinKubeconfig(c *model.Cluster) joinConfigFile {
	server := "https://" + net.JoinHostPort(c.API.Endpoint.Host, strconv.Itoa(c.API.Endpoint.Port))
	return joinConfigFile{
		TypeMeta:       typeMeta("v1", "Config"),
		Clusters:       []joinCluster{{c.Name, joinServer{"@CLUSTER_AUTHORITY@", server}}},
		Contexts:       []namedContext{{"join", kubeContext{c.Name, "join"}}},
		CurrentContext: "join",
		Users:          []joinUser{{"join", joinToken{"@JOIN_TOKEN@"}}},
	}
}
