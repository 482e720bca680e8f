package generate

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podsecurityv1 "k8s.io/pod-security-admission/admission/api/v1"

	"github.com/bartizan-dev/bartizan/model"
)

var admission = &Generator{
	Name: "admission",
	Doc: `configure the API server's built-in admission

Namespaces that say nothing about pod security are held to the restricted level of the cluster's own version; only
kube-system, where the control plane and the network plugin run, is exempt. Event floods are limited for the server,
for each namespace and for each user.`,
	Controls: []model.ControlID{model.PodSecurityDefault, model.EventRateLimit},
	Run:      runAdmission,
}

type admissionConfiguration struct {
	typeMeta
	Plugins []admissionPlugin `json:"plugins"`
}

type admissionPlugin struct {
	Name          string `json:"name"`
	Configuration any    `json:"configuration"`
}

// eventRateLimits is the configuration of the EventRateLimit plugin, v1alpha1, the only version there is.
// https://kubernetes.io/docs/reference/config-api/apiserver-eventratelimit.v1alpha1/
type eventRateLimits struct {
	typeMeta
	Limits []eventRateLimit `json:"limits"`
}

type eventRateLimit struct {
	Type      string `json:"type"`
	QPS       int    `json:"qps"` // events in a second, once the burst is spent
	Burst     int    `json:"burst"`
	CacheSize int    `json:"cacheSize,omitempty"`
}

func runAdmission(p *Pass) error {
	for _, c := range kubeadmClusters(p.Spec) {
		file := hardeningFile(c, "admission.yaml")
		// A pinned version: an upgrade of the API server must not change what is allowed before anybody has looked.
		version := fmt.Sprintf("v1.%d", c.Version.Minor)
		config := admissionConfiguration{
			typeMeta: typeMeta{apiServerConfigVersion, "AdmissionConfiguration"},
			Plugins: []admissionPlugin{
				{"PodSecurity", podsecurityv1.PodSecurityConfiguration{
					TypeMeta: metav1.TypeMeta{APIVersion: "pod-security.admission.config.k8s.io/v1", Kind: "PodSecurityConfiguration"},
					Defaults: podsecurityv1.PodSecurityDefaults{
						Enforce: "restricted", EnforceVersion: version,
						Audit: "restricted", AuditVersion: version,
						Warn: "restricted", WarnVersion: version,
					},
					Exemptions: podsecurityv1.PodSecurityExemptions{Namespaces: []string{"kube-system"}},
				}},
				{"EventRateLimit", eventRateLimits{
					typeMeta: typeMeta{"eventratelimit.admission.k8s.io/v1alpha1", "Configuration"},
					Limits: []eventRateLimit{
						{Type: "Server", QPS: 500, Burst: 2000},
						{Type: "Namespace", QPS: 50, Burst: 200, CacheSize: 2000},
						{Type: "User", QPS: 50, Burst: 200, CacheSize: 2000},
					},
				}},
			},
		}
		p.Claim(model.PodSecurityDefault, c.Addr(), file)
		p.Claim(model.EventRateLimit, c.Addr(), file)
		if err := p.YAML(Artifact{
			Path:  file,
			Doc:   "AdmissionConfiguration of the API server: default level of pod security, limits of event floods",
			Where: "each control-plane node, in " + HardeningDir,
		}, config); err != nil {
			return err
		}
	}
	return nil
}
