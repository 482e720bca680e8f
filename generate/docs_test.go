package generate

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/model"
)

// docsSpec is a specification with one of everything that the documents print.
func docsSpec() *model.Spec {
	internet := &model.Zone{Name: model.InternetZone}
	zone := &model.Zone{Name: "nodes", CIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}}
	security := &model.Team{Name: "security", OIDCGroup: "security", CodeOwner: "@example/security"}
	sre := &model.Team{Name: "sre", OIDCGroup: "sre", BreakGlass: &model.BreakGlass{Hours: 2, Approvers: []*model.Team{security}}}
	c := &model.Cluster{
		Name: "shop", Version: model.Version{Minor: 36, Patch: 4}, Provisioner: model.Kubeadm, DNSDomain: "cluster.local",
		API:      model.API{Endpoint: model.HostPort{Host: "api.shop.example", Port: 6443}},
		Network:  model.Network{Pods: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")}, Services: []netip.Prefix{netip.MustParsePrefix("10.96.0.0/12")}, DNS: netip.MustParseAddr("10.96.0.10"), CNI: model.Cilium},
		Identity: model.Identity{OIDC: &model.OIDC{Issuer: "https://login.example.com", ClientID: "k", UsernameClaim: "email", UsernamePrefix: "oidc:", GroupsClaim: "groups", GroupsPrefix: "oidc:"}},
		Audit:    model.Audit{ShipTo: "https://logs.example/audit", LogDays: 30},
	}
	c.NodePools = []*model.NodePool{
		{Name: "control", Cluster: c, Zone: zone, OS: model.Ubuntu2404, Roles: []model.Role{model.RoleControlPlane, model.RoleEtcd}, Nodes: []model.Node{
			{Name: "cp-1", Address: netip.MustParseAddr("10.0.0.11")}, {Name: "cp-2", Address: netip.MustParseAddr("10.0.0.12")}, {Name: "cp-3", Address: netip.MustParseAddr("10.0.0.13")},
		}},
		{Name: "general", Cluster: c, Zone: zone, OS: model.Ubuntu2404, CIDR: netip.MustParsePrefix("10.0.0.64/26"), Max: 12},
	}
	n := &model.Namespace{Name: "shop", Cluster: c, Owner: sre, PodSecurity: model.Restricted}
	c.Namespaces = []*model.Namespace{n}
	gateway := &model.Gateway{Name: "public", Class: "cilium", Namespace: n, From: []model.Peer{internet}}
	workload := func(name string) *model.Workload {
		w := &model.Workload{Name: name, Namespace: n, Kind: model.Deployment, Manifests: model.ManifestsGenerate, Replicas: 2,
			Selector: map[string]string{"app.kubernetes.io/name": name}, Priority: model.PriorityNormal}
		k := &model.Container{Name: name, Image: model.Image{Written: "registry.example/" + name + ":v1", Host: "registry.example", Path: name, Tag: "v1"}}
		w.Containers = []*model.Container{k}
		w.Ports = []*model.Port{{Name: "http", Number: 8080, Service: 8080, Protocol: model.TCP, Workload: w, Container: k}}
		n.Workloads = append(n.Workloads, w)
		return w
	}
	cart, frontend, redis := workload("cart"), workload("frontend"), workload("redis")
	frontend.Calls = []*model.Port{cart.Ports[0]}
	frontend.Exposes = []*model.Expose{{Host: "shop.example.com", Via: gateway, Port: frontend.Ports[0], Path: "/"}}
	frontend.Egress = []*model.Egress{{Name: "pay", FQDNs: []string{"api.pay.example"}, Port: 443, Protocol: model.TCP}}
	cart.Calls = []*model.Port{redis.Ports[0]}
	redis.Priority = model.PriorityCritical
	vpn := &model.VPN{Name: "wg", Kind: model.WireGuard, Zone: zone, Endpoint: model.HostPort{Host: "vpn.example.com", Port: 51821}, Devices: []*model.Device{
		{Name: "anna-laptop", Team: sre, PublicKey: "mR0TXqyBqiyGzyPqSFTmSx4pzJV0gDxM9bKtQnKc6mM=", Address: netip.MustParseAddr("10.8.0.7")},
	}}
	bastion := &model.JumpBox{Name: "bastion", Zone: zone, ReachableFrom: []model.Peer{vpn}, MFA: model.MFAFIDO2, OS: model.Ubuntu2404}
	c.API.ReachableFrom = []model.Peer{bastion}
	sre.Grants = []*model.Grant{{Action: model.ActionOperate, In: []*model.Namespace{n}}}
	weak := &model.Weakening{Address: "workload.shop.redis.host.pid", Subject: redis.Addr(), Doc: "sees every process | of the node"}
	return &model.Spec{
		Clusters: []*model.Cluster{c}, Zones: []*model.Zone{internet, zone}, VPNs: []*model.VPN{vpn}, JumpBoxes: []*model.JumpBox{bastion},
		Teams: []*model.Team{security, sre}, Gateways: []*model.Gateway{gateway},
		Registries:   []*model.Registry{{Name: "main", Host: "registry.example"}},
		Repositories: []*model.Repository{{Name: "platform", URL: "https://git.example.com/platform", Reviews: 2, SignedCommits: true}},
		Backups:      []*model.Backup{{Name: "etcd", Cluster: c, To: "s3://b/etcd", Encrypted: true, Schedule: model.Daily}},
		Exceptions:   []*model.Exception{{Name: "redis", Allows: []*model.Weakening{weak}, Reason: "it <must>", Owner: sre, Expires: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC), OnExpiry: model.ExpiryRefuse}},
		Attestations: []*model.Attestation{{Name: "mfa", Control: model.IDPMFA, Subject: c.Addr(), By: security, Evidence: "https://wiki.example/mfa", ReviewBy: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)}},
		Weakenings:   []*model.Weakening{weak},
	}
}

