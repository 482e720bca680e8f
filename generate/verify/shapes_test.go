package verify

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// The shapes are the ways in which a control plane can be set up; each is a specification of its own. Whatever their
// files claim is proved, and nothing is found.
func TestShapesOfControlPlanesAreProved(t *testing.T) {
	const dir = "../testdata/shapes"
	shapes, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shapes {
		t.Run(s.Name(), func(t *testing.T) {
			spec := loadExample(t, dir+"/"+s.Name())
			set, err := generate.Run(spec, generate.All)
			if err != nil {
				t.Fatal(err)
			}
			result := Run(spec, set.Files(), All)
			for _, f := range result.Findings {
				t.Errorf("finding: %+v", f)
			}
			for _, c := range result.Unproved(set.Claims) {
				t.Errorf("claimed, not proved: %+v", c)
			}
			for _, control := range etcdControls {
				if !holds(result, model.Hold{Control: control, Subject: spec.Clusters[0].Addr()}) {
					t.Errorf("%s is not proved", control)
				}
			}
		})
	}
}

// Where etcd has machines of its own, an API server is a client of it and no member: its certificate is signed by the same
// authority, so the port on which members speak with each other must be closed to it.
func TestAPIServersDoNotReachThePortOfMembers(t *testing.T) {
	spec := loadExample(t, "../testdata/shapes/external-etcd")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	const file, rule = "clusters/main/nodes/etcd/nftables.nft", "ip saddr { 10.0.0.11, 10.0.0.12 } tcp dport 2379 accept"
	files := set.Files()
	want := model.Hold{Control: model.EtcdFirewall, Subject: spec.Clusters[0].Addr()}
	if !strings.Contains(string(files[file]), rule) || !holds(Run(spec, files, All), want) {
		t.Fatalf("%s is not proved from %q", want.Control, rule)
	}
	// Both ways in which the machine gets the file.
	for _, name := range []string{file, "clusters/main/nodes/etcd/cloud-init.yaml"} {
		files[name] = []byte(strings.Replace(string(files[name]), rule, strings.Replace(rule, "2379", "2379-2380", 1), 1))
	}
	result := Run(spec, files, All)
	if holds(result, want) {
		t.Errorf("%s is still proved", want.Control)
	}
	if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Path == file && strings.Contains(f.Message, "2380") }) {
		t.Errorf("no finding names the port in %s: %+v", file, result.Findings)
	}
}

// Clusters of one specification may call namespaces and workloads alike: each has its own, and its own proofs.
func TestNamespacesOfTwoClustersMayBeCalledAlike(t *testing.T) {
	spec := loadExample(t, "../testdata/two-clusters")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	files := set.Files()
	result := Run(spec, files, All)
	for _, f := range result.Findings {
		t.Errorf("finding: %+v", f)
	}
	for _, c := range result.Unproved(set.Claims) {
		t.Errorf("claimed, not proved: %+v", c)
	}
	// What is spoilt in one of them is no matter of the other.
	const policy = "/manifests/namespaces/monitoring/guard/networkpolicy-allow-alerts.yaml"
	files["clusters/blue"+policy] = []byte(strings.Replace(string(files["clusters/blue"+policy]), "port: 8080", "port: 8081", 1))
	result = Run(spec, files, All)
	for subject, want := range map[model.Address]bool{"workload.blue-monitoring.alerts": false, "workload.green-monitoring.alerts": true} {
		if got := holds(result, model.Hold{Control: model.IngressExact, Subject: subject}); got != want {
			t.Errorf("%s: proved = %v", subject, got)
		}
	}
}
