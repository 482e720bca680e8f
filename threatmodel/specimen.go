package threatmodel

import (
	"net/netip"

	"github.com/bartizan-dev/bartizan/model"
)

// specimen is a small specification with one thing of every kind. The catalogue is expanded over it to tell what its
// variants are about; tests weaken it.
type specimen struct {
	spec                          *model.Spec
	cluster                       *model.Cluster
	control, general, payments    *model.NodePool
	shop, vault                   *model.Namespace
	frontend, cart, pay, operator *model.Workload
	registry                      *model.Registry
	repository                    *model.Repository
	pipeline                      *model.Pipeline
	gitops                        *model.GitOps
	backup                        *model.Backup
	vpn                           *model.VPN
	jump                          *model.JumpBox
	gateway                       *model.Gateway
	mesh                          *model.Mesh
	sre, security                 *model.Team
	foreign                       *model.ForeignCluster
}

func newSpecimen() *specimen {
	f := &specimen{}
	internet := &model.Zone{Name: model.InternetZone}
	nodes := &model.Zone{Name: "nodes", CIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}}
	f.security = &model.Team{Name: "security"}
	f.sre = &model.Team{Name: "sre", BreakGlass: &model.BreakGlass{Hours: 2, Approvers: []*model.Team{f.security}}}
	f.vpn = &model.VPN{Name: "wg", Zone: &model.Zone{Name: "vpn"}, Devices: []*model.Device{{Name: "anna", Team: f.sre}, {Name: "bob", Team: f.security}}}
	f.jump = &model.JumpBox{Name: "bastion", ReachableFrom: []model.Peer{f.vpn}, Zone: &model.Zone{Name: "mgmt"}, OS: model.Ubuntu2404}
	c := &model.Cluster{Name: "shop", Provisioner: model.Kubeadm, API: model.API{ReachableFrom: []model.Peer{f.jump}}, Network: model.Network{CNI: model.Cilium, Encryption: true}}
	f.cluster = c
	physical := &model.Physical{DiskEncryption: model.LUKSTPM, SecureBoot: true}
	f.control = &model.NodePool{Name: "control", Cluster: c, Roles: []model.Role{model.RoleControlPlane, model.RoleEtcd}, Zone: nodes, OS: model.Ubuntu2404, SSHFrom: []model.Peer{f.jump}, SSH: model.SSHOnRequest, Physical: physical}
	f.general = &model.NodePool{Name: "general", Cluster: c, Zone: nodes, OS: model.Ubuntu2404, SSHFrom: []model.Peer{f.jump}}
	f.payments = &model.NodePool{Name: "payments", Cluster: c, Zone: nodes, OS: model.Ubuntu2404, Dedicated: true, Runtime: model.GVisor}
	c.NodePools = []*model.NodePool{f.control, f.general, f.payments}
	f.shop = &model.Namespace{Name: "shop", Cluster: c, Owner: f.sre, PodSecurity: model.Restricted}
	f.vault = &model.Namespace{Name: "vault", Cluster: c, Owner: f.sre, PodSecurity: model.Restricted}
	c.Namespaces = []*model.Namespace{f.shop, f.vault}
	f.registry = &model.Registry{Name: "main", Host: "registry.example.com"}
	f.frontend, f.cart, f.pay, f.operator = f.workload(f.shop, "frontend"), f.workload(f.shop, "cart"), f.workload(f.vault, "pay"), f.workload(f.vault, "operator")
	f.frontend.Calls = []*model.Port{f.cart.Ports[0]}
	f.cart.Calls = []*model.Port{f.pay.Ports[0]}
	f.cart.Secrets = []*model.SecretFile{{Name: "redis"}}
	f.pay.Pool = f.payments
	f.operator.APIAccess = []*model.APIAccess{{Name: "watch", Verbs: []string{"get"}, Groups: []string{""}, Resources: []string{"configmaps"}, Scope: model.ScopeNamespace}}
	f.gateway = &model.Gateway{Name: "public", Namespace: f.shop, From: []model.Peer{internet}}
	f.frontend.Exposes = []*model.Expose{{Host: "shop.example.com", Via: f.gateway, Port: f.frontend.Ports[0]}}
	f.repository = &model.Repository{Name: "platform", Reviews: 2}
	f.pipeline = &model.Pipeline{Name: "ci", Builds: []*model.Registry{f.registry}, Repository: []*model.Repository{f.repository}}
	f.gitops = &model.GitOps{Name: "flux", Source: f.repository, Deploys: c.Namespaces}
	f.backup = &model.Backup{Name: "etcd", Cluster: c, Encrypted: true}
	f.mesh = &model.Mesh{Name: "mesh", Namespaces: []*model.Namespace{f.vault}, Strict: true}
	f.foreign = &model.ForeignCluster{Name: "legacy"}
	f.sre.Grants = []*model.Grant{{Action: model.ActionOperate, In: []*model.Namespace{f.shop}}}
	f.spec = &model.Spec{
		Clusters: []*model.Cluster{c}, Zones: []*model.Zone{internet, nodes}, VPNs: []*model.VPN{f.vpn}, JumpBoxes: []*model.JumpBox{f.jump},
		Registries: []*model.Registry{f.registry}, Repositories: []*model.Repository{f.repository}, Pipelines: []*model.Pipeline{f.pipeline},
		GitOps: []*model.GitOps{f.gitops}, Backups: []*model.Backup{f.backup}, Teams: []*model.Team{f.security, f.sre}, Gateways: []*model.Gateway{f.gateway},
		AddOns: []*model.AddOn{{Name: "cert-manager", Namespace: f.shop}}, Meshes: []*model.Mesh{f.mesh}, ForeignClusters: []*model.ForeignCluster{f.foreign},
		Assets: []*model.Asset{{Name: "carts", HeldBy: []*model.Workload{f.cart}}, {Name: "cards", HeldBy: []*model.Workload{f.pay}, Sensitivity: model.SensitivityCritical}},
	}
	return f
}

