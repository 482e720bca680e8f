package generate

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// podsAsTheyStart match pods when they are made, and debug containers. What the level is about cannot be changed later.
var podsAsTheyStart = []admissionv1.NamedRuleWithOperations{
	resources("", []admissionv1.OperationType{admissionv1.Create}, "pods"),
	resources("", written, "pods/ephemeralcontainers"),
}

// exceptionPolicies hold every pod to the restricted level of the Pod Security Standards, but for what an exception of its
// own workload gives it. The label of a namespace, by which Pod Security Admission judges, can only open the whole namespace.
//
// The rules are those of the level "restricted"; https://kubernetes.io/docs/concepts/security/pod-security-standards/. Where
// the level depends on the operating system or on user namespaces, the stricter answer is taken.
func exceptionPolicies(s *model.Spec, c *model.Cluster) []celPolicy {
	open, opening := openNamespaces(s, c)
	excepted, ending := exceptedPods(s, c)
	policy := celPolicy{
		name: "exceptions", doc: "refuses pods below the restricted level, but for what the exceptions of their workload give them",
		rules: podsAsTheyStart, exempt: systemNamespaces(s, c),
		variables: []admissionv1.Variable{
			list("excepted", excepted),
			list("ending", ending),
			list("open", open),
			list("opening", opening),
			variable("who", `request.namespace + "/" + object.spec.?serviceAccountName.orValue("default")`),
			// Expressions have no clock. The API server sets this time before it asks, whatever the client wrote.
			variable("may", `(variables.excepted + variables.ending.filter(e, `+beforeEnd+`).map(e, `+behindEnd+`))`+
				`.filter(e, e.startsWith(variables.who + " ")).map(e, e.substring(size(variables.who) + 1))`),
			variable("opened", `request.namespace in variables.open || variables.opening.exists(e, `+behindEnd+` == request.namespace && `+beforeEnd+`)`),
			// A request for debug containers changes nothing else of the pod, which may be older than the policy.
			variable("debug", `request.?subResource.orValue("") == "ephemeralcontainers"`),
			variable("seccomp", `object.spec.?securityContext.seccompProfile.type.orValue("")`),
			variable("nonRoot", `object.spec.?securityContext.runAsNonRoot.orValue(false)`),
		},
	}
	for _, r := range restrictedRules {
		policy.validations = append(policy.validations, validation("variables.opened || "+r.expression,
			"bartizan-exceptions: "+r.refused+" "+cmp.Or(r.remedy, "Leave it out, or declare it in the workload's block with an exception.")))
	}
	if len(open)+len(opening) == 0 {
		policy.controls = []model.ControlID{model.ExceptionsConfined}
	}
	return []celPolicy{policy}
}

// What ends on a day starts with that day in the list.
const (
	beforeEnd = `timestamp(object.metadata.creationTimestamp) < timestamp(e.substring(0, 20))` // 2006-01-02T15:04:05Z
	behindEnd = `e.substring(21)`
)

// restrictedRule is a part of the level. The expression holds for pods that are let in.
type restrictedRule struct{ expression, refused, remedy string }

// everyContainer joins a condition on the container c over all containers of the pod, or over the debug containers alone
// where only they can change. Their lists have different types.
func everyContainer(condition string) string {
	return `(variables.debug || object.spec.containers.all(c, ` + condition + `) && object.spec.?initContainers.orValue([]).all(c, ` + condition +
		`)) && object.spec.?ephemeralContainers.orValue([]).all(c, ` + condition + `)`
}

// wholePod is a condition on what a debug container does not change.
func wholePod(condition string) string { return `(variables.debug || ` + condition + `)` }

// both joins a condition on the security context of the pod, and of each container: "@" stands for the object that has it.
func both(condition string) string {
	return wholePod(strings.ReplaceAll(condition, "@", "object.spec")) + " && " + everyContainer(strings.ReplaceAll(condition, "@", "c"))
}

