//go:build linux

package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/apiserver"
	"github.com/bartizan-dev/bartizan/e2e/build"
)

// Cluster is a cluster of one node: objects in a real API server, pods on a Node, and the controller between them.
type Cluster struct {
	Server   *apiserver.Server
	Node     *Node
	by       Enforcer
	program  string
	dir      string
	enforcer enforcer            // nil until policies are in force
	policies map[policyID]string // those in force, with their resourceVersion
}

// Object is an object of Kubernetes, or a part of one.
type Object = map[string]any

// Policy is a NetworkPolicy, or a ClusterNetworkPolicy if it has no namespace.
type Policy struct {
	Namespace, Name string
	YAML            []byte
}

type policyID struct{ namespace, name string }

const (
	policyVersion        = "networking.k8s.io/v1"
	policyKind           = "NetworkPolicy"
	clusterPolicyVersion = "policy.networking.k8s.io/v1alpha2"
	clusterPolicyKind    = "ClusterNetworkPolicy"
	nodeName             = "node"
)

// kind is the policy's apiVersion and kind.
func (p policyID) kind() (apiVersion, kind string) {
	if p.namespace == "" {
		return clusterPolicyVersion, clusterPolicyKind
	}
	return policyVersion, policyKind
}

// Start makes a cluster without pods, of a release of Kubernetes such as v1.36.4, whose packets are filtered by a controller of
// others. The addresses are the node's own, at most one of each family; dir is an empty directory. Close ends it.
func Start(ctx context.Context, b *build.Builder, release, dir string, by Enforcer, addresses ...netip.Addr) (*Cluster, error) {
	component, program := by.program()
	programs, err := b.Binaries(ctx, component, program)
	if err != nil {
		return nil, err
	}
	c := &Cluster{by: by, program: filepath.Join(programs, program), dir: filepath.Join(dir, "enforcer"), policies: map[policyID]string{}}
	data := filepath.Join(dir, "apiserver")
	if err := errors.Join(os.Mkdir(data, 0o700), os.Mkdir(c.dir, 0o700)); err != nil {
		return nil, err
	}
	if c.Server, err = apiserver.Start(ctx, b, release, data); err != nil {
		return nil, err
	}
	if c.Node, err = NewNode(addresses...); err == nil {
		err = c.Declare(ctx, nodeName, addresses...)
	}
	if err == nil && by == KubeNetworkPolicies {
		err = c.define(ctx, b)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Declare makes the object of a node with addresses. All but the cluster's own node are such objects and nothing else.
func (c *Cluster) Declare(ctx context.Context, name string, addresses ...netip.Addr) error {
	var status []Object
	for _, a := range addresses {
		status = append(status, Object{"type": "InternalIP", "address": a.String()})
	}
	if err := c.Apply(ctx, "v1", "Node", "", name, Object{}); err != nil {
		return err
	}
	patch, err := json.Marshal(Object{"status": Object{"addresses": status}})
	if err != nil {
		return err
	}
	return c.Server.MergeStatus(ctx, "v1", "Node", "", name, patch)
}

// define installs the definition of ClusterNetworkPolicies, with what is experimental in it, and waits until the API server
// knows it.
func (c *Cluster) define(ctx context.Context, b *build.Builder) error {
	definition := build.NetworkPolicyAPI()
	dir, err := b.Binaries(ctx, definition)
	if err != nil {
		return err
	}
	const name = "clusternetworkpolicies.policy.networking.k8s.io"
	text, err := os.ReadFile(filepath.Join(dir, build.ExperimentalDefinitions, "policy.networking.k8s.io_clusternetworkpolicies.yaml"))
	if err != nil {
		return err
	}
	if _, err := c.Server.Apply(ctx, "apiextensions.k8s.io/v1", "CustomResourceDefinition", "", name, text); err != nil {
		return err
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		var list Object
		err := c.Server.Get(ctx, "/apis/"+clusterPolicyVersion+"/clusternetworkpolicies", &list)
		if err == nil || ctx.Err() != nil || time.Now().After(end) {
			return err
		}
	}
}

// Apply applies an object that is given without its head: kind, name and namespace.
func (c *Cluster) Apply(ctx context.Context, apiVersion, kind, namespace, name string, body Object) error {
	text, err := headed(apiVersion, kind, namespace, name, body)
	if err != nil {
		return err
	}
	_, err = c.Server.Apply(ctx, apiVersion, kind, namespace, name, text)
	return err
}

func (c *Cluster) status(ctx context.Context, apiVersion, kind, namespace, name string, status Object) error {
	text, err := headed(apiVersion, kind, namespace, name, Object{"status": status})
	if err != nil {
		return err
	}
	return c.Server.ApplyStatus(ctx, apiVersion, kind, namespace, name, text)
}

func headed(apiVersion, kind, namespace, name string, body Object) ([]byte, error) {
	meta := Object{"name": name}
	if m, ok := body["metadata"].(Object); ok {
		maps.Copy(meta, m)
	}
	if namespace != "" {
		meta["namespace"] = namespace
	}
	o := maps.Clone(body)
	o["apiVersion"], o["kind"], o["metadata"] = apiVersion, kind, meta
	return json.Marshal(o)
}

// Pod runs a pod of a template, metadata and spec, at an address, or one of each family: the object as a kubelet reports it, and
// the namespace of the kernel that is it.
func (c *Cluster) Pod(ctx context.Context, namespace, name string, addresses []netip.Addr, template Object) (*End, error) {
	if err := c.Relabel(ctx, namespace, name, template); err != nil {
		return nil, err
	}
	ips := func(addresses []netip.Addr) (all []Object) {
		for _, a := range addresses {
			all = append(all, Object{"ip": a.String()})
		}
		return all
	}
	own, host := ips(addresses), ips(c.Node.Addresses)
	err := c.status(ctx, "v1", "Pod", namespace, name, Object{
		"phase": "Running", "podIP": own[0]["ip"], "podIPs": own, "hostIP": host[0]["ip"], "hostIPs": host})
	if err != nil {
		return nil, fmt.Errorf("pod %s/%s: %w", namespace, name, err)
	}
	return c.Node.Pod(addresses...)
}

// Relabel applies a pod's template again, with other labels.
func (c *Cluster) Relabel(ctx context.Context, namespace, name string, template Object) error {
	spec, ok := template["spec"].(Object)
	if !ok {
		return fmt.Errorf("the pod %s/%s has no spec", namespace, name)
	}
	body, spec := maps.Clone(template), maps.Clone(spec)
	body["spec"], spec["nodeName"] = spec, nodeName
	if err := c.Apply(ctx, "v1", "Pod", namespace, name, body); err != nil {
		return fmt.Errorf("pod %s/%s: %w", namespace, name, err)
	}
	return nil
}

// Enforce makes these policies, and no others, hold, and returns when they do.
func (c *Cluster) Enforce(ctx context.Context, policies []Policy) error {
	since := time.Now()
	changed := false
	now := map[policyID]string{}
	for _, p := range policies {
		id := policyID{p.Namespace, p.Name}
		version, kind := id.kind()
		made, err := c.Server.Apply(ctx, version, kind, p.Namespace, p.Name, p.YAML)
		if err != nil {
			return fmt.Errorf("policy %s/%s: %w", p.Namespace, p.Name, err)
		}
		now[id] = made.Version
		// The controller hears of an object only when the server changed it; other bytes may say the same.
		changed = changed || c.policies[id] != made.Version
	}
	for id := range c.policies {
		if _, ok := now[id]; ok {
			continue
		}
		changed = true
		version, kind := id.kind()
		if err := c.Server.Delete(ctx, version, kind, id.namespace, id.name); err != nil {
			return fmt.Errorf("policy %s/%s: %w", id.namespace, id.name, err)
		}
	}
	c.policies = now
	if c.enforcer == nil {
		changed, since = true, time.Now()
		var err error
		if c.enforcer, err = c.by.start(ctx, c.Node, c.program, c.dir, c.Server); err != nil {
			return err
		}
	}
	if changed {
		if err := c.enforcer.settle(ctx, since); err != nil {
			return err
		}
	}
	return c.Node.forget()
}

// Close ends the cluster; nothing of it is left.
func (c *Cluster) Close() error {
	var errs []error
	if c.enforcer != nil {
		errs = append(errs, c.enforcer.close())
	}
	if c.Node != nil {
		errs = append(errs, c.Node.Close())
	}
	return errors.Join(append(errs, c.Server.Close())...)
}
