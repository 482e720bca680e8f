package threatmodel

import "github.com/bartizan-dev/bartizan/model"

// Position is something that an attacker may hold. Once held, it is never lost.
type Position struct {
	// ID names the position for people and in reports: the address of a thing of the specification, alone or with a facet
	// after a slash, for example "workload.shop.cart", "workload.shop.cart/token", "cluster.shop/cluster-admin".
	ID string `json:"id"`
	// Kind says what sort of thing is held; drawings choose a shape by it.
	Kind Kind `json:"kind"`
	// Title says what the attacker holds, in a few words: "Token of workload shop/cart".
	Title string `json:"title"`
	// Lane is the trust zone in which the position is drawn.
	Lane Lane `json:"lane"`
	// Address is the block of the specification that the position belongs to.
	Address model.Address `json:"address,omitempty"`
	// Cluster is the name of the cluster that the position belongs to; empty for what lies outside any.
	Cluster string `json:"cluster,omitempty"`
	// Group is the namespace or node pool whose boundary the position lies within; empty for others.
	Group model.Address `json:"group,omitempty"`
	// Asset says that the position is worth attacking in itself; empty for others. See [Graph.Assets].
	Asset model.Sensitivity `json:"asset,omitempty"`

	index int32
}

// Kind is the sort of a position.
type Kind string

const (
	KindZone       Kind = "zone"       // a place in a network
	KindDevice     Kind = "device"     // a person's machine
	KindPerson     Kind = "person"     // a person who acts, or is made to act
	KindCredential Kind = "credential" // a key, token, certificate or password
	KindIdentity   Kind = "identity"   // an authenticated identity at the API server
	KindReach      Kind = "reach"      // packets arrive at a service
	KindHost       Kind = "host"       // a machine that is no node: VPN server, jump box
	KindWorkload   Kind = "workload"   // code runs in a workload's pods
	KindContainer  Kind = "container"  // code runs in one of several containers of a pod
	KindNode       Kind = "node"       // root on nodes
	KindRight      Kind = "right"      // what an identity may do
	KindStore      Kind = "store"      // data at rest: etcd, a backup, a registry, a repository
	KindService    Kind = "service"    // a platform service: pipeline, GitOps controller, gateway, DNS
	KindData       Kind = "data"       // contents that somebody wants
	KindImpact     Kind = "impact"     // damage that needs no further step
)

// Lane is a trust zone of the drawing.
type Lane string

const (
	LaneOutside      Lane = "outside"
	LanePeople       Lane = "people"
	LaneWayIn        Lane = "way in"
	LaneSupplyChain  Lane = "supply chain"
	LaneNamespaces   Lane = "namespaces"
	LaneNodes        Lane = "nodes"
	LaneControlPlane Lane = "control plane"
	LaneData         Lane = "data"
)

// Lanes lists the lanes from the attacker to what he wants.
var Lanes = []Lane{
	LaneOutside, LanePeople, LaneWayIn, LaneSupplyChain, LaneNamespaces, LaneNodes, LaneControlPlane, LaneData,
}
