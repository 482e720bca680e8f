package threatmodel

import "github.com/bartizan-dev/bartizan/model"

// maxPublished is how many published workloads are analysed as attackers of their own; more are taken together.
const maxPublished = 20

// profiles are the attackers that an analysis looks at by default. Those who start inside hold their start and nothing
// else: what anybody on the internet can do stands in the first profile, and would hide what the foothold adds. Where an attacker starts at several places, the
// analysis lets him hold all of them at once; what it finds closed is closed for each alone.
func (b *Builder) profiles() []*Profile {
	internet := b.internet()
	all := []*Profile{{
		ID: "internet", Title: "Anybody on the internet", Start: on(internet),
		Doc: "No credential, no foothold: everything that is published, and time.",
	}}
	add := func(p *Profile) {
		if len(p.Start) > 0 {
			all = append(all, p)
		}
	}
	b.workloadProfiles(add)
	for _, t := range b.Spec.Teams {
		p := &Profile{ID: "device." + string(t.Addr()), Title: "A device of team " + t.Name + " with its user's live session, or that user",
			Doc: "VPN, jump box, second factor and login have been answered. A malicious member of the team is the same attacker."}
		b.devices(func(v *model.VPN, d *model.Device) {
			if d.Team == t {
				p.Start = append(p.Start, b.device(v, d))
			}
		})
		add(p)
	}
	b.credentialProfiles(add)
	for _, p := range b.Spec.Pipelines {
		add(&Profile{ID: "ci." + string(p.Addr()), Title: "A job of pipeline " + p.Name, Start: on(b.pipeline(p)),
			Doc: "Code runs in a job that tests a change, not in the one that releases: a dependency, an action or a proposed change is malicious."})
	}
	for _, r := range b.Spec.Repositories {
		add(&Profile{ID: "developer." + string(r.Addr()), Title: "A developer of repository " + r.Name, Start: on(b.developer(r)),
			Doc: "He may propose changes and press the merge button where nobody else must."})
	}
	b.physicalPools(func(p *model.NodePool) {
		add(&Profile{ID: "machine." + string(p.Addr()), Title: "Somebody at the machines of pool " + p.Name, Start: on(b.atMachine(p)),
			Doc: "He takes disks away or starts the machines with a system of his own."})
	})
	for _, f := range b.Spec.ForeignClusters {
		add(&Profile{ID: string(f.Addr()), Title: "A machine of foreign cluster " + f.Name, Start: on(b.foreign(f)),
			Doc: "It shares the network with ours and is not ours to protect."})
	}
	return all
}

func (b *Builder) workloadProfiles(add func(*Profile)) {
	var published, others []*Position
	holders := map[*model.Workload]bool{}
	for _, a := range b.Spec.Assets {
		for _, w := range a.HeldBy {
			holders[w] = true
		}
	}
	b.workloads(func(w *model.Workload) {
		switch {
		case isPublished(w):
			published = append(published, b.pod(w))
		case !holders[w]:
			others = append(others, b.pod(w))
		}
	})
	if len(published) > maxPublished {
		add(&Profile{ID: "published-workloads", Title: "Code runs in the published workloads", Start: published,
			Doc: "Somebody has exploited what is published. There are too many to analyse each alone; use --from for one."})
	} else {
		for _, p := range published {
			add(&Profile{ID: "published." + p.ID, Title: p.Title, Start: on(p),
				Doc: "Somebody has exploited what is published. The exploit itself costs nothing here."})
		}
	}
	add(&Profile{ID: "unpublished-workloads", Title: "Code runs in workloads that are not published", Start: others,
		Doc: "A backdoor has come with an image. Workloads that hold an asset are left out: the asset falls with them. Use --from for a single one."})
}

// credentialProfiles are attackers on the internet who have stolen one kind of credential.
func (b *Builder) credentialProfiles(add func(*Profile)) {
	stolen := func(id, title, doc string, at func(*model.Team) *Position) {
		p := &Profile{ID: id, Title: title, Doc: doc, Start: on(b.internet()), OneTheft: true}
		for _, t := range b.Spec.Teams {
			p.Start = append(p.Start, at(t))
		}
		if len(p.Start) > 1 {
			add(p)
		}
	}
	stolen("stolen-password", "Somebody with a stolen password", "Phished, reused or leaked.", b.password)
	stolen("stolen-kubeconfig", "Somebody with a stolen kubeconfig file", "From a backup, a chat or a lost laptop.", b.kubeconfig)
	p := &Profile{ID: "stolen-access", Title: "Somebody with a stolen VPN key and SSH key", Doc: "The files of a lost laptop, without its user and without the security key.", Start: on(b.internet()), OneTheft: true}
	for _, v := range b.Spec.VPNs {
		p.Start = append(p.Start, b.vpnKey(v))
	}
	if len(b.Spec.JumpBoxes) > 0 {
		for _, t := range b.Spec.Teams {
			p.Start = append(p.Start, b.sshKey(t))
		}
	}
	if len(p.Start) > 1 {
		add(p)
	}
	stolen("leaver", "Somebody who has left", "He knows the ways, and what he had may still work.", b.leaver)
}
