package shapes

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/inside"
	"github.com/bartizan-dev/bartizan/model"
)

// corner loads the specification with the shapes that no example has, and returns the workload with the most of them.
func corner(t *testing.T) *model.Workload {
	t.Helper()
	loaded := model.Load("testdata/corners", model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	if loaded.HasErrors() {
		t.Fatal(loaded.Diagnostics)
	}
	for _, w := range loaded.Spec.Clusters[0].Workloads() {
		if w.Namespace.Name == "plain" && w.Name == "many" {
			return w
		}
	}
	t.Fatal("there is no workload plain/many")
	return nil
}

// recorded is what the containers of a pod reported on a real node, and what the node was.
type recorded struct {
	Pod      string
	Node     Node
	Missing  []Missing
	Audience string
	Reports  map[string]inside.Report
}

// record returns a fresh copy of the recorded reports.
func record(t *testing.T) recorded {
	t.Helper()
	text, err := os.ReadFile("testdata/many.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recorded
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r recorded) compare(t *testing.T, w *model.Workload, container string) []string {
	t.Helper()
	compared, wrong, err := NewPod(r.Pod, w, r.Node, r.Missing, r.Audience).Compare(container, r.Reports[container])
	if err != nil {
		t.Fatal(err)
	}
	if compared < 40 {
		t.Errorf("%s: %d comparisons", container, compared)
	}
	return wrong
}

func TestWhatAPodReportedIsWhatWasPromised(t *testing.T) {
	w, r := corner(t), record(t)
	for _, c := range slices.Concat(w.Containers, w.InitContainers) {
		if wrong := r.compare(t, w, c.Name); len(wrong) > 0 {
			t.Errorf("%s: %s", c.Name, strings.Join(wrong, "\n"))
		}
	}
}

func mountAt(r *inside.Report, point string) *inside.Mount {
	return &r.Mounts[slices.IndexFunc(r.Mounts, func(m inside.Mount) bool { return m.Point == point })]
}

func fileAt(r *inside.Report, path string) *inside.File {
	return &r.Files[slices.IndexFunc(r.Files, func(f inside.File) bool { return f.Path == path })]
}

// Everything that is reported is compared with something: each edit of a report must be noticed.
func TestEveryDifferenceIsNoticed(t *testing.T) {
	w := corner(t)
	const token = tokenDir + "/token"
	for _, e := range []struct {
		container, name string
		edit            func(*inside.Report)
		says            string
	}{
		{"many", "user", func(r *inside.Report) { r.UID = 0 }, "the user is 0"},
		{"second", "group", func(r *inside.Report) { r.GID = 20001 }, "the group is 20001"},
		{"many", "users of the node", func(r *inside.Report) { r.UsersMap = []inside.Range{{Outside: 0, Count: 4294967295}} }, "the users are those of the node"},
		{"many", "groups of the node", func(r *inside.Report) { r.GroupsMap[0].Outside = 0 }, "the groups are those of the node"},
		{"many", "root of the node besides", func(r *inside.Report) {
			r.UsersMap = append(r.UsersMap, inside.Range{Inside: 65536, Outside: 0, Count: 1})
		}, "the users are those of the node"},
		{"many", "no user namespace", func(r *inside.Report) { r.Namespaces["user"] = record(t).Node.Namespaces["user"] }, "having users of its own"},
		{"many", "another kernel", func(r *inside.Report) { r.Kernel = "Linux version 4.4.0" }, "the kernel being the node's is false"},
		{"many", "gVisor", func(r *inside.Report) { r.Messages = "Starting gVisor..." }, "the kernel saying that it is gVisor is true"},
		{"many", "groups", func(r *inside.Report) { r.Groups = append(r.Groups, 0) }, "supplementary groups"},
		{"many", "inheritable", func(r *inside.Report) { r.Status["CapInh"] = "0000000000000400" }, "CapInh"},
		{"many", "permitted", func(r *inside.Report) { r.Status["CapPrm"] = "0000000000000400" }, "CapPrm"},
		{"many", "effective", func(r *inside.Report) { r.Status["CapEff"] = "0000000000000400" }, "CapEff"},
		{"many", "bounding", func(r *inside.Report) { r.Status["CapBnd"] = "0000000000000000" }, "CapBnd"},
		{"proxy", "bounding", func(r *inside.Report) { r.Status["CapBnd"] = "0000000000000400" }, "CapBnd"},
		{"many", "ambient", func(r *inside.Report) { delete(r.Status, "CapAmb") }, "CapAmb"},
		{"many", "privileges", func(r *inside.Report) { r.Status["NoNewPrivs"] = "0" }, "no_new_privs"},
		{"many", "strict mode", func(r *inside.Report) { r.Status["Seccomp"] = "1" }, "seccomp's mode"},
		{"many", "an empty filter", func(r *inside.Report) { r.Refused["unshare"] = "invalid argument" }, "system call unshare"},
		{"many", "not tried", func(r *inside.Report) { delete(r.Refused, "keyctl") }, "system call keyctl"},
		{"many", "device", func(r *inside.Report) { r.Devices = append(r.Devices, "sda") }, "devices: sda too many"},
		{"many", "processes", func(r *inside.Report) { r.Namespaces["pid"] = record(t).Node.Namespaces["pid"] }, "pid namespace"},
		{"many", "network", func(r *inside.Report) { r.Namespaces["net"] = record(t).Node.Namespaces["net"] }, "net namespace"},
		{"many", "memory", func(r *inside.Report) { r.Namespaces["ipc"] = "" }, "ipc namespace"},
		{"many", "number", func(r *inside.Report) { r.PID = 7 }, "the process's number"},
		{"many", "mount", func(r *inside.Report) { r.Mounts = append(r.Mounts, inside.Mount{Point: "/host"}) }, "mounts: /host too many"},
		{"many", "socket", func(r *inside.Report) {
			r.Mounts = append(r.Mounts, inside.Mount{Point: "/run/containerd/containerd.sock"})
		}, "mounts: /run/containerd/containerd.sock too many"},
		{"many", "no volume", func(r *inside.Report) { mountAt(r, "/work").Point = "/dev/shm" }, "mounts: /work missing"},
		{"many", "disk", func(r *inside.Report) { mountAt(r, "/keys").Type = "ext4" }, "not memory"},
		{"many", "size", func(r *inside.Report) { mountAt(r, "/keys").Size *= 2 }, "not memory"},
		{"second", "read-only", func(r *inside.Report) { mountAt(r, "/seen").ReadOnly = false }, "/seen is mounted read-only: false"},
		{"second", "owner", func(r *inside.Report) { mountAt(r, "/work").GID = 0 }, "/work belongs to group 0"},
		{"many", "root", func(r *inside.Report) { mountAt(r, "/").ReadOnly = false }, "the root file system"},
		{"many", "kernel", func(r *inside.Report) { mountAt(r, "/proc/sys").ReadOnly = false }, "below /proc/sys"},
		{"many", "writable", func(r *inside.Report) { r.Writable = append(r.Writable, "/etc") }, "/etc can be written"},
		{"many", "writable secret", func(r *inside.Report) { r.Writable = append(r.Writable, "/run/secrets/stored") }, "/run/secrets/stored can be written"},
		{"many", "not writable", func(r *inside.Report) {
			r.Writable = slices.DeleteFunc(r.Writable, func(s string) bool { return s == "/keys" })
		}, "/keys cannot be written"},
		{"many", "content", func(r *inside.Report) { fileAt(r, "/run/secrets/stored/password").Sum = sum("other") }, "/run/secrets/stored/password does not hold"},
		{"many", "unreadable", func(r *inside.Report) { fileAt(r, "/etc/many/many.yaml").Sum = "" }, "/etc/many/many.yaml does not hold"},
		{"proxy", "mode", func(r *inside.Report) { fileAt(r, "/run/secrets/single/password").Mode = 0o444 }, "has mode 0444"},
		{"proxy", "group of a file", func(r *inside.Report) { fileAt(r, "/run/secrets/single/password").GID = 0 }, "and group 0"},
		{"proxy", "more of the entry", func(r *inside.Report) {
			r.Files = append(r.Files, inside.File{Path: "/run/secrets/single/username"})
		}, "/run/secrets/single/username is a file that nobody declared"},
		{"second", "token", func(r *inside.Report) {
			r.Files = append(r.Files, inside.File{Path: "/tmp/x", Token: &inside.Token{}})
		}, "/tmp/x is a token"},
		{"many", "no token", func(r *inside.Report) { fileAt(r, token).Token = nil }, "there is a token for the API server is false"},
		{"many", "life", func(r *inside.Report) { fileAt(r, token).Token.Seconds = 31536000 }, "the token lives 31536000 seconds"},
		{"many", "eternal", func(r *inside.Report) { fileAt(r, token).Token.Seconds = -1 }, "the token lives -1 seconds"},
		{"many", "pod", func(r *inside.Report) { fileAt(r, token).Token.Pod = "" }, "the pod that the token ends with"},
		{"many", "account", func(r *inside.Report) { fileAt(r, token).Token.Subject = "system:serviceaccount:plain:default" }, "the token's account"},
		{"many", "audience", func(r *inside.Report) { fileAt(r, token).Token.Audiences = []string{"a", "b"} }, "audiences of the token: a, b too many"},
		{"many", "token for all", func(r *inside.Report) { fileAt(r, token).Mode = 0o644 }, "the token has mode 0644"},
		{"second", "variable", func(r *inside.Report) { r.Environment["MODE"] = "x" }, "the variable MODE is x"},
		{"second", "link", func(r *inside.Report) { r.Environment["MANY_PORT"] = "tcp://10.96.0.7:80" }, "the variable MANY_PORT is in the environment"},
		{"second", "value", func(r *inside.Report) { r.Environment["MODE"] += value("plain/many", "password") }, "holds the secret stored"},
		{"many", "limit", func(r *inside.Report) { r.Memory = 0 }, "the limit of memory is 0"},
		{"many", "CPU", func(r *inside.Report) { r.CPU = 0 }, "the limit of CPU in thousandths is 0"},
	} {
		t.Run(e.container+"/"+e.name, func(t *testing.T) {
			r := record(t)
			report := r.Reports[e.container]
			e.edit(&report)
			r.Reports[e.container] = report
			wrong := r.compare(t, w, e.container)
			if !slices.ContainsFunc(wrong, func(s string) bool { return strings.Contains(s, e.says) }) {
				t.Errorf("nothing says %q: %q", e.says, wrong)
			}
		})
	}
}

// Users of the node that two pods share are noticed, by number and not by namespace.
func TestSharedUsersAreNoticed(t *testing.T) {
	of := func(outside uint32) inside.Report {
		ranges := []inside.Range{{Inside: 0, Outside: outside, Count: 65536}}
		return inside.Report{UsersMap: ranges, GroupsMap: ranges}
	}
	node := inside.Report{UsersMap: []inside.Range{{Count: 4294967295}}, GroupsMap: []inside.Range{{Count: 4294967295}}}
	if shared := Shared(map[string]inside.Report{"a": of(65536), "b": of(131072), "c": node, "d": node}); len(shared) > 0 {
		t.Errorf("pods apart: %q", shared)
	}
	want := []string{"a and b share groups of the node", "a and b share users of the node"}
	for _, second := range []uint32{65536, 65537, 131071, 1} {
		if shared := Shared(map[string]inside.Report{"a": of(65536), "b": of(second)}); !slices.Equal(shared, want) {
			t.Errorf("%d: %q, not %q", second, shared, want)
		}
	}
}

// A pod of a pool with gVisor that runs on the node's kernel is noticed, also if that kernel logs the name.
func TestASandboxHasAKernelOfItsOwn(t *testing.T) {
	pool := &model.NodePool{Runtime: model.GVisor}
	p := &Pod{Node: Node{Kernel: "Linux version 6.8.0"}, workload: &model.Workload{Pool: pool}}
	for _, e := range []struct {
		name  string
		r     inside.Report
		wrong int
	}{
		{"gVisor", inside.Report{Kernel: "Linux version 4.19.0-gvisor", Messages: "Starting gVisor..."}, 0},
		{"the node", inside.Report{Kernel: "Linux version 6.8.0"}, 2},
		{"the node that logs the name", inside.Report{Kernel: "Linux version 6.8.0", Messages: "Starting gVisor..."}, 1},
		{"another sandbox", inside.Report{Kernel: "Linux version 6.12.0"}, 1},
	} {
		compared := &trial{}
		p.compareKernel(compared, e.r)
		if len(compared.wrong) != e.wrong {
			t.Errorf("%s: %q", e.name, compared.wrong)
		}
	}
}

// A container in place of another is no container of the specification.
func TestAnUnknownContainerIsNotCompared(t *testing.T) {
	w, r := corner(t), record(t)
	if _, _, err := NewPod(r.Pod, w, r.Node, r.Missing, r.Audience).Compare("other", r.Reports["many"]); err == nil {
		t.Error("compared")
	}
}
