package verify

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// meshCheck proves that callers show a certificate, and that each port accepts the declared ones.
//
// The rules (istio.io/api, security/v1beta1): the PeerAuthentication with a selector goes before that of the namespace, and
// portLevelMtls before both. A pod that any AuthorizationPolicy with action ALLOW selects refuses what none of them allows.
var meshCheck = &Check{
	Name: "mesh",
	Doc: `the mesh demands certificates, and its ports accept the declared callers alone

Each namespace of the mesh has the label by which proxies get into its pods, demands mutual TLS, and allows nothing; policies of its
workloads give back the declared callers of each TCP port, by the account in their certificate. Plain text is accepted at ports that
something outside the mesh calls, and there only without a certificate. Fields and kinds of Istio that are not understood un-prove
the mesh, and so do pods that keep the proxy out. Whether Istio runs is not in the files.`,
	Controls: []model.ControlID{model.MeshStrictMTLS},
	Run: func(p *Pass) {
		for _, m := range p.Spec.Meshes {
			if m.Strict {
				(&meshJudge{pass: p, mesh: m}).run()
			}
		}
	},
}

const istioGroup = "security.istio.io"

// meshJudge judges one mesh.
type meshJudge struct {
	pass  *Pass
	mesh  *model.Mesh
	bad   bool
	paths []string // of the files that prove it
}

func (j *meshJudge) find(path, object, message string, args ...any) {
	j.bad = true
	j.pass.Find(Finding{Control: model.MeshStrictMTLS, Subject: j.mesh.Addr(), Path: path, Object: object, Message: fmt.Sprintf(message, args...)})
}

func (j *meshJudge) run() {
	var clusters []*model.Cluster
	for _, n := range j.mesh.Namespaces {
		if !slices.Contains(clusters, n.Cluster) {
			clusters = append(clusters, n.Cluster)
		}
	}
	for _, c := range clusters {
		j.cluster(c)
	}
	if !j.bad {
		for _, path := range j.paths {
			j.pass.Prove(model.MeshStrictMTLS, j.mesh.Addr(), path)
		}
	}
}

// cluster judges the part of the mesh in one cluster.
func (j *meshJudge) cluster(c *model.Cluster) {
	objects := j.pass.Objects(c)
	j.bad = j.bad || !objects.Complete
	sources := map[*model.Port][]model.Peer{}
	for _, f := range c.Flows() {
		sources[f.To] = append(sources[f.To], f.From)
	}
	rules := map[string]*meshRules{}
	for _, n := range j.mesh.Namespaces {
		if n.Cluster == c {
			rules[n.Name] = &meshRules{}
		}
	}
	for _, o := range objects.All {
		if o.GVK.Group == istioGroup || strings.HasSuffix(o.GVK.Group, ".istio.io") {
			j.read(c, rules, o)
		}
	}
	for _, n := range j.mesh.Namespaces {
		if n.Cluster != c {
			continue
		}
		j.labelled(objects, n)
		r := rules[n.Name]
		if len(r.nothing) != 1 || len(r.whole) != 1 {
			j.find("", "Namespace/"+n.Name, "The namespace has %d policies that allow nothing, and %d that demand mutual TLS, instead of one of each.", len(r.nothing), len(r.whole))
			continue
		}
		for _, w := range n.Workloads {
			if !w.Host.Network {
				j.workload(r, w, sources)
			}
		}
	}
	for _, source := range podSources(objects) {
		if rules[source.Namespace] != nil {
			j.injected(source)
		}
	}
}

// labelled judges the label by which the proxy gets into the pods.
func (j *meshJudge) labelled(objects *Objects, n *model.Namespace) {
	o, ok := objects.One("", "Namespace", "", n.Name)
	switch namespace, typed := o.Value.(*corev1.Namespace); {
	case !ok || !typed:
		j.find("", "Namespace/"+n.Name, "The namespace is missing, or defined twice.")
	case namespace.Labels["istio-injection"] != "enabled":
		j.find(o.Path, o.At("metadata.labels"), "Without istio-injection: enabled the pods of the namespace have no proxy, and refuse no plain text.")
	default:
		j.paths = append(j.paths, o.Path)
	}
}

