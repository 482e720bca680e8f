package generate

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

func bootstrapSpec() *model.Spec {
	prefix, addr := netip.MustParsePrefix, netip.MustParseAddr
	c := &model.Cluster{
		Name: "shop", Version: model.Version{Minor: 36, Patch: 4}, Provisioner: model.Kubeadm, DNSDomain: "cluster.local",
		API: model.API{
			Endpoint:     model.HostPort{Host: "api.shop.example.internal", Port: 6443},
			LoadBalancer: &model.LoadBalancer{Kind: model.KubeVIP, Address: addr("10.0.0.10")},
		},
		Network: model.Network{
			Pods: []netip.Prefix{prefix("10.244.0.0/16")}, Services: []netip.Prefix{prefix("10.96.0.0/12")}, DNS: addr("10.96.0.10"),
			CNI: model.Cilium, Encryption: true,
		},
		Audit:           model.Audit{ShipTo: "https://logs.example.internal:8443/audit", LogDays: 30},
		Certificates:    model.Certificates{Days: 365, AuthorityDays: 3650},
		ServiceAccounts: model.ServiceAccounts{Issuer: "https://kubernetes.default.svc.cluster.local", MaxTokenHours: 24},
	}
	zone := &model.Zone{Name: "nodes"}
	c.NodePools = []*model.NodePool{
		{Name: "control", Cluster: c, Zone: zone, Roles: []model.Role{model.RoleControlPlane, model.RoleEtcd},
			Nodes: []model.Node{{Name: "cp-1", Address: addr("10.0.0.11")}, {Name: "cp-2", Address: addr("fd00::1:12")}}},
		{Name: "general", Cluster: c, Zone: zone, CIDR: prefix("10.0.0.64/26"), Max: 12, Labels: map[string]string{"disk": "ssd"}},
	}
	return &model.Spec{Clusters: []*model.Cluster{c}}
}

// bootstrapScripts writes the scripts to a directory.
func bootstrapScripts(t *testing.T, spec *model.Spec) string {
	t.Helper()
	set, err := Run(spec, []*Generator{bootstrap, externalEtcdNodes})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, a := range set.Artifacts {
		if strings.HasSuffix(a.Path, ".sh") {
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(a.Path)), a.Data, a.Mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// missingTool passes over a test whose tool is not installed, but not in CI, which installs the tools.
func missingTool(t *testing.T, name string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed; .ci/run installs it", name)
	}
	t.Skipf("%s is not installed", name)
}

func TestBootstrapScriptsAreClean(t *testing.T) {
	shellcheck, err := exec.LookPath("shellcheck")
	if err != nil {
		missingTool(t, "shellcheck")
	}
	fixed := bootstrapSpec() // without elastic pools, collector and virtual address, but with a KMS
	c := fixed.Clusters[0]
	c.NodePools, c.API.LoadBalancer, c.Audit.ShipTo, c.Encryption.KMS = c.NodePools[:1], nil, "", "unix:///run/kms/socket.sock"
	apart := bootstrapSpec() // with etcd on machines of its own
	pools := apart.Clusters[0].NodePools
	pools[0].Roles = []model.Role{model.RoleControlPlane}
	pools[1].Roles, pools[1].Nodes = []model.Role{model.RoleEtcd}, []model.Node{{Name: "etcd-1", Address: netip.MustParseAddr("10.0.0.41")}, {Name: "etcd-2", Address: netip.MustParseAddr("10.0.0.42")}}
	for spec, want := range map[*model.Spec]int{bootstrapSpec(): 6, fixed: 4, apart: 9} {
		scripts, _ := filepath.Glob(filepath.Join(bootstrapScripts(t, spec), "*.sh"))
		if len(scripts) != want {
			t.Fatalf("scripts: %q", scripts)
		}
		if out, err := exec.Command(shellcheck, append([]string{"--shell=sh"}, scripts...)...).CombinedOutput(); err != nil {
			t.Errorf("%s", out)
		}
	}
}

// admit-nodes.sh stands between a stolen node credential and a certificate for another node's name, so it is run here on
// real certificate requests, with a kubectl that hands it one and notes what it approves.
func TestAdmitNodesApprovesOnlyTheDeclaredNode(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		missingTool(t, "openssl")
	}
	dir := bootstrapScripts(t, bootstrapSpec())
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	stub := func(name, text string) {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	stub("id", "echo 0")
	stub("kubectl", `case "$1 $2" in
"get certificatesigningrequests") cat "$REQUESTS" ;;
"certificate approve") echo "approved $3" ;;
esac`)
	key := filepath.Join(dir, "key")
	if out, err := exec.Command(openssl, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key).CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	for _, c := range []struct {
		name, user, subject, names string
		approved                   bool
	}{
		{"the node itself", "system:node:cp-1", "/O=system:nodes/CN=system:node:cp-1", "DNS:cp-1,IP:10.0.0.11", true},
		{"an IPv6 address", "system:node:cp-2", "/O=system:nodes/CN=system:node:cp-2", "DNS:cp-2,IP:fd00::1:12", true},
		{"another node's address", "system:node:cp-1", "/O=system:nodes/CN=system:node:cp-1", "DNS:cp-1,IP:10.0.0.12", false},
		{"another node's name", "system:node:cp-1", "/O=system:nodes/CN=system:node:cp-1", "DNS:cp-1,DNS:cp-2,IP:10.0.0.11", false},
		{"another node's subject", "system:node:cp-1", "/O=system:nodes/CN=system:node:cp-2", "DNS:cp-2,IP:fd00::1:12", false},
		{"a second organization", "system:node:cp-1", "/O=system:masters/O=system:nodes/CN=system:node:cp-1", "DNS:cp-1,IP:10.0.0.11", false},
		{"a node that nobody declared", "system:node:evil", "/O=system:nodes/CN=system:node:evil", "DNS:evil,IP:10.0.0.11", false},
		{"a name that leads elsewhere", "system:node:../x", `/O=system:nodes/CN=system:node:..\/x`, "DNS:x", false},
		{"a person", "oidc:eve", "/O=system:nodes/CN=system:node:cp-1", "DNS:cp-1,IP:10.0.0.11", false},
		{"a URI", "system:node:cp-1", "/O=system:nodes/CN=system:node:cp-1", "DNS:cp-1,URI:https://x", false},
		{"no names", "system:node:cp-1", "/O=system:nodes/CN=system:node:cp-1", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"req", "-new", "-key", key, "-subj", c.subject}
			if c.names != "" {
				args = append(args, "-addext", "subjectAltName="+c.names)
			}
			csr, err := exec.Command(openssl, args...).Output()
			if err != nil {
				t.Fatal(err)
			}
			requests := filepath.Join(t.TempDir(), "requests")
			line := "csr-x " + c.user + " " + base64.StdEncoding.EncodeToString(csr) + "\n"
			if err := os.WriteFile(requests, []byte(line), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("sh", filepath.Join(dir, "admit-nodes.sh"))
			cmd.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "REQUESTS=" + requests}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if approved := strings.Contains(string(out), "approved csr-x"); approved != c.approved || (err == nil) != c.approved {
				t.Errorf("approved: %v, %v\n%s%s", approved, err, out, stderr.String())
			}
		})
	}
}
