package threatmodel

import (
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// escapeSteps lead from a container to root on its node. Where the specification does not take what an escape needs,
// the step exists all the same and is blocked: by the workload's own manifest and by the admission of its namespace.
var escapeSteps = []*Step{
	{
		ID: "E-01", Layer: model.LayerPod, Title: "Escape: mount the node's disk from a privileged container",
		Doc:    "A privileged container has every capability and every device: it mounts the disk of the node and changes what it likes.",
		ATTACK: []string{"T1611"}, Microsoft: []string{"Privileged container"}, Sources: []string{"KubeHound CE_PRIV_MOUNT", "IceKube IS_PRIVILEGED"}, Coverage: []string{"N1", "D2", "D6"},
		Variants: []*Variant{{Name: "privileged", Effort: PublicTool, Expand: func(b *Builder) {
			b.escapes(privileged, func(w *model.Workload, from *Position) {
				b.Add(Edge{Title: "Mount the node's disk from privileged workload " + name(w), Premises: on(from), To: b.runsOn(w),
					Blockers: podGuards(w, asksFor(w, privileged), model.NoPrivileged), Reveals: b.alarms(w)})
			})
		}}},
	},
	{
		ID: "E-02", Layer: model.LayerPod, Title: "Escape: enter the node's namespaces",
		Doc:    "A privileged container that sees the node's processes enters the namespaces of the first one.",
		ATTACK: []string{"T1611"}, Microsoft: []string{"Privileged container"}, Sources: []string{"KubeHound CE_NSENTER"}, Coverage: []string{"N1", "D6"},
		Variants: []*Variant{{Name: "nsenter", Effort: PublicTool, Expand: func(b *Builder) {
			b.escapes(privileged, func(w *model.Workload, from *Position) {
				if w.Host.Any() && !w.Host.PID {
					return
				}
				b.Add(Edge{Title: "Enter the namespaces of the node from workload " + name(w), Premises: on(from), To: b.runsOn(w),
					Blockers: podGuards(w, w.Host.PID && asksFor(w, privileged), model.NoHostNamespaces, model.NoPrivileged), Reveals: b.alarms(w)})
			})
		}}},
	},
	{
		ID: "E-03", Layer: model.LayerPod, Title: "Escape: inject code into a process of the node",
		Doc:    "With the node's process table and the capability SYS_PTRACE, a container writes its own code into a process outside.",
		ATTACK: []string{"T1611", "T1055.008"}, Microsoft: []string{"Privileged container"}, Sources: []string{"KubeHound CE_SYS_PTRACE", "IceKube CAN_NSENTER_HOST"}, Coverage: []string{"N1", "D6"},
		Variants: []*Variant{{Name: "ptrace", Effort: PublicTool, Expand: func(b *Builder) {
			b.escapes(capability("SYS_PTRACE"), func(w *model.Workload, from *Position) {
				if w.Host.Any() && !w.Host.PID {
					return
				}
				b.Add(Edge{Title: "Trace a process of the node from workload " + name(w), Premises: on(from), To: b.runsOn(w),
					Blockers: podGuards(w, w.Host.PID && asksFor(w, capability("SYS_PTRACE")), model.NoHostNamespaces, model.NoAddedCapabilities), Reveals: b.alarms(w)})
			})
		}}},
	},
	{
		ID: "E-04", Layer: model.LayerPod, Title: "Escape: load a kernel module",
		Doc:    "The capability SYS_MODULE puts the container's own code into the node's kernel.",
		ATTACK: []string{"T1611", "T1547.006"}, Microsoft: []string{"Privileged container"}, Sources: []string{"KubeHound CE_MODULE_LOAD", "IceKube CAN_LOAD_KERNEL_MODULES"}, Coverage: []string{"N1", "D6"},
		Variants: []*Variant{{Name: "sys-module", Effort: PublicTool, Expand: func(b *Builder) {
			b.escapes(capability("SYS_MODULE"), func(w *model.Workload, from *Position) {
				b.Add(Edge{Title: "Load a kernel module from workload " + name(w), Premises: on(from), To: b.runsOn(w),
					Blockers: podGuards(w, asksFor(w, capability("SYS_MODULE")), model.NoAddedCapabilities), Reveals: b.alarms(w)})
			})
		}}},
	},
	{
		ID: "E-05", Layer: model.LayerPod, Title: "Escape: use SYS_ADMIN or DAC_READ_SEARCH",
		Doc:    "SYS_ADMIN mounts file systems and control groups whose helpers run on the node; DAC_READ_SEARCH opens the node's files by handle, to read them.",
		ATTACK: []string{"T1611"}, Microsoft: []string{"Privileged container"}, Sources: []string{"IceKube CAN_CGROUP_BREAKOUT, CAN_ACCESS_HOST_FD"}, Coverage: []string{"N1", "D6"},
		Variants: []*Variant{
			{Name: "sys-admin", Effort: PublicTool, Expand: func(b *Builder) {
				b.escapes(capability("SYS_ADMIN"), func(w *model.Workload, from *Position) {
					b.Add(Edge{Title: "Use the capability SYS_ADMIN of workload " + name(w) + " to reach the node", Premises: on(from), To: b.runsOn(w),
						Blockers: podGuards(w, asksFor(w, capability("SYS_ADMIN")), model.NoAddedCapabilities), Hinders: by(hold(model.SeccompProfile, w)), Reveals: b.alarms(w)})
				})
			}},
			{Name: "dac-read-search", Effort: PublicTool, Expand: func(b *Builder) {
				b.escapes(capability("DAC_READ_SEARCH"), func(w *model.Workload, from *Position) {
					for _, p := range poolsOf(w) {
						b.Add(Edge{Title: "Read files of nodes of pool " + p.Name + " by handle from workload " + name(w), Premises: on(from), To: b.liveFiles(p),
							Blockers: podGuards(w, asksFor(w, capability("DAC_READ_SEARCH")), model.NoAddedCapabilities), Hinders: by(hold(model.SeccompProfile, w)), Reveals: b.alarms(w)})
					}
				})
			}},
		},
	},
	{
		ID: "E-06", Layer: model.LayerPod, Title: "Escape: write through a directory of the node",
		Doc:    "A writable directory of the node that holds programs, schedules, keys or manifests is root on the node for whoever writes there as root.",
		ATTACK: []string{"T1611"}, Microsoft: []string{"Writable hostPath mount"}, Sources: []string{"KubeHound EXPLOIT_HOST_WRITE", "Microsoft MS-TA9013"}, Coverage: []string{"N1", "D6"},
		Variants: []*Variant{{Name: "as-root", Effort: PublicTool, Expand: func(b *Builder) {
			b.hostPaths(func(p string, m model.HostMode) bool { return m == model.ReadWrite && sensitive(p) }, func(w *model.Workload, from *Position) {
				b.Add(Edge{Title: "Write to directories of the node from workload " + name(w), Premises: on(from), To: b.runsOn(w),
					Blockers: podGuards(w, mountsAsRoot(w), model.NoHostPaths, model.NonRoot), Reveals: b.alarms(w)})
			})
		}}},
	},
	{
		ID: "E-07", Layer: model.LayerPod, Title: "Escape: read the node's keys through a directory of the node",
		Doc:    "Read access is enough to take the kubelet's credential and the tokens and secrets of the other pods. What stops it below the mount is the files' own permissions.",
		ATTACK: []string{"T1611", "T1552"}, Microsoft: []string{"Writable hostPath mount"}, Sources: []string{"KubeHound EXPLOIT_HOST_READ, EXPLOIT_HOST_TRAVERSE"}, Coverage: []string{"N1", "D4", "D6"},
		Variants: []*Variant{
			{Name: "as-root", Effort: PublicTool, Expand: func(b *Builder) { expandHostRead(b, model.NonRoot) }},
			{Name: "readable-by-all", Effort: PublicTool, Expand: func(b *Builder) { expandHostRead(b, model.FilePermissions) }},
		},
	},
	{
		ID: "E-08", Layer: model.LayerPod, Title: "Escape: abuse /proc/sys or /var/log of the node",
		Doc: "Root in the container that writes which program the node's kernel starts for a crash, a module or a file format has it start his own. With /var/log, a symbolic link makes the kubelet " +
			"serve any file of the node as a log, to whoever may read logs.",
		ATTACK: []string{"T1611"}, Microsoft: []string{"Writable hostPath mount"}, Sources: []string{"KubeHound CE_UMH_CORE_PATTERN, CE_VAR_LOG_SYMLINK"}, Coverage: []string{"N1", "D6"},
		Variants: []*Variant{
			{Name: "kernel-helper", Effort: Skill, Expand: func(b *Builder) {
				b.hostPaths(func(p string, m model.HostMode) bool {
					return m == model.ReadWrite && slices.ContainsFunc(kernelHelpers, func(h string) bool { return covers(p, h) })
				}, func(w *model.Workload, from *Position) {
					b.Add(Edge{Title: "Have the node's kernel run a program for workload " + name(w), Premises: on(from), To: b.runsOn(w),
						Blockers: podGuards(w, mountsAsRoot(w), model.NoHostPaths, model.NonRoot), Reveals: b.alarms(w)})
				})
			}},
			{Name: "log-link", Effort: Skill, Expand: func(b *Builder) {
				b.hostPaths(func(p string, m model.HostMode) bool { return m == model.ReadWrite && covers(p, "/var/log") }, func(w *model.Workload, from *Position) {
					for _, p := range poolsOf(w) {
						b.Add(Edge{Title: "Have the kubelets of pool " + p.Name + " serve any file as a log of workload " + name(w), Premises: on(from, b.logs(p.Cluster)), To: b.liveFiles(p),
							Blockers: podGuards(w, mountsAsRoot(w), model.NoHostPaths, model.NonRoot), Reveals: b.alarms(w)})
					}
				})
			}},
			{Name: "read-logs", Effort: Intended, Remains: "Somebody has to read logs; whoever may, reads what the log file points to.", Expand: func(b *Builder) {
				b.granted(readLogs, func(w *model.Workload, _ bool) {
					b.Add(Edge{Title: "Ask for logs as workload " + name(w), Premises: on(b.account(w)), To: b.logs(w.Namespace.Cluster)})
				})
				b.members(func(c *model.Cluster, t *model.Team) {
					if len(t.Grants) > 0 {
						b.Add(Edge{Title: "Ask for logs as team " + t.Name, Premises: on(b.member(c, t)), To: b.logs(c)})
					}
				})
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Ask for logs as cluster-admin of " + c.Name, Premises: on(b.admin(c)), To: b.logs(c)})
				}
			}},
		},
	},
	{
		ID: "E-09", Layer: model.LayerPod, Title: "Escape: talk to the container runtime",
		Doc:    "The runtime's socket starts containers of any kind for whoever may open it. A read-only mount is no defence: connecting is not writing.",
		ATTACK: []string{"T1611", "T1610"}, Microsoft: []string{"Writable hostPath mount"}, Sources: []string{"KubeHound EXPLOIT_CONTAINERD_SOCK", "kubesplaining ESCAPE-005"}, Coverage: []string{"N1", "D6"},
		Variants: []*Variant{{Name: "as-root", Effort: PublicTool, Expand: func(b *Builder) {
			b.hostPaths(func(p string, _ model.HostMode) bool {
				return slices.ContainsFunc(runtimeSockets, func(s string) bool { return covers(p, s) })
			}, func(w *model.Workload, from *Position) {
				b.Add(Edge{Title: "Start a container on the node through its runtime from workload " + name(w), Premises: on(from), To: b.runsOn(w),
					Blockers: podGuards(w, mountsAsRoot(w), model.NoHostPaths, model.NonRoot), Reveals: b.alarms(w)})
			})
		}}},
	},
	{
		ID: "E-10", Layer: model.LayerPod, Title: "Escape: exploit the kernel or the runtime",
		Doc: "Containers of a node share its kernel. A flaw there is a way out for all of them, unless a sandbox stands between. A known flaw " +
			"needs a node without its updates; an unknown one is paid for once and then works on every node with that kernel.",
		ATTACK: []string{"T1611", "T1068"}, Sources: []string{"kubesplaining NODE-RUNTIME-CVE, NODE-KERNEL-CVE", "NIST SP 800-190 section 3.5"}, Coverage: []string{"N1", "N7", "N8"},
		Variants: []*Variant{
			{Name: "known", Effort: Skill, Fault: Vulnerability, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					for _, p := range poolsOf(w) {
						b.Add(Edge{Title: "Exploit a known vulnerability in the kernel of pool " + p.Name + " from workload " + name(w), Premises: on(b.pod(w)), To: b.node(p),
							Atom:     b.atom(Vulnerability, "known-kernel@"+string(p.Addr()), "known vulnerability left in the kernel of pool "+p.Name),
							Blockers: by(hold(model.NodePatching, p), hold(model.RuntimeSandbox, w)), Hinders: b.kernelGuards(w), Reveals: b.alarms(w)})
					}
				})
			}},
			{Name: "unknown", Effort: Hard, Fault: Vulnerability, Remains: "Pods share their node's kernel; a sandboxed runtime puts another one between.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					for _, p := range poolsOf(w) {
						b.Add(Edge{Title: "Exploit an unknown vulnerability in the kernel of pool " + p.Name + " from workload " + name(w), Premises: on(b.pod(w)), To: b.node(p), Atom: b.kernelVulnerable(p.OS),
							Blockers: by(hold(model.RuntimeSandbox, w)), Hinders: b.kernelGuards(w), Reveals: b.alarms(w)})
					}
				})
			}},
			{Name: "sandbox", Effort: Hard, Fault: Vulnerability, Remains: "The sandbox is software too; behind it the attacker still faces the kernel.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if w.Pool != nil && (w.Pool.Runtime == model.GVisor || w.Pool.Runtime == model.Kata) {
						b.Add(Edge{Title: "Exploit an unknown vulnerability in the sandbox of workload " + name(w), Premises: on(b.pod(w)), To: b.outOfSandbox(w.Pool),
							Atom: b.atom(Vulnerability, "sandbox-"+string(w.Pool.Runtime), "unknown vulnerability in "+string(w.Pool.Runtime)), Reveals: b.alarms(w)})
					}
				})
			}},
			{Name: "behind-the-sandbox", Effort: Hard, Fault: Vulnerability, Remains: "Outside the sandbox runs an ordinary process, on the node's kernel.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					if p.Runtime == model.GVisor || p.Runtime == model.Kata {
						b.Add(Edge{Title: "Exploit an unknown vulnerability in the kernel of pool " + p.Name, Premises: on(b.outOfSandbox(p)), To: b.node(p), Atom: b.kernelVulnerable(p.OS)})
					}
				})
			}},
		},
	},
	{
		ID: "E-12", Layer: model.LayerPod, Title: "Look into processes of the node, or end them",
		Doc: "A pod that shares the node's process table sees the arguments of every process, and of those that run as its own user also environment, open files and " +
			"mounted secrets; by default most pods' programs run as one of very few users. It can send such processes signals.",
		ATTACK: []string{"T1057", "T1552", "T1489"}, Sources: []string{"BishopFox badPods, pod 5", "proc(5): /proc/pid/environ, /proc/pid/root", "Kubernetes: Pod Security Standards, baseline, host namespaces"}, Coverage: []string{"N1", "D6"},
		Variants: []*Variant{
			{Name: "read", Effort: Skill, Expand: func(b *Builder) {
				b.sharesHost(func(h model.Host) bool { return h.PID }, func(w *model.Workload, p *model.NodePool, guards []model.Hold) {
					b.Add(Edge{Title: "Read what processes of nodes of pool " + p.Name + " hold from workload " + name(w), Premises: on(b.pod(w)), To: b.ownPodSecrets(p), Blockers: guards,
						Hinders: by(hold(model.NonRoot, w), hold(model.CapabilitiesDropped, w)), Reveals: b.alarms(w)})
				})
			}},
			{Name: "kill", Effort: PublicTool, Expand: func(b *Builder) {
				b.sharesHost(func(h model.Host) bool { return h.PID }, func(w *model.Workload, p *model.NodePool, guards []model.Hold) {
					b.Add(Edge{Title: "End processes of nodes of pool " + p.Name + " from workload " + name(w), Premises: on(b.pod(w)), To: b.capacity(p.Cluster), Blockers: guards,
						Hinders: by(hold(model.NonRoot, w), hold(model.CapabilitiesDropped, w)), Reveals: b.alarms(w)})
				})
			}},
		},
	},
	{
		ID: "E-13", Layer: model.LayerPod, Title: "Read the node's shared memory",
		Doc:    "Programs that talk through shared memory, semaphores or message queues of the node talk to every pod that shares them. Few do; those that do are databases and graphics.",
		ATTACK: []string{"T1005", "T1559"}, Sources: []string{"BishopFox badPods, pod 7", "Kubernetes: Pod Security Standards, baseline, host namespaces"}, Coverage: []string{"N1", "D6"},
		Variants: []*Variant{{Name: "host-ipc", Effort: Skill, Expand: func(b *Builder) {
			b.sharesHost(func(h model.Host) bool { return h.IPC }, func(w *model.Workload, p *model.NodePool, guards []model.Hold) {
				b.Add(Edge{Title: "Read the shared memory of nodes of pool " + p.Name + " from workload " + name(w), Premises: on(b.pod(w)), To: b.sharedMemory(p), Blockers: guards, Reveals: b.alarms(w)})
			})
		}}},
	},
	{
		ID: "E-11", Layer: model.LayerPod, Title: "Escape: make a volume of the node",
		Doc:    "Pod Security forbids pods to name directories of the node; a PersistentVolume that names one is not a pod.",
		ATTACK: []string{"T1611"}, Microsoft: []string{"Writable hostPath mount"}, Sources: []string{"kubesplaining 027", "Kubernetes: RBAC good practices, persistent volume creation"}, Coverage: []string{"N1", "C6"},
		Variants: []*Variant{{Name: "persistent-volume", Effort: PublicTool, Expand: func(b *Builder) {
			b.granted(makeVolumes, func(w *model.Workload, _ bool) {
				b.Add(Edge{Title: "Create a volume of the node as workload " + name(w), Premises: on(b.account(w)), To: b.sharedNode(w.Namespace.Cluster), Blockers: by(hold(model.NoEscalation, w))})
			})
		}}},
	},
}

