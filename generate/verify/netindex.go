package verify

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// policyIndex finds the policies of one namespace that select a pod without asking each of them: each policy is filed
// under the rarest label that its selector demands.
type policyIndex struct {
	byLabel map[string]map[string][]*netPolicy // key → value → policies
	rest    []*netPolicy                       // policies that demand no single value of any label
}

func newPolicyIndex(policies []*netPolicy) *policyIndex {
	count := map[[2]string]int{}
	for _, p := range policies {
		for _, l := range demanded(p.subject) {
			count[l]++
		}
	}
	x := &policyIndex{byLabel: map[string]map[string][]*netPolicy{}}
	for _, p := range policies {
		var rarest *[2]string
		for _, l := range demanded(p.subject) {
			if rarest == nil || count[l] < count[*rarest] {
				rarest = &l
			}
		}
		if rarest == nil {
			x.rest = append(x.rest, p)
			continue
		}
		key, value := rarest[0], rarest[1]
		if x.byLabel[key] == nil {
			x.byLabel[key] = map[string][]*netPolicy{}
		}
		x.byLabel[key][value] = append(x.byLabel[key][value], p)
	}
	return x
}

// demanded returns the labels without which the selector selects nothing.
func demanded(s selector) [][2]string {
	var labels [][2]string
	for _, r := range s {
		if r.operator == metav1.LabelSelectorOpIn && len(r.values) == 1 {
			labels = append(labels, [2]string{r.key, r.values[0]})
		}
	}
	return labels
}

// find returns the policies that the test accepts, among those that labels do not rule out. With open, labels that are
// not known may have any value.
func (x *policyIndex) find(labels map[string]string, test func(selector) bool, open bool) []*netPolicy {
	var found []*netPolicy
	add := func(policies []*netPolicy) {
		for _, p := range policies {
			if test(p.subject) {
				found = append(found, p)
			}
		}
	}
	add(x.rest)
	for key, byValue := range x.byLabel {
		if value, ok := labels[key]; ok {
			add(byValue[value])
			continue
		}
		if open {
			for _, policies := range byValue {
				add(policies)
			}
		}
	}
	return found
}
