package verify

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// podSource is an object that makes pods, or a pod.
type podSource struct {
	Object
	Meta *metav1.ObjectMeta // of the pods
	Spec *corev1.PodSpec
	at   string // where the pod's spec stands in the object
}

// podSources returns everything in the tree that makes pods, in the order of the objects.
func podSources(o *Objects) []podSource {
	var sources []podSource
	for _, x := range o.All {
		add := func(t *corev1.PodTemplateSpec, at string) {
			sources = append(sources, podSource{x, &t.ObjectMeta, &t.Spec, at})
		}
		switch v := x.Value.(type) {
		case *corev1.Pod:
			sources = append(sources, podSource{x, &v.ObjectMeta, &v.Spec, "spec"})
		case *corev1.PodTemplate:
			add(&v.Template, "template.spec")
		case *corev1.ReplicationController:
			if v.Spec.Template != nil {
				add(v.Spec.Template, "spec.template.spec")
			}
		case *appsv1.Deployment:
			add(&v.Spec.Template, "spec.template.spec")
		case *appsv1.ReplicaSet:
			add(&v.Spec.Template, "spec.template.spec")
		case *appsv1.StatefulSet:
			add(&v.Spec.Template, "spec.template.spec")
		case *appsv1.DaemonSet:
			add(&v.Spec.Template, "spec.template.spec")
		case *batchv1.Job:
			add(&v.Spec.Template, "spec.template.spec")
		case *batchv1.CronJob:
			add(&v.Spec.JobTemplate.Spec.Template, "spec.jobTemplate.spec.template.spec")
		}
	}
	return sources
}

// container is one container of a pod of any sort, with the pod around it.
type container struct {
	*corev1.Container
	pod *corev1.PodSpec
	at  string // for findings: `spec.template.spec.containers["server"]`
	// runs says that it runs beside the others: not for init containers that end.
	runs bool
}

// containers returns all containers: init and ephemeral ones have the same rights on the node.
func (s podSource) containers() []container {
	var all []container
	add := func(list string, c *corev1.Container, runs bool) {
		all = append(all, container{c, s.Spec, fmt.Sprintf("%s.%s[%q]", s.at, list, c.Name), runs})
	}
	for i := range s.Spec.InitContainers {
		c := &s.Spec.InitContainers[i]
		add("initContainers", c, c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways)
	}
	for i := range s.Spec.Containers {
		add("containers", &s.Spec.Containers[i], true)
	}
	for i := range s.Spec.EphemeralContainers {
		c := corev1.Container(s.Spec.EphemeralContainers[i].EphemeralContainerCommon)
		add("ephemeralContainers", &c, true)
	}
	return all
}

// security returns the container's security context, never nil.
func (c container) security() *corev1.SecurityContext {
	if c.SecurityContext == nil {
		return &corev1.SecurityContext{}
	}
	return c.SecurityContext
}

// podSecurity returns the pod's security context, never nil.
func (c container) podSecurity() *corev1.PodSecurityContext {
	if c.pod.SecurityContext == nil {
		return &corev1.PodSecurityContext{}
	}
	return c.pod.SecurityContext
}

// user returns the user id that the container runs as: its own, or the pod's; nil where the image decides.
func (c container) user() *int64 {
	if u := c.security().RunAsUser; u != nil {
		return u
	}
	return c.podSecurity().RunAsUser
}

// group returns the primary group that the container runs as; nil where the image decides.
func (c container) group() *int64 {
	if g := c.security().RunAsGroup; g != nil {
		return g
	}
	return c.podSecurity().RunAsGroup
}

func (c container) privileged() bool {
	p := c.security().Privileged
	return p != nil && *p
}

// flaw is something wrong with a pod.
type flaw struct {
	at      string // place in the object
	message string
}

// podRule judges one control by looking at pods.
type podRule struct {
	control model.ControlID
	// given reports whether the specification leaves the control in force for the workload: it does not apply, or is
	// weakened, otherwise. What is not given is neither proved nor a finding.
	given func(*model.Workload) bool
	// judge returns what is wrong with the pods.
	judge func(*podCase) []flaw
	// needs lists further files that the control takes; nil for none.
	needs func(*podCase) []string
}

// podCase is one workload with its pods, as a rule sees it.
type podCase struct {
	podSource
	workload *model.Workload
	spec     *model.Spec
	objects  *Objects
	cluster  *clusterPods
}

// clusterPods is what rules ask about other pods and objects of the cluster. It is made once: asking each of 10,000
// workloads about all others would take as long as everything else together.
type clusterPods struct {
	byAccount map[string][]podSource // by namespace and account, with a slash between
	placed    []podSource            // that tolerate any taint or name a node
	intruders map[*model.NodePool][]podSource
	tokens    map[string][]Object // Secrets that hold a token which never expires, by namespace
	local     []Object            // PersistentVolumes that are directories of nodes
	fetched   map[string][]Object // what makes Secrets, by namespace and name, with a slash between
}

