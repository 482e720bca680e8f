package model

import "slices"

// ControlID names a control, for example "default-deny".
type ControlID string

// Layer is where an attack step or a control belongs, as the sources divide the field.
type Layer string

const (
	LayerNode         Layer = "node"
	LayerNetwork      Layer = "network"
	LayerImage        Layer = "image"
	LayerConfig       Layer = "configuration and deployment"
	LayerPod          Layer = "pod and container"
	LayerOrganisation Layer = "organisation and process"
)

// Layers lists the layers in reading order, from the machine to the people.
var Layers = []Layer{LayerNode, LayerNetwork, LayerImage, LayerConfig, LayerPod, LayerOrganisation}

// Control is something that prevents, hinders or reveals an attack step.
type Control struct {
	ID    ControlID
	Layer Layer
	Title string // what holds when the control holds: "No anonymous requests to the API server"
	Doc   string // how it works and why, in a few sentences; cites its source
	// Subject is the kind of block that the control protects: "cluster", "node_pool", "namespace", "workload", …
	Subject string
	// Attested controls cannot be proved by a file of the tree.
	Attested bool
	// Default says that a cluster made by kubeadm has the control without us.
	Default bool
	// Standards are ids of the requirements in standards.csv that the control satisfies, alone or with others.
	Standards []string
}

// Controls is the catalogue of controls, in reading order.
var Controls = withStandards(slices.Concat(clusterControls, componentControls, nodeControls, accessControls, workloadControls, gatewayControls, pipelineControls, attestedControls), Standards)

var controlsByID = func() map[ControlID]*Control {
	m := make(map[ControlID]*Control, len(Controls))
	for _, c := range Controls {
		m[c.ID] = c
	}
	return m
}()

// LookupControl returns the control with the id, or nil.
func LookupControl(id ControlID) *Control { return controlsByID[id] }
