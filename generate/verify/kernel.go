package verify

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// Kernel settings: the six that the kubelet compares with protectKernelDefaults (k8s.io/kubernetes
// pkg/util/sysctl), and hardening by the Kernel Self-Protection Project. Nothing else may stand in the file, because a
// later line wins.
var kernelSettings = &Check{
	Name: "kernel",
	Doc: `kernel settings and modules are hardened and leave Kubernetes alone

The settings are exactly the known ones; modules with a history of vulnerabilities never load.`,
	Controls: []model.ControlID{model.KernelHardened},
	Run: func(p *Pass) {
		p.eachPool(func(pool *model.NodePool) {
			f := p.nodeFile(pool, model.KernelHardened, "sysctl.conf", "modules-load.conf", "modprobe.conf", "node.sh")
			f.judge("sysctl.conf", func(data []byte) error { return judgeSysctls(data, pool) })
			f.judge("modules-load.conf", func(data []byte) error {
				return sameLines(data, []string{"br_netfilter", "overlay"})
			})
			f.judge("modprobe.conf", func(data []byte) error { return judgeModprobe(data, usesSCTP(pool.Cluster)) })
			f.prove("sysctl.conf")
		})
	},
}

// eachPool calls the function for each pool of each cluster whose machines take files of the tree.
func (p *Pass) eachPool(judge func(*model.NodePool)) {
	for _, c := range p.Spec.Clusters {
		for _, pool := range c.NodePools {
			if pool.Ours() {
				judge(pool)
			}
		}
	}
}

// hostProof gathers what speaks against one control of one machine.
type hostProof struct {
	pass    *Pass
	read    *hostRead
	control model.ControlID
	names   []string // of the files whose contents it takes: the script that sets the machine up, and those that are judged
	failed  bool
}

// nodeFile starts the proof of a control of a pool that needs the named files on each node.
func (p *Pass) nodeFile(pool *model.NodePool, control model.ControlID, names ...string) *hostProof {
	return p.hostProof(p.node(pool), control, names...)
}

func (p *Pass) hostProof(read *hostRead, control model.ControlID, names ...string) *hostProof {
	f := &hostProof{pass: p, read: read, control: control, names: []string{read.want.setup}}
	if ok, why := read.gets(names...); !ok {
		f.find(names[0], "", fmt.Errorf("the machine does not get it as it stands here: %s", why))
	}
	return f
}

func (f *hostProof) find(name, object string, err error) {
	f.failed = true
	message := err.Error()
	f.pass.Find(Finding{
		Control: f.control, Subject: f.read.want.subject, Path: path.Join(f.read.want.dir, name), Object: object,
		Message: strings.ToUpper(message[:1]) + message[1:] + ".",
	})
}

// judge reads one file of the machine.
func (f *hostProof) judge(name string, rule func([]byte) error) {
	f.names = append(f.names, name)
	if err := rule(f.read.files[name]); err != nil {
		f.find(name, "", err)
	}
}

func (f *hostProof) prove(name string) {
	if !f.failed {
		f.pass.Prove(f.control, f.read.want.subject, path.Join(f.read.want.dir, name))
		f.pass.needs(f.control, f.read.want.subject, f.files()...)
	}
}

// files are those that the control takes on the machine.
func (f *hostProof) files() []string {
	var all []string
	for _, name := range f.names {
		all = append(all, path.Join(f.read.want.dir, name))
	}
	return all
}

