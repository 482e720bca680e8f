package build

import (
	"path"
	"slices"
	"strings"
)

// Component is a module whose programs are built, or whose data are read: what a cluster is made of, or a judge of it.
type Component struct {
	// Name names the directory in the cache and, with the version, the files in modules.
	Name string
	// Version is the module's, with its v.
	Version string
	// Packages are the import paths of the programs, by the name of the binary.
	Packages map[string]string
	// Tags are build tags.
	Tags []string
	// LDFlags set the variables that a program reads its own version from.
	LDFlags []string
	// Data names directories of Module that are copied beside the binaries.
	Data []string
	// Module is the path of the module that Data lies in.
	Module string
	// replaces says that the module replaces others: its own parts by paths that only its repository has, or those that it
	// changed. Who depends on a module has to repeat its replacements.
	replaces bool
	// modules names the component whose files in modules are used, if they are not its own.
	modules string
	// sources is the directory of a program of ours, testdata/NAME, which is built inside the component's module as ./NAME.
	sources string
	// requires are further modules, PATH VERSION, that a program of ours imports and that the component's own does not decide about.
	requires []string
	// itsSums says that checksums of what the module needs, where the checksum database has none, are taken from its own go.sum.
	itsSums bool
	// experiment is what GOEXPERIMENT says while the component is built.
	experiment string
	// cgo says that parts are written in C: the host's compiler builds them, and its libraries are linked.
	cgo bool
}

// Kubernetes is one release of Kubernetes, such as v1.36.4. Releases with files in modules can be built.
func Kubernetes(version string) Component {
	c := Component{Name: "kubernetes", Version: version, Module: "k8s.io/kubernetes", Packages: map[string]string{}, replaces: true}
	for _, name := range []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubeadm", "kubelet", "kubectl"} {
		c.Packages[name] = "k8s.io/kubernetes/cmd/" + name
	}
	minor, _, _ := strings.Cut(strings.TrimPrefix(version, "v1."), ".")
	for _, p := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for _, v := range []string{"gitVersion=" + version, "gitMajor=1", "gitMinor=" + minor, "gitTreeState=clean"} {
			c.LDFlags = append(c.LDFlags, "-X", p+"."+v)
		}
	}
	return c
}

// Kcheck is a program of ours, testdata/kcheck, that judges configuration files by the code of a release of Kubernetes. No
// other module may depend on that code, so it is built in the module that the release is built from.
func Kcheck(version string) Component {
	c := Kubernetes(version)
	c.Name, c.modules, c.sources = "kcheck", c.Name, "testdata/kcheck"
	c.Packages = map[string]string{"kcheck": "./kcheck"}
	return c
}

// Etcd is etcd with its command-line client.
func Etcd() Component {
	return Component{Name: "etcd", Version: "v3.6.16", Module: "go.etcd.io/etcd/server/v3", Packages: map[string]string{
		"etcd":    "go.etcd.io/etcd/server/v3",
		"etcdctl": "go.etcd.io/etcd/etcdctl/v3",
		"etcdutl": "go.etcd.io/etcd/etcdutl/v3",
	}}
}

// Runc starts containers for containerd. User namespaces of pods need 1.2, which Debian 12 has not. Its first steps in a
// new container are written in C, and seccomp filters are made by libseccomp.
func Runc() Component {
	const module, version = "github.com/opencontainers/runc", "v1.4.1"
	return Component{Name: "runc", Version: version, Module: module, Packages: map[string]string{"runc": module},
		Tags: []string{"seccomp"}, cgo: true}
}

// Containerd is the container runtime, with its shim for runc and its client.
func Containerd() Component {
	const module, version = "github.com/containerd/containerd/v2", "v2.3.7"
	c := Component{Name: "containerd", Version: version, Module: module, Packages: map[string]string{},
		Tags: []string{"no_btrfs", "no_devmapper", "no_zfs"}, LDFlags: []string{"-X", module + "/version.Version=" + version}}
	for _, name := range []string{"containerd", "containerd-shim-runc-v2", "ctr"} {
		c.Packages[name] = module + "/cmd/" + name
	}
	return c
}

// GVisor is the runtime that puts a kernel of its own between a pod and the node, with its shim. The version is a commit of
// its branch for Go: releases have no module.
func GVisor() Component {
	const module, version = "gvisor.dev/gvisor", "v0.0.0-20260701204157-69c2d17aea96"
	return Component{Name: "gvisor", Version: version, Module: module, Packages: map[string]string{
		"runsc":                    module + "/runsc",
		"containerd-shim-runsc-v1": module + "/shim",
	}, LDFlags: []string{"-X", module + "/runsc/version.version=" + version}}
}

// CNI is the reference network plugins: a bridge and its addresses.
func CNI() Component {
	const module = "github.com/containernetworking/plugins"
	c := Component{Name: "cni", Version: "v1.9.1", Module: module, Packages: map[string]string{}}
	for _, p := range []string{"main/bridge", "main/loopback", "ipam/host-local", "meta/portmap"} {
		c.Packages[path.Base(p)] = module + "/plugins/" + p
	}
	return c
}

// KubeBench is the judge of CIS benchmarks, with its directory cfg.
func KubeBench() Component {
	const module, version = "github.com/aquasecurity/kube-bench", "v0.15.6"
	return Component{Name: "kube-bench", Version: version, Module: module, Data: []string{"cfg"},
		Packages: map[string]string{"kube-bench": module},
		LDFlags:  []string{"-X", module + "/cmd.KubeBenchVersion=" + version}}
}

// All are the components that the files in modules are kept for.
func All() []Component {
	charts := slices.DeleteFunc(Charts(), func(c Component) bool { return c.modules != "" })
	return append([]Component{Kubernetes("v1.36.4"), Kubernetes("v1.37.1"), Etcd(), Containerd(), Runc(), GVisor(), CNI(), KubeBench(),
		Kubeconform(), KubeScore(), Kubesec(), Kyverno(), Trivy(), NetpolAnalyzer(), Netpold(), KubeNetworkPolicies(), Helm(), Signatures()}, slices.Concat(Definitions(), charts)...)
}

// binaries are the names of the programs, sorted.
func (c Component) binaries() []string { return sortedKeys(c.Packages) }