func (b *Builder) kernelVulnerable(os model.OS) *Atom {
	// Machines with one operating system run one kernel: one unknown vulnerability opens them all.
	return b.atom(Vulnerability, "kernel@"+string(os), "unknown vulnerability in the Linux kernel of "+string(os))
}

func (b *Builder) outOfSandbox(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/outside-sandbox", Kind: KindWorkload, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Outside the sandbox, without rights, on a node of pool " + p.Name})
}

// kernelGuards narrow what a container may ask of the kernel.
func (b *Builder) kernelGuards(w *model.Workload) []model.Hold {
	return by(hold(model.SeccompProfile, w), hold(model.CapabilitiesDropped, w), hold(model.NonRoot, w))
}

// alarms are what may show an escape.
func (b *Builder) alarms(w *model.Workload) []model.Hold {
	all := by(hold(model.RuntimeDetection, w.Namespace.Cluster))
	for _, p := range poolsOf(w) {
		all = append(all, hold(model.NodeAuditd, p))
	}
	return all
}

func privileged(s model.Security) bool { return s.Privileged }

func capability(names ...string) func(model.Security) bool {
	return func(s model.Security) bool {
		return s.Privileged || slices.ContainsFunc(s.Capabilities, func(c string) bool { return slices.Contains(names, strings.TrimPrefix(c, "CAP_")) })
	}
}

