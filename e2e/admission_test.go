//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// admissionChecks ask what the admission policies of the tree refuse, once the tree is applied.
var admissionChecks = []check{
	{"Each admission policy refuses what it should in words that name it and a remedy, and everyday objects pass", checkAdmission},
	{"A policy can compare the date at which an object is created", checkDates},
}

// admissionRequests is testdata/admission.yaml; the file says what its fields mean.
type admissionRequests struct {
	People map[string]struct {
		User   string
		Groups []string
	}
	Setup []json.RawMessage
	Older []json.RawMessage
	Cases []struct {
		Rule, Refused, As, Do string
		Object                json.RawMessage
	}
}

func checkAdmission(ctx context.Context, e *env) (string, error) {
	text, err := os.ReadFile("testdata/admission.yaml")
	if err != nil {
		return "", err
	}
	var list admissionRequests
	if err := yaml.Unmarshal(text, &list); err != nil {
		return "", err
	}
	for _, object := range list.Setup {
		if _, err := e.KubectlInput(ctx, strings.NewReader(string(object)), "apply", "--server-side", "-f", "-"); err != nil {
			return "", err
		}
		// Later checks look for rights that are too wide.
		defer e.KubectlInput(ctx, strings.NewReader(string(object)), "delete", "--wait=false", "-f", "-")
	}
	if err := writeOlder(ctx, e, list.Older); err != nil {
		return "", err
	}
	for _, object := range list.Older {
		defer e.KubectlInput(ctx, strings.NewReader(string(object)), "delete", "--wait=false", "-f", "-")
	}
	refused, passed := map[string]int{}, 0
	var wrong []error
	for _, c := range list.Cases {
		who := list.People["developer"]
		if c.As != "" {
			who = list.People[c.As]
		}
		as := []string{"--as=" + who.User}
		for _, g := range who.Groups {
			as = append(as, "--as-group="+g)
		}
		err := request(ctx, e, c.Do, c.Object, as)
		failure := new(lab.CommandError)
		switch {
		case c.Refused == "" && err == nil:
			passed++
		case c.Refused == "":
			wrong = append(wrong, fmt.Errorf("%s: %w", c.Rule, err))
		case err == nil:
			wrong = append(wrong, fmt.Errorf("%s: it was let through", c.Rule))
		case !errors.As(err, &failure) || !strings.Contains(failure.Stderr, "ValidatingAdmissionPolicy 'bartizan-"+c.Refused+"'") ||
			!strings.Contains(failure.Stderr, "denied request: bartizan-"+c.Refused+": "):
			wrong = append(wrong, fmt.Errorf("%s: refused, but not by bartizan-%s with its message: %w", c.Rule, c.Refused, err))
		default:
			refused[c.Refused]++
		}
	}
	if len(wrong) > 0 {
		return "", errors.Join(wrong...)
	}
	var counts []string
	for _, name := range slices.Sorted(maps.Keys(refused)) {
		counts = append(counts, fmt.Sprintf("%s %d", name, refused[name]))
	}
	return fmt.Sprintf("%d requests let through; refused, by policy: %s", passed, strings.Join(counts, ", ")), nil
}