// proxyBounds are the annotations of pods that change nothing but what the proxy may use.
var proxyBounds = []string{"sidecar.istio.io/proxyCPU", "sidecar.istio.io/proxyCPULimit", "sidecar.istio.io/proxyMemory", "sidecar.istio.io/proxyMemoryLimit"}

// injected holds that pods do not keep the proxy out, or traffic from it.
func (j *meshJudge) injected(s podSource) {
	for _, m := range []map[string]string{s.Meta.Annotations, s.Meta.Labels} {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			domain, _, _ := strings.Cut(key, "/")
			if (domain == "istio.io" || strings.HasSuffix(domain, ".istio.io")) && !slices.Contains(proxyBounds, key) {
				j.find(s.Path, s.Object.At(s.at), "%s can keep the mesh's proxy, or traffic, out of the pods.", key)
			}
		}
	}
}

// read sorts an object of Istio in, or finds that it is not understood.
func (j *meshJudge) read(c *model.Cluster, rules map[string]*meshRules, o Object) {
	r := rules[o.Namespace]
	if r == nil {
		if !othersMesh(j.pass.Spec, c, o.Namespace) {
			j.find(o.Path, o.String(), "The object changes what the mesh accepts, in a way that is not judged.")
		}
		return
	}
	u, custom := o.Value.(*unstructured.Unstructured)
	err := fmt.Errorf("%s in %s is not judged", o.GVK.Kind, o.GVK.GroupVersion())
	switch {
	case !custom || o.GVK.Group != istioGroup || o.GVK.Version != "v1":
	case o.GVK.Kind == "PeerAuthentication":
		var x generate.PeerAuthentication
		if err = decodeObject(u, &x); err == nil {
			r.authentication(o, x.Spec)
		}
	case o.GVK.Kind == "AuthorizationPolicy":
		var x generate.AuthorizationPolicy
		if err = decodeObject(u, &x); err == nil {
			r.authorization(o, x.Spec)
		}
	}
	if err != nil {
		j.find(o.Path, o.String(), "The object is not understood, so nothing is proved beside it: %v.", err)
		return
	}
	j.paths = append(j.paths, o.Path)
}

// othersMesh reports whether the namespace is in another mesh of the cluster, whose judge reads the object.
func othersMesh(s *model.Spec, c *model.Cluster, namespace string) bool {
	for _, m := range s.Meshes {
		for _, n := range m.Namespaces {
			if n.Cluster == c && n.Name == namespace {
				return true
			}
		}
	}
	return false
}

// workload compares what the policies let into each TCP port with the declared callers.
func (j *meshJudge) workload(r *meshRules, w *model.Workload, sources map[*model.Port][]model.Peer) {
	want := map[string][]string{}
	for _, port := range w.Ports {
		if protocolOf(port.Protocol) == model.TCP {
			if callers := declaredCallers(sources[port]); len(callers) > 0 {
				want[strconv.Itoa(port.Number)] = callers
			}
		}
	}
	modes, place, flaw := r.modes(w)
	if flaw != "" {
		j.find(place.Path, place.At("spec"), "%s", flaw)
		return
	}
	for _, port := range slices.Sorted(maps.Keys(modes)) {
		mode, plain := modes[port], slices.Contains(want[port], plainCaller)
		if mode != "STRICT" && !(mode == "PERMISSIVE" && plain) {
			j.find(place.Path, place.At("spec"), "Port %q of %s accepts connections without mutual TLS, and nothing outside the mesh is declared to call it.", port, w.Addr())
		}
	}
	got, place := r.callers(w)
	for _, port := range slices.Sorted(maps.Keys(got)) {
		for _, caller := range got[port] {
			if !slices.Contains(want[port], caller) {
				j.find(place.Path, place.At("spec.rules"), "Port %q of %s accepts %s, which is not declared to call it.", port, w.Addr(), caller)
			}
		}
	}
	for _, port := range slices.Sorted(maps.Keys(want)) {
		for _, caller := range want[port] {
			if !slices.Contains(got[port], caller) {
				j.find(place.Path, place.At("spec.rules"), "Port %q of %s does not accept %s, which is declared to call it.", port, w.Addr(), caller)
			}
			if caller == plainCaller && modes[port] != "PERMISSIVE" {
				j.find(place.Path, place.At("spec.rules"), "Port %q of %s demands mutual TLS, and something outside the mesh is declared to call it.", port, w.Addr())
			}
		}
	}
}
