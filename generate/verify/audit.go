package verify

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

var audit = &Check{
	Name: "audit",
	Doc: `requests that matter are recorded, without the contents of Secrets, and records leave the cluster

The policy is evaluated as the API server does, over requests that an investigation asks about, made by people,
administrators, service accounts and nodes, and by every user and group that the policy itself singles out. Secrets,
ConfigMaps and tokens must be recorded at Metadata exactly: less hides who read them, more writes them down. Changes of
rights, workloads and policies must be recorded with their content; where the specification asks for the contents of all
requests, no rule may record less but for Secrets, ConfigMaps and tokens. CIS Kubernetes Benchmark 1.12, 1.2.16 to 1.2.19, 3.2.1,
3.2.2; https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
The webhook must be the declared one, over TLS that is verified, with credentials that are no part of the tree.`,
	Controls: []model.ControlID{model.APIAudit, model.AuditContentsRecorded, model.AuditShipped},
	Run:      runAudit,
}

func runAudit(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		judge := func(control model.ControlID, file, object string, err error) {
			if err == nil {
				k.prove(control, file)
				return
			}
			p.Find(Finding{Control: control, Subject: k.cluster.Addr(), Path: file, Object: object,
				Message: fmt.Sprintf("The audit log does not hold what it must: %v.", err)})
		}
		var policy auditv1.Policy
		file, err := k.readHardening("audit-policy-file", "audit.k8s.io/v1", "Policy", &policy)
		object := "Policy"
		if err == nil {
			err = auditWrong(&policy)
		}
		if wrong := k.auditFlags(); err == nil && wrong != nil {
			file, object, err = k.path, "ClusterConfiguration: apiServer", wrong
		}
		judge(model.APIAudit, file, object, err)
		if k.cluster.Audit.Contents == model.ContentsOfAll {
			if err == nil {
				err = auditContentsWrong(&policy)
			}
			judge(model.AuditContentsRecorded, file, object, err)
		}

		if k.cluster.Audit.ShipTo == "" {
			continue
		}
		var config webhookKubeconfig
		file, err = k.readHardening("audit-webhook-config-file", "v1", "Config", &config)
		object = "Config"
		if err == nil {
			err = webhookWrong(&config, k.cluster.Audit.ShipTo)
		}
		m, _ := flags(k.config.APIServer.ExtraArgs, apiServerFlags)
		if mode := m["audit-webhook-mode"]; err == nil && !slices.Contains([]string{"batch", "blocking", "blocking-strict"}, mode) {
			file, object, err = k.path, "ClusterConfiguration: apiServer.extraArgs", fmt.Errorf("flag audit-webhook-mode is %q", mode)
		}
		judge(model.AuditShipped, file, object, err)
	}
}

// auditFlags judges the local log: it is mounted, and long and large enough.
func (k *kubeadmFiles) auditFlags() error {
	m, err := flags(k.config.APIServer.ExtraArgs, apiServerFlags)
	if err != nil {
		return err
	}
	mounted := slices.ContainsFunc(k.config.APIServer.ExtraVolumes, func(v kubeadmPath) bool {
		return v.MountPath == nodeAuditLog && !v.ReadOnly
	})
	switch {
	case m["audit-log-path"] != nodeAuditLog+"/audit.log" || !mounted:
		return fmt.Errorf("flag audit-log-path names no file in %s, or that is not mounted writable", nodeAuditLog)
	case !atLeast(max(k.cluster.Audit.LogDays, 1))(m["audit-log-maxage"]):
		return fmt.Errorf("flag audit-log-maxage is %q, declared are %d days", m["audit-log-maxage"], k.cluster.Audit.LogDays)
	case !atLeast(10)(m["audit-log-maxbackup"]) || !atLeast(100)(m["audit-log-maxsize"]):
		return fmt.Errorf("the log is rotated away too early: fewer than 10 files of 100 MB")
	}
	return nil
}

// auditProbe is a request about which an investigation asks, and the levels that are right for it.
type auditProbe struct {
	group    string
	resource string
	verbs    []string
	least    auditv1.Level
	most     auditv1.Level
}

var (
	auditReads  = []string{"get", "list", "watch"}
	auditWrites = []string{"create", "update", "patch", "delete", "deletecollection"}
	auditAll    = slices.Concat(auditReads, auditWrites)
)

var auditProbes = []auditProbe{
	{"", "secrets", auditAll, auditv1.LevelMetadata, auditv1.LevelMetadata},
	{"", "configmaps", auditAll, auditv1.LevelMetadata, auditv1.LevelMetadata},
	{"", "serviceaccounts/token", []string{"create"}, auditv1.LevelMetadata, auditv1.LevelMetadata},
	{"authentication.k8s.io", "tokenreviews", []string{"create"}, auditv1.LevelMetadata, auditv1.LevelMetadata},
	{"rbac.authorization.k8s.io", "roles", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"rbac.authorization.k8s.io", "rolebindings", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"rbac.authorization.k8s.io", "clusterroles", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"rbac.authorization.k8s.io", "clusterrolebindings", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"", "serviceaccounts", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"", "namespaces", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"", "pods", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"", "pods/status", auditWrites, auditv1.LevelMetadata, auditv1.LevelRequestResponse},
	{"", "nodes/status", auditWrites, auditv1.LevelMetadata, auditv1.LevelRequestResponse},
	{"", "pods/ephemeralcontainers", []string{"update", "patch"}, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"apps", "deployments", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"apps", "daemonsets", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"networking.k8s.io", "networkpolicies", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"admissionregistration.k8s.io", "validatingadmissionpolicies", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"admissionregistration.k8s.io", "mutatingwebhookconfigurations", auditWrites, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"certificates.k8s.io", "certificatesigningrequests/approval", []string{"update", "patch"}, auditv1.LevelRequest, auditv1.LevelRequestResponse},
	{"", "pods/exec", []string{"get", "create"}, auditv1.LevelMetadata, auditv1.LevelRequestResponse},
	{"", "pods/attach", []string{"get", "create"}, auditv1.LevelMetadata, auditv1.LevelRequestResponse},
	{"", "pods/portforward", []string{"get", "create"}, auditv1.LevelMetadata, auditv1.LevelRequestResponse},
	{"", "nodes/proxy", []string{"get", "create"}, auditv1.LevelMetadata, auditv1.LevelRequestResponse},
	{"", "pods", auditReads, auditv1.LevelMetadata, auditv1.LevelRequestResponse},
	{"", "events", []string{"delete", "deletecollection"}, auditv1.LevelMetadata, auditv1.LevelRequestResponse},
	{"unknown.example.com", "things", auditAll, auditv1.LevelMetadata, auditv1.LevelRequestResponse},
}

