package generate

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// etcd-certs.sh ends with a line that says that nothing is missing. If any command fails before it, that line is not
// written, and etcd-member.sh takes nothing.
func TestCertificatesOfEtcdAreWholeOrRefused(t *testing.T) {
	spec := bootstrapSpec()
	c := spec.Clusters[0]
	members := *c.NodePools[0]
	c.NodePools[0].Roles = []model.Role{model.RoleControlPlane}
	members.Name, members.Roles = "etcd", []model.Role{model.RoleEtcd}
	members.Nodes = []model.Node{{Name: "etcd-1", Address: c.NodePools[0].Nodes[0].Address}, {Name: "etcd-2", Address: c.NodePools[0].Nodes[1].Address}}
	c.NodePools = append(c.NodePools, &members)
	dir := bootstrapScripts(t, spec)
	pki := filepath.Join(dir, "pki")
	script := filepath.Join(dir, "etcd-certs.sh")
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	replaced := strings.NewReplacer("pki=/etc/kubernetes/pki", "pki="+pki, "/run/etcd-certs", dir+"/certs").Replace(string(text))
	bin := filepath.Join(dir, "bin")
	for name, content := range map[string]string{
		script:                                 replaced,
		filepath.Join(pki, "etcd/ca.crt"):      "authority",
		filepath.Join(pki, "etcd/ca.key"):      "its key",
		filepath.Join(dir, "etcd/etcd-2.yaml"): "certificatesDir: /etc/kubernetes/pki\n",
		filepath.Join(bin, "id"):               "#!/bin/sh\necho 0\n",
		filepath.Join(bin, "hostname"):         "#!/bin/sh\necho etcd-1\n",
		filepath.Join(bin, "kubeadm"):          "#!/bin/sh\nd=$(sed -n 's/^certificatesDir: //p' \"$6\")/etcd\necho x >\"$d/$4.crt\"\necho x >\"$d/$4.key\"\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	certs := func(env ...string) (string, bool) {
		cmd := exec.Command("sh", script, "etcd-2")
		cmd.Env = append([]string{"PATH=" + bin + ":" + os.Getenv("PATH")}, env...)
		out, err := cmd.Output()
		return string(out), err == nil
	}
	whole, ok := certs()
	if !ok || !strings.HasSuffix(whole, "\nend\n") || strings.Count(whole, "\n") != 9 || strings.Contains(whole, "ca.key") {
		t.Fatalf("ended well: %v, written:\n%s", ok, whole)
	}
	for _, tool := range []string{"base64", "find", "sort", "kubeadm", "rm"} {
		stub := filepath.Join(bin, tool)
		before, _ := os.ReadFile(stub)
		if err := os.WriteFile(stub, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		if out, ok := certs(); ok || strings.Contains(out, "end\n") {
			t.Errorf("%s fails: ended well: %v, written:\n%s", tool, ok, out)
		}
		if err := os.Remove(stub); err != nil {
			t.Fatal(err)
		}
		if before != nil {
			if err := os.WriteFile(stub, before, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
}
