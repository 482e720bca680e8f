package verify

import (
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podsecurityv1 "k8s.io/pod-security-admission/admission/api/v1"

	"github.com/bartizan-dev/bartizan/model"
)

var admission = &Check{
	Name: "admission",
	Doc: `pod security is restricted by default, and event floods are limited

The restricted level must be enforced, audited and warned about at the cluster's own version or an older one that is
pinned, never "latest", and only kube-system may be exempt. https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/
EventRateLimit must be switched on and limit the server as a whole, each namespace and each user. CIS Kubernetes Benchmark 1.12, 1.2.9.`,
	Controls: []model.ControlID{model.PodSecurityDefault, model.EventRateLimit},
	Run:      runAdmission,
}

type admissionConfiguration struct {
	metav1.TypeMeta
	Plugins []struct {
		Name          string          `json:"name"`
		Configuration json.RawMessage `json:"configuration"`
	} `json:"plugins"`
}

type eventRateLimits struct {
	metav1.TypeMeta
	Limits []struct {
		Type      string `json:"type"`
		QPS       int    `json:"qps"`
		Burst     int    `json:"burst"`
		CacheSize int    `json:"cacheSize"`
	} `json:"limits"`
}

func runAdmission(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		var c admissionConfiguration
		file, err := k.readHardening("admission-control-config-file", apiServerConfig, "AdmissionConfiguration", &c)
		m, _ := flags(k.config.APIServer.ExtraArgs, apiServerFlags)
		judge := func(control model.ControlID, plugin string, wrong func(json.RawMessage) error) {
			file, object := file, "AdmissionConfiguration: "+plugin
			var configs []json.RawMessage
			for _, x := range c.Plugins {
				if x.Name == plugin {
					configs = append(configs, x.Configuration)
				}
			}
			e := err
			switch {
			case e != nil:
			case len(configs) != 1:
				e = fmt.Errorf("%d plugins are called %s, one is wanted", len(configs), plugin)
			case lists(plugin)(m["disable-admission-plugins"]):
				file, object, e = k.path, "ClusterConfiguration: apiServer.extraArgs", fmt.Errorf("the plugin %s is switched off", plugin)
			case plugin == "EventRateLimit" && !lists(plugin)(m["enable-admission-plugins"]): // not on by default
				file, object, e = k.path, "ClusterConfiguration: apiServer.extraArgs", fmt.Errorf("the plugin %s is not switched on", plugin)
			default:
				e = wrong(configs[0])
			}
			if e != nil {
				p.Find(Finding{Control: control, Subject: k.cluster.Addr(), Path: file, Object: object,
					Message: fmt.Sprintf("Admission does not give the control: %v.", e)})
				return
			}
			k.prove(control, file)
		}
		judge(model.PodSecurityDefault, "PodSecurity", func(raw json.RawMessage) error { return podSecurityWrong(raw, k.cluster) })
		judge(model.EventRateLimit, "EventRateLimit", eventRateWrong)
	}
}

func podSecurityWrong(raw json.RawMessage, c *model.Cluster) error {
	var s podsecurityv1.PodSecurityConfiguration
	if err := decodeStrict(raw, &s); err != nil {
		return err
	}
	if s.APIVersion != "pod-security.admission.config.k8s.io/v1" || s.Kind != "PodSecurityConfiguration" {
		return fmt.Errorf("it is a %q of %q", s.Kind, s.APIVersion)
	}
	for _, d := range []struct{ mode, level, version string }{
		{"enforce", s.Defaults.Enforce, s.Defaults.EnforceVersion},
		{"audit", s.Defaults.Audit, s.Defaults.AuditVersion},
		{"warn", s.Defaults.Warn, s.Defaults.WarnVersion},
	} {
		var minor int
		if _, err := fmt.Sscanf(d.version, "v1.%d", &minor); err != nil ||
			d.version != fmt.Sprintf("v1.%d", minor) || minor > c.Version.Minor || minor < c.Version.Minor-3 {
			return fmt.Errorf("%s-version is %q; it must be pinned to %s or one of the three before it", d.mode, d.version, c.Version.PodSecurity())
		}
		if d.level != "restricted" {
			return fmt.Errorf("%s is %q and not restricted", d.mode, d.level)
		}
	}
	switch x := s.Exemptions; {
	case len(x.Usernames) > 0 || len(x.RuntimeClasses) > 0:
		return fmt.Errorf("users or runtime classes are exempt")
	case slices.ContainsFunc(x.Namespaces, func(n string) bool { return n != "kube-system" }):
		return fmt.Errorf("the namespaces %q are exempt; only kube-system may be", x.Namespaces)
	}
	return nil
}

func eventRateWrong(raw json.RawMessage) error {
	var l eventRateLimits
	if err := decodeStrict(raw, &l); err != nil {
		return err
	}
	if l.APIVersion != "eventratelimit.admission.k8s.io/v1alpha1" || l.Kind != "Configuration" {
		return fmt.Errorf("it is a %q of %q", l.Kind, l.APIVersion)
	}
	const mostEvents = 5000 // in a second: the API server of a large cluster handles fewer requests than that
	limited := map[string]bool{}
	for _, x := range l.Limits {
		if x.QPS <= 0 || x.QPS > mostEvents || x.Burst <= 0 || x.Burst > 10*mostEvents {
			return fmt.Errorf("the limit of type %q is not between 1 and %d events in a second, or its burst is not between 1 and %d",
				x.Type, mostEvents, 10*mostEvents)
		}
		limited[x.Type] = true
	}
	for _, t := range []string{"Server", "Namespace", "User"} {
		if !limited[t] {
			return fmt.Errorf("there is no limit of type %s", t)
		}
	}
	return nil
}
