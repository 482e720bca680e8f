package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// Steps through images and the pipeline that makes and delivers them.
var imageSteps = []*Step{
	{
		ID: "I-01", Layer: model.LayerImage, Title: "Exploit a known vulnerability of an image",
		Doc:    "Most images carry components with published vulnerabilities. The exploit is public; what is needed is an image that nobody rebuilt.",
		ATTACK: []string{"T1190", "T1203"}, Microsoft: []string{"Application vulnerability"},
		Sources: []string{"Threagile container-baseimage-backdooring", "Microsoft MS-M9005"}, Coverage: []string{"I2", "C9"},
		Variants: []*Variant{{Name: "published", Effort: Skill, Fault: Vulnerability,
			Remains: "No pipeline of the specification scans the registry that the image comes from.",
			Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					for _, c := range listening(w) {
						at := b.container(w, c)
						b.Add(Edge{Title: "Exploit a known vulnerability in the image of workload " + name(w), Premises: on(b.reach(w)), To: at,
							Atom:     b.atom(Vulnerability, "known@"+at.ID, "known vulnerability left in the image of workload "+name(w)),
							Blockers: b.scans(w, c)})
					}
				})
			}}},
	},
	{
		ID: "I-02", Layer: model.LayerImage, Title: "Ship a backdoor in a base image, dependency or third-party image",
		Doc:    "What comes from upstream runs with everything that the workload has. An allow-list and a digest fix which upstream and which bytes; they do not make it honest.",
		ATTACK: []string{"T1195.001", "T1195.002"}, Microsoft: []string{"Compromised image in registry"},
		Sources: []string{"Threagile code-backdooring", "Microsoft MS-TA9002"}, Coverage: []string{"I1", "I4"},
		Variants: []*Variant{
			{Name: "poisoned", Effort: Hard, Fault: Theft, Remains: "Whoever writes the software is trusted with what the workload may do.", Expand: func(b *Builder) {
				b.Add(Edge{Title: "Poison something that images are built from", Premises: on(b.internet()), To: b.upstream(),
					Atom: b.atom(Theft, "upstream", "theft of a maintainer's credential upstream")})
			}},
			{Name: "delivered", Effort: Intended, Remains: "Scanners look for known flaws; a fresh backdoor is none.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					var hinders []model.Hold
					for _, c := range w.Containers {
						hinders = b.scans(w, c)
						break
					}
					b.Add(Edge{Title: "Run the poisoned code in workload " + name(w), Premises: on(b.upstream()), To: b.pod(w), Hinders: hinders,
						Reveals: by(hold(model.RuntimeDetection, w.Namespace.Cluster))})
				})
			}},
			{Name: "other-registry", Effort: PublicTool, Expand: func(b *Builder) {
				b.namespaces(func(n *model.Namespace) {
					b.Add(Edge{Title: "Run an image of the attacker's own registry in namespace " + n.Name, Premises: on(b.deploy(n)), To: b.ownImage(n),
						Blockers: by(hold(model.RegistriesEnforced, n.Cluster))})
				})
			}},
		},
	},
	{
		ID: "I-03", Layer: model.LayerImage, Title: "Swap the content behind a tag",
		Doc:    "A tag is a name that the registry may point elsewhere. The next pod that starts runs the new content.",
		ATTACK: []string{"T1525"}, Microsoft: []string{"Compromised image in registry"},
		Sources: []string{"kubesplaining IMAGE-LATEST"}, Coverage: []string{"I1"},
		Variants: []*Variant{{Name: "mutable-tag", Effort: PublicTool, Expand: func(b *Builder) {
			b.workloads(func(w *model.Workload) {
				b.images(w, func(c *model.Container, r *model.Registry) {
					blockers := by(hold(model.ImageDigest, w), hold(model.DigestsEnforced, w.Namespace.Cluster))
					if len(r.SignedBy) > 0 && b.Spec.ChecksSignatures(w.Namespace) {
						blockers = append(blockers, by(hold(model.SignaturesEnforced, w.Namespace.Cluster))...)
					}
					b.Add(Edge{Title: "Replace the image of workload " + name(w) + " in registry " + r.Name, Premises: on(b.registry(r)), To: b.container(w, c), Blockers: blockers})
				})
			})
		}}},
	},
	{
		ID: "I-04", Layer: model.LayerImage, Title: "Push to the registry",
		Doc:    "Whoever may push can replace what is not pinned, and prepare what the next release will pull.",
		ATTACK: []string{"T1525"}, Microsoft: []string{"Compromised image in registry"},
		Sources: []string{"Microsoft MS-TA9002", "CNCF attack tree: malicious code"}, Coverage: []string{"I1", "I3"},
		Variants: []*Variant{
			{Name: "stolen-credential", Effort: Hard, Fault: Theft, Expand: func(b *Builder) {
				for _, r := range b.Spec.Registries {
					b.Add(Edge{Title: "Push to registry " + r.Name + " with a stolen credential", Premises: on(b.internet()), To: b.registry(r),
						Atom: b.atom(Theft, "push@"+string(r.Addr()), "theft of a credential that may push to registry "+r.Name), Blockers: by(hold(model.RegistryPushRestricted, r))})
				}
			}},
			{Name: "release", Effort: Intended, Remains: "The release job is what is meant to push.", Expand: func(b *Builder) {
				b.builds(func(p *model.Pipeline, r *model.Registry) {
					b.Add(Edge{Title: "Push to registry " + r.Name + " from the release job of pipeline " + p.Name, Premises: on(b.release(p)), To: b.registry(r)})
				})
			}},
			{Name: "pipeline-credential", Effort: PublicTool, Expand: func(b *Builder) {
				b.builds(func(p *model.Pipeline, r *model.Registry) {
					b.Add(Edge{Title: "Push to registry " + r.Name + " with the credential of pipeline " + p.Name, Premises: on(b.pipelineCredential(p)), To: b.registry(r),
						Blockers: by(hold(model.RegistryPushRestricted, r))})
				})
			}},
		},
	},
	{
		ID: "I-05", Layer: model.LayerImage, Title: "Push with a pull secret",
		Doc: "Registries often issue one credential for reading and writing. Nodes and namespaces hold it to pull. Where the specification " +
			"has a pull_secret it lies in the namespaces that pull with it; else it may be any Secret of the cluster.",
		ATTACK: []string{"T1552.007", "T1525"}, Microsoft: []string{"Images from a private registry"},
		Sources: []string{"CNCF attack tree: malicious code", "Microsoft MS-TA9037"}, Coverage: []string{"I1", "P2"},
		Variants: []*Variant{{Name: "shared-credential", Effort: PublicTool, Expand: func(b *Builder) {
			for _, c := range b.Spec.Clusters {
				for _, r := range b.Spec.Registries {
					if !b.built(r) {
						continue
					}
					blockers := by(hold(model.RegistryPushRestricted, r), hold(model.RegistryPullOnly, r))
					if r.PullSecret == nil {
						b.Add(Edge{Title: "Push to registry " + r.Name + " with a pull secret of cluster " + c.Name, Premises: on(b.secrets(c)), To: b.registry(r), Blockers: blockers})
						continue
					}
					for _, n := range c.Namespaces {
						if slices.Contains(n.PullsWith(), r) {
							b.Add(Edge{Title: "Push to registry " + r.Name + " with the pull secret of namespace " + n.Name, Premises: on(b.namespaceSecrets(n)), To: b.registry(r), Blockers: blockers})
						}
					}
				}
			}
		}}},
	},
	{
		ID: "I-06", Layer: model.LayerImage, Title: "Find secrets in the history of a repository",
		Doc:    "What was committed once stays in the history, and in the layers of images.",
		ATTACK: []string{"T1552.001"}, Microsoft: []string{"Application credentials in configuration files"},
		Sources: []string{"Threagile accidental-secret-leak", "Microsoft MS-TA9027"}, Coverage: []string{"C7"},
		Variants: []*Variant{
			{Name: "clone", Effort: Intended, Remains: "Developers read the repository.", Expand: func(b *Builder) {
				for _, r := range b.Spec.Repositories {
					b.Add(Edge{Title: "Clone repository " + r.Name, Premises: on(b.developer(r)), To: b.repositoryRead(r)})
				}
				for _, p := range b.Spec.Pipelines {
					for _, r := range p.Repository {
						b.Add(Edge{Title: "Read repository " + r.Name + " in a job of pipeline " + p.Name, Premises: on(b.pipeline(p)), To: b.repositoryRead(r)})
					}
				}
			}},
			{Name: "history", Effort: PublicTool, Expand: func(b *Builder) {
				for _, g := range b.Spec.GitOps {
					if g.Source == nil {
						continue
					}
					for _, n := range g.Deploys {
						b.Add(Edge{Title: "Find the secrets of namespace " + n.Name + " in the history of repository " + g.Source.Name,
							Premises: on(b.repositoryRead(g.Source)), To: b.namespaceSecrets(n), Blockers: b.secretScans(g.Source)})
					}
				}
			}},
		},
	},
	{
		ID: "I-07", Layer: model.LayerImage, Title: "Compromise the build",
		Doc: "A job that builds and signs what runs in production is production. A job that tests a proposed change runs whatever the " +
			"change says, so it must share neither machine nor credential with the former.",
		ATTACK: []string{"T1195.002", "T1072"}, Microsoft: []string{"Compromised image in registry"},
		Sources: []string{"Threagile code-backdooring", "Microsoft MS-M9004"}, Coverage: []string{"I3"},
		Variants: []*Variant{
			{Name: "proposed-change", Effort: PublicTool, Remains: "Testing a change means running it.", Expand: func(b *Builder) {
				for _, p := range b.Spec.Pipelines {
					for _, r := range p.Repository {
						b.Add(Edge{Title: "Run code in pipeline " + p.Name + " by proposing a change of repository " + r.Name, Premises: on(b.developer(r)), To: b.pipeline(p)})
					}
				}
			}},
			{Name: "shared-runner", Effort: Skill, Expand: func(b *Builder) {
				for _, p := range b.Spec.Pipelines {
					b.Add(Edge{Title: "Wait on the runner for a release job of pipeline " + p.Name, Premises: on(b.pipeline(p)), To: b.release(p), Blockers: by(hold(model.CIRunnersEphemeral, p))})
				}
			}},
			{Name: "merged-change", Effort: PublicTool, Remains: "What is merged is built.", Expand: func(b *Builder) {
				for _, p := range b.Spec.Pipelines {
					for _, r := range p.Repository {
						b.Add(Edge{Title: "Change the release job of pipeline " + p.Name + " in repository " + r.Name, Premises: on(b.guarded(r)), To: b.release(p)})
					}
				}
			}},
			{Name: "next-release", Effort: Skill, Remains: "Whoever builds and signs decides what the next release contains; review what the digests change, and build reproducibly.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					b.images(w, func(c *model.Container, r *model.Registry) {
						b.builds(func(p *model.Pipeline, built *model.Registry) {
							if built == r {
								b.Add(Edge{Title: "Build the attacker's code into the next release of workload " + name(w), Premises: on(b.release(p)), To: b.container(w, c)})
							}
						})
					})
				})
			}},
			{Name: "trusted", Effort: Hard, Fault: TrustedBase, Remains: "A pipeline that builds and signs is trusted.", Expand: func(b *Builder) {
				for _, p := range b.Spec.Pipelines {
					b.Add(Edge{Title: "Take over the release job of pipeline " + p.Name, Premises: on(b.internet()), To: b.release(p),
						Atom: b.trusted(string(p.Addr()), "the release job of pipeline "+p.Name, Trust{
							Owner:      "whoever maintains pipeline " + p.Name + " and its runners",
							Reason:     "What builds an image and signs it decides what the signature vouches for.",
							Mitigation: "Build again elsewhere and compare before signing; runners that are thrown away after each job; an alert on digests in the registry that no release made.",
						})})
				}
			}},
		},
	},
	{
		ID: "I-08", Layer: model.LayerImage, Title: "Steal the pipeline's credential",
		Doc:    "A credential that outlives its job can be taken out of the job and used elsewhere, at leisure.",
		ATTACK: []string{"T1078", "T1552.001"}, Microsoft: []string{"Kubeconfig file"},
		Sources: []string{"Threagile push-instead-of-pull"}, Coverage: []string{"I3", "P2"},
		Variants: []*Variant{
			{Name: "from-any-job", Effort: PublicTool, Expand: func(b *Builder) {
				for _, p := range b.Spec.Pipelines {
					b.Add(Edge{Title: "Take the long-lived credential of pipeline " + p.Name + " out of a job", Premises: on(b.pipeline(p)), To: b.pipelineCredential(p),
						Blockers: by(hold(model.CIShortCredentials, p))})
				}
			}},
			{Name: "push-deployment", Effort: PublicTool, Remains: "Without a GitOps controller the pipeline itself deploys, with rights on every namespace.", Expand: func(b *Builder) {
				if len(b.Spec.GitOps) > 0 {
					return
				}
				b.namespaces(func(n *model.Namespace) {
					for _, p := range b.Spec.Pipelines {
						b.Add(Edge{Title: "Deploy to namespace " + n.Name + " with the credential of pipeline " + p.Name, Premises: on(b.pipelineCredential(p), b.api(n.Cluster)), To: b.deploy(n)})
					}
				})
			}},
		},
	},
	{
		ID: "I-09", Layer: model.LayerImage, Title: "Deploy through the repository",
		Doc:    "A GitOps controller applies what stands on the deployed branch, with rights of its own. Writing to the branch is deploying.",
		ATTACK: []string{"T1199", "T1072"}, Sources: []string{"kubesplaining: GitOps deputies"}, Coverage: []string{"I3", "C3", "O1"},
		Variants: []*Variant{
			{Name: "apply", Effort: Intended, Remains: "The controller is meant to apply what is merged.", Expand: func(b *Builder) {
				for _, g := range b.Spec.GitOps {
					if g.Source == nil {
						continue
					}
					for _, n := range g.Deploys {
						b.Add(Edge{Title: "Let " + g.Name + " apply a merged change to namespace " + n.Name, Premises: on(b.repository(g.Source)), To: b.deploy(n)})
					}
				}
			}},
			{Name: "platform-objects", Effort: PublicTool, Remains: "The platform's own objects are deployed like the workloads; only review stands before them.", Expand: func(b *Builder) {
				for _, g := range b.Spec.GitOps {
					for _, c := range clustersOf(g) {
						if g.Source != nil {
							b.Add(Edge{Title: "Let a merged change of the platform's objects give rights in cluster " + c.Name, Premises: on(b.guarded(g.Source)), To: b.admin(c)})
						}
					}
				}
			}},
			{Name: "whole-cluster", Effort: PublicTool, Expand: func(b *Builder) {
				for _, g := range b.Spec.GitOps {
					for _, c := range clustersOf(g) {
						if g.Source != nil {
							b.Add(Edge{Title: "Let " + g.Name + " apply a merged change outside its namespaces in cluster " + c.Name, Premises: on(b.repository(g.Source)), To: b.admin(c),
								Blockers: by(hold(model.GitOpsPerNamespace, g))})
						}
						b.Add(Edge{Title: "Use the rights of GitOps controller " + g.Name + " in cluster " + c.Name, Premises: on(b.gitops(g)), To: b.admin(c),
							Blockers: by(hold(model.GitOpsPerNamespace, g))})
					}
				}
			}},
			{Name: "controller", Effort: Intended, Remains: "The controller holds the rights to deploy.", Expand: func(b *Builder) {
				for _, g := range b.Spec.GitOps {
					for _, n := range g.Deploys {
						b.Add(Edge{Title: "Use the rights of GitOps controller " + g.Name + " in namespace " + n.Name, Premises: on(b.gitops(g)), To: b.deploy(n)})
					}
				}
			}},
		},
	},
	{
		ID: "I-11", Layer: model.LayerImage, Title: "Steal the signing identity",
		Doc:    "Signatures prove who signed. Whoever holds the identity signs what he likes.",
		ATTACK: []string{"T1552.004", "T1553.002"}, Sources: []string{"Sigstore threat model", "MITRE ATT&CK T1553.002"}, Coverage: []string{"I3", "W6"},
		Variants: []*Variant{
			{Name: "from-release", Effort: Intended, Remains: "The release job is what signs.", Expand: func(b *Builder) {
				for _, p := range b.Spec.Pipelines {
					b.Add(Edge{Title: "Sign in the release job of pipeline " + p.Name, Premises: on(b.release(p)), To: b.signingKey(p)})
				}
			}},
			{Name: "from-any-job", Effort: PublicTool, Remains: "The credential that signs is valid for whoever presents it.", Expand: func(b *Builder) {
				for _, p := range b.Spec.Pipelines {
					b.Add(Edge{Title: "Sign with the long-lived credential of pipeline " + p.Name, Premises: on(b.pipelineCredential(p)), To: b.signingKey(p)})
				}
			}},
		},
	},
	{
		ID: "I-12", Layer: model.LayerImage, Title: "Read private images on a node",
		Doc:    "Nodes keep the images that they have pulled; configuration and code in them can be read by root, and from the disk.",
		ATTACK: []string{"T1005"}, Microsoft: []string{"Images from a private registry"}, Sources: []string{"Microsoft MS-TA9037"}, Coverage: []string{"N8"},
		Variants: []*Variant{{Name: "cache", Effort: PublicTool, Remains: "The runtime needs the images; keep secrets out of them.", Expand: func(b *Builder) {
			b.pools(func(p *model.NodePool) {
				for _, from := range on(b.node(p), b.diskContent(p)) {
					b.Add(Edge{Title: "Read the images cached on nodes of pool " + p.Name, Premises: on(from), To: b.cachedImages(p)})
				}
			})
		}}},
	},
}

