package verify

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// podAccountCheck judges as whom pods talk to the API.
var podAccountCheck = &Check{
	Name: "podaccount",
	Doc: `pods run as their own account, and mount no token that they do not need

The pod's field decides, and the account's is asked for as well: it holds for pods that somebody writes later. A
projected token, a pod certificate and a token Secret are credentials for the API like any other.`,
	Controls: []model.ControlID{model.NoToken, model.OwnAccount},
	Run:      func(p *Pass) { judgePods(p, podAccountRules) },
}

var podAccountRules = []podRule{
	{
		control: model.NoToken,
		given:   func(w *model.Workload) bool { return len(w.APIAccess) == 0 },
		judge:   judgeToken,
	},
	{
		control: model.OwnAccount,
		given:   func(*model.Workload) bool { return true },
		judge:   judgeOwnAccount,
	},
}

func judgeToken(p *podCase) []flaw {
	var flaws []flaw
	if !isFalse(p.Spec.AutomountServiceAccountToken) {
		flaws = append(flaws, flaw{p.at + ".automountServiceAccountToken", "The pod mounts its account's token."})
	}
	account, ok := p.objects.One("", "ServiceAccount", p.Namespace, p.Spec.ServiceAccountName)
	if !ok || !isFalse(account.Value.(*corev1.ServiceAccount).AutomountServiceAccountToken) {
		flaws = append(flaws, flaw{p.at + ".serviceAccountName", fmt.Sprintf("The account %q is missing, or lets pods mount its token.", p.Spec.ServiceAccountName)})
	}
	for _, v := range p.Spec.Volumes {
		if v.Projected == nil {
			continue
		}
		for _, s := range v.Projected.Sources {
			if s.ServiceAccountToken != nil || s.PodCertificate != nil {
				flaws = append(flaws, flaw{fmt.Sprintf("%s.volumes[%q]", p.at, v.Name), "The volume holds a credential for the API."})
			}
		}
	}
	for _, s := range p.cluster.tokens[p.Namespace] {
		flaws = append(flaws, flaw{p.at, fmt.Sprintf("%s is a token that never expires.", s)})
	}
	return flaws
}

func judgeOwnAccount(p *podCase) []flaw {
	name := p.Spec.ServiceAccountName
	at := p.at + ".serviceAccountName"
	if old := p.Spec.DeprecatedServiceAccount; old != "" && old != name {
		return []flaw{{p.at + ".serviceAccount", "The old name of the field says something else."}}
	}
	if name == "" || name == "default" {
		return []flaw{{at, "The pod runs as the default account."}}
	}
	if _, ok := p.objects.One("", "ServiceAccount", p.Namespace, name); !ok {
		return []flaw{{at, fmt.Sprintf("The tree does not define the account %q.", name)}}
	}
	var flaws []flaw
	for _, other := range p.cluster.byAccount[p.Namespace+"/"+name] {
		if other.String() != p.String() {
			flaws = append(flaws, flaw{at, fmt.Sprintf("%s runs as the same account.", other)})
		}
	}
	return flaws
}
