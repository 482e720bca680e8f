package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// rightsSteps turn rights at the API into more rights. All start with requests that the API server serves, which takes a
// credential and reach to it. A declared rule that leads to more rights has no control; an undeclared one is what the
// workload's role must not contain.
var rightsSteps = []*Step{
	{
		ID: "R-01", Layer: model.LayerConfig, Title: "Use a grant that nobody declared",
		Doc:    "One binding to cluster-admin, or one rule of asterisks, makes an account the owner of the cluster.",
		ATTACK: []string{"T1098.006"}, Microsoft: []string{"Cluster-admin binding"}, Sources: []string{"Microsoft MS-TA9019", "rbac-police cluster_admin", "kubesplaining 017"}, Coverage: []string{"C6", "P2"},
		Variants: []*Variant{
			{Name: "workload", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					c := w.Namespace.Cluster
					b.Add(Edge{Title: "Use undeclared rights of workload " + name(w), Premises: on(b.account(w)), To: b.admin(c), Blockers: by(hold(model.LeastPrivilege, w)), Reveals: by(hold(model.APIAudit, c))})
				})
			}},
			{Name: "wildcard", Effort: PublicTool, Expand: func(b *Builder) {
				b.granted(everything, func(w *model.Workload, all bool) {
					if all {
						b.Add(Edge{Title: "Use the unlimited rights of workload " + name(w), Premises: on(b.account(w)), To: b.admin(w.Namespace.Cluster), Blockers: by(hold(model.NoEscalation, w))})
					}
				})
			}},
			{Name: "people", Effort: PublicTool, Expand: func(b *Builder) {
				b.members(func(c *model.Cluster, t *model.Team) {
					// Teams without rights have nothing bound to them; those that deploy are in R-03.
					if !t.Stands() || deploys(t) {
						return
					}
					b.Add(Edge{Title: "Use undeclared rights of team " + t.Name + " in cluster " + c.Name, Premises: on(b.member(c, t)), To: b.admin(c), Blockers: by(hold(model.PeopleLeastPrivilege, t)), Reveals: by(hold(model.APIAudit, c))})
				})
			}},
		},
	},
	{
		ID: "R-02", Layer: model.LayerConfig, Title: "Read Secrets through the API",
		Doc:    "Reading Secrets is reading the credentials of everything in the namespace. List and watch show the contents as get does.",
		ATTACK: []string{"T1552.007"}, Microsoft: []string{"List Kubernetes secrets"}, Sources: []string{"KubeHound TOKEN_LIST, TOKEN_BRUTEFORCE", "IceKube ACCESS_SECRET", "Checkov ReadAllSecrets"}, Coverage: []string{"C6", "C7"},
		Variants: []*Variant{
			{Name: "workload", Effort: PublicTool, Expand: func(b *Builder) {
				b.granted(readSecrets, func(w *model.Workload, all bool) {
					to := b.namespaceSecrets(w.Namespace)
					if all {
						to = b.secrets(w.Namespace.Cluster)
					}
					b.Add(Edge{Title: "Read Secrets as workload " + name(w), Premises: on(b.account(w)), To: to, Blockers: by(hold(model.NoEscalation, w)), Reveals: by(hold(model.APIAudit, w.Namespace.Cluster))})
				})
			}},
			{Name: "administrator", Effort: PublicTool, Remains: "An administrator reads everything.", Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Read all Secrets of cluster " + c.Name, Premises: on(b.admin(c)), To: b.secrets(c), Reveals: by(hold(model.APIAudit, c))})
				}
			}},
			{Name: "contents", Effort: Intended, Remains: "The Secrets of the cluster are those of its namespaces.", Expand: func(b *Builder) {
				b.namespaces(func(n *model.Namespace) {
					b.Add(Edge{Title: "Find the Secrets of namespace " + n.Name, Premises: on(b.secrets(n.Cluster)), To: b.namespaceSecrets(n)})
					for _, w := range n.Workloads {
						if len(w.Secrets) > 0 {
							b.Add(Edge{Title: "Find the secrets of workload " + name(w), Premises: on(b.namespaceSecrets(n)), To: b.mounted(w)})
						}
					}
				})
			}},
		},
	},
	{
		ID: "R-03", Layer: model.LayerConfig, Title: "Create or change workloads",
		Doc: "Whoever may create a pod, or anything that creates pods, runs it as any account of the namespace, mounts any Secret of it, " +
			"and takes any pod's place in the network by its labels. Changing a running workload is the same right.",
		ATTACK: []string{"T1610", "T1609", "T1528"}, Microsoft: []string{"New container", "Backdoor container", "Sidecar injection"},
		Sources: []string{"IceKube CREATE_POD_WITH_SA, REPLACE_IMAGE", "rbac-police assign_sa", "KubeHound POD_CREATE, POD_PATCH", "kubesplaining 001, 003, 031"}, Coverage: []string{"C6", "D5"},
		Variants: []*Variant{
			{Name: "workload", Effort: PublicTool, Expand: func(b *Builder) {
				b.granted(runPods, func(w *model.Workload, all bool) {
					for _, n := range reachOf(w, all) {
						b.Add(Edge{Title: "Create pods in namespace " + n.Name + " as workload " + name(w), Premises: on(b.account(w)), To: b.deploy(n), Blockers: by(hold(model.NoEscalation, w))})
					}
				})
			}},
			{Name: "people", Effort: PublicTool, Expand: func(b *Builder) {
				b.members(func(c *model.Cluster, t *model.Team) {
					for _, n := range grantedNamespaces(t, c) {
						b.Add(Edge{Title: "Create pods in namespace " + n.Name + " as team " + t.Name, Premises: on(b.member(c, t)), To: b.deploy(n), Blockers: by(hold(model.PeopleLeastPrivilege, t)), Reveals: by(hold(model.APIAudit, c))})
					}
				})
			}},
			{Name: "administrator", Effort: PublicTool, Remains: "An administrator deploys everywhere.", Expand: func(b *Builder) {
				b.namespaces(func(n *model.Namespace) {
					b.Add(Edge{Title: "Deploy to namespace " + n.Name + " as cluster-admin", Premises: on(b.admin(n.Cluster)), To: b.deploy(n)})
				})
			}},
			{Name: "any-workload", Effort: PublicTool, Remains: "The right to deploy to a namespace is the right to be each of its workloads; one namespace for each level of trust keeps them apart.", Expand: func(b *Builder) {
				b.namespaces(func(n *model.Namespace) {
					b.Add(Edge{Title: "Mount every Secret of namespace " + n.Name + " in a new pod", Premises: on(b.deploy(n)), To: b.namespaceSecrets(n)})
					b.Add(Edge{Title: "Replace workloads of namespace " + n.Name, Premises: on(b.deploy(n)), To: b.everyPodOf(n), Hinders: by(hold(model.RegistriesEnforced, n.Cluster), hold(model.DigestsEnforced, n.Cluster))})
					for _, w := range n.Workloads {
						b.Add(Edge{Title: "Run code in workload " + name(w), Premises: on(b.everyPodOf(n)), To: b.pod(w)})
						if len(w.APIAccess) > 0 {
							b.Add(Edge{Title: "Run a pod with the account of workload " + name(w), Premises: on(b.deploy(n)), To: b.token(w)})
						}
					}
				})
			}},
		},
	},
	{
		ID: "R-04", Layer: model.LayerConfig, Title: "Create a pod that takes its node",
		Doc: "A new pod may ask for everything that the workload's own manifest does without: privileges, directories of the node, and by its " +
			"tolerations any node of the cluster, control plane included. Only admission stands against it: the level of the namespace, the policy that confines exceptions to their workloads, and for nodes that are not for all the policy on tolerations. Taints are the scheduler's business: whoever may create Bindings puts a pod that waits on any node without it.",
		ATTACK: []string{"T1610", "T1611"}, Microsoft: []string{"Privileged container"}, Sources: []string{"KubeHound POD_CREATE", "IceKube CREATE_PRIVILEGED_WORKLOAD", "kubesplaining 002"}, Coverage: []string{"N1", "O2", "D6", "N3"},
		Variants: []*Variant{
			{Name: "bind", Effort: PublicTool, Expand: func(b *Builder) {
				b.binders(func(w *model.Workload, n *model.Namespace) {
					b.Add(Edge{Title: "Bind pods of namespace " + n.Name + " to any node as workload " + name(w), Premises: on(b.account(w), b.deploy(n)), To: b.anyNode(n),
						Blockers: refused(w, []model.ControlID{model.BindingRefused})})
				})
			}},
			{Name: "privileged", Effort: PublicTool, Expand: func(b *Builder) {
				b.newPods(func(n *model.Namespace, from *Position, p *model.NodePool, away []model.Hold) {
					b.Add(Edge{Title: "Run a privileged pod of namespace " + n.Name + " on pool " + p.Name, Premises: on(from), To: b.node(p),
						Blockers: append(by(hold(model.PodSecurityEnforced, n), hold(model.ExceptionsConfined, n.Cluster)), away...)})
				})
			}},
			{Name: "excepted", Effort: PublicTool, Remains: "Who may create pods with the account of a workload has its exceptions; a namespace of its own keeps others from them.", Expand: func(b *Builder) {
				b.exceptedPods(func(w *model.Workload, from *Position, p *model.NodePool, away []model.Hold) {
					b.Add(Edge{Title: "Run a pod with the account and the exceptions of workload " + name(w) + " on pool " + p.Name, Premises: on(from), To: b.node(p),
						Blockers: append(podGuards(w, true), away...)})
				})
			}},
			{Name: "kernel", Effort: Hard, Fault: Vulnerability, Remains: "A harmless pod shares its node's kernel; who may deploy may choose among the nodes that are for all, and leave the sandbox out.", Expand: func(b *Builder) {
				b.newPods(func(n *model.Namespace, from *Position, p *model.NodePool, away []model.Hold) {
					b.Add(Edge{Title: "Exploit an unknown vulnerability in the kernel of pool " + p.Name + " from a new pod of namespace " + n.Name, Premises: on(from), To: b.node(p), Blockers: away, Atom: b.kernelVulnerable(p.OS)})
				})
			}},
		},
	},
	{
		ID: "R-06", Layer: model.LayerConfig, Title: "Run commands in running pods",
		Doc:    "Exec, attach and ephemeral containers put somebody into a running pod, with all that it holds. Port-forward and the proxies of pods and Services put him before its ports, past network policies.",
		ATTACK: []string{"T1609"}, Microsoft: []string{"Exec into container"}, Sources: []string{"KubeHound POD_EXEC", "IceKube EXEC_INTO, DEBUG_POD", "Microsoft MS-TA9006"}, Coverage: []string{"C6", "N6"},
		Variants: []*Variant{
			{Name: "workload", Effort: PublicTool, Expand: func(b *Builder) {
				b.enters(enterPods, "Run commands in pods of namespace ", b.everyPodOf, model.ExecRefused)
				b.enters(enterPodsByGet, "Run commands by a WebSocket in pods of namespace ", b.everyPodOf, model.ExecRefused)
			}},
			{Name: "ephemeral-container", Effort: PublicTool, Expand: func(b *Builder) {
				b.enters(debugPods, "Add containers to pods of namespace ", b.everyPodOf, model.ExecRefused)
			}},
			{Name: "port-forward", Effort: PublicTool, Expand: func(b *Builder) {
				b.enters(forwardPorts, "Connect through the API server to pods of namespace ", b.portsOf, model.ExecRefused)
				b.enters(proxyPods, "Send requests through the API server to pods of namespace ", b.portsOf)
				b.enters(forwardPortsByGet, "Connect by a WebSocket through the API server to pods of namespace ", b.portsOf, model.ExecRefused)
			}},
			{Name: "forwarded-ports", Effort: Intended, Remains: "What is forwarded comes from the node, past network policies, and arrives on localhost too.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if len(w.Ports) > 0 {
						b.Add(Edge{Title: "Reach workload " + name(w) + " by port-forward", Premises: on(b.portsOf(w.Namespace)), To: b.reach(w)})
					}
				})
			}},
			{Name: "people", Effort: PublicTool, Expand: func(b *Builder) {
				b.members(func(c *model.Cluster, t *model.Team) {
					for _, n := range grantedNamespaces(t, c) {
						b.Add(Edge{Title: "Run commands in pods of namespace " + n.Name + " as team " + t.Name, Premises: on(b.member(c, t)), To: b.everyPodOf(n), Blockers: by(hold(model.PeopleLeastPrivilege, t), hold(model.ExecRefused, c)), Reveals: by(hold(model.APIAudit, c))})
					}
				})
			}},
		},
	},
	{
		ID: "R-07", Layer: model.LayerConfig, Title: "Raise the rights of a role",
		Doc: "RBAC lets nobody grant what he does not hold, with exceptions: the verb escalate on a role that he is bound to, the verb bind " +
			"together with writing bindings, and impersonation. In one namespace they give that namespace, in the whole cluster all of it.",
		ATTACK: []string{"T1098.006", "T1548"}, Microsoft: []string{"Cluster-admin binding"}, Sources: []string{"IceKube RBAC_ESCALATE_TO, CAN_IMPERSONATE", "rbac-police bind_roles, escalate_roles", "Kubernetes: RBAC good practices"}, Coverage: []string{"C6"},
		Variants: []*Variant{
			{Name: "escalate", Effort: PublicTool, Expand: func(b *Builder) {
				b.takesRights(raiseRoles, "Raise a role as workload ")
			}},
			{Name: "bind", Effort: PublicTool, Expand: func(b *Builder) {
				b.takesRights(bindRoles, "Bind a stronger role as workload ")
			}},
			{Name: "impersonate", Effort: PublicTool, Expand: func(b *Builder) {
				b.granted(impersonate, func(w *model.Workload, all bool) {
					if all {
						b.Add(Edge{Title: "Act as an administrator by impersonation as workload " + name(w), Premises: on(b.account(w)), To: b.admin(w.Namespace.Cluster), Blockers: by(hold(model.NoEscalation, w))})
					}
				})
			}},
			{Name: "impersonate-neighbour", Effort: PublicTool, Expand: func(b *Builder) {
				b.granted(impersonateAccounts, func(w *model.Workload, all bool) {
					b.neighbours(w, all, func(x *model.Workload) {
						b.Add(Edge{Title: "Act as workload " + name(x) + " by impersonation as workload " + name(w), Premises: on(b.account(w)), To: b.account(x), Blockers: by(hold(model.NoEscalation, w))})
					})
				})
			}},
		},
	},
	{
		ID: "R-10", Layer: model.LayerConfig, Title: "Mint a token for another account",
		Doc:    "A right on serviceaccounts/token, or to create Secrets of type service-account-token and to read them, yields tokens of accounts that may do more.",
		ATTACK: []string{"T1528"}, Microsoft: []string{"Container service account"}, Sources: []string{"IceKube GENERATE_TOKEN, CREATE_SECRET_WITH_TOKEN", "rbac-police token_request"}, Coverage: []string{"C6"},
		Variants: []*Variant{
			{Name: "token-request", Effort: PublicTool, Expand: func(b *Builder) { b.mintsTokens(requestTokens) }},
			{Name: "token-secret", Effort: PublicTool, Expand: func(b *Builder) { b.mintsTokens(makeTokenSecrets, model.AccountsEnforced) }},
		},
	},
	{
		ID: "R-11", Layer: model.LayerConfig, Title: "Use a token that never expires",
		Doc:    "Secrets of type service-account-token hold tokens without an end. Whoever reads the Secrets of a namespace has its accounts.",
		ATTACK: []string{"T1528"}, Microsoft: []string{"Container service account"}, Sources: []string{"IceKube GET_AUTHENTICATION_TOKEN_FOR", "kubesplaining SECRETS-001"}, Coverage: []string{"C6", "C7"},
		Variants: []*Variant{{Name: "token-secret", Effort: PublicTool, Expand: func(b *Builder) {
			b.workloads(func(w *model.Workload) {
				if len(w.APIAccess) > 0 {
					b.Add(Edge{Title: "Find a token of workload " + name(w) + " among the Secrets", Premises: on(b.namespaceSecrets(w.Namespace)), To: b.token(w), Blockers: by(hold(model.BoundTokens, w.Namespace.Cluster), hold(model.AccountsEnforced, w.Namespace.Cluster))})
				}
			})
		}}},
	},
	{
		ID: "R-12", Layer: model.LayerConfig, Title: "Have a client certificate signed",
		Doc:    "A certificate signing request that names an administrator, approved by whoever made it, is an administrator's certificate. It takes the rights to create, to approve and on the signer.",
		ATTACK: []string{"T1649"}, Sources: []string{"IceKube GENERATE_CLIENT_CERTIFICATE", "rbac-police approve_csrs"}, Coverage: []string{"C6"},
		Variants: []*Variant{{Name: "approve", Effort: PublicTool, Expand: func(b *Builder) {
			b.granted(signCertificates, func(w *model.Workload, all bool) {
				if all {
					b.Add(Edge{Title: "Approve an administrator's certificate as workload " + name(w), Premises: on(b.account(w)), To: b.admin(w.Namespace.Cluster), Blockers: by(hold(model.NoEscalation, w))})
				}
			})
		}}},
	},
	{
		ID: "R-13", Layer: model.LayerConfig, Title: "Go through the API server to the kubelet",
		Doc:    "A right on nodes/proxy reaches the kubelet's API past admission and past the audit of exec.",
		ATTACK: []string{"T1609"}, Microsoft: []string{"Access Kubelet API"}, Sources: []string{"IceKube CAN_EXEC_THROUGH_KUBELET", "rbac-police nodes_proxy"}, Coverage: []string{"N2", "C6"},
		Variants: []*Variant{{Name: "nodes-proxy", Effort: PublicTool, Expand: func(b *Builder) {
			b.granted(proxyNodes, func(w *model.Workload, all bool) {
				if !all {
					return
				}
				for _, p := range w.Namespace.Cluster.NodePools {
					b.Add(Edge{Title: "Run commands in pods of pool " + p.Name + " through the API server as workload " + name(w), Premises: on(b.account(w)), To: b.podsOn(p), Blockers: by(hold(model.NoEscalation, w))})
				}
			})
		}}},
	},
	{
		ID: "R-14", Layer: model.LayerConfig, Title: "Use the rights of a shared account",
		Doc:    "Workloads without an account of their own share the default one. Whatever was granted to it for one of them, all of them have.",
		ATTACK: []string{"T1078"}, Microsoft: []string{"Container service account"}, Sources: []string{"kubesplaining SA-DEFAULT", "Threagile mixed-targets-on-shared-runtime"}, Coverage: []string{"C6"},
		Variants: []*Variant{
			{Name: "default-account", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					n := w.Namespace
					b.Add(Edge{Title: "Use the default account of namespace " + n.Name + " from workload " + name(w), Premises: on(b.pod(w), b.api(n.Cluster)), To: b.defaultAccount(n),
						Blockers: by(hold(model.OwnAccount, w), hold(model.DefaultAccountEmpty, n), hold(model.NoToken, w), hold(model.AccountsEnforced, n.Cluster))})
				})
			}},
			{Name: "neighbours-account", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					b.Add(Edge{Title: "Find the token of another account in the pods of workload " + name(w), Premises: on(b.pod(w)), To: b.someAccount(w.Namespace),
						Blockers: by(hold(model.OwnAccount, w), hold(model.NoToken, w))})
				})
			}},
			{Name: "shared-token", Effort: Intended, Remains: "Whichever account the pods were given by mistake is taken to be the one that may do most.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if len(w.APIAccess) > 0 {
						b.Add(Edge{Title: "The other account is that of workload " + name(w), Premises: on(b.someAccount(w.Namespace)), To: b.token(w)})
					}
				})
			}},
		},
	},
	{
		ID: "R-15", Layer: model.LayerConfig, Title: "Steer a controller that may do more",
		Doc:    "A controller does what its custom resources say, with its own rights. Whoever may write them borrows those rights.",
		ATTACK: []string{"T1199"}, Sources: []string{"kubesplaining CONFUSED-DEPUTY catalogue"}, Coverage: []string{"C6", "I3"},
		Variants: []*Variant{{Name: "gitops-objects", Effort: PublicTool, Expand: func(b *Builder) {
			b.granted(steerDeployer, func(w *model.Workload, _ bool) {
				for _, g := range b.Spec.GitOps {
					b.Add(Edge{Title: "Make " + g.Name + " deploy for workload " + name(w), Premises: on(b.account(w)), To: b.gitops(g), Blockers: by(hold(model.NoEscalation, w))})
				}
			})
		}}},
	},
}

