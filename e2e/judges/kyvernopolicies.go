package judges

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// kyvernoChart is the chart of policies in the component's directory, and kyvernoSamples are directories of others.
const kyvernoChart = "charts/kyverno-policies"

var kyvernoSamples = []string{"test/best_practices", "test/more"}

// leftOutOfKyverno are the samples that judge and are not asked for.
var leftOutOfKyverno = map[string]string{
	"select-secrets.yaml":                "it asks an API server",
	"ensure_probes_different.yaml":       "it ends with an error on containers that lack a probe",
	"restrict_ingress_classes.yaml":      "it wants classes of its own",
	"restrict_usergroup_fsgroup_id.yaml": "it wants numbers of its own",
}

// clusterPolicy is the kind of policies in kyverno's own patterns. The chart has the same policies in the API server's expressions
// too; the command compiles those anew for each object, which takes almost a second.
const clusterPolicy = "ClusterPolicy"

// kyvernoPolicy is a policy, and what has to be known of it to see that it was applied.
type kyvernoPolicy struct {
	Kind     string
	Metadata struct {
		Name        string
		Annotations map[string]string
	}
	Spec struct {
		Rules []struct {
			Name  string
			Match struct {
				Any []struct{ Resources struct{ Kinds []string } }
			}
			// Validate is nil in a rule that changes objects, or makes further ones.
			Validate map[string]any
		}
	}
	text []byte
}

type kyvernoPolicies []kyvernoPolicy

// kyvernoPolicies are the pod security policies of the chart, baseline, restricted and others, and the samples.
func (c *Court) kyvernoPolicies(ctx context.Context) (kyvernoPolicies, error) {
	others, err := filepath.Glob(filepath.Join(c.Dir, kyvernoChart, "templates/other/*.cel.yaml"))
	if err != nil || others == nil {
		return nil, fmt.Errorf("%s has no further policies: %v", kyvernoChart, err)
	}
	for i, file := range others {
		others[i] = strings.TrimSuffix(filepath.Base(file), ".cel.yaml")
	}
	values, err := yaml.Marshal(map[string]any{"policyType": clusterPolicy, "podSecurityStandard": "restricted", "includeOtherPolicies": others})
	if err != nil {
		return nil, err
	}
	text, err := c.offline(ctx, values, "helmtemplate", filepath.Join(c.Dir, kyvernoChart))
	if err != nil {
		return nil, err
	}
	all, err := parseKyvernoPolicies(text)
	if err != nil {
		return nil, err
	}
	for _, dir := range kyvernoSamples {
		files, err := filepath.Glob(filepath.Join(c.Dir, dir, "*.yaml"))
		if err != nil || files == nil {
			return nil, fmt.Errorf("%s has no policies: %v", dir, err)
		}
		for _, file := range files {
			if leftOutOfKyverno[filepath.Base(file)] != "" {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			policies, err := parseKyvernoPolicies(text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			all = append(all, slices.DeleteFunc(policies, func(p kyvernoPolicy) bool { return !p.judges() })...)
		}
	}
	for _, p := range all {
		if p.Kind != clusterPolicy || len(p.Spec.Rules) == 0 {
			return nil, fmt.Errorf("kyverno: %s is a %s with %d rules", p.Metadata.Name, p.Kind, len(p.Spec.Rules))
		}
	}
	return all, nil
}

// parseKyvernoPolicies reads a stream of policies.
func parseKyvernoPolicies(text []byte) (kyvernoPolicies, error) {
	objects, err := Parse(text)
	if err != nil {
		return nil, err
	}
	var all kyvernoPolicies
	for _, o := range objects {
		p := kyvernoPolicy{text: o.YAML}
		if err := yaml.Unmarshal(o.YAML, &p); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// judges reports whether all rules of the policy judge.
func (p kyvernoPolicy) judges() bool {
	for _, rule := range p.Spec.Rules {
		if rule.Validate == nil {
			return false
		}
	}
	return true
}

// text is a stream of the policies.
func (p kyvernoPolicies) text() []byte {
	var all bytes.Buffer
	for _, policy := range p {
		fmt.Fprintf(&all, "---\n%s\n", policy.text)
	}
	return all.Bytes()
}

// aboutPodsAlone reports whether the policy forbids kyverno to apply its rules for pods also to what makes pods.
func (p kyvernoPolicy) aboutPodsAlone() bool {
	return p.Metadata.Annotations["pod-policies.kyverno.io/autogen-controllers"] == "none"
}

// aboutPodsAlone are the policies that are not about what makes pods.
func (p kyvernoPolicies) aboutPodsAlone() kyvernoPolicies {
	return slices.DeleteFunc(slices.Clone(p), func(policy kyvernoPolicy) bool { return !policy.aboutPodsAlone() })
}

// kyvernoCheck is a rule of a policy.
type kyvernoCheck struct {
	// kinds are those that it names.
	kinds []string
	// podsAlone says that a check about pods is not about what makes pods.
	podsAlone bool
}

func (c kyvernoCheck) isAbout(kind string) bool {
	return slices.Contains(c.kinds, kind) || slices.Contains(c.kinds, "Pod") && !c.podsAlone && kind != "Service"
}

// checks are the checks of the policies by their names.
func (p kyvernoPolicies) checks() map[string]kyvernoCheck {
	all := map[string]kyvernoCheck{}
	for _, policy := range p {
		for _, rule := range policy.Spec.Rules {
			check := kyvernoCheck{podsAlone: policy.aboutPodsAlone()}
			for _, match := range rule.Match.Any {
				check.kinds = append(check.kinds, match.Resources.Kinds...)
			}
			all[kyvernoCheckName(policy.Metadata.Name, rule.Name)] = check
		}
	}
	return all
}

// kyvernoCheckName names a check. For what makes pods kyverno makes rules of those for pods, under a name with a prefix.
func kyvernoCheckName(policy, rule string) string {
	for _, prefix := range []string{"autogen-cronjob-", "autogen-"} {
		if of, ok := strings.CutPrefix(rule, prefix); ok {
			rule = of
			break
		}
	}
	return policy + "/" + rule
}