func (f *specimen) workload(n *model.Namespace, name string) *model.Workload {
	w := &model.Workload{Name: name, Namespace: n, Kind: model.Deployment, Host: model.Host{Paths: map[string]model.HostMode{}}}
	main := &model.Container{Name: name, Image: model.Image{Registry: f.registry}}
	w.Containers = []*model.Container{main}
	w.Ports = []*model.Port{{Name: "http", Number: 8080, Workload: w, Container: main}}
	n.Workloads = append(n.Workloads, w)
	return w
}

// sidecar adds a second container to a workload.
func sidecar(w *model.Workload) *model.Container {
	c := &model.Container{Name: "proxy"}
	w.Containers = append(w.Containers, c)
	return c
}

// weakSpecimen has everything that a specification can give away.
func weakSpecimen() *specimen {
	f := newSpecimen()
	everything := func(name string, groups, resources, verbs []string) *model.APIAccess {
		return &model.APIAccess{Name: name, Groups: groups, Resources: resources, Verbs: verbs, Scope: model.ScopeCluster}
	}
	f.operator.APIAccess = []*model.APIAccess{everything("all", []string{"*"}, []string{"*"}, []string{"*"})}
	proxy := sidecar(f.cart)
	f.cart.Volumes = []*model.Volume{{Name: "shared", In: []*model.Container{f.cart.Containers[0], proxy}}}
	f.cart.Host.Ports = []int{9100}
	f.cart.Egress = []*model.Egress{{Name: "mail", FQDNs: []string{"mail.example.com"}, Port: 443}}
	f.pay.Ports[0].From = []model.Peer{f.shop, f.jump}
	f.cart.Containers[0].Security.Privileged = true
	return f
}

// pushingSpecimen has no GitOps controller: the pipeline deploys.
func pushingSpecimen() *specimen {
	f := newSpecimen()
	f.spec.GitOps = nil
	return f
}

// scopedSpecimen has a workload that may mint tokens and impersonate accounts in its own namespace, beside another that
// has an account worth it.
func scopedSpecimen() *specimen {
	f := newSpecimen()
	f.operator.APIAccess = []*model.APIAccess{{Name: "mint", Groups: []string{""}, Resources: []string{"serviceaccounts/token"}, Verbs: []string{"create"}}}
	f.operator.APIAccess = append(f.operator.APIAccess, &model.APIAccess{Name: "act", Groups: []string{""}, Resources: []string{"serviceaccounts"}, Verbs: []string{"impersonate"}})
	f.pay.APIAccess = []*model.APIAccess{{Name: "read", Groups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"get"}}}
	return f
}

// managedSpecimen has somebody else's control plane.
func managedSpecimen() *specimen {
	f := newSpecimen()
	f.cluster.Provisioner, f.cluster.NodePools = model.Managed, []*model.NodePool{f.general, f.payments}
	return f
}

// specimens are the specifications in one of which every variant of the catalogue exists.
func specimens() []*specimen {
	return []*specimen{newSpecimen(), weakSpecimen(), pushingSpecimen(), scopedSpecimen(), managedSpecimen()}
}