func (b *Builder) defaultAccount(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/default-account", Kind: KindRight, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "The rights of the default account of namespace " + n.Name})
}

// someAccount is the token of an account of the namespace that is not the pod's own; one position, because which one it is
// depends on the mistake.
func (b *Builder) someAccount(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/some-account", Kind: KindCredential, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "The token of another account of namespace " + n.Name})
}

// members calls f for each cluster and each team that may log in to it.
func (b *Builder) members(f func(*model.Cluster, *model.Team)) {
	for _, c := range b.Spec.Clusters {
		for _, t := range b.Spec.Teams {
			f(c, t)
		}
	}
}

func deploys(t *model.Team) bool {
	return slices.ContainsFunc(t.Grants, func(g *model.Grant) bool { return g.Action == model.ActionDeploy })
}

// grantedNamespaces are the namespaces of the cluster in which a team has standing rights: of a team that may deploy,
// those where it may.
func grantedNamespaces(t *model.Team, c *model.Cluster) []*model.Namespace {
	var all []*model.Namespace
	for _, n := range c.Namespaces {
		for _, g := range t.Grants {
			if slices.Contains(g.In, n) && (g.Action == model.ActionDeploy || !deploys(t)) {
				all = append(all, n)
				break
			}
		}
	}
	return all
}