var auditOrder = []auditv1.Level{auditv1.LevelNone, auditv1.LevelMetadata, auditv1.LevelRequest, auditv1.LevelRequestResponse}

func auditWrong(p *auditv1.Policy) error {
	users := []string{"oidc:eve@example.com", "kubernetes-admin", "system:serviceaccount:default:default", "system:node:n"}
	groups := []string{"system:authenticated", "system:masters", "system:serviceaccounts", "system:nodes"}
	namespaces, names := []string{"", "any", "kube-system"}, []string{"", "any"}
	for _, r := range p.Rules {
		if slices.Index(auditOrder, r.Level) < 0 {
			return fmt.Errorf("%q is no level", r.Level)
		}
		users, groups, namespaces = append(users, r.Users...), append(groups, r.UserGroups...), append(namespaces, r.Namespaces...)
		for _, g := range r.Resources {
			names = append(names, g.ResourceNames...)
		}
	}
	users, groups, namespaces, names = sortedSet(users), sortedSet(groups), sortedSet(namespaces), sortedSet(names)
	for _, probe := range auditProbes {
		for _, verb := range probe.verbs {
			// By every user in every group, namespace and object, so that a rule that singles out any combination is met.
			q := auditRequest{groups: make([]string, 1), verb: verb, group: probe.group, resource: probe.resource}
			for _, q.user = range users {
				for _, q.groups[0] = range groups {
					for _, q.namespace = range namespaces {
						for _, q.name = range names {
							if wrong := auditProbeWrong(p, probe, q); wrong != "" {
								return fmt.Errorf("%s of %s by %s %v in namespace %q %s", verb, probe.resource, q.user, q.groups, q.namespace, wrong)
							}
						}
					}
				}
			}
		}
	}
	return nil
}

func auditProbeWrong(p *auditv1.Policy, probe auditProbe, q auditRequest) string {
	level, omitted := auditLevel(p, q)
	at := slices.Index(auditOrder, level)
	switch {
	case at < slices.Index(auditOrder, probe.least):
		return fmt.Sprintf("is recorded at %s, %s is the least", level, probe.least)
	case at > slices.Index(auditOrder, probe.most):
		return fmt.Sprintf("is recorded at %s, and then its contents stand in the log", level)
	case slices.ContainsFunc(omitted, func(s auditv1.Stage) bool { return s != auditv1.StageRequestReceived }):
		return fmt.Sprintf("is not recorded at the stages %v", omitted)
	}
	return ""
}

func sortedSet(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// webhookKubeconfig holds the fields of a kubeconfig that a webhook's may use. Without insecure-skip-tls-verify,
// proxy-url and inline credentials, which the decoder therefore refuses.
type webhookKubeconfig struct {
	metav1.TypeMeta
	Clusters []struct {
		Name    string `json:"name"`
		Cluster struct {
			Server               string `json:"server"`
			CertificateAuthority string `json:"certificate-authority"`
		} `json:"cluster"`
	} `json:"clusters"`
	Contexts []struct {
		Name    string `json:"name"`
		Context struct {
			Cluster string `json:"cluster"`
			User    string `json:"user"`
		} `json:"context"`
	} `json:"contexts"`
	CurrentContext string `json:"current-context"`
	Users          []struct {
		Name string `json:"name"`
		User struct {
			TokenFile         string `json:"tokenFile"`
			ClientCertificate string `json:"client-certificate"`
			ClientKey         string `json:"client-key"`
		} `json:"user"`
	} `json:"users"`
}

func webhookWrong(c *webhookKubeconfig, want string) error {
	switch {
	case len(c.Clusters) != 1 || len(c.Contexts) != 1 || len(c.Users) != 1:
		return fmt.Errorf("one cluster, context and user is wanted")
	case c.CurrentContext != c.Contexts[0].Name || c.Contexts[0].Context.Cluster != c.Clusters[0].Name || c.Contexts[0].Context.User != c.Users[0].Name:
		return fmt.Errorf("the context does not lead to the cluster and the user")
	case c.Clusters[0].Cluster.Server != want:
		return fmt.Errorf("records go to %q and not to the declared %q", c.Clusters[0].Cluster.Server, want)
	case len(want) < 9 || want[:8] != "https://":
		return fmt.Errorf("records go to %q without TLS", want)
	}
	u := c.Users[0].User
	token := u.TokenFile == generate.AuditTokenFile
	certificate := strings.HasPrefix(u.ClientCertificate, nodeHardening+"/") && strings.HasPrefix(u.ClientKey, nodeHardening+"/")
	if u.TokenFile != "" && !token || !token && !certificate {
		return fmt.Errorf("the API server shows the collector neither the token in %s nor a certificate in %s", generate.AuditTokenFile, nodeHardening)
	}
	return nil
}
