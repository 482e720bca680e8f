package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// Steps through the API's configuration: rights, admission, data at rest.
var configSteps = slices.Concat([]*Step{
	{
		ID: "C-01", Layer: model.LayerConfig, Title: "Read Secrets at rest",
		Doc: "Secrets lie in etcd's files and in its backups. Encrypted, they need the key as well: ciphertext and key are stolen from " +
			"different places unless somebody keeps them together.",
		ATTACK: []string{"T1552", "T1530"}, Microsoft: []string{"List Kubernetes secrets"}, Sources: []string{"CNCF attack tree: read sensitive data", "Microsoft MS-M9024"}, Coverage: []string{"W6", "N4", "C7"},
		Variants: []*Variant{
			{Name: "copy-etcd", Effort: Intended, Remains: "Whoever reads etcd can copy it.", Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Copy etcd of cluster " + c.Name, Premises: on(b.etcd(c)), To: b.etcdFiles(c)})
				}
			}},
			{Name: "plain", Effort: PublicTool, Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Read the Secrets in a copy of etcd of cluster " + c.Name, Premises: on(b.etcdFiles(c)), To: b.secrets(c), Blockers: by(hold(model.SecretsEncrypted, c))})
				}
			}},
			{Name: "with-key", Effort: PublicTool, Remains: "Whoever has both the ciphertext and the key reads it.", Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Decrypt a copy of etcd of cluster " + c.Name, Premises: on(b.etcdFiles(c), b.encryptionKey(c)), To: b.secrets(c)})
				}
			}},
			{Name: "backup-stolen", Effort: Hard, Fault: Theft, Remains: "Storage elsewhere is guarded elsewhere.", Expand: func(b *Builder) {
				for _, x := range b.Spec.Backups {
					b.Add(Edge{Title: "Fetch the files of backup " + x.Name + " with a stolen storage credential", Premises: on(b.internet()), To: b.backupFiles(x),
						Atom: b.atom(Theft, "storage@"+string(x.Addr()), "theft of a credential for the storage of backup "+x.Name)})
				}
			}},
			{Name: "backup-from-node", Effort: PublicTool, Remains: "The node that writes backups holds a credential for their storage; let it write only.", Expand: func(b *Builder) {
				for _, x := range b.Spec.Backups {
					if x.Cluster == nil {
						continue
					}
					for _, p := range controlPools(x.Cluster) {
						b.Add(Edge{Title: "Fetch the files of backup " + x.Name + " from a node of pool " + p.Name, Premises: on(b.node(p)), To: b.backupFiles(x)})
					}
				}
			}},
			{Name: "backup-plain", Effort: PublicTool, Expand: func(b *Builder) {
				for _, x := range b.Spec.Backups {
					b.Add(Edge{Title: "Read backup " + x.Name, Premises: on(b.backupFiles(x)), To: b.backup(x), Blockers: by(hold(model.BackupEncrypted, x))})
				}
			}},
			{Name: "backup-key", Effort: Hard, Fault: Theft, Remains: "The private key opens every backup; keep it offline, and in two hands.", Expand: func(b *Builder) {
				for _, x := range b.Spec.Backups {
					b.Add(Edge{Title: "Steal the private key of backup " + x.Name, Premises: on(b.internet()), To: b.backupKey(x),
						Atom: b.atom(Theft, "key@"+string(x.Addr()), "theft of the private key of backup "+x.Name)})
				}
			}},
			{Name: "backup-with-key", Effort: PublicTool, Remains: "Whoever has both the files and the key reads them.", Expand: func(b *Builder) {
				for _, x := range b.Spec.Backups {
					b.Add(Edge{Title: "Decrypt backup " + x.Name, Premises: on(b.backupFiles(x), b.backupKey(x)), To: b.backup(x)})
				}
			}},
			{Name: "restore", Effort: PublicTool, Remains: "A backup is a copy of etcd.", Expand: func(b *Builder) {
				for _, x := range b.Spec.Backups {
					if x.Cluster != nil {
						b.Add(Edge{Title: "Unpack etcd from backup " + x.Name, Premises: on(b.backup(x)), To: b.etcdFiles(x.Cluster)})
					}
				}
			}},
		},
	},
	{
		ID: "C-10", Layer: model.LayerConfig, Title: "Write rights straight into etcd",
		Doc:    "The API server believes what stands in etcd. A role binding written there has passed no authorization and no admission, and no audit record tells of it.",
		ATTACK: []string{"T1565.001", "T1098.006"}, Sources: []string{"CNCF attack tree: persistence"}, Coverage: []string{"C5"},
		Variants: []*Variant{{Name: "binding", Effort: Skill, Remains: "Whoever writes etcd decides what the API server believes; Secrets are encrypted there, rights are not.", Expand: func(b *Builder) {
			for _, c := range b.Spec.Clusters {
				b.Add(Edge{Title: "Write a cluster-admin binding into etcd of cluster " + c.Name, Premises: on(b.etcd(c), b.api(c)), To: b.admin(c)})
			}
		}}},
	},
	{
		ID: "C-02", Layer: model.LayerConfig, Title: "Register a webhook, an aggregated API or a conversion",
		Doc:    "Such objects have the API server show, or hand over for changes, every request to a service of the attacker's. A validating webhook sees what is written, Secrets too, and changes nothing.",
		ATTACK: []string{"T1546", "T1557"}, Microsoft: []string{"Malicious admission controller"}, Sources: []string{"Microsoft MS-TA9015", "rbac-police control_webhooks", "kubesplaining 018-020"}, Coverage: []string{"C6", "C3"},
		Variants: []*Variant{
			{Name: "change", Effort: Skill, Expand: func(b *Builder) {
				b.granted(mutateRequests, func(w *model.Workload, _ bool) {
					b.Add(Edge{Title: "See and change API requests by a webhook as workload " + name(w), Premises: on(b.account(w)), To: b.admin(w.Namespace.Cluster), Blockers: by(hold(model.NoEscalation, w))})
				})
			}},
			{Name: "watch", Effort: Skill, Expand: func(b *Builder) {
				b.granted(watchRequests, func(w *model.Workload, _ bool) {
					b.Add(Edge{Title: "See every Secret that is written by a validating webhook as workload " + name(w), Premises: on(b.account(w)), To: b.secrets(w.Namespace.Cluster), Blockers: by(hold(model.NoEscalation, w))})
				})
			}},
		},
	},
	{
		ID: "C-03", Layer: model.LayerConfig, Title: "Use a namespace that nothing guards",
		Doc:    "Admission by namespace labels guards the namespaces that carry them. A new namespace carries none.",
		ATTACK: []string{"T1562.001", "T1610"}, Sources: []string{"kubesplaining ADMISSION-001..003"}, Coverage: []string{"C3", "D6"},
		Variants: []*Variant{{Name: "new-namespace", Effort: PublicTool, Expand: func(b *Builder) {
			b.granted(makeNamespaces, func(w *model.Workload, all bool) {
				if !all {
					return // a new namespace is in no role but those of the whole cluster
				}
				c := w.Namespace.Cluster
				for _, p := range c.NodePools {
					for _, away := range keptAway(p, false) {
						b.Add(Edge{Title: "Run a privileged pod in a new namespace on pool " + p.Name + " as workload " + name(w), Premises: on(b.account(w)), To: b.node(p),
							Blockers: append(by(hold(model.PodSecurityDefault, c), hold(model.NoEscalation, w), hold(model.ExceptionsConfined, c)), away...)})
					}
				}
			})
		}}},
	},
	{
		ID: "C-04", Layer: model.LayerConfig, Title: "Relabel a namespace, change or delete a policy",
		Doc: "Pod Security, network policies and admission policies are objects. Whoever may write them, or the labels that they select by, " +
			"takes them away without touching what they guard.",
		ATTACK: []string{"T1548", "T1562.001"}, Microsoft: []string{"Privileged container"}, Sources: []string{"IceKube PATCH_NAMESPACE_TO_BYPASS_PSA"}, Coverage: []string{"C3"},
		Variants: []*Variant{
			{Name: "relabel", Effort: PublicTool, Undoes: []model.ControlID{model.PodSecurityEnforced}, Undo: func(b *Builder, h model.Hold) {
				for _, w := range b.writers("namespaces", changeNamespaces)[b.namespaceOf(h.Subject)] {
					n := b.namespaceOf(h.Subject)
					b.Add(Edge{Title: "Relabel namespace " + n.Name + " as workload " + name(w), Premises: on(b.account(w)), Undoes: &h, Blockers: by(hold(model.PoliciesProtected, n.Cluster))})
				}
			}},
			{Name: "delete-network-policy", Effort: PublicTool, Undoes: []model.ControlID{model.DefaultDeny, model.IngressExact, model.EgressExact, model.APIEgressBlocked, model.MetadataBlocked}, Undo: func(b *Builder, h model.Hold) {
				for _, w := range b.writers("networkpolicies", changePolicies)[b.namespaceOf(h.Subject)] {
					b.Add(Edge{Title: "Change the network policies of namespace " + b.namespaceOf(h.Subject).Name + " as workload " + name(w), Premises: on(b.account(w)), Undoes: &h, Blockers: by(hold(model.NoEscalation, w))})
				}
			}},
			{Name: "change-cluster-network-policy", Effort: PublicTool, Undoes: []model.ControlID{model.DefaultDeny, model.IngressExact, model.EgressExact, model.APIEgressBlocked, model.MetadataBlocked, model.MetadataGuarded, model.NodesGuarded}, Undo: func(b *Builder, h model.Hold) {
				n := b.namespaceOf(h.Subject)
				for _, w := range b.writers("clusternetworkpolicies", changeGuardRails)[n] {
					if _, everywhere := holdsRights(w, changeGuardRails); everywhere { // in a namespace the right means nothing
						b.Add(Edge{Title: "Change the network policies of cluster " + n.Cluster.Name + " as workload " + name(w), Premises: on(b.account(w)), Undoes: &h, Blockers: by(hold(model.NoEscalation, w))})
					}
				}
			}},
			// The API server evaluates no admission policy on admission policies.
			{Name: "delete-admission-policy", Effort: PublicTool,
				Undoes: admissionPolicies, Undo: func(b *Builder, h model.Hold) {
					for _, c := range b.Spec.Clusters {
						if c.Addr() != h.Subject {
							continue
						}
						for _, w := range b.admissionWriters(c) {
							b.Add(Edge{Title: "Delete the admission policy for " + string(h.Control) + " as workload " + name(w), Premises: on(b.account(w)), Undoes: &h, Blockers: by(hold(model.NoEscalation, w))})
						}
					}
				}},
		},
	},
	{
		ID: "C-06", Layer: model.LayerConfig, Title: "Erase the audit trail",
		Doc:    "Records that lie only on the control plane are gone with it. Records that were shipped stay, unless whoever ships them may also delete them.",
		ATTACK: []string{"T1070", "T1562.008"}, Microsoft: []string{"Clear container logs", "Delete Kubernetes events"}, Sources: []string{"Microsoft MS-TA9021, MS-TA9022", "CNCF attack tree: persistence"}, Coverage: []string{"C8"},
		Variants: []*Variant{
			{Name: "not-recorded", Effort: Intended, Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Act as cluster-admin of " + c.Name + " without a record", Premises: on(b.admin(c)), To: b.auditLog(c), Blockers: by(hold(model.APIAudit, c))})
				}
			}},
			{Name: "local-only", Effort: PublicTool, Expand: func(b *Builder) {
				b.controlPools(func(p *model.NodePool) {
					if p.Has(model.RoleControlPlane) {
						b.Add(Edge{Title: "Delete the audit records on nodes of pool " + p.Name, Premises: on(b.node(p)), To: b.auditLog(p.Cluster), Blockers: by(hold(model.AuditShipped, p.Cluster))})
					}
				})
			}},
			{Name: "at-the-store", Effort: Skill, Expand: func(b *Builder) {
				b.controlPools(func(p *model.NodePool) {
					if p.Has(model.RoleControlPlane) {
						b.Add(Edge{Title: "Delete shipped audit records of cluster " + p.Cluster.Name + " with the shipper's credential", Premises: on(b.node(p)), To: b.auditLog(p.Cluster), Blockers: by(hold(model.AuditSinkAppendOnly, p.Cluster))})
					}
				})
			}},
		},
	},
	{
		ID: "C-07", Layer: model.LayerConfig, Title: "Stay by a CronJob or a controller",
		Doc:    "A right to create workloads is a right to come back: a CronJob starts the attacker's code long after his login was closed.",
		ATTACK: []string{"T1053.007", "T1543.005"}, Microsoft: []string{"Kubernetes CronJob", "Backdoor container"}, Sources: []string{"Microsoft MS-TA9012, MS-TA9014"}, Coverage: []string{"C6"},
		Variants: []*Variant{{Name: "cronjob", Effort: PublicTool, Remains: "Who may deploy may deploy what stays; the GitOps controller removes only what it made.", Expand: func(b *Builder) {
			b.namespaces(func(n *model.Namespace) {
				b.Add(Edge{Title: "Plant a CronJob in namespace " + n.Name, Premises: on(b.deploy(n)), To: b.stays(n), Reveals: by(hold(model.APIAudit, n.Cluster))})
			})
		}}},
	},
	{
		ID: "X-03", Layer: model.LayerConfig, Title: "Destroy data and its backups",
		Doc:    "Backups in reach of whoever destroys the data are destroyed with it.",
		ATTACK: []string{"T1485", "T1486", "T1490"}, Microsoft: []string{"Data destruction"}, Sources: []string{"Microsoft MS-TA9038"}, Coverage: []string{"P4", "W6"},
		Variants: []*Variant{{Name: "backups", Effort: PublicTool, Expand: func(b *Builder) {
			for _, x := range b.Spec.Backups {
				b.Add(Edge{Title: "Delete the copies of backup " + x.Name, Premises: on(b.backupFiles(x)), To: b.destroyed(x), Blockers: by(hold(model.BackupImmutable, x))})
			}
		}}},
	},
}, rightsSteps, undoSteps)