var restrictedRules = []restrictedRule{
	{expression: `"network" in variables.may || ` + wholePod(`!object.spec.?hostNetwork.orValue(false)`), refused: "the pod shares the network of its node."},
	{expression: `"pid" in variables.may || ` + wholePod(`!object.spec.?hostPID.orValue(false)`), refused: "the pod shares the processes of its node."},
	{expression: `"ipc" in variables.may || ` + wholePod(`!object.spec.?hostIPC.orValue(false)`), refused: "the pod shares the memory of its node."},
	// The API server fills in the host ports of host-network pods.
	{expression: `"network" in variables.may || ` + everyContainer(`c.?ports.orValue([]).all(p, p.?hostPort.orValue(0) == 0 || "port " + string(p.hostPort) in variables.may)`),
		refused: "a container takes a port of its node."},
	{expression: wholePod(`object.spec.?volumes.orValue([]).all(v, !has(v.hostPath) || "path " + v.hostPath.path in variables.may)`),
		refused: "the pod mounts a directory of its node."},
	{expression: wholePod(`object.spec.?volumes.orValue([]).all(v, has(v.hostPath) || has(v.configMap) || has(v.csi) || has(v.downwardAPI) || has(v.emptyDir) || has(v.ephemeral)` +
		` || has(v.image) || has(v.persistentVolumeClaim) || has(v.projected) || has(v.secret))`),
		refused: "the pod mounts a volume of a type that the restricted level does not know.", remedy: "Use a persistent volume claim."},
	{expression: `"privileged" in variables.may || ` + everyContainer(`!c.?securityContext.privileged.orValue(false)`), refused: "a container is privileged."},
	{expression: `"privileged" in variables.may || "escalation" in variables.may || ` + everyContainer(`!c.?securityContext.allowPrivilegeEscalation.orValue(true)`),
		refused: "a container may gain privileges.", remedy: "Write securityContext.allowPrivilegeEscalation: false, or declare escalation in the workload's block with an exception."},
	{expression: everyContainer(`c.?securityContext.capabilities.drop.orValue([]).exists(x, x == "ALL")`),
		refused: "a container keeps capabilities.", remedy: "Write securityContext.capabilities.drop: [ALL], and add what it needs."},
	{expression: everyContainer(`c.?securityContext.capabilities.add.orValue([]).all(x, x == "NET_BIND_SERVICE" || "capability " + x in variables.may)`), refused: "a container adds a capability."},
	{expression: `"root" in variables.may || ` + wholePod(`object.spec.?securityContext.runAsNonRoot.orValue(true)`) + ` && ` + everyContainer(`c.?securityContext.runAsNonRoot.orValue(variables.nonRoot)`),
		refused: "a container may run as root.", remedy: "Write securityContext.runAsNonRoot: true, or declare run_as_root in the workload's block with an exception."},
	{expression: `"root" in variables.may || ` + both(`@.?securityContext.runAsUser.orValue(1) != 0`), refused: "a container runs as root.",
		remedy: "Choose another runAsUser, or declare run_as_root in the workload's block with an exception."},
	{expression: `"unconfined" in variables.may || ` + wholePod(`variables.seccomp in ["", "RuntimeDefault", "Localhost"]`) + ` && ` +
		everyContainer(`c.?securityContext.seccompProfile.type.orValue(variables.seccomp) in ["RuntimeDefault", "Localhost"]`),
		refused: "a container has no seccomp profile.", remedy: "Write securityContext.seccompProfile.type: RuntimeDefault."},
	{expression: both(`@.?securityContext.appArmorProfile.type.orValue("RuntimeDefault") in ["RuntimeDefault", "Localhost"]`) +
		` && ` + wholePod(`object.metadata.?annotations.orValue({}).all(k, !k.startsWith("container.apparmor.security.beta.kubernetes.io/") || object.metadata.annotations[k] in ["", "runtime/default"] || object.metadata.annotations[k].startsWith("localhost/"))`),
		refused: "a container has no AppArmor profile.", remedy: "Leave appArmorProfile out, or write type: RuntimeDefault."},
	{expression: both(`@.?securityContext.seLinuxOptions.type.orValue("") in ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]`) + ` && ` +
		both(`@.?securityContext.seLinuxOptions.user.orValue("") == "" && @.?securityContext.seLinuxOptions.role.orValue("") == ""`),
		refused: "a container chooses an SELinux type, user or role.", remedy: "Leave seLinuxOptions out."},
	{expression: everyContainer(`c.?securityContext.procMount.orValue("Default") == "Default"`), refused: "a container sees all of /proc.", remedy: "Leave procMount out."},
	{expression: both(`!@.?securityContext.windowsOptions.hostProcess.orValue(false)`), refused: "a container is a process of its node.", remedy: "Leave hostProcess out."},
	{expression: wholePod(`object.spec.?securityContext.sysctls.orValue([]).all(s, s.name in ["kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range",` +
		` "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",` +
		` "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_syncookies"])`),
		refused: "the pod sets a kernel parameter that is not its own.", remedy: "Leave the sysctl out."},
	{expression: everyContainer(elsewhere("livenessProbe")) + ` && ` + everyContainer(elsewhere("readinessProbe")) + ` && ` + everyContainer(elsewhere("startupProbe")) + ` && ` +
		everyContainer(elsewhere("lifecycle.postStart")) + ` && ` + everyContainer(elsewhere("lifecycle.preStop")),
		refused: "a probe or hook names a host, so the kubelet would ask a machine of the pod's choice.", remedy: "Leave host out."},
}

