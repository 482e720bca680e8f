package threatmodel

import "github.com/bartizan-dev/bartizan/model"

// Positions at the API server and in the control plane's data.

// api is network reach to the API server, from wherever.
func (b *Builder) api(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/api", Kind: KindReach, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "Reach to the API server of cluster " + c.Name})
}

func (b *Builder) admin(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/cluster-admin", Kind: KindRight, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name, Asset: model.SensitivityCritical,
		Title: "Cluster-admin in cluster " + c.Name})
}

// adminCredential makes a cluster-admin of whoever reaches the API server as well.
func (b *Builder) adminCredential(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/admin-credential", Kind: KindCredential, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "An administrator's credential for cluster " + c.Name})
}

// signingKeys are the keys of the cluster CA, the front proxy CA and the service accounts.
func (b *Builder) clusterKeys(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/signing-keys", Kind: KindCredential, Lane: LaneData, Address: c.Addr(), Cluster: c.Name, Asset: model.SensitivityCritical,
		Title: "The signing keys of cluster " + c.Name})
}

func (b *Builder) secrets(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/secrets", Kind: KindData, Lane: LaneData, Address: c.Addr(), Cluster: c.Name, Asset: model.SensitivityCritical,
		Title: "All Secrets of cluster " + c.Name})
}

// logs are the log files of pods, as kubelets serve them.
func (b *Builder) logs(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/logs", Kind: KindData, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "The logs of pods of cluster " + c.Name + ", through the API"})
}

func (b *Builder) auditLog(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/audit-log", Kind: KindData, Lane: LaneData, Address: c.Addr(), Cluster: c.Name, Asset: model.SensitivityHigh,
		Title: "Power to erase the audit records of cluster " + c.Name})
}

func (b *Builder) capacity(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/capacity", Kind: KindImpact, Lane: LaneData, Address: c.Addr(), Cluster: c.Name,
		Title: "Capacity of cluster " + c.Name + " wasted or exhausted"})
}

func (b *Builder) kubeAPIVulnerable(c *model.Cluster) *Atom {
	return b.atom(Vulnerability, "kube-apiserver@"+string(c.Addr()), "unknown vulnerability in the API server of cluster "+c.Name)
}

func (b *Builder) etcdReach(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/etcd-reach", Kind: KindReach, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "Reach to etcd of cluster " + c.Name})
}

func (b *Builder) etcd(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/etcd", Kind: KindStore, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "Read and write access to etcd of cluster " + c.Name})
}

func (b *Builder) etcdFiles(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/etcd-files", Kind: KindStore, Lane: LaneData, Address: c.Addr(), Cluster: c.Name,
		Title: "A copy of etcd's files of cluster " + c.Name})
}

func (b *Builder) encryptionKey(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/encryption-key", Kind: KindCredential, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "The key that encrypts the Secrets of cluster " + c.Name})
}

func (b *Builder) backupFiles(x *model.Backup) *Position {
	return b.position(Position{ID: string(x.Addr()) + "/files", Kind: KindStore, Lane: LaneOutside, Address: x.Addr(),
		Title: "The files of backup " + x.Name})
}

func (b *Builder) backup(x *model.Backup) *Position {
	return b.position(Position{ID: string(x.Addr()), Kind: KindData, Lane: LaneData, Address: x.Addr(), Asset: model.SensitivityCritical,
		Title: "The content of backup " + x.Name})
}

func (b *Builder) backupKey(x *model.Backup) *Position {
	return b.position(Position{ID: string(x.Addr()) + "/key", Kind: KindCredential, Lane: LanePeople, Address: x.Addr(),
		Title: "The private key of backup " + x.Name})
}
