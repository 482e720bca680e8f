package generate

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// setting is one kernel setting.
type setting struct{ Key, Value string }

// nodeSysctls returns the kernel settings of a pool's nodes, sorted by key.
//
// The first six are what the kubelet demands with protectKernelDefaults. The rest are those of the Kernel
// Self-Protection Project and the CIS distribution benchmarks that leave Kubernetes alone: forwarding stays on, and
// user.max_user_namespaces is not touched, because hostUsers: false needs user namespaces.
func nodeSysctls(pool *model.NodePool) []setting {
	s := append(hardening(pool.OS),
		setting{"vm.overcommit_memory", "1"},
		setting{"vm.panic_on_oom", "0"},
		setting{"kernel.panic", "10"},
		setting{"kernel.panic_on_oops", "1"},
		setting{"kernel.keys.root_maxkeys", "1000000"},
		setting{"kernel.keys.root_maxbytes", "25000000"},

		setting{"net.ipv4.ip_forward", "1"},
		setting{"net.bridge.bridge-nf-call-iptables", "1"},
		setting{"net.bridge.bridge-nf-call-ip6tables", "1"},
	)
	if slices.ContainsFunc(pool.Cluster.Network.Pods, func(p netip.Prefix) bool { return p.Addr().Is6() }) {
		s = append(s, setting{"net.ipv6.conf.all.forwarding", "1"})
	}
	// The kernel takes the greater of "all" and the interface's own value. Calico wants strict reverse paths; the
	// others route replies asymmetrically over their own interfaces.
	if pool.Cluster.Network.CNI.Calico() {
		s = append(s, setting{"net.ipv4.conf.all.rp_filter", "1"}, setting{"net.ipv4.conf.default.rp_filter", "1"})
	} else {
		s = append(s, setting{"net.ipv4.conf.all.rp_filter", "0"}, setting{"net.ipv4.conf.default.rp_filter", "2"})
	}
	slices.SortFunc(s, func(a, b setting) int { return strings.Compare(a.Key, b.Key) })
	return s
}

// gatewaySysctls returns the kernel settings of a machine that runs no Kubernetes.
func gatewaySysctls(os model.OS, forwards bool) []setting {
	forward := "0"
	if forwards {
		forward = "1"
	}
	s := append(hardening(os),
		setting{"net.ipv4.conf.all.rp_filter", "1"},
		setting{"net.ipv4.conf.default.rp_filter", "1"},
		setting{"net.ipv4.ip_forward", forward},
		setting{"net.ipv6.conf.all.forwarding", forward},
	)
	slices.SortFunc(s, func(a, b setting) int { return strings.Compare(a.Key, b.Key) })
	return s
}

// hardening returns the settings that every machine gets.
func hardening(os model.OS) []setting {
	s := []setting{
		{"dev.tty.ldisc_autoload", "0"},
		{"fs.protected_fifos", "2"},
		{"fs.protected_hardlinks", "1"},
		{"fs.protected_regular", "2"},
		{"fs.protected_symlinks", "1"},
		{"fs.suid_dumpable", "0"},
		{"kernel.dmesg_restrict", "1"},
		{"kernel.kexec_load_disabled", "1"},
		{"kernel.kptr_restrict", "2"},
		{"kernel.perf_event_paranoid", "3"},
		{"kernel.randomize_va_space", "2"},
		{"kernel.sysrq", "0"},
		{"kernel.unprivileged_bpf_disabled", "1"},
		{"kernel.yama.ptrace_scope", "2"},
		{"net.core.bpf_jit_harden", "2"},
		{"vm.mmap_min_addr", "65536"},
		{"vm.unprivileged_userfaultfd", "0"},

		{"net.ipv4.conf.all.accept_redirects", "0"},
		{"net.ipv4.conf.all.accept_source_route", "0"},
		{"net.ipv4.conf.all.secure_redirects", "0"},
		{"net.ipv4.conf.all.send_redirects", "0"},
		{"net.ipv4.conf.default.accept_redirects", "0"},
		{"net.ipv4.conf.default.accept_source_route", "0"},
		{"net.ipv4.conf.default.secure_redirects", "0"},
		{"net.ipv4.conf.default.send_redirects", "0"},
		{"net.ipv4.icmp_echo_ignore_broadcasts", "1"},
		{"net.ipv4.icmp_ignore_bogus_error_responses", "1"},
		{"net.ipv4.tcp_rfc1337", "1"},
		{"net.ipv4.tcp_syncookies", "1"},
		{"net.ipv6.conf.all.accept_redirects", "0"},
		{"net.ipv6.conf.all.accept_source_route", "0"},
		{"net.ipv6.conf.default.accept_redirects", "0"},
		{"net.ipv6.conf.default.accept_source_route", "0"},
	}
	switch os {
	case model.Ubuntu2404:
		s = append(s, setting{"kernel.apparmor_restrict_unprivileged_userns", "1"}, setting{"kernel.io_uring_disabled", "2"})
	case model.Debian13:
		s = append(s, setting{"kernel.io_uring_disabled", "2"})
	}
	return s
}

// blockedModules returns kernel modules that no node needs: old file systems and protocols with a history of
// vulnerabilities, and ways to attach devices. SCTP stays where it is spoken.
func blockedModules(sctp bool) []string {
	modules := []string{
		"af_802154", "appletalk", "ax25", "can", "cramfs", "dccp", "firewire-core", "freevxfs", "hfs", "hfsplus", "jffs2",
		"n_hdlc", "netrom", "nfc", "p8022", "p8023", "psnap", "rds", "rose", "tipc", "udf", "usb-storage", "vivid", "x25",
	}
	if !sctp {
		modules = append(modules, "sctp")
	}
	slices.Sort(modules)
	return modules
}

func usesSCTP(c *model.Cluster) bool {
	for _, w := range c.Workloads() {
		for _, p := range w.Ports {
			if p.Protocol == model.SCTP {
				return true
			}
		}
	}
	return false
}
