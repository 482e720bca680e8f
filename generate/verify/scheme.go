package verify

import (
	"sync"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
)

// newScheme knows the stable kinds of Kubernetes' own API groups. Another version of one of these groups is refused
// and not kept as an unknown kind: it would be a way around every check.
func newScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(
		admissionregistrationv1.AddToScheme,
		appsv1.AddToScheme,
		autoscalingv2.AddToScheme,
		batchv1.AddToScheme,
		certificatesv1.AddToScheme,
		coordinationv1.AddToScheme,
		corev1.AddToScheme,
		discoveryv1.AddToScheme,
		flowcontrolv1.AddToScheme,
		networkingv1.AddToScheme,
		nodev1.AddToScheme,
		policyv1.AddToScheme,
		rbacv1.AddToScheme,
		schedulingv1.AddToScheme,
		storagev1.AddToScheme,
	)
	if err := builder.AddToScheme(s); err != nil {
		panic(err) // two kinds of one name in the imported packages
	}
	return s
}

// decoder decodes Kubernetes objects strictly: unknown and repeated fields are errors.
type decoder struct {
	scheme     *runtime.Scheme
	serializer runtime.Decoder // of JSON
	groups     map[string]bool // API groups that the scheme knows
}

// newDecoder returns the one decoder: it never changes, and the scheme takes long to make.
var newDecoder = sync.OnceValue(func() *decoder {
	s := newScheme()
	d := &decoder{
		scheme:     s,
		serializer: json.NewSerializerWithOptions(json.DefaultMetaFactory, s, s, json.SerializerOptions{Strict: true}),
		groups:     map[string]bool{},
	}
	for gvk := range s.AllKnownTypes() {
		d.groups[gvk.Group] = true
	}
	return d
})

// clusterScoped lists the kinds of Kubernetes' own groups that live outside namespaces. The names of the fields that
// the types have do not say it.
var clusterScoped = map[string]bool{
	"Namespace":                        true,
	"Node":                             true,
	"PersistentVolume":                 true,
	"ClusterRole":                      true,
	"ClusterRoleBinding":               true,
	"PriorityClass":                    true,
	"RuntimeClass":                     true,
	"StorageClass":                     true,
	"VolumeAttributesClass":            true,
	"VolumeAttachment":                 true,
	"CSIDriver":                        true,
	"CSINode":                          true,
	"IngressClass":                     true,
	"IPAddress":                        true,
	"ServiceCIDR":                      true,
	"FlowSchema":                       true,
	"PriorityLevelConfiguration":       true,
	"CertificateSigningRequest":        true,
	"MutatingAdmissionPolicy":          true,
	"MutatingAdmissionPolicyBinding":   true,
	"MutatingWebhookConfiguration":     true,
	"ValidatingAdmissionPolicy":        true,
	"ValidatingAdmissionPolicyBinding": true,
	"ValidatingWebhookConfiguration":   true,
}