func (b *Builder) cachedImages(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/images", Kind: KindData, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Private images cached on nodes of pool " + p.Name})
}

func (b *Builder) ownImage(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/own-image", Kind: KindImpact, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "The attacker's own image runs in namespace " + n.Name})
}

// builds calls f for each registry that a pipeline pushes to.
func (b *Builder) builds(f func(*model.Pipeline, *model.Registry)) {
	for _, p := range b.Spec.Pipelines {
		for _, r := range p.Builds {
			f(p, r)
		}
	}
}

// images calls f for each container of a workload and the registry that its image comes from.
func (b *Builder) images(w *model.Workload, f func(*model.Container, *model.Registry)) {
	type key struct{ at, registry string }
	seen := map[key]bool{}
	for _, c := range slices.Concat(w.Containers, w.InitContainers) {
		if c.Image.Registry == nil {
			continue
		}
		in := c
		if slices.Contains(w.InitContainers, c) {
			in = nil // its code runs in the pod, before the others
		}
		if k := (key{b.container(w, in).ID, c.Image.Registry.Name}); !seen[k] {
			seen[k] = true
			f(in, c.Image.Registry)
		}
	}
}

// scans are the scanners that a container's image has passed. A nil container stands for all of the workload.
func (b *Builder) scans(w *model.Workload, c *model.Container) []model.Hold {
	var all []model.Hold
	add := func(x *model.Container) {
		b.builds(func(p *model.Pipeline, r *model.Registry) {
			if h := hold(model.ImageScan, p); r == x.Image.Registry && !slices.Contains(all, h) {
				all = append(all, h)
			}
		})
	}
	if c != nil {
		add(c)
		return all
	}
	for _, x := range w.Containers {
		add(x)
	}
	return all
}

// secretScans are the scanners that commits of a repository pass.
func (b *Builder) secretScans(r *model.Repository) []model.Hold {
	var all []model.Hold
	for _, p := range b.Spec.Pipelines {
		if slices.Contains(p.Repository, r) {
			all = append(all, hold(model.SecretScan, p))
		}
	}
	return all
}

// clustersOf are the clusters that a GitOps controller deploys to.
func clustersOf(g *model.GitOps) []*model.Cluster {
	var all []*model.Cluster
	for _, n := range g.Deploys {
		if !slices.Contains(all, n.Cluster) {
			all = append(all, n.Cluster)
		}
	}
	return all
}