// elsewhere is the condition that a handler asks the pod itself.
func elsewhere(handler string) string {
	return `c.?` + handler + `.httpGet.host.orValue("") == "" && c.?` + handler + `.tcpSocket.host.orValue("") == ""`
}

// exceptedPods lists what exceptions give to the pods of workloads, as "namespace/account what"; what the cluster ends by itself
// stands in ending, behind the time.
func exceptedPods(s *model.Spec, c *model.Cluster) (excepted, ending []string) {
	ends := s.RefusedFrom()
	for _, w := range c.Workloads() {
		add := func(given bool, what string) {
			entry := w.Namespace.Name + "/" + accountName(w) + " " + what
			end, ends := ends[w.Addr()][what]
			switch {
			case given && ends:
				ending = append(ending, end.Format(time.RFC3339)+" "+entry)
			case given:
				excepted = append(excepted, entry)
			}
		}
		add(w.Host.Network, "network")
		add(w.Host.PID, "pid")
		add(w.Host.IPC, "ipc")
		for _, port := range w.Host.Ports {
			add(true, "port "+strconv.Itoa(port))
		}
		for _, dir := range slices.Sorted(maps.Keys(w.Host.Paths)) {
			add(true, "path "+dir)
		}
		for _, x := range slices.Concat(w.Containers, w.InitContainers) {
			add(x.Security.Privileged, "privileged")
			add(x.Security.Escalation, "escalation")
			add(x.Security.RunAsRoot, "root")
			add(x.Security.Unconfined, "unconfined")
			for _, name := range x.Security.Capabilities {
				add(name != "NET_BIND_SERVICE", "capability "+name)
			}
		}
	}
	return excepted, ending
}

// openNamespaces are those below the restricted level in which an add-on runs: their exception is for pods that the
// specification does not know. Those that the cluster closes by itself stand in opening, behind the time.
func openNamespaces(s *model.Spec, c *model.Cluster) (open, opening []string) {
	ends := s.RefusedFrom()
	for _, a := range s.AddOns {
		n := a.Namespace
		if n == nil || n.Cluster != c || n.PodSecurity == model.Restricted {
			continue
		}
		if end, ok := ends[n.Addr()][""]; ok {
			opening = append(opening, end.Format(time.RFC3339)+" "+n.Name)
		} else {
			open = append(open, n.Name)
		}
	}
	return open, opening
}
