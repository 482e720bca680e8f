package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// match is the answer of a label selector for labels that may be known in part only.
type match int

const (
	never  match = iota // no object with the known labels is selected
	maybe               // it depends on labels that are not known
	always              // every object with the known labels is selected
)

// requirement is one condition of a label selector. Equality is In with one value.
type requirement struct {
	key      string
	operator metav1.LabelSelectorOperator
	values   []string
}

// selector is a label selector: all requirements hold. Without requirements it selects everything.
//
// The rule (API reference, LabelSelector): matchLabels and matchExpressions are joined by AND; NotIn and DoesNotExist
// also select objects without the key.
type selector []requirement

// parseSelector takes a label selector apart and refuses what the API server refuses.
func parseSelector(s *metav1.LabelSelector) (selector, error) {
	var out selector
	for _, k := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		out = append(out, requirement{k, metav1.LabelSelectorOpIn, []string{s.MatchLabels[k]}})
	}
	for _, e := range s.MatchExpressions {
		switch e.Operator {
		case metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn:
			if len(e.Values) == 0 {
				return nil, fmt.Errorf("operator %s of key %q has no values", e.Operator, e.Key)
			}
		case metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist:
			if len(e.Values) > 0 {
				return nil, fmt.Errorf("operator %s of key %q has values", e.Operator, e.Key)
			}
		default:
			return nil, fmt.Errorf("unknown operator %q of key %q", e.Operator, e.Key)
		}
		out = append(out, requirement{e.Key, e.Operator, e.Values})
	}
	return out, nil
}

// matches judges labels that are completely known.
func (s selector) matches(labels map[string]string) bool {
	for _, r := range s {
		value, has := labels[r.key]
		ok := false
		switch r.operator {
		case metav1.LabelSelectorOpIn:
			ok = has && slices.Contains(r.values, value)
		case metav1.LabelSelectorOpNotIn:
			ok = !has || !slices.Contains(r.values, value)
		case metav1.LabelSelectorOpExists:
			ok = has
		case metav1.LabelSelectorOpDoesNotExist:
			ok = !has
		}
		if !ok {
			return false
		}
	}
	return true
}

// judge judges every object that has at least the known labels.
func (s selector) judge(known map[string]string) match {
	result := always
	for _, r := range s {
		value, has := known[r.key]
		if !has {
			result = maybe
			continue
		}
		ok := true
		switch r.operator {
		case metav1.LabelSelectorOpIn:
			ok = slices.Contains(r.values, value)
		case metav1.LabelSelectorOpNotIn:
			ok = !slices.Contains(r.values, value)
		case metav1.LabelSelectorOpDoesNotExist:
			ok = false
		}
		if !ok {
			return never
		}
	}
	return result
}

// labels returns the labels that s demands, if it is nothing but a set of demanded labels.
func (s selector) labels() (map[string]string, bool) {
	labels := map[string]string{}
	for _, r := range s {
		if r.operator != metav1.LabelSelectorOpIn || len(r.values) != 1 {
			return nil, false
		}
		if v, ok := labels[r.key]; ok && v != r.values[0] {
			return nil, false
		}
		labels[r.key] = r.values[0]
	}
	return labels, true
}

// podKey names the pods of a namespace that have the labels.
func podKey(namespace string, labels map[string]string) string {
	var b strings.Builder
	b.WriteString(namespace)
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		fmt.Fprintf(&b, " %q=%q", k, labels[k])
	}
	return b.String()
}
