package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// gitOpsCheck judges as whom a GitOps controller acts, and what those accounts may do.
var gitOpsCheck = &Check{
	Name: "gitops",
	Doc: `a GitOps controller acts as one account for each namespace

Every object that the controller reads must be one of those that the specification explains, with no field that
changes what is applied. The account of a namespace's workloads may change workloads there: no roles, no network
policies, no accounts, no Secrets, nothing in other namespaces. It can run pods as any account of its own namespace,
which is what deploying is. Namespaces and claims, which hold data, stay when their file goes.`,
	Controls: []model.ControlID{model.GitOpsPerNamespace},
	Run:      runGitOps,
}

func runGitOps(p *Pass) {
	for _, g := range p.Spec.GitOps {
		sound, file := g.Privileges != model.PrivilegesClusterAdmin, ""
		for _, c := range p.Spec.Clusters {
			namespaces := deployed(g, c)
			if len(namespaces) == 0 {
				continue
			}
			j := &gitOpsJudge{pass: p, gitops: g, cluster: c, objects: p.Objects(c), namespaces: namespaces}
			if g.Privileges != model.PrivilegesClusterAdmin && !j.judge() {
				sound = false
			}
			if file == "" || j.file != "" && j.file < file {
				file = j.file
			}
		}
		if sound && file != "" {
			p.Prove(model.GitOpsPerNamespace, g.Addr(), file)
		}
	}
}

func deployed(g *model.GitOps, c *model.Cluster) []*model.Namespace {
	return slices.DeleteFunc(slices.Clone(g.Deploys), func(n *model.Namespace) bool { return n.Cluster != c })
}

// gitOpsAccounts are the accounts as which the controller acts, "namespace/name".
func gitOpsAccounts(g *model.GitOps, c *model.Cluster) []string {
	accounts := []string{g.Namespace() + "/" + g.GuardAccount()}
	for _, n := range deployed(g, c) {
		accounts = append(accounts, g.Namespace()+"/"+g.AppsAccount(n))
	}
	return accounts
}

// gitOpsJudge judges one controller in one cluster.
type gitOpsJudge struct {
	pass       *Pass
	gitops     *model.GitOps
	cluster    *model.Cluster
	objects    *Objects
	namespaces []*model.Namespace
	file       string // that lists the parts
	flawed     bool
}

func (j *gitOpsJudge) find(o Object, field, message string, args ...any) {
	j.flawed = true
	place := o.String()
	if field != "" {
		place = o.At(field)
	}
	j.pass.Find(Finding{Control: model.GitOpsPerNamespace, Subject: j.gitops.Addr(), Path: o.Path, Object: place, Message: fmt.Sprintf(message, args...)})
}

// controlled reports whether a GitOps controller reads objects of the group.
func controlled(group string) bool {
	return strings.HasSuffix(group, ".toolkit.fluxcd.io") || group == "argoproj.io"
}

func (j *gitOpsJudge) judge() bool {
	if !j.objects.Complete {
		return false
	}
	own := path.Join(generate.GitOpsDir(j.cluster, j.gitops)) + "/"
	parts := map[string]bool{}
	for _, o := range j.objects.All {
		u, ok := o.Value.(*unstructured.Unstructured)
		if !ok || !controlled(o.GVK.Group) {
			continue
		}
		if !strings.HasPrefix(o.Path, own) {
			if !j.anotherController(o.Path) {
				j.find(o, "", "A GitOps controller would read this object, and nothing declares it.")
			}
			continue
		}
		if o.Namespace != j.gitops.Namespace() {
			j.find(o, "metadata.namespace", "The object is not in the controller's own namespace.")
			continue
		}
		switch o.GVK.Group + "/" + o.GVK.Kind {
		case "source.toolkit.fluxcd.io/GitRepository":
			j.fluxSource(o, u)
		case "kustomize.toolkit.fluxcd.io/Kustomization":
			parts[o.Name] = true
			j.fluxPart(o, u)
		case "argoproj.io/AppProject":
			j.argoProject(o, u)
		case "argoproj.io/Application":
			parts[o.Name] = true
			j.argoApplication(o, u)
		default:
			j.find(o, "", "Nothing declares an object of this kind.")
		}
	}
	if len(parts) == 0 {
		j.pass.Find(Finding{Control: model.GitOpsPerNamespace, Subject: j.gitops.Addr(), Path: own + "kustomization.yaml", Message: "The tree tells the controller nothing."})
		return false
	}
	j.rights()
	j.keeps()
	return !j.flawed
}

func (j *gitOpsJudge) anotherController(file string) bool {
	return slices.ContainsFunc(j.pass.Spec.GitOps, func(g *model.GitOps) bool {
		return strings.HasPrefix(file, generate.GitOpsDir(j.cluster, g)+"/")
	})
}

// part returns the directory in the repository and the account that the part with the name must have; ok is false for an
// unknown one.
func (j *gitOpsJudge) part(name string) (dir, account string, ok bool) {
	in := func(dir string) string { return path.Join(j.gitops.Path, dir) }
	if name == "platform" {
		return in(generate.PlatformDir(j.cluster)), j.gitops.GuardAccount(), true
	}
	for _, n := range j.namespaces {
		switch name {
		case "guard-" + n.Name:
			return in(generate.GuardDir(n)), j.gitops.GuardAccount(), true
		case "apps-" + n.Name:
			return in(generate.AppsDir(n)), j.gitops.AppsAccount(n), true
		}
	}
	return "", "", false
}

// rights evaluates what the accounts of workloads may do.
func (j *gitOpsJudge) rights() {
	r := newRBAC(j.objects)
	for _, n := range j.namespaces {
		id := accountIdentity(j.gitops.Namespace(), j.gitops.AppsAccount(n))
		for _, g := range r.of(id) {
			if g.open != "" {
				j.find(g.binding, "roleRef", "The rights have no bound: %s.", g.open)
				continue
			}
			for _, rule := range g.rules {
				for _, x := range rights(g.namespace, rule) {
					if x.namespace != n.Name || x.url != "" || !appMay(x) {
						j.find(g.binding, "", "The account that applies the workloads of %q may %s.", n.Name, x)
					}
				}
			}
		}
	}
}

// appMay reports whether whoever applies workloads needs the right. To wait for them it reads what they made; writing pods
// or ReplicaSets itself would pass by what was reviewed.
func appMay(x right) bool {
	if x.group == "" && x.resource == "pods" || x.group == "apps" && x.resource == "replicasets" {
		return slices.Contains(readVerbs, x.verb)
	}
	if x.group == "" && x.resource == "persistentvolumeclaims" && x.verb == "delete" {
		return false // the data of a workload outlives its file
	}
	return slices.Contains(appResources[x.group], x.resource) && slices.Contains(appVerbs, x.verb)
}

var appVerbs = []string{"create", "delete", "get", "list", "patch", "update", "watch"}

// appResources are what a workload is made of, by API group. Nothing of them gives rights or opens the network.
var appResources = map[string][]string{
	"":                    {"configmaps", "persistentvolumeclaims", "services"},
	"apps":                {"daemonsets", "deployments", "statefulsets"},
	"autoscaling":         {"horizontalpodautoscalers"},
	"batch":               {"cronjobs", "jobs"},
	"external-secrets.io": {"externalsecrets"},
	"policy":              {"poddisruptionbudgets"},

	"secrets-store.csi.x-k8s.io": {"secretproviderclasses"},
}
