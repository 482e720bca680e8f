package judges

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/build"
)

// kyvernoKinds are those that the policies are about. Policies about pods are also about what makes pods.
var kyvernoKinds = kinds("Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Service")

// kyverno applies policies to the objects. Those that are about pods alone it applies to pods as the objects make them.
var kyverno = &Judge{
	Name:      "kyverno",
	Component: build.Kyverno(),
	Judges:    kyvernoKinds,
	Weak:      "disallow-privileged-containers/privileged-containers",
	Run: func(ctx context.Context, c *Court) (*Report, error) {
		policies, err := c.kyvernoPolicies(ctx)
		if err != nil {
			return nil, err
		}
		objects, pods := subjects{}, subjects{}
		for _, o := range c.Tree.Objects {
			if !kyvernoKinds(o) {
				continue
			}
			objects.add(o, o.ID())
			pod, err := podOf(o)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", o.ID(), err)
			}
			if pod.YAML != nil {
				pods.add(pod, o.ID())
			}
		}
		r := newReport()
		if err := c.applyKyverno(ctx, policies, objects, r); err != nil {
			return nil, err
		}
		return r, c.applyKyverno(ctx, policies.aboutPodsAlone(), pods, r)
	},
}

// subject names an object as kyverno's reports do.
type subject struct{ Kind, Namespace, Name string }

// subjects are what kyverno is to judge.
type subjects map[subject]submission

type submission struct {
	yaml []byte
	// id is the id of the object whose verdict it is: its own, or that of the object which makes the pod.
	id string
}

func (s subjects) add(o Object, id string) {
	s[subject{o.Kind, o.Namespace, o.Name}] = submission{o.YAML, id}
}

// podOf is a pod as the controller of the object would make it, under a name of its own. It has no text if the object makes none.
func podOf(o Object) (Object, error) {
	type template struct {
		Metadata map[string]any `json:"metadata"`
		Spec     map[string]any `json:"spec"`
	}
	var owner struct {
		Spec struct {
			Template    *template
			JobTemplate struct {
				Spec struct{ Template *template }
			}
		}
	}
	if err := yaml.Unmarshal(o.YAML, &owner); err != nil {
		return Object{}, err
	}
	made := owner.Spec.Template
	if made == nil {
		made = owner.Spec.JobTemplate.Spec.Template
	}
	if made == nil {
		return Object{}, nil
	}
	pod := Object{APIVersion: "v1", Kind: "Pod", Namespace: o.Namespace, Name: strings.ToLower(o.Kind) + "." + o.Name}
	metadata := map[string]any{"name": pod.Name, "namespace": pod.Namespace}
	for _, field := range []string{"labels", "annotations"} {
		if v, ok := made.Metadata[field]; ok {
			metadata[field] = v
		}
	}
	var err error
	pod.YAML, err = yaml.Marshal(map[string]any{"apiVersion": pod.APIVersion, "kind": pod.Kind, "metadata": metadata, "spec": made.Spec})
	return pod, err
}

// applyKyverno adds to the report what the policies say of the subjects.
func (c *Court) applyKyverno(ctx context.Context, policies kyvernoPolicies, judged subjects, r *Report) error {
	if len(judged) == 0 {
		return nil
	}
	scratch, err := os.MkdirTemp("", "bartizan-kyverno-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	var text bytes.Buffer
	for _, s := range judged {
		fmt.Fprintf(&text, "---\n%s\n", s.yaml)
	}
	rules, objects := filepath.Join(scratch, "policies.yaml"), filepath.Join(scratch, "objects.yaml")
	if err := errors.Join(os.WriteFile(rules, policies.text(), 0o644), os.WriteFile(objects, text.Bytes(), 0o644)); err != nil {
		return err
	}
	out, err := c.offline(ctx, nil, "kyverno", "apply", rules, "--resource", objects, "--policy-report", "--output-format", "json")
	if err != nil {
		return err
	}
	said, err := readKyverno(out)
	if err != nil {
		return err
	}
	return policies.report(judged, said, r)
}

// kyvernoVerdict is what a rule says of an object.
type kyvernoVerdict struct {
	Policy, Rule, Result, Message string
	Resources                     []subject
}

// readKyverno reads what the command prints. Policies that it could not use stand there too, as text.
func readKyverno(out []byte) ([]kyvernoVerdict, error) {
	var said struct{ Results []kyvernoVerdict }
	d := json.NewDecoder(bytes.NewReader(out))
	if err := d.Decode(&said); err != nil {
		return nil, fmt.Errorf("kyverno: %w: %.300s", err, out)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("kyverno prints more than its report: %.300s", out[d.InputOffset():])
	}
	return said.Results, nil
}

// report adds what was said of the subjects. Each check must have said one thing of each subject that it is about; that it was
// skipped is no pass.
func (p kyvernoPolicies) report(judged subjects, said []kyvernoVerdict, r *Report) error {
	checks := p.checks()
	type question struct {
		check string
		on    subject
	}
	answered := map[question]bool{}
	for _, v := range said {
		name := kyvernoCheckName(v.Policy, v.Rule)
		check, ok := checks[name]
		if !ok || len(v.Resources) != 1 || judged[v.Resources[0]].id == "" {
			return fmt.Errorf("kyverno: a verdict of %s on %v, which were not given to it", name, v.Resources)
		}
		q := question{name, v.Resources[0]}
		if answered[q] || !check.isAbout(q.on.Kind) {
			return fmt.Errorf("kyverno: a further verdict of %s on %v", name, q.on)
		}
		answered[q] = true
		switch v.Result {
		case "pass", "fail":
			r.verdict(judged[q.on].id, name, v.Result == "pass", v.Message)
		case "skip":
		default:
			return fmt.Errorf("kyverno: %s ended with %q on %v: %s", name, v.Result, q.on, v.Message)
		}
	}
	for name, check := range checks {
		for on := range judged {
			if check.isAbout(on.Kind) && !answered[question{name, on}] {
				return fmt.Errorf("kyverno: %s says nothing of %v", name, on)
			}
		}
	}
	return nil
}
