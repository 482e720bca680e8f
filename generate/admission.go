package generate

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

var admission = &Generator{
	Name: "admission",
	Doc: `configure the API server's built-in admission

Namespaces that say nothing about pod security are held to the restricted level of the cluster's own version; only
kube-system, where the control plane and the network plugin run, is exempt. Event floods are limited for the server,
for each namespace and for each user.`,
	Controls: []model.ControlID{model.PodSecurityDefault, model.EventRateLimit},
	Kinds:    objectKinds(apiServerConfigVersion, "AdmissionConfiguration"),
	Run:      runAdmission,
}

type admissionConfiguration struct {
	metav1.TypeMeta
	Plugins []admissionPlugin `json:"plugins"`
}

type admissionPlugin struct {
	Name          string `json:"name"`
	Configuration any    `json:"configuration"`
}

// podSecurityConfiguration is the configuration of the PodSecurity plugin, version v1.
// https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/
type podSecurityConfiguration struct {
	metav1.TypeMeta
	Defaults   podSecurityDefaults   `json:"defaults"`
	Exemptions podSecurityExemptions `json:"exemptions"`
}

type podSecurityDefaults struct {
	Enforce        string `json:"enforce"`
	EnforceVersion string `json:"enforce-version"`
	Audit          string `json:"audit"`
	AuditVersion   string `json:"audit-version"`
	Warn           string `json:"warn"`
	WarnVersion    string `json:"warn-version"`
}

type podSecurityExemptions struct {
	Namespaces     []string `json:"namespaces"`
	RuntimeClasses []string `json:"runtimeClasses"`
	Usernames      []string `json:"usernames"`
}

// eventRateLimits is the configuration of the EventRateLimit plugin, v1alpha1, the only version there is.
// https://kubernetes.io/docs/reference/config-api/apiserver-eventratelimit.v1alpha1/
type eventRateLimits struct {
	metav1.TypeMeta
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
		version := c.Version.PodSecurity()
		config := admissionConfiguration{
			TypeMeta: typeMeta(apiServerConfigVersion, "AdmissionConfiguration"),
			Plugins: []admissionPlugin{
				{"PodSecurity", podSecurityConfiguration{
					TypeMeta: typeMeta("pod-security.admission.config.k8s.io/v1", "PodSecurityConfiguration"),
					Defaults: podSecurityDefaults{
						Enforce: "restricted", EnforceVersion: version,
						Audit: "restricted", AuditVersion: version,
						Warn: "restricted", WarnVersion: version,
					},
					Exemptions: podSecurityExemptions{
						Namespaces:     []string{"kube-system"},
						RuntimeClasses: []string{},
						Usernames:      []string{},
					},
				}},
				{"EventRateLimit", eventRateLimits{
					TypeMeta: typeMeta("eventratelimit.admission.k8s.io/v1alpha1", "Configuration"),
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