func (b *Builder) stays(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/persistence", Kind: KindImpact, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Code that comes back in namespace " + n.Name})
}

func (b *Builder) destroyed(x *model.Backup) *Position {
	return b.position(Position{ID: string(x.Addr()) + "/destroyed", Kind: KindImpact, Lane: LaneData, Address: x.Addr(), Asset: model.SensitivityHigh,
		Title: "Power to destroy the copies of backup " + x.Name})
}

// admissionPolicies are the controls that are admission policies of the cluster.
var admissionPolicies = []model.ControlID{
	model.RegistriesEnforced, model.DigestsEnforced, model.PoliciesProtected, model.ServiceTypesEnforced,
	model.PlacementEnforced, model.BindingRefused, model.ExecRefused, model.AccountsEnforced, model.ExceptionsConfined,
}

// admissionWriters are the workloads that may take admission policies away, which are objects of the whole cluster.
func (b *Builder) admissionWriters(c *model.Cluster) []*model.Workload {
	var all []*model.Workload
	b.granted(changeAdmission, func(w *model.Workload, everywhere bool) {
		if everywhere && w.Namespace.Cluster == c {
			all = append(all, w)
		}
	})
	return all
}

// namespaceOf is the namespace of a control's subject, or nil.
func (b *Builder) namespaceOf(subject model.Address) *model.Namespace {
	if b.homes == nil {
		b.homes = map[model.Address]*model.Namespace{}
		b.namespaces(func(n *model.Namespace) {
			b.homes[n.Addr()] = n
			for _, w := range n.Workloads {
				b.homes[w.Addr()] = n
			}
		})
	}
	return b.homes[subject]
}

// writers groups the workloads that are granted something by the namespaces in which it counts. The groups are made once
// for each key: controls are many.
func (b *Builder) writers(key string, rights []right) map[*model.Namespace][]*model.Workload {
	if m, ok := b.byRight[key]; ok {
		return m
	}
	m := map[*model.Namespace][]*model.Workload{}
	b.granted(rights, func(w *model.Workload, all bool) {
		for _, n := range reachOf(w, all) {
			m[n] = append(m[n], w)
		}
	})
	if b.byRight == nil {
		b.byRight = map[string]map[*model.Namespace][]*model.Workload{}
	}
	b.byRight[key] = m
	return m
}