// writeOlder writes objects as an administrator did before there were policies: for so long, the policies only audit.
func writeOlder(ctx context.Context, e *env, objects []json.RawMessage) error {
	var bindings struct {
		Items []struct {
			Metadata struct{ Name string }
		}
	}
	if err := e.JSON(ctx, &bindings, "get", "validatingadmissionpolicybindings"); err != nil {
		return err
	}
	set := func(actions string) error {
		for _, b := range bindings.Items {
			if !strings.HasPrefix(b.Metadata.Name, "bartizan-") {
				continue
			}
			if _, err := e.Kubectl(ctx, "patch", "validatingadmissionpolicybinding", b.Metadata.Name, "--type=merge", "--patch", `{"spec": {"validationActions": `+actions+`}}`); err != nil {
				return err
			}
		}
		return nil
	}
	if err := set(`["Audit"]`); err != nil {
		return err
	}
	err := func() error {
		for _, object := range objects {
			err := cluster.Eventually(ctx, time.Minute, func() error {
				_, err := e.KubectlInput(ctx, strings.NewReader(string(object)), "apply", "--server-side", "-f", "-")
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	}()
	if err := errors.Join(err, set(`["Deny", "Audit"]`)); err != nil {
		return err
	}
	// The pod, which comes first, breaks one of them as soon as they are in force again.
	return cluster.Eventually(ctx, time.Minute, func() error {
		_, err := denied(ctx, e, "denied request: bartizan-", string(objects[0]), "create", "--dry-run=server", "-f", "-")
		return err
	})
}

// request asks the API server without changing anything.
func request(ctx context.Context, e *env, do string, object json.RawMessage, as []string) error {
	var head struct {
		Kind     string
		Metadata struct{ Name, Namespace string }
	}
	if err := json.Unmarshal(object, &head); err != nil {
		return err
	}
	in := strings.NewReader(string(object))
	switch do {
	case "":
		_, err := e.KubectlInput(ctx, in, append(as, "create", "--dry-run=server", "-f", "-")...)
		return err
	case "update":
		_, err := e.KubectlInput(ctx, in, append(as, "apply", "--server-side", "--field-manager=e2e", "--force-conflicts", "--dry-run=server", "-f", "-")...)
		return err
	case "delete":
		_, err := e.KubectlInput(ctx, in, append(as, "delete", "--dry-run=server", "-f", "-")...)
		return err
	case "debug":
		_, err := e.KubectlInput(ctx, in, append(as, "replace", "--raw", "/api/v1/namespaces/"+head.Metadata.Namespace+"/pods/"+head.Metadata.Name+"/ephemeralcontainers?dryRun=All", "-f", "-")...)
		return err
	case "exec":
		// Admission comes before the pod is looked up: without one, whoever is let through is told that there is none.
		_, err := e.Kubectl(ctx, append(as, "create", "--raw", "/api/v1/namespaces/"+head.Metadata.Namespace+"/pods/"+head.Metadata.Name+"/exec?command=id&stdout=1", "-f", "/dev/null")...)
		if err != nil && strings.Contains(err.Error(), "not found") {
			return nil
		}
		return err
	}
	return fmt.Errorf("nobody knows how to %q", do)
}

// checkDates writes a policy with a date in the past, and one with a date to come. Expressions have no clock: the API server
// sets the time of creation before it validates.
func checkDates(ctx context.Context, e *env) (string, error) {
	write := func(name, until string) error {
		_, err := e.KubectlInput(ctx, strings.NewReader(fmt.Sprintf(`{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": %[1]q}, "spec": {"failurePolicy": "Fail",
    "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}],
      "objectSelector": {"matchLabels": {"e2e": %[1]q}}},
    "validations": [{"expression": "request.operation != 'CREATE' || timestamp(object.metadata.creationTimestamp) < timestamp('%[2]s')", "message": "e2e: the exception has ended."}]}},
  {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": %[1]q}, "spec": {"policyName": %[1]q, "validationActions": ["Deny"]}}]}`,
			name, until)), "apply", "--server-side", "-f", "-")
		return err
	}
	object := func(label, forged string) string {
		return fmt.Sprintf(`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "e2e-date", "namespace": "default", "labels": {"e2e": %q}, "creationTimestamp": %s}}`, label, forged)
	}
	past, future := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	if err := write("e2e-past", past); err != nil {
		return "", err
	}
	if err := write("e2e-future", future); err != nil {
		return "", err
	}
	defer e.Kubectl(ctx, "delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", "e2e-past", "e2e-future")
	// A policy takes a moment to be in force.
	err := cluster.Eventually(ctx, time.Minute, func() error {
		_, err := denied(ctx, e, "e2e: the exception has ended.", object("e2e-past", "null"), "create", "--dry-run=server", "-f", "-")
		return err
	})
	if err != nil {
		return "", err
	}
	if _, err := denied(ctx, e, "e2e: the exception has ended.", object("e2e-past", `"2001-01-01T00:00:00Z"`), "create", "--dry-run=server", "-f", "-"); err != nil {
		return "", fmt.Errorf("with a time of creation that the client chose: %w", err)
	}
	if _, err := e.KubectlInput(ctx, strings.NewReader(object("e2e-future", "null")), "create", "--dry-run=server", "-f", "-"); err != nil {
		return "", err
	}
	var policy struct {
		Status struct {
			TypeChecking struct{ ExpressionWarnings []any }
		}
	}
	if err := e.JSON(ctx, &policy, "get", "validatingadmissionpolicy", "e2e-past"); err != nil {
		return "", err
	}
	if n := len(policy.Status.TypeChecking.ExpressionWarnings); n > 0 {
		return "", fmt.Errorf("%v", policy.Status.TypeChecking.ExpressionWarnings)
	}
	return "refused after the date, also where the client writes an earlier time of creation; let through before it", nil
}
