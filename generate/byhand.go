package generate

import "github.com/bartizan-dev/bartizan/model"

// byHandPage is what by-hand.md prints: what no file of the tree does.
type byHandPage struct {
	Unstated  []controlRow // attested controls that nobody has stated for some subject
	Open      []controlRow // controls that the tree does not have for some subject
	Standards []coverageRow
	Clusters  []byHandCluster
	Pipelines []*model.Pipeline
}

type byHandCluster struct {
	Name    string
	Pools   []byHandPool // control plane first
	Backups []string     // directories, relative to docs/
	Managed bool
	Needs   []need // what the manifests refer to and the tree does not make
}

type byHandPool struct{ Name, Dir string }

func byHand(p *Pass, page *coveragePage) (*byHandPage, error) {
	b := &byHandPage{Pipelines: p.Spec.Pipelines}
	for _, r := range page.Controls {
		switch {
		case len(r.Missing) == 0:
		case model.LookupControl(r.ID).Attested:
			b.Unstated = append(b.Unstated, r)
		default:
			b.Open = append(b.Open, r)
		}
	}
	for _, s := range page.Sources {
		for _, r := range s.Rows {
			if r.State == forPeople && len(r.Controls) == 0 {
				b.Standards = append(b.Standards, r)
			}
		}
	}
	files := p.Files()
	for _, c := range p.Spec.Clusters {
		needed, err := needs(files, ManifestsDir(c))
		if err != nil {
			return nil, err
		}
		h := byHandCluster{Needs: needed, Name: c.Name, Managed: c.Provisioner == model.Managed}
		for _, controlPlane := range []bool{true, false} {
			for _, pool := range c.NodePools {
				if pool.Ours() && pool.Has(model.RoleControlPlane) == controlPlane {
					h.Pools = append(h.Pools, byHandPool{pool.Name, "../" + PoolDir(pool)})
				}
			}
		}
		for _, backup := range p.Spec.Backups {
			if backup.Cluster == c && !h.Managed {
				h.Backups = append(h.Backups, "../"+BackupDir(backup))
			}
		}
		b.Clusters = append(b.Clusters, h)
	}
	return b, nil
}