// declaresOtherCapabilities reports whether the workload's control over capabilities is given up for harmless ones only:
// then the control says nothing about the dangerous ones.
func declaresOtherCapabilities(w *model.Workload, dangerous ...string) bool {
	any := false
	for _, c := range w.Containers {
		if capability(dangerous...)(c.Security) {
			return false
		}
		any = any || len(c.Security.Capabilities) > 0
	}
	return any
}

// escapes calls f for each place from which a container with some declared weakness could escape. Where no container
// declares it, the step starts at the pod and is for the controls to block; where some do, it starts at those.
func (b *Builder) escapes(declared func(model.Security) bool, f func(*model.Workload, *Position)) {
	b.workloads(func(w *model.Workload) {
		any, others := false, false
		for _, c := range w.Containers {
			if declared(c.Security) {
				any = true
				f(w, b.container(w, c))
			}
			others = others || len(c.Security.Capabilities) > 0
		}
		// With other capabilities declared, the control is absent for a reason that does not open this step.
		if !any && !others {
			f(w, b.pod(w))
		}
	})
}

// sharesHost calls f for each workload that takes the namespace of its node that is asked for, and for those that take
// none, where it is for the controls to block.
func (b *Builder) sharesHost(takes func(model.Host) bool, f func(w *model.Workload, p *model.NodePool, guards []model.Hold)) {
	b.workloads(func(w *model.Workload) {
		if w.Host.Any() && !takes(w.Host) {
			return
		}
		for _, p := range poolsOf(w) {
			f(w, p, podGuards(w, takes(w.Host), model.NoHostNamespaces))
		}
	})
}