// takesRights adds edges for the workloads whose rights let them take any right where they have these: in their
// namespace, or in the cluster.
func (b *Builder) takesRights(rights []right, title string) {
	b.granted(rights, func(w *model.Workload, all bool) {
		to := b.deploy(w.Namespace)
		if all {
			to = b.admin(w.Namespace.Cluster)
		}
		b.Add(Edge{Title: title + name(w), Premises: on(b.account(w)), To: to, Blockers: by(hold(model.NoEscalation, w))})
	})
}

// enters adds edges from the workloads that hold the rights to the namespaces where they count. Admission names the
// controls of the cluster that refuse it, whoever asks.
func (b *Builder) enters(rights []right, title string, to func(*model.Namespace) *Position, admission ...model.ControlID) {
	b.granted(rights, func(w *model.Workload, all bool) {
		for _, n := range reachOf(w, all) {
			b.Add(Edge{Title: title + n.Name + " as workload " + name(w), Premises: on(b.account(w)), To: to(n), Blockers: refused(w, admission)})
		}
	})
}

// mintsTokens adds edges from the workloads whose rights yield tokens: of the system's accounts in the whole cluster, of
// their neighbours' in one namespace. Admission names the controls of the cluster that refuse it, whoever asks.
func (b *Builder) mintsTokens(rights []right, admission ...model.ControlID) {
	b.granted(rights, func(w *model.Workload, all bool) {
		if all {
			b.Add(Edge{Title: "Mint a token of a system account as workload " + name(w), Premises: on(b.account(w)), To: b.admin(w.Namespace.Cluster), Blockers: refused(w, admission)})
			return
		}
		b.neighbours(w, false, func(x *model.Workload) {
			b.Add(Edge{Title: "Mint a token of workload " + name(x) + " as workload " + name(w), Premises: on(b.account(w)), To: b.token(x), Blockers: refused(w, admission)})
		})
	})
}

// neighbours calls f for the other workloads of the namespace whose accounts hold rights; for none where the right counts
// in the whole cluster, because a step to its administrator says more.
func (b *Builder) neighbours(w *model.Workload, all bool, f func(*model.Workload)) {
	for _, x := range w.Namespace.Workloads {
		if !all && x != w && len(x.APIAccess) > 0 {
			f(x)
		}
	}
}
