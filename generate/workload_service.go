package generate

import (
	"cmp"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/bartizan-dev/bartizan/model"
)

// headlessName is the Service that gives each pod of a StatefulSet a name.
func headlessName(w *model.Workload) string { return w.Name + "-pods" }

// serviceObjects returns the Services in front of a workload. They are of type ClusterIP: what the outside world
// reaches goes through a gateway.
func serviceObjects(w *model.Workload) []any {
	var services []any
	if len(w.Ports) > 0 && w.Kind != model.Job && w.Kind != model.CronJob {
		services = append(services, service(w, w.Name, false))
	}
	if w.Kind == model.StatefulSet {
		services = append(services, service(w, headlessName(w), true))
	}
	return services
}

func service(w *model.Workload, name string, headless bool) *corev1.Service {
	s := &corev1.Service{
		TypeMeta:   typeMeta("v1", "Service"),
		ObjectMeta: workloadMeta(w, name),
		Spec: corev1.ServiceSpec{
			Type:            corev1.ServiceTypeClusterIP,
			Selector:        w.Selector,
			SessionAffinity: corev1.ServiceAffinityNone,
		},
	}
	if headless {
		s.Spec.ClusterIP = corev1.ClusterIPNone
		s.Spec.PublishNotReadyAddresses = true // peers find each other before they are ready
	}
	for _, p := range w.Ports {
		number := cmp.Or(p.Service, p.Number)
		if headless {
			number = p.Number // nothing translates ports there
		}
		s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{
			Name: portName(p), Protocol: protocol(p.Protocol), Port: int32(number), TargetPort: intstr.FromString(portName(p)),
		})
	}
	return s
}

// availabilityObjects bound how many pods may go at once, and how many there are.
func availabilityObjects(w *model.Workload) []any {
	if w.Kind != model.Deployment && w.Kind != model.StatefulSet && w.Kind != "" {
		return nil
	}
	objects := []any{&policyv1.PodDisruptionBudget{
		TypeMeta:   typeMeta("policy/v1", "PodDisruptionBudget"),
		ObjectMeta: workloadMeta(w, w.Name),
		Spec: policyv1.PodDisruptionBudgetSpec{
			MaxUnavailable: new(intstr.FromInt32(1)),
			Selector:       &metav1.LabelSelector{MatchLabels: w.Selector},
			// A pod that is broken anyway must not keep a node from being drained and patched.
			UnhealthyPodEvictionPolicy: new(policyv1.AlwaysAllow),
		},
	}}
	if w.Scaling != nil {
		objects = append(objects, autoscaler(w))
	}
	return objects
}

func autoscaler(w *model.Workload) *autoscalingv2.HorizontalPodAutoscaler {
	kind := cmp.Or(w.Kind, model.Deployment)
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   typeMeta("autoscaling/v2", "HorizontalPodAutoscaler"),
		ObjectMeta: workloadMeta(w, w.Name),
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: string(kind), Name: w.Name},
			MinReplicas:    new(int32(w.Scaling.Min)),
			MaxReplicas:    int32(w.Scaling.Max),
			Metrics: []autoscalingv2.MetricSpec{{
				Type: autoscalingv2.ResourceMetricSourceType,
				Resource: &autoscalingv2.ResourceMetricSource{
					Name:   corev1.ResourceCPU,
					Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(w.Scaling.CPU))},
				},
			}},
		},
	}
}