func docsFiles(t *testing.T) map[string]string {
	t.Helper()
	claims := &Generator{Name: "claims", Controls: []model.ControlID{model.PodRestricted, model.DefaultDeny, model.APIEgressBlocked}, Run: func(p *Pass) error {
		p.Claim(model.PodRestricted, "workload.shop.cart", "clusters/shop/a.yaml")
		p.Claim(model.PodRestricted, "workload.shop.frontend", "clusters/shop/b.yaml")
		p.Claim(model.APIEgressBlocked, "workload.shop.frontend", "clusters/shop/c.yaml")
		p.Claim(model.DefaultDeny, "namespace.shop", "clusters/shop/c.yaml")
		return nil
	}}
	set, err := Run(docsSpec(), append([]*Generator{claims}, docsGenerators...))
	if err != nil {
		t.Fatal(err)
	}
	checkReadmes(t, set)
	files := map[string]string{}
	for path, data := range set.Files() {
		files[path] = string(data)
	}
	return files
}

func TestDocumentsSayWhatTheSpecificationSays(t *testing.T) {
	files := docsFiles(t)
	for path, want := range map[string][]string{
		"docs/coverage.md": {
			"| `pod-restricted` | The workload's pods pass the restricted level | every workload but workload.shop.redis | [`../clusters/shop/a.yaml`](../clusters/shop/a.yaml) |",
			"| `default-deny` | No pod of the namespace sends or receives undeclared traffic | namespace.shop |",
			"stated by team.security",
			"| CIS-1.12-3.1.3 |",
		},
		"docs/by-hand.md":           {"`branch-protection`", "`disk-encryption`", "every node pool", "CIS"},
		"docs/exceptions.md":        {"it &lt;must&gt;", "2027-03-31", "the cluster refuses new pods that need it", "| `workload.shop.redis.host.pid` | sees every process \\| of the node |"},
		"docs/attestations.md":      {"| `idp-mfa` |", "2027-01-31", "https://wiki.example/mfa"},
		"docs/connectivity.md":      {"### From the internet\n\n| through | host | to | port |\n|---|---|---|---|\n| `gateway.public` | shop.example.com | `workload.shop.frontend` | 8080/TCP |", "| `gateway.public` | `workload.shop.frontend` | 8080/TCP | shop.example.com |", "| `workload.shop.frontend` | pay | api.pay.example | 443/TCP |"},
		"docs/review-calendar.md":   {"| 2027-01-31 | `attestation.mfa` |"},
		"docs/exercises/insider.md": {"`security`", "oidc:USER@EXAMPLE.COM"},
		"docs/exercises/remote-code-execution.md": {
			"kubectl --namespace 'shop' label pod POD 'app.kubernetes.io/name-' quarantine=true",
			"| reaches at once | `workload.shop.cart.port.http` |",
			"| reaches through those, if they fall too | `workload.shop.redis` |",
			"scale 'deployment/frontend' --replicas 0",
			`jq -c 'select(.user.username == "system:serviceaccount:shop:frontend")' '/var/log/kubernetes/audit/audit.log'`,
		},
		"docs/exercises/ssrf.md":                {"| API server | dropped |", "169.254.169.254` | **no policy of this tree blocks it** |", "| `workload.shop.cart.port.http` | **answers on 8080** |", "logs --selector 'app.kubernetes.io/name=cart'"},
		"docs/exercises/stolen-laptop.md":       {"peer mR0TXqyBqiyGzyPqSFTmSx4pzJV0gDxM9bKtQnKc6mM= remove", "the API server of this cluster, jump box `bastion`"},
		"docs/exercises/compromised-image.md":   {"| `registry.example/cart:v1` | `workload.shop.cart` |"},
		"docs/exercises/cluster-malfunction.md": {"works while 2 of them live", "'https://10.0.0.12:2379'", "| critical | `workload.shop.redis` | `sre` |"},
	} {
		text, ok := files[path]
		if !ok {
			t.Errorf("%s is not written", path)
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %q", path, w)
			}
		}
	}
	// The calendar is in order of time.
	if c := files["docs/review-calendar.md"]; strings.Index(c, "2027-01-31") > strings.Index(c, "2027-03-31") {
		t.Error("the calendar is not in order")
	}
	for path, text := range files {
		for _, bad := range []string{"<no value>", "%!", "<nil>", "0x"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s contains %q", path, bad)
			}
		}
	}
}

func TestEveryControlAndRequirementIsInTheCoverage(t *testing.T) {
	text := docsFiles(t)["docs/coverage.md"]
	for _, s := range model.Standards {
		if !strings.Contains(text, "| "+s.ID+" |") && !strings.Contains(text, "| "+strings.ReplaceAll(s.ID, "_", `\_`)+" |") {
			t.Errorf("requirement %s is not listed", s.ID)
		}
	}
}