func newClusterPods(o *Objects, sources []podSource) *clusterPods {
	c := &clusterPods{byAccount: map[string][]podSource{}, tokens: map[string][]Object{}, intruders: map[*model.NodePool][]podSource{}, fetched: fetchedSecrets(o)}
	for _, s := range sources {
		account := s.Namespace + "/" + s.Spec.ServiceAccountName
		c.byAccount[account] = append(c.byAccount[account], s)
		if old := s.Spec.DeprecatedServiceAccount; old != "" && old != s.Spec.ServiceAccountName {
			c.byAccount[s.Namespace+"/"+old] = append(c.byAccount[s.Namespace+"/"+old], s)
		}
		if s.Spec.NodeName != "" || len(s.Spec.Tolerations) > 0 {
			c.placed = append(c.placed, s)
		}
	}
	for _, s := range Typed[*corev1.Secret](o) {
		if s.Typed.Type == corev1.SecretTypeServiceAccountToken {
			c.tokens[s.Namespace] = append(c.tokens[s.Namespace], s.Object)
		}
	}
	for _, v := range Typed[*corev1.PersistentVolume](o) {
		if v.Typed.Spec.HostPath != nil || v.Typed.Spec.Local != nil {
			c.local = append(c.local, v.Object)
		}
	}
	return c
}

// generated reports whether the workload's own objects are ours.
func generated(w *model.Workload) bool {
	return w.Manifests == model.ManifestsGenerate || w.Manifests == ""
}

// judgePods applies the rules to each generated workload of each cluster.
func judgePods(p *Pass, rules []podRule) {
	for _, c := range p.Spec.Clusters {
		objects := p.Objects(c)
		sources := podSources(objects)
		byNamespace := map[string][]podSource{}
		for _, s := range sources {
			byNamespace[s.Namespace] = append(byNamespace[s.Namespace], s)
		}
		cluster := newClusterPods(objects, sources)
		for _, w := range c.Workloads() {
			if generated(w) {
				judgeWorkload(p, w, objects, cluster, byNamespace[w.Namespace.Name], rules)
			}
		}
	}
}

func judgeWorkload(p *Pass, w *model.Workload, objects *Objects, cluster *clusterPods, near []podSource, rules []podRule) {
	source, found := declaredPods(w, near)
	strays := strayPods(w, near)
	for _, r := range rules {
		if !r.given(w) {
			continue
		}
		if !found {
			p.Find(Finding{Control: r.control, Subject: w.Addr(), Message: fmt.Sprintf("The tree does not have exactly one %s %q in namespace %q.", kindOf(w), w.Name, w.Namespace.Name)})
			continue
		}
		pod := &podCase{podSource: source, workload: w, spec: p.Spec, objects: objects, cluster: cluster}
		flaws := r.judge(pod)
		for _, f := range flaws {
			p.Find(Finding{Control: r.control, Subject: w.Addr(), Path: source.Path, Object: source.At(f.at), Message: f.message})
		}
		for _, s := range strays {
			p.Find(Finding{Control: r.control, Subject: w.Addr(), Path: s.Path, Object: s.String(), Message: "The object makes pods that pass for those of the workload, and no workload declares it."})
		}
		if len(flaws) == 0 && len(strays) == 0 {
			p.Prove(r.control, w.Addr(), source.Path)
			if r.needs != nil {
				p.needs(r.control, w.Addr(), r.needs(pod)...)
			}
		}
	}
}

func kindOf(w *model.Workload) string {
	if w.Kind == "" {
		return string(model.Deployment)
	}
	return string(w.Kind)
}

// declaredPods returns the one object that makes the workload's pods.
func declaredPods(w *model.Workload, near []podSource) (podSource, bool) {
	var found []podSource
	for _, s := range near {
		if s.GVK.Kind == kindOf(w) && s.Name == w.Name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return podSource{}, false
	}
	return found[0], true
}

// strayPods returns sources of pods that no workload declares, and whose pods carry the workload's labels or run as
// its account.
func strayPods(w *model.Workload, near []podSource) []podSource {
	var strays []podSource
	for _, s := range near {
		if !isDeclared(w.Namespace, s) && (s.Spec.ServiceAccountName == w.Name || s.Spec.DeprecatedServiceAccount == w.Name || labelled(s.Meta, w.Selector)) {
			strays = append(strays, s)
		}
	}
	return strays
}

func isDeclared(n *model.Namespace, s podSource) bool {
	i, ok := slices.BinarySearchFunc(n.Workloads, s.Name, func(w *model.Workload, name string) int { return strings.Compare(w.Name, name) })
	return ok && generated(n.Workloads[i]) && kindOf(n.Workloads[i]) == s.GVK.Kind
}

func labelled(meta *metav1.ObjectMeta, selector map[string]string) bool {
	for k, v := range selector {
		if meta.Labels[k] != v {
			return false
		}
	}
	return len(selector) > 0
}

// declaredContainer returns the container of the specification with the name, or nil.
func declaredContainer(w *model.Workload, name string) *model.Container {
	for _, c := range slices.Concat(w.Containers, w.InitContainers) {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// anyContainer reports whether the specification says so of a container.
func anyContainer(w *model.Workload, is func(*model.Container) bool) bool {
	return slices.ContainsFunc(w.Containers, is) || slices.ContainsFunc(w.InitContainers, is)
}

func isTrue(b *bool) bool  { return b != nil && *b }
func isFalse(b *bool) bool { return b != nil && !*b }
