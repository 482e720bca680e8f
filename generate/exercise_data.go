package generate

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// exerciseCluster is what the incident exercises of one cluster print.
type exerciseCluster struct {
	*model.Cluster
	Workloads []*exerciseWorkload // all
	Published []*exerciseWorkload
	Images    []exerciseImage
	Etcd      []backupNode
	Quorum    int // members of etcd that must be alive
	VPNs      []exerciseVPN
	Backups   []exerciseBackup
	Hubble    bool // Cilium shows flows with hubble
	AuditLog  string
	Access    string // directory of the way in, relative to docs/exercises
}

// APINode is a control-plane node whose local audit log can be read.
func (c *exerciseCluster) APINode() string {
	if len(c.Etcd) == 0 {
		return ""
	}
	return c.Etcd[0].Name
}

type exerciseBackup struct {
	*model.Backup
	Restore string // relative to docs/exercises
}

type exerciseVPN struct {
	*model.VPN
	JumpBoxes []*model.JumpBox // that the VPN reaches
	API       bool             // the API server can be reached from the VPN, directly or through a jump box
}

// exerciseWorkload is one workload with what an attacker inside it could reach.
type exerciseWorkload struct {
	*model.Workload
	Direct   []exercisePort    // by declared flows
	Beyond   []*model.Workload // reached from those in turn, if each falls
	Siblings []*model.Container

	MetadataBlocked, APIBlocked, EgressExact bool // as files of the tree claim
}

// exercisePort is a port that a workload reaches.
type exercisePort struct{ *model.Port }

// Labels returns the selector of the port's pods as kubectl takes it.
func (p exercisePort) Labels() string { return selectorText(p.Workload) }

// Scale returns the object to scale, or "" where scaling does not stop the workload.
func (w *exerciseWorkload) Scale() string {
	switch w.Kind {
	case model.Deployment, model.StatefulSet:
		return strings.ToLower(string(w.Kind)) + "/" + w.Name
	}
	return ""
}

// Labels returns the selector as kubectl takes it.
func (w *exerciseWorkload) Labels() string { return selectorText(w.Workload) }

func selectorText(w *model.Workload) string {
	var labels []string
	for _, k := range slices.Sorted(maps.Keys(w.Selector)) {
		labels = append(labels, k+"="+w.Selector[k])
	}
	return strings.Join(labels, ",")
}

// Unlabel returns the arguments of kubectl label that take a pod out of the selector.
func (w *exerciseWorkload) Unlabel() []string {
	var labels []string
	for _, k := range slices.Sorted(maps.Keys(w.Selector)) {
		labels = append(labels, k+"-")
	}
	return labels
}

// Account returns the user name of the workload's service account in the audit log.
func (w *exerciseWorkload) Account() string {
	return "system:serviceaccount:" + w.Namespace.Name + ":" + w.Name
}

// Where returns where the workload's pods run.
func (w *exerciseWorkload) Where() string {
	if w.Pool != nil {
		return string(w.Pool.Addr())
	}
	return "any worker pool that is not dedicated"
}

// Owner returns the team that is called.
func (w *exerciseWorkload) Owner() string {
	if w.Namespace.Owner == nil {
		return ""
	}
	return w.Namespace.Owner.Name
}

// EgressTo returns the destination in words.
func (w *exerciseWorkload) EgressTo(e *model.Egress) string {
	return egressText(e) + " " + portText(e.Port, e.Protocol)
}

type exerciseImage struct {
	Image     string // with tag, without digest: a new digest changes no exercise
	Workloads []model.Address
}

func newExerciseCluster(s *model.Spec, c *model.Cluster, claimed map[model.Hold]bool) *exerciseCluster {
	e := &exerciseCluster{
		Cluster: c, Etcd: etcdNodes(c), Hubble: c.Network.CNI == model.Cilium,
		AuditLog: path.Join(auditLogDir, "audit.log"), Access: "../../" + AccessDir(c),
	}
	e.Quorum = len(e.Etcd)/2 + 1
	flows := c.Flows()
	direct := map[*model.Workload][]*model.Port{}
	for _, f := range flows {
		switch from := f.From.(type) {
		case *model.Workload:
			direct[from] = append(direct[from], f.To)
		case *model.Namespace:
			for _, w := range from.Workloads {
				direct[w] = append(direct[w], f.To)
			}
		}
	}
	images := map[string][]model.Address{}
	for _, w := range c.Workloads() {
		x := &exerciseWorkload{
			Workload:        w,
			MetadataBlocked: claimed[model.Hold{Control: model.MetadataBlocked, Subject: w.Addr()}],
			APIBlocked:      claimed[model.Hold{Control: model.APIEgressBlocked, Subject: w.Addr()}],
			EgressExact:     claimed[model.Hold{Control: model.EgressExact, Subject: w.Addr()}],
		}
		for _, p := range direct[w] {
			x.Direct = append(x.Direct, exercisePort{p})
		}
		if len(w.Containers) > 1 {
			x.Siblings = w.Containers[1:]
		}
		e.Workloads = append(e.Workloads, x)
		if len(w.Exposes) > 0 {
			x.Beyond = beyond(w, direct)
			e.Published = append(e.Published, x)
		}
		for _, k := range slices.Concat(w.InitContainers, w.Containers) {
			i := k.Image
			i.Digest = ""
			if name := i.Pinned(); !slices.Contains(images[name], w.Addr()) {
				images[name] = append(images[name], w.Addr())
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(images)) {
		e.Images = append(e.Images, exerciseImage{name, images[name]})
	}
	for _, v := range s.VPNs {
		e.VPNs = append(e.VPNs, exerciseVPNFor(s, c, v))
	}
	for _, b := range s.Backups {
		if b.Cluster == c && c.Provisioner != model.Managed {
			e.Backups = append(e.Backups, exerciseBackup{b, "../../" + BackupDir(b) + "/etcd-restore.md"})
		}
	}
	return e
}

// beyond returns the workloads that are reached from the direct ones in turn, sorted by address.
func beyond(from *model.Workload, direct map[*model.Workload][]*model.Port) []*model.Workload {
	seen := map[*model.Workload]bool{from: true}
	queue := []*model.Workload{from}
	var far []*model.Workload
	for len(queue) > 0 {
		w := queue[0]
		queue = queue[1:]
		for _, p := range direct[w] {
			if seen[p.Workload] {
				continue
			}
			seen[p.Workload] = true
			queue = append(queue, p.Workload)
			if w != from {
				far = append(far, p.Workload)
			}
		}
	}
	slices.SortFunc(far, func(a, b *model.Workload) int { return cmp.Compare(a.Addr(), b.Addr()) })
	return far
}

func exerciseVPNFor(s *model.Spec, c *model.Cluster, v *model.VPN) exerciseVPN {
	x := exerciseVPN{VPN: v, API: slices.Contains(c.API.ReachableFrom, model.Peer(v))}
	for _, j := range s.JumpBoxes {
		if !slices.Contains(j.ReachableFrom, model.Peer(v)) {
			continue
		}
		x.JumpBoxes = append(x.JumpBoxes, j)
		x.API = x.API || slices.Contains(c.API.ReachableFrom, model.Peer(j))
	}
	return x
}