// plainLines returns the lines of a configuration file without comments ("#") and blank lines.
func plainLines(data []byte) []string {
	var lines []string
	for _, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// sameLines compares the lines of a file, in any order, with those expected.
func sameLines(data []byte, want []string) error {
	got := plainLines(data)
	for _, line := range got {
		if !slices.Contains(want, line) {
			return fmt.Errorf("the line %q is not expected", line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			return fmt.Errorf("the line %q is missing", line)
		}
	}
	return nil
}

func judgeSysctls(data []byte, pool *model.NodePool) error {
	want := append(wantHardening(pool.OS),
		"kernel.keys.root_maxbytes = 25000000",
		"kernel.keys.root_maxkeys = 1000000",
		"kernel.panic = 10",
		"kernel.panic_on_oops = 1",
		"net.bridge.bridge-nf-call-ip6tables = 1",
		"net.bridge.bridge-nf-call-iptables = 1",
		"net.ipv4.ip_forward = 1",
		"vm.overcommit_memory = 1",
		"vm.panic_on_oom = 0",
	)
	if slices.ContainsFunc(pool.Cluster.Network.Pods, func(p netip.Prefix) bool { return p.Addr().Is6() }) {
		want = append(want, "net.ipv6.conf.all.forwarding = 1")
	}
	if pool.Cluster.Network.CNI.Calico() {
		want = append(want, "net.ipv4.conf.all.rp_filter = 1", "net.ipv4.conf.default.rp_filter = 1")
	} else {
		want = append(want, "net.ipv4.conf.all.rp_filter = 0", "net.ipv4.conf.default.rp_filter = 2")
	}
	return sameLines(data, want)
}

// wantHardening lists the settings of every machine.
func wantHardening(os model.OS) []string {
	want := strings.Split(strings.TrimSpace(`
dev.tty.ldisc_autoload = 0
fs.protected_fifos = 2
fs.protected_hardlinks = 1
fs.protected_regular = 2
fs.protected_symlinks = 1
fs.suid_dumpable = 0
kernel.dmesg_restrict = 1
kernel.kexec_load_disabled = 1
kernel.kptr_restrict = 2
kernel.perf_event_paranoid = 3
kernel.randomize_va_space = 2
kernel.sysrq = 0
kernel.unprivileged_bpf_disabled = 1
kernel.yama.ptrace_scope = 2
net.core.bpf_jit_harden = 2
net.ipv4.conf.all.accept_redirects = 0
net.ipv4.conf.all.accept_source_route = 0
net.ipv4.conf.all.secure_redirects = 0
net.ipv4.conf.all.send_redirects = 0
net.ipv4.conf.default.accept_redirects = 0
net.ipv4.conf.default.accept_source_route = 0
net.ipv4.conf.default.secure_redirects = 0
net.ipv4.conf.default.send_redirects = 0
net.ipv4.icmp_echo_ignore_broadcasts = 1
net.ipv4.icmp_ignore_bogus_error_responses = 1
net.ipv4.tcp_rfc1337 = 1
net.ipv4.tcp_syncookies = 1
net.ipv6.conf.all.accept_redirects = 0
net.ipv6.conf.all.accept_source_route = 0
net.ipv6.conf.default.accept_redirects = 0
net.ipv6.conf.default.accept_source_route = 0
vm.mmap_min_addr = 65536
vm.unprivileged_userfaultfd = 0`), "\n")
	switch os {
	case model.Ubuntu2404:
		want = append(want, "kernel.apparmor_restrict_unprivileged_userns = 1", "kernel.io_uring_disabled = 2")
	case model.Debian13:
		want = append(want, "kernel.io_uring_disabled = 2")
	}
	return want
}

func judgeModprobe(data []byte, sctp bool) error {
	modules := []string{
		"af_802154", "appletalk", "ax25", "can", "cramfs", "dccp", "firewire-core", "freevxfs", "hfs", "hfsplus", "jffs2",
		"n_hdlc", "netrom", "nfc", "p8022", "p8023", "psnap", "rds", "rose", "tipc", "udf", "usb-storage", "vivid", "x25",
	}
	if !sctp {
		modules = append(modules, "sctp")
	}
	var want []string
	for _, m := range modules {
		want = append(want, "blacklist "+m, "install "+m+" /bin/false")
	}
	return sameLines(data, want)
}

func usesSCTP(c *model.Cluster) bool {
	return slices.ContainsFunc(c.Workloads(), func(w *model.Workload) bool {
		return slices.ContainsFunc(w.Ports, func(p *model.Port) bool { return p.Protocol == model.SCTP })
	})
}
