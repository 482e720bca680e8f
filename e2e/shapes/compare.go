package shapes

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/bartizan-dev/bartizan/e2e/inside"
	"github.com/bartizan-dev/bartizan/model"
)

// trial counts what is compared, and keeps what differs.
type trial struct {
	compared int
	wrong    []string
}

func (t *trial) want(is bool, format string, args ...any) {
	t.compared++
	if !is {
		t.wrong = append(t.wrong, fmt.Sprintf(format, args...))
	}
}

// same compares two values of one thing.
func same[T comparable](t *trial, what string, got, want T) {
	t.want(got == want, "%s is %v, not %v", what, got, want)
}

// sameSet compares two sets of names.
func sameSet(t *trial, what string, got, want []string) {
	extra := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return slices.Contains(want, s) })
	lost := slices.DeleteFunc(slices.Clone(want), func(s string) bool { return slices.Contains(got, s) })
	t.want(len(extra) == 0, "%s: %s too many", what, strings.Join(extra, ", "))
	t.want(len(lost) == 0, "%s: %s missing", what, strings.Join(lost, ", "))
}

// Compare compares what the container reports with what the specification promises: how many things were compared, and
// what differs. An error is a pod that cannot be judged.
func (p *Pod) Compare(container string, r inside.Report) (compared int, wrong []string, err error) {
	c, i, err := p.container(container)
	if err != nil {
		return 0, nil, err
	}
	mounts, err := p.mounts(c)
	if err != nil {
		return 0, nil, err
	}
	t := &trial{}
	p.compareUser(t, c, i, r)
	p.comparePrivileges(t, c, r)
	p.compareKernel(t, r)
	p.compareNamespaces(t, r)
	p.compareMounts(t, c, r, mounts)
	p.compareFiles(t, c, r, mounts)
	p.compareEnvironment(t, c, r)
	if err := compareLimits(t, c, r); err != nil {
		return 0, nil, err
	}
	return t.compared, t.wrong, nil
}

func (p *Pod) compareUser(t *trial, c *model.Container, i int, r inside.Report) {
	uid, gid := user(c, i)
	same(t, "the user", r.UID, uid)
	same(t, "the group", r.GID, gid)
	_, pod := user(p.workload.Containers[0], 0)
	allowed := []int{gid, pod} // the pod's group is how volumes are shared
	t.want(!slices.ContainsFunc(r.Groups, func(g int) bool { return !slices.Contains(allowed, g) }), "the supplementary groups are %v, of which only %v are its own", r.Groups, allowed)
}

// comparePrivileges compares what the kernel lets the process do. A user other than root has no capabilities: those that are
// declared bound what programs with file capabilities can have.
func (p *Pod) comparePrivileges(t *trial, c *model.Container, r inside.Report) {
	s := c.Security
	if s.Privileged {
		t.want(r.Status["CapBnd"] != "" && strings.Trim(r.Status["CapBnd"], "0") != "", "a privileged container has no capabilities")
		return
	}
	declared := bits(s.Capabilities)
	owned := uint64(0)
	if s.RunAsRoot {
		owned = declared
	}
	for set, want := range map[string]uint64{"CapInh": 0, "CapPrm": owned, "CapEff": owned, "CapBnd": declared, "CapAmb": 0} {
		same(t, "the set of capabilities "+set, r.Status[set], fmt.Sprintf("%016x", want))
	}
	same(t, "no_new_privs", r.Status["NoNewPrivs"], flag(!s.Escalation))
	if !p.sandboxed() { // gVisor answers system calls itself, and filters what it asks of the node's kernel
		mode := "2" // a filter
		if s.Unconfined {
			mode = "0"
		}
		same(t, "seccomp's mode", r.Status["Seccomp"], mode)
		for _, call := range []string{"unshare", "keyctl"} {
			answer, tried := r.Refused[call]
			t.want(tried && (answer == "EPERM") == !s.Unconfined, "the system call %s ended with %q", call, answer)
		}
	}
	if p.Node.AppArmor && !slices.Contains(p.Missing, MissingAppArmor) {
		t.want(strings.HasSuffix(r.AppArmor, " (enforce)"), "the AppArmor profile is %q", r.AppArmor)
	}
	devices := []string{"full", "null", "random", "tty", "urandom", "zero"}
	if p.sandboxed() {
		devices = append(devices, "fuse", "net/tun") // of gVisor's own kernel
	}
	sameSet(t, "devices", r.Devices, devices)
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// numbers are those of linux/capability.h.
var numbers = []string{
	"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
	"NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
	"SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
	"AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
	"PERFMON", "BPF", "CHECKPOINT_RESTORE",
}

func bits(capabilities []string) uint64 {
	var set uint64
	for _, name := range capabilities {
		set |= 1 << slices.Index(numbers, name)
	}
	return set
}

func (p *Pod) compareNamespaces(t *trial, r inside.Report) {
	h := p.workload.Host
	for kind, shared := range map[string]bool{"pid": h.PID, "net": h.Network, "ipc": h.IPC, "mnt": false, "cgroup": false} {
		if kind == "cgroup" && (r.Namespaces[kind] == p.Node.Namespaces[kind] || p.sandboxed()) {
			continue // gVisor has none; with control groups of version 1 the runtime shares it, and mounts the container's own part
		}
		t.want(r.Namespaces[kind] != "" && (r.Namespaces[kind] == p.Node.Namespaces[kind]) == shared, "shares the %s namespace of the node: %v, declared: %v", kind, !shared, shared)
	}
	if !h.PID {
		// Else another container's program, or the one that holds the namespace, is the first.
		same(t, "the process's number", r.PID, 1)
	}
	p.compareUsers(t, r)
}

func compareLimits(t *trial, c *model.Container, r inside.Report) error {
	memory, err := bytesOf(c.Resources.MemoryLimit)
	if err != nil {
		return err
	}
	cpu, err := resource.ParseQuantity(c.Resources.CPULimit)
	if err != nil {
		return err
	}
	same(t, "the limit of memory", r.Memory, memory)
	same(t, "the limit of CPU in thousandths", r.CPU, cpu.MilliValue())
	return nil
}

func bytesOf(quantity string) (int64, error) {
	q, err := resource.ParseQuantity(quantity)
	return q.Value(), err
}

func (p *Pod) compareEnvironment(t *trial, c *model.Container, r inside.Report) {
	expected := []string{"PATH", "HOSTNAME", "HOME", inside.OrdersVariable}
	for name, value := range c.Env {
		expected = append(expected, name)
		same(t, "the variable "+name, r.Environment[name], value)
	}
	excepted := map[string]bool{}
	for _, s := range p.workload.Secrets {
		if s.Env != "" {
			excepted[s.Env] = true
			expected = append(expected, s.Env)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Environment)) {
		// The API server's address is in every pod; without a token it is of no use.
		t.want(slices.Contains(expected, name) || strings.HasPrefix(name, "KUBERNETES_"), "the variable %s is in the environment", name)
		held := p.secretIn(r.Environment[name])
		t.want(excepted[name] || held == "", "the variable %s holds the secret %s", name, held)
	}
}

// secretIn is the name of a secret of which a value stands in the text; "" if there is none.
func (p *Pod) secretIn(text string) string {
	for name, keys := range p.secrets {
		for _, value := range keys {
			if strings.Contains(text, value) {
				return name
			}
		}
	}
	return ""
}
