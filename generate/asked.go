package generate

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// asked knows which controls the specification does not ask for: most are for every subject of their kind, these are
// for some.
type asked struct {
	pools     map[model.Address]*model.NodePool
	workloads map[model.Address]*model.Workload
	teams     map[model.Address]*model.Team
	deployed  []model.Address
	proxied   []model.Address // clusters with kube-proxy
	recorded  []model.Address // clusters whose audit log is to hold the contents of all requests
	signed    []model.Address // clusters that ask for signatures
	pulled    []model.Address // registries with a pull secret
}

func newAsked(s *model.Spec) *asked {
	a := &asked{
		pools: map[model.Address]*model.NodePool{}, workloads: map[model.Address]*model.Workload{}, teams: map[model.Address]*model.Team{},
		deployed: addresses(DeployedRepositories(s)),
	}
	for _, c := range s.Clusters {
		if !ciliumGateway(s, c) {
			a.proxied = append(a.proxied, c.Addr())
		}
		if c.Audit.Contents == model.ContentsOfAll {
			a.recorded = append(a.recorded, c.Addr())
		}
		if c.Admission.Signatures != "" {
			a.signed = append(a.signed, c.Addr())
		}
		for _, p := range c.NodePools {
			a.pools[p.Addr()] = p
		}
		for _, w := range c.Workloads() {
			a.workloads[w.Addr()] = w
		}
	}
	for _, r := range s.Registries {
		if r.PullSecret != nil {
			a.pulled = append(a.pulled, r.Addr())
		}
	}
	for _, t := range s.Teams {
		a.teams[t.Addr()] = t
	}
	return a
}

// holds reports whether the specification asks for the control for the subject.
func (a *asked) holds(id model.ControlID, subject model.Address) bool {
	pool, workload, team := a.pools[subject], a.workloads[subject], a.teams[subject]
	switch {
	case id == model.CodeOwners:
		return slices.Contains(a.deployed, subject)
	case id == model.KubeProxyLocal:
		return slices.Contains(a.proxied, subject)
	case id == model.AuditContentsRecorded:
		return slices.Contains(a.recorded, subject)
	case id == model.SignaturesEnforced:
		return slices.Contains(a.signed, subject)
	case id == model.RegistryPullOnly:
		return slices.Contains(a.pulled, subject)
	case pool != nil && id == model.ControlPlaneConfined:
		return !pool.Worker()
	case pool != nil && id == model.KubeVIPConfined:
		lb := pool.Cluster.API.LoadBalancer
		return pool.Has(model.RoleControlPlane) && lb != nil && lb.Kind == model.KubeVIP
	case pool != nil && id == model.ControlPlaneTaint:
		return pool.Has(model.RoleControlPlane)
	case pool != nil && (id == model.StaticPodsOff || id == model.NodeSSHOff):
		return pool.Worker()
	case pool != nil && id == model.NodeSSHClosed:
		return pool.OpensSSH()
	case pool != nil && id == model.KubeletCertificates:
		return !pool.EtcdOnly() // their kubelets have none
	case pool != nil && id == model.PoolDedicated:
		return pool.Dedicated
	case workload != nil && id == model.SiblingIsolation:
		return len(workload.Containers)+len(workload.InitContainers) > 1
	case workload != nil && id == model.PoolIsolation:
		return workload.Pool != nil && workload.Pool.Dedicated
	case workload != nil && id == model.RuntimeSandbox:
		return workload.Pool != nil && workload.Pool.Runtime != model.Runc
	case team != nil && id == model.BreakGlassAccess:
		return team.BreakGlass != nil
	case team != nil && id == model.PeopleLeastPrivilege:
		return team.Stands()
	}
	return true
}
