package generate

import (
	"path"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/bartizan-dev/bartizan/model"
)

var audit = &Generator{
	Name: "audit",
	Doc: `say what the API server records, and where records go besides the local log

Every request is recorded but health probes, the leases that components renew and the events that they write. Whatever
changes the cluster is recorded with its content; requests that carry secrets, configuration or tokens never are. With
cluster.audit.contents = "all" every other request is recorded in full.`,
	Controls: []model.ControlID{model.APIAudit, model.AuditContentsRecorded, model.AuditShipped},
	Kinds:    slices.Concat(objectKinds("audit.k8s.io/v1", "Policy"), objectKinds("v1", "Config")),
	Run:      runAudit,
}

// AuditTokenFile holds the bearer token that the log collector issued to a control-plane node. It is put there before
// the node is set up and stands in no file of the tree.
const AuditTokenFile = HardeningDir + "/audit-webhook.token"

func runAudit(p *Pass) error {
	for _, c := range kubeadmClusters(p.Spec) {
		file := hardeningFile(c, "audit-policy.yaml")
		p.Claim(model.APIAudit, c.Addr(), file)
		policy := auditPolicy()
		if c.Audit.Contents == model.ContentsOfAll {
			policy = fullAuditPolicy()
			p.Claim(model.AuditContentsRecorded, c.Addr(), file)
		}
		if err := p.YAML(Artifact{
			Path:  file,
			Doc:   "audit policy of the API server: which requests are recorded, and how completely",
			Where: "each control-plane node, in " + HardeningDir,
		}, policy); err != nil {
			return err
		}
		if c.Audit.ShipTo == "" {
			continue
		}
		webhook := hardeningFile(c, "audit-webhook.yaml")
		p.Claim(model.AuditShipped, c.Addr(), webhook)
		if err := p.YAML(Artifact{
			Path:  webhook,
			Doc:   "where the API server sends its audit records; the token that it shows there is a file on the node",
			Where: "each control-plane node, in " + HardeningDir,
		}, auditWebhook(c)); err != nil {
			return err
		}
	}
	return nil
}

// policyOf returns a policy with the rules; the first that matches a request decides.
// https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-policy
func policyOf(rules ...auditv1.PolicyRule) auditv1.Policy {
	return auditv1.Policy{
		TypeMeta:          typeMeta("audit.k8s.io/v1", "Policy"),
		OmitStages:        []auditv1.Stage{auditv1.StageRequestReceived},
		OmitManagedFields: true,
		Rules:             rules,
	}
}

// withoutContents is the rule for what holds a secret or may hold one. Tokens are in what serviceaccounts/token answers
// and in what a TokenReview asks.
func withoutContents(more ...auditv1.GroupResources) auditv1.PolicyRule {
	return auditv1.PolicyRule{
		Level: auditv1.LevelMetadata,
		Resources: append([]auditv1.GroupResources{
			{Group: "", Resources: []string{"secrets", "configmaps", "serviceaccounts/token"}},
			{Group: "authentication.k8s.io"},
		}, more...),
	}
}

// fullAuditPolicy records everything with its contents but what may hold a secret. STIG V-242403 has the second rule
// alone.
func fullAuditPolicy() auditv1.Policy {
	return policyOf(withoutContents(), auditv1.PolicyRule{Level: auditv1.LevelRequestResponse})
}

func auditPolicy() auditv1.Policy {
	changes := []string{"create", "update", "patch", "delete", "deletecollection"}
	return policyOf([]auditv1.PolicyRule{
		{ // probes of load balancers and kubelets
			Level:           auditv1.LevelNone,
			Verbs:           []string{"get"},
			NonResourceURLs: []string{"/healthz*", "/livez*", "/readyz*"},
		},
		{ // every node renews its lease every ten seconds
			Level:      auditv1.LevelNone,
			UserGroups: []string{"system:nodes"},
			Verbs:      []string{"get", "update"},
			Namespaces: []string{"kube-node-lease"},
			Resources:  []auditv1.GroupResources{{Group: "coordination.k8s.io", Resources: []string{"leases"}}},
		},
		{ // leader election, every two seconds
			Level:      auditv1.LevelNone,
			Users:      []string{"system:kube-controller-manager", "system:kube-scheduler"},
			Verbs:      []string{"get", "update"},
			Namespaces: []string{"kube-system"},
			Resources:  []auditv1.GroupResources{{Group: "coordination.k8s.io", Resources: []string{"leases"}}},
		},
		{ // events are a log of their own; deleting them is recorded below
			Level: auditv1.LevelNone,
			Verbs: []string{"create", "update", "patch"},
			Resources: []auditv1.GroupResources{
				{Group: "", Resources: []string{"events"}},
				{Group: "events.k8s.io", Resources: []string{"events"}},
			},
		},
		// a SubjectAccessReview holds no secret, but there are many
		withoutContents(auditv1.GroupResources{Group: "authorization.k8s.io"}),
		{ // status reports: many, and their contents are in the metrics
			Level: auditv1.LevelMetadata,
			Resources: []auditv1.GroupResources{
				{Group: "", Resources: []string{"nodes/status", "pods/status"}},
				{Group: "coordination.k8s.io", Resources: []string{"leases"}},
			},
		},
		{ // who ran what inside a pod; the command stands in the request's URI
			Level: auditv1.LevelRequest,
			Resources: []auditv1.GroupResources{
				{Group: "", Resources: []string{"pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy"}},
			},
		},
		{ // what changes the cluster, with the object before defaults and after admission
			Level: auditv1.LevelRequestResponse,
			Verbs: changes,
		},
		{Level: auditv1.LevelMetadata},
	}...)
}

// kubeconfig holds the fields of a kubeconfig, version v1, that a webhook and people need. Upstream's type is in client-go, which
// nothing else here needs.
type kubeconfig struct {
	metav1.TypeMeta
	Clusters       []namedCluster `json:"clusters"`
	Contexts       []namedContext `json:"contexts"`
	CurrentContext string         `json:"current-context"`
	Users          []namedUser    `json:"users"`
}

type namedCluster struct {
	Name    string     `json:"name"`
	Cluster kubeServer `json:"cluster"`
}

type kubeServer struct {
	ProxyURL string `json:"proxy-url,omitempty"`
	Server   string `json:"server"`
}

type namedContext struct {
	Name    string      `json:"name"`
	Context kubeContext `json:"context"`
}

type kubeContext struct {
	Cluster string `json:"cluster"`
	User    string `json:"user"`
}

type namedUser struct {
	Name string   `json:"name"`
	User kubeUser `json:"user"`
}

type kubeUser struct {
	Exec      *execPlugin `json:"exec,omitempty"`
	TokenFile string      `json:"tokenFile,omitempty"`
}

func auditWebhook(c *model.Cluster) kubeconfig {
	return kubeconfig{
		TypeMeta:       typeMeta("v1", "Config"),
		Clusters:       []namedCluster{{"audit", kubeServer{Server: c.Audit.ShipTo}}},
		Contexts:       []namedContext{{"audit", kubeContext{"audit", "api-server"}}},
		CurrentContext: "audit",
		Users:          []namedUser{{"api-server", kubeUser{TokenFile: path.Clean(AuditTokenFile)}}},
	}
}
