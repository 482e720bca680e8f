package generate

import (
	"cmp"
	"path"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/bartizan-dev/bartizan/model"
)

// quota bounds what a namespace may use: https://kubernetes.io/docs/concepts/policy/resource-quotas/.
var quota = &Generator{
	Name: "quota",
	Doc: `bounds on what each namespace may use

A quota on CPU, memory, storage and the number of objects, and defaults for containers that state no limits: without
them the quota would refuse such containers with a message that few people understand. Node ports and load balancers
are counted to what the namespace's gateways need, which elsewhere is none: publishing goes through a gateway.`,
	Controls: []model.ControlID{model.NamespaceQuota},
	Kinds:    objectKinds("v1", "ResourceQuota", "LimitRange"),
	Run:      runQuota,
}

func runQuota(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		for _, n := range c.Namespaces {
			q := &quantities{}
			hard := quotaObject(q, p.Spec, n)
			limits := limitRange(q, n, hard.Spec.Hard)
			if q.err != nil {
				return q.err
			}
			file := path.Join(GuardDir(n), "quota.yaml")
			err := p.YAML(Artifact{
				Path:  file,
				Doc:   "what the namespace may use in total, and what a container gets that states nothing",
				Where: "the cluster",
			}, hard, limits)
			if err != nil {
				return err
			}
			p.Claim(model.NamespaceQuota, n.Addr(), file)
		}
	}
	return nil
}

// Bounds of a namespace that declares no quota. They are generous for one team's namespace and small for a cluster.
const (
	defaultQuotaCPU     = "16"
	defaultQuotaMemory  = "32Gi"
	defaultQuotaStorage = "100Gi"
	defaultQuotaPods    = 100
)

func quotaObject(q *quantities, s *model.Spec, n *model.Namespace) *corev1.ResourceQuota {
	declared := model.Quota{}
	if n.Quota != nil {
		declared = *n.Quota
	}
	cpu, memory := cmp.Or(declared.CPU, defaultQuotaCPU), cmp.Or(declared.Memory, defaultQuotaMemory)
	pods := cmp.Or(declared.Pods, defaultQuotaPods)
	balancers, nodePorts := gatewayServices(s, n)
	hard := q.list(map[corev1.ResourceName]string{
		corev1.ResourceRequestsCPU:              cpu,
		corev1.ResourceLimitsCPU:                cpu,
		corev1.ResourceRequestsMemory:           memory,
		corev1.ResourceLimitsMemory:             memory,
		corev1.ResourceRequestsStorage:          cmp.Or(declared.Storage, defaultQuotaStorage),
		corev1.ResourceRequestsEphemeralStorage: memory,
		corev1.ResourceLimitsEphemeralStorage:   memory,
		corev1.ResourcePods:                     strconv.Itoa(pods),
		corev1.ResourceServicesNodePorts:        strconv.Itoa(nodePorts),
		corev1.ResourceServicesLoadBalancers:    strconv.Itoa(balancers),
	})
	// Objects that cost the API server memory and etcd space, bounded by the number of pods: what floods the API is
	// never ordinary use. https://kubernetes.io/docs/concepts/security/rbac-good-practices/#denial-of-service-risks
	for _, counted := range []corev1.ResourceName{
		"count/configmaps", "count/secrets", "count/services", "count/persistentvolumeclaims",
		"count/jobs.batch", "count/cronjobs.batch", "count/deployments.apps", "count/statefulsets.apps",
	} {
		hard[counted] = *resource.NewQuantity(int64(max(2*pods, 50)), resource.DecimalSI)
	}
	return &corev1.ResourceQuota{
		TypeMeta:   typeMeta("v1", "ResourceQuota"),
		ObjectMeta: namespaceMeta(n, "quota"),
		Spec:       corev1.ResourceQuotaSpec{Hard: hard},
	}
}

// gatewayServices returns how many load balancers, and node ports behind them, the controllers of the namespace's gateways
// make. Each makes one Service in the gateway's namespace, and the API server gives each port of a load balancer a node
// port. Cilium's has a port for the listener (operator/pkg/model/translation/gateway-api/translator.go); a data plane of
// pods has one more, for health checks (Istio: 15021).
func gatewayServices(s *model.Spec, n *model.Namespace) (balancers, nodePorts int) {
	for _, g := range s.Gateways {
		if g.Namespace != n {
			continue
		}
		balancers++
		nodePorts++
		if len(g.Selector) > 0 {
			nodePorts++
		}
	}
	return balancers, nodePorts
}

// limitRange bounds each container by what the whole namespace may use, and gives limits to those that state none.
func limitRange(q *quantities, n *model.Namespace, hard corev1.ResourceList) *corev1.LimitRange {
	most := corev1.ResourceList{
		corev1.ResourceCPU:              hard[corev1.ResourceLimitsCPU],
		corev1.ResourceMemory:           hard[corev1.ResourceLimitsMemory],
		corev1.ResourceEphemeralStorage: hard[corev1.ResourceLimitsEphemeralStorage],
	}
	return &corev1.LimitRange{
		TypeMeta:   typeMeta("v1", "LimitRange"),
		ObjectMeta: namespaceMeta(n, "defaults"),
		Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type: corev1.LimitTypeContainer,
			Min:  q.list(map[corev1.ResourceName]string{corev1.ResourceCPU: "1m", corev1.ResourceMemory: "1Mi"}),
			Max:  most,
			DefaultRequest: atMost(most, q.list(map[corev1.ResourceName]string{
				corev1.ResourceCPU: "50m", corev1.ResourceMemory: "64Mi", corev1.ResourceEphemeralStorage: "64Mi",
			})),
			Default: atMost(most, q.list(map[corev1.ResourceName]string{
				corev1.ResourceCPU: "500m", corev1.ResourceMemory: "128Mi", corev1.ResourceEphemeralStorage: "256Mi",
			})),
		}}},
	}
}

// atMost lowers what is more than the bounds: the API server takes no default that is more than the maximum.
func atMost(bounds, amounts corev1.ResourceList) corev1.ResourceList {
	for name, amount := range amounts {
		if bound := bounds[name]; amount.Cmp(bound) > 0 {
			amounts[name] = bound
		}
	}
	return amounts
}
