package generate

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// ingress publishes one host by the older API, for controllers that have no other. It belongs to the guard: what is written
// into it decides whose requests arrive where, and the controller believes it.
func ingress(w *model.Workload, e *model.Expose) *networkingv1.Ingress {
	prefix, port := routed(e)
	below := networkingv1.PathTypePrefix
	return &networkingv1.Ingress{
		TypeMeta: typeMeta("networking.k8s.io/v1", "Ingress"), ObjectMeta: workloadMeta(w, w.Name+"-"+routeName(e)),
		Spec: networkingv1.IngressSpec{
			IngressClassName: &e.Via.Class,
			TLS:              []networkingv1.IngressTLS{{Hosts: []string{e.Host}, SecretName: e.Via.Name + "-tls"}},
			Rules: []networkingv1.IngressRule{{Host: e.Host, IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
				Paths: []networkingv1.HTTPIngressPath{{
					Path: prefix, PathType: &below,
					Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
						Name: w.Name, Port: networkingv1.ServiceBackendPort{Number: int32(port)},
					}},
				}},
			}}}},
		},
	}
}
