package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// Steps inside a pod; the escapes are in a file of their own.
var podSteps = slices.Concat([]*Step{
	{
		ID: "P-01", Layer: model.LayerPod, Title: "Settle in a container",
		Doc:    "Tools are written to disk and started from there. A root file system that cannot be written makes that harder and leaves nothing after a restart.",
		ATTACK: []string{"T1059", "T1105"}, Microsoft: []string{"Bash or cmd inside container"},
		Sources: []string{"Microsoft MS-TA9007", "Microsoft MS-M9012"}, Coverage: []string{"N6", "I4", "D6"},
		Variants: []*Variant{{Name: "writable-root", Effort: PublicTool, Expand: func(b *Builder) {
			b.workloads(func(w *model.Workload) {
				b.Add(Edge{Title: "Install tools in workload " + name(w), Premises: on(b.pod(w)), To: b.foothold(w), Blockers: by(hold(model.ReadOnlyRoot, w)),
					Hinders: by(hold(model.NonRoot, w)), Reveals: by(hold(model.RuntimeDetection, w.Namespace.Cluster))})
			})
		}}},
	},
	{
		ID: "P-02", Layer: model.LayerPod, Title: "Steal the token of a workload's account",
		Doc:    "Kubernetes mounts a token for the API into every pod unless told not to. Holding it is one thing; to use it takes reach to the API server.",
		ATTACK: []string{"T1528", "T1552"}, Microsoft: []string{"Container service account"},
		Sources: []string{"KubeHound TOKEN_STEAL, IDENTITY_ASSUME", "IceKube USES_ACCOUNT"}, Coverage: []string{"C6", "I4"},
		Variants: []*Variant{
			{Name: "mounted", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if len(w.APIAccess) == 0 {
						b.Add(Edge{Title: "Steal the token of workload " + name(w), Premises: on(b.pod(w)), To: b.token(w), Blockers: by(hold(model.NoToken, w))})
					}
				})
			}},
			{Name: "declared", Effort: PublicTool, Remains: "The workload is declared to use the API, so it holds a token; short-lived tokens limit for how long a stolen one is worth anything.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if len(w.APIAccess) > 0 {
						b.Add(Edge{Title: "Steal the token of workload " + name(w), Premises: on(b.pod(w)), To: b.token(w), Hinders: by(hold(model.BoundTokens, w.Namespace.Cluster))})
					}
				})
			}},
			{Name: "use", Effort: Intended, Remains: "A token is valid for whoever presents it.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					c := w.Namespace.Cluster
					b.Add(Edge{Title: "Send API requests as workload " + name(w), Premises: on(b.token(w), b.api(c)), To: b.account(w), Reveals: by(hold(model.APIAudit, c))})
				})
			}},
		},
	},
	{
		ID: "P-03", Layer: model.LayerPod, Title: "Read the secrets of a workload",
		Doc:    "What the workload can read, code in it can read. Only the containers that need a secret should see it, and as a file: environments leak into logs, dumps and child processes.",
		ATTACK: []string{"T1552.001"}, Microsoft: []string{"Application credentials in configuration files"},
		Sources: []string{"IceKube MOUNTS_SECRET", "Microsoft MS-TA9027"}, Coverage: []string{"C7", "D1"},
		Variants: []*Variant{
			{Name: "mounted", Effort: Intended, Remains: "The workload needs the secret to do its work.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					for _, s := range w.Secrets {
						for _, c := range mountedIn(w, s) {
							b.Add(Edge{Title: "Read secret " + s.Name + " of workload " + name(w), Premises: on(b.container(w, c)), To: b.mounted(w)})
						}
					}
				})
			}},
			{Name: "sibling-environment", Effort: Skill, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if len(w.Secrets) > 0 && len(w.Containers) > 1 {
						b.Add(Edge{Title: "Read the secrets of workload " + name(w) + " in the environment of a sibling container", Premises: on(b.pod(w)), To: b.mounted(w),
							Blockers: by(hold(model.SecretsAsFiles, w), hold(model.SiblingIsolation, w))})
					}
				})
			}},
			{Name: "asset", Effort: Intended, Remains: "The workload holds the asset, so code in the workload has it.", Expand: func(b *Builder) {
				for _, a := range b.Spec.Assets {
					for _, w := range a.HeldBy {
						b.Add(Edge{Title: "Take " + a.Name + " from workload " + name(w), Premises: on(b.pod(w)), To: b.asset(a)})
					}
				}
			}},
			{Name: "asset-as-client", Effort: Skill, Remains: "Whoever may call the workload may ask it for what it serves; only the workload itself can tell its clients apart.", Expand: func(b *Builder) {
				for _, a := range b.Spec.Assets {
					for _, w := range a.HeldBy {
						// Whoever is meant to reach it from outside is told apart by the application itself.
						if !isPublished(w) {
							b.Add(Edge{Title: "Ask workload " + name(w) + " for " + a.Name + " as one of its clients", Premises: on(b.reach(w)), To: b.asset(a), Hinders: b.meshOf(w)})
						}
					}
				}
			}},
		},
	},
	{
		ID: "P-04", Layer: model.LayerPod, Title: "Move to a sibling container",
		Doc:    "Containers of a pod share one network: what listens on localhost listens to all of them. They may share volumes, and, if users or processes are shared, each other's memory.",
		ATTACK: []string{"T1080", "T1210"}, Sources: []string{"KubeHound SHARE_PS_NAMESPACE, CONTAINER_ATTACH"}, Coverage: []string{"D1", "D2", "D5"},
		Variants: []*Variant{
			{Name: "shared-network", Effort: Intended, Remains: "Containers of a pod share its network.", Expand: func(b *Builder) {
				b.siblings(func(w *model.Workload, c *model.Container) {
					b.Add(Edge{Title: "Use the network of workload " + name(w) + " from container " + c.Name, Premises: on(b.container(w, c)), To: b.pod(w)})
				})
			}},
			{Name: "localhost", Effort: Hard, Fault: Vulnerability, Remains: "Between siblings, localhost is always open.", Expand: func(b *Builder) {
				b.siblings(func(w *model.Workload, c *model.Container) {
					b.Add(Edge{Title: "Exploit container " + c.Name + " of workload " + name(w) + " over localhost", Premises: on(b.pod(w)), To: b.container(w, c), Atom: b.softwareVulnerable(w, c)})
				})
			}},
			{Name: "shared-user-or-processes", Effort: Skill, Expand: func(b *Builder) {
				b.siblings(func(w *model.Workload, c *model.Container) {
					b.Add(Edge{Title: "Enter the processes of container " + c.Name + " of workload " + name(w), Premises: on(b.pod(w)), To: b.container(w, c), Blockers: by(hold(model.SiblingIsolation, w))})
				})
			}},
			{Name: "shared-volume", Effort: Skill, Remains: "The specification mounts one writable volume in several containers.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					for _, v := range w.Volumes {
						if v.ReadOnly || len(v.In) < 2 || len(w.Containers) < 2 {
							continue
						}
						for _, from := range v.In {
							for _, to := range v.In {
								if from != to {
									b.Add(Edge{Title: "Poison volume " + v.Name + " of workload " + name(w) + " for container " + to.Name, Premises: on(b.container(w, from)), To: b.container(w, to)})
								}
							}
						}
					}
				})
			}},
		},
	},
	{
		ID: "P-06", Layer: model.LayerPod, Title: "Call a service in another's name",
		Doc:    "Without mutual authentication a service believes whoever sits in the right network position. A mesh gives each workload an identity that travels with the connection.",
		ATTACK: []string{"T1557", "T1210"}, Sources: []string{"NIST SP 800-204A"}, Coverage: []string{"W5", "D5"},
		Variants: []*Variant{{Name: "no-mutual-tls", Effort: Skill, Expand: func(b *Builder) {
			for _, m := range b.Spec.Meshes {
				for _, n := range m.Namespaces {
					b.Add(Edge{Title: "Call services of namespace " + n.Name + " in another workload's name", Premises: on(b.podNetwork(n.Cluster)), To: b.impersonated(n),
						Blockers: by(hold(model.MeshStrictMTLS, m))})
				}
			}
		}}},
	},
	{
		ID: "X-01", Layer: model.LayerPod, Title: "Waste the cluster's capacity",
		Doc:    "Code in a pod mines coins, or starves its neighbours. Limits and quotas bound what one workload can take, and what an autoscaler adds to the bill.",
		ATTACK: []string{"T1496.001", "T1499"}, Microsoft: []string{"Resource hijacking", "Denial of service"},
		Sources: []string{"Microsoft MS-TA9039", "CNCF attack tree: denial of service"}, Coverage: []string{"N5"},
		Variants: []*Variant{
			{Name: "pod", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					b.Add(Edge{Title: "Exhaust CPU and memory from workload " + name(w), Premises: on(b.pod(w)), To: b.capacity(w.Namespace.Cluster),
						Blockers: by(hold(model.Limits, w), hold(model.NamespaceQuota, w.Namespace))})
				})
			}},
			{Name: "many-pods", Effort: PublicTool, Expand: func(b *Builder) {
				b.namespaces(func(n *model.Namespace) {
					b.Add(Edge{Title: "Start pods without end in namespace " + n.Name, Premises: on(b.deploy(n)), To: b.capacity(n.Cluster), Blockers: by(hold(model.NamespaceQuota, n))})
				})
			}},
			{Name: "fork-bomb", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					for _, p := range poolsOf(w) {
						b.Add(Edge{Title: "Exhaust the process table of pool " + p.Name + " from workload " + name(w), Premises: on(b.pod(w)), To: b.capacity(p.Cluster), Blockers: by(hold(model.PIDsLimited, p))})
					}
				})
			}},
			{Name: "event-flood", Effort: PublicTool, Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					c := p.Cluster
					b.Add(Edge{Title: "Flood the API server of cluster " + c.Name + " with events from a node", Premises: on(b.kubelet(p), b.api(c)), To: b.capacity(c), Blockers: by(hold(model.EventRateLimit, c))})
				})
			}},
		},
	},
}, escapeSteps)

func (b *Builder) foothold(w *model.Workload) *Position {
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()) + "/tools", Kind: KindImpact, Lane: LaneNamespaces, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "The attacker's tools in workload " + name(w)})
}

func (b *Builder) impersonated(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/impersonated", Kind: KindRight, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Calls to services of namespace " + n.Name + " in another's name"})
}

// mountedIn are the containers that mount the secret: as declared, or the first.
func mountedIn(w *model.Workload, s *model.SecretFile) []*model.Container {
	if len(s.In) > 0 {
		return s.In
	}
	if len(w.Containers) > 0 {
		return w.Containers[:1]
	}
	return []*model.Container{nil}
}

// siblings calls f for each container of workloads that have several.
func (b *Builder) siblings(f func(*model.Workload, *model.Container)) {
	b.workloads(func(w *model.Workload) {
		if len(w.Containers) < 2 {
			return
		}
		for _, c := range w.Containers {
			f(w, c)
		}
	})
}
