package verify

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/bartizan-dev/bartizan/model"
)

// quotaCheck judges the bounds of namespaces.
var quotaCheck = &Check{
	Name: "quota",
	Doc: `each namespace is bounded in CPU, memory, storage and pods

The bounds stand in one quota without scopes (a scope leaves the other pods unbounded) and do not exceed the declared
ones. It counts one load balancer for each gateway: more would publish past them, fewer would keep a gateway from
being reached. Defaults for containers exist, or the quota would refuse every container that states no limits.`,
	Controls: []model.ControlID{model.NamespaceQuota},
	Run: func(p *Pass) {
		for _, c := range p.Spec.Clusters {
			objects := p.Objects(c)
			quotas, defaults := Typed[*corev1.ResourceQuota](objects), Typed[*corev1.LimitRange](objects)
			for _, n := range c.Namespaces {
				judgeQuota(p, n, quotas, defaults)
			}
		}
	},
}

// bounded are the resources without which a namespace has no bound.
var bounded = []corev1.ResourceName{
	corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory, corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory,
	corev1.ResourceRequestsStorage, corev1.ResourcePods,
}

func judgeQuota(p *Pass, n *model.Namespace, quotas []TypedObject[*corev1.ResourceQuota], ranges []TypedObject[*corev1.LimitRange]) {
	find := func(path, object, message string) {
		p.Find(Finding{Control: model.NamespaceQuota, Subject: n.Addr(), Path: path, Object: object, Message: message})
	}
	sound, found, path := true, false, ""
	for _, q := range quotas {
		if q.Namespace != n.Name {
			continue
		}
		path = q.Path
		if len(q.Typed.Spec.Scopes) > 0 || q.Typed.Spec.ScopeSelector != nil {
			continue
		}
		found = true
		for _, name := range bounded {
			limit, ok := q.Typed.Spec.Hard[name]
			if !ok {
				find(q.Path, q.At("spec.hard"), fmt.Sprintf("The quota does not bound %q.", name))
				sound = false
				continue
			}
			if declared := declaredQuota(n, name); declared != nil && limit.Cmp(*declared) > 0 {
				find(q.Path, q.At(fmt.Sprintf("spec.hard[%q]", name)), fmt.Sprintf("%s is more than the declared %s.", &limit, declared))
				sound = false
			}
		}
		gateways := int64(0)
		for _, g := range p.Spec.Gateways {
			if g.Namespace == n {
				gateways++
			}
		}
		hard := q.Typed.Spec.Hard
		balancers, counted := hard[corev1.ResourceServicesLoadBalancers]
		ports, portsCounted := hard[corev1.ResourceServicesNodePorts]
		// A gateway's Service has one port for HTTPS, and at most one for health checks.
		if !counted || !portsCounted || balancers.Value() != gateways || ports.Value() < gateways || ports.Value() > 2*gateways {
			find(q.Path, q.At("spec.hard"), fmt.Sprintf("The quota does not count load balancers and node ports to those of the %d gateways.", gateways))
			sound = false
		}
		break // further quotas only take away
	}
	if !found {
		find(path, "", "The namespace has no quota that covers all its pods.")
		return
	}
	if !defaultsLimits(n, ranges) {
		find(path, "", "No LimitRange that the API server takes gives containers default limits.")
		return
	}
	if sound {
		p.Prove(model.NamespaceQuota, n.Addr(), path)
	}
}

// declaredQuota returns the declared bound, or nil.
func declaredQuota(n *model.Namespace, name corev1.ResourceName) *resource.Quantity {
	if n.Quota == nil {
		return nil
	}
	s := map[corev1.ResourceName]string{
		corev1.ResourceLimitsCPU: n.Quota.CPU, corev1.ResourceRequestsCPU: n.Quota.CPU,
		corev1.ResourceLimitsMemory: n.Quota.Memory, corev1.ResourceRequestsMemory: n.Quota.Memory,
		corev1.ResourceRequestsStorage: n.Quota.Storage,
	}[name]
	if name == corev1.ResourcePods && n.Quota.Pods > 0 {
		s = strconv.Itoa(n.Quota.Pods)
	}
	q, err := resource.ParseQuantity(s)
	if err != nil {
		return nil
	}
	return &q
}

func defaultsLimits(n *model.Namespace, ranges []TypedObject[*corev1.LimitRange]) bool {
	for _, r := range ranges {
		if r.Namespace != n.Name {
			continue
		}
		for _, item := range r.Typed.Spec.Limits {
			if item.Type == corev1.LimitTypeContainer && !item.Default.Cpu().IsZero() && !item.Default.Memory().IsZero() && within(item) {
				return true
			}
		}
	}
	return false
}

// within reports whether the defaults are between the least and the most that a container may have; the API server takes no
// other LimitRange.
func within(item corev1.LimitRangeItem) bool {
	for _, amounts := range []corev1.ResourceList{item.Default, item.DefaultRequest} {
		for name, amount := range amounts {
			if most, ok := item.Max[name]; ok && amount.Cmp(most) > 0 {
				return false
			}
			if least, ok := item.Min[name]; ok && amount.Cmp(least) < 0 {
				return false
			}
		}
	}
	return true
}