// hostPaths calls f for each workload that mounts a matching directory of its node, and for those that mount none, where
// it is for the controls to block.
func (b *Builder) hostPaths(match func(path string, mode model.HostMode) bool, f func(*model.Workload, *Position)) {
	b.workloads(func(w *model.Workload) {
		matched := len(w.Host.Paths) == 0
		for p, m := range w.Host.Paths {
			matched = matched || match(p, m)
		}
		if matched {
			f(w, b.pod(w))
		}
	})
}

func expandHostRead(b *Builder, guard model.ControlID) {
	b.hostPaths(func(p string, _ model.HostMode) bool { return sensitive(p) }, func(w *model.Workload, from *Position) {
		for _, p := range poolsOf(w) {
			blockers := podGuards(w, mountsAsRoot(w), model.NoHostPaths, model.NonRoot)
			if guard == model.FilePermissions {
				blockers = append(podGuards(w, len(w.Host.Paths) > 0, model.NoHostPaths), hold(guard, p))
			}
			b.Add(Edge{Title: "Read the keys of nodes of pool " + p.Name + " from workload " + name(w), Premises: on(from), To: b.liveFiles(p), Blockers: blockers})
		}
	})
}

// sensitivePaths hold keys, programs, schedules or other pods' data. Directories elsewhere hold the owner's own data.
var sensitivePaths = []string{
	"/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/proc", "/root", "/run", "/sbin", "/sys", "/usr",
	"/var/lib/cloud", "/var/lib/containerd", "/var/lib/docker", "/var/lib/etcd", "/var/lib/kubelet", "/var/run", "/var/spool",
}

// kernelHelpers name programs that the kernel starts as root, outside any container.
//
// Source: KubeHound CE_UMH_CORE_PATTERN, and its reference on sensitive mounts.
var kernelHelpers = []string{"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/fs/binfmt_misc/register", "/sys/kernel/uevent_helper"}

var runtimeSockets = []string{
	"/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock", "/run/crio/crio.sock", "/var/run/crio/crio.sock",
	"/run/docker.sock", "/var/run/docker.sock",
}

// covers reports whether the directory is the path or holds it.
func covers(dir, p string) bool {
	dir = path.Clean(dir)
	return dir == "/" || dir == p || strings.HasPrefix(p, dir+"/")
}

func sensitive(dir string) bool {
	dir = path.Clean(dir)
	if covers("/proc/sys", dir) || slices.Contains(runtimeSockets, dir) {
		return false // neither keys nor programs: see kernelHelpers and E-09
	}
	return slices.ContainsFunc(sensitivePaths, func(p string) bool { return covers(dir, p) || covers(p, dir) })
}
