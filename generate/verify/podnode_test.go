package verify

import (
	"maps"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/resource"

	"github.com/bartizan-dev/bartizan/model"
)

// archSpec is the specification of manifests, with images of the cart and the payments that are made for amd64 only.
func archSpec() *model.Spec {
	spec := manifestSpec()
	for _, w := range spec.Clusters[0].Workloads() {
		if w.Name == "cart" || w.Name == "pay" {
			w.Arch = []model.Arch{model.AMD64}
		}
	}
	return spec
}

func TestPodsFindANode(t *testing.T) {
	spec := archSpec()
	_, original := manifestTree(t, spec)
	if found := Run(spec, original, []*Check{podNodeCheck}).Findings; len(found) > 0 {
		t.Fatalf("%+v", found)
	}
	arch := "              - key: kubernetes.io/arch\n                operator: In\n                values:\n                - amd64\n"
	for name, m := range map[string]treeEdit{
		"architecture left out":           {file: cartFile, old: arch, new: ""},
		"another architecture":            {file: cartFile, old: "- amd64\n", new: "- arm64\n"},
		"a further architecture":          {file: cartFile, old: "- amd64\n", new: "- amd64\n                - arm64\n"},
		"any but one":                     {file: cartFile, old: arch, new: "              - key: kubernetes.io/arch\n                operator: NotIn\n                values: [s390x]\n"},
		"a further term":                  {file: cartFile, old: "            - matchExpressions:", new: "            - matchExpressions: [{key: kubernetes.io/os, operator: In, values: [linux]}]\n            - matchExpressions:"},
		"the selector of another pool":    {file: payFile, old: "node-restriction.kubernetes.io/pool: sandbox", new: "node-restriction.kubernetes.io/pool: general"},
		"the control plane":               {file: cartFile, old: "operator: DoesNotExist", new: "operator: Exists"},
		"a value that no label can have":  {file: cartFile, old: "- amd64\n", new: "- \"not a label!\"\n"},
		"a label that no node has":        {file: cartFile, old: "      priorityClassName", new: "      nodeSelector: {disk: ssd}\n      priorityClassName"},
		"a node by name":                  {file: cartFile, old: "      priorityClassName", new: "      nodeName: gen-1\n      priorityClassName"},
		"an architecture by nodeSelector": {file: cartFile, old: "      priorityClassName", new: "      nodeSelector: {kubernetes.io/arch: arm64}\n      priorityClassName"},
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(original)
			m.apply(t, files)
			found := Run(spec, files, []*Check{podNodeCheck}).Findings
			if !slices.ContainsFunc(found, func(f Finding) bool {
				return f.Path == "clusters/prod/manifests/"+m.file && f.Object != ""
			}) {
				t.Errorf("no finding names the file: %+v", found)
			}
		})
	}
}

// What the specification's reader takes for the request of a pod is what the scheduler takes for it.
func TestPodRequestIsThatOfTheScheduler(t *testing.T) {
	compared := 0
	for _, path := range []string{"../../examples/online-boutique", "../../model/testdata/sketch", "../../model/testdata/everything"} {
		spec := loadExample(t, path)
		_, files := manifestTree(t, spec)
		p := &Pass{Spec: spec, Files: files, result: &Result{}, cache: newCache()}
		for _, c := range spec.Clusters {
			sources := podSources(p.Objects(c))
			for _, w := range c.Workloads() {
				near := slices.DeleteFunc(slices.Clone(sources), func(s podSource) bool { return s.Namespace != w.Namespace.Name })
				source, ok := declaredPods(w, near)
				if !ok || !generated(w) {
					continue
				}
				list := resource.PodRequests(&corev1.Pod{Spec: *source.Spec}, resource.PodResourcesOptions{})
				cpu, memory := w.PodRequest()
				if cpu != list.Cpu().MilliValue() || memory != list.Memory().Value() {
					t.Errorf("%s: %d and %d, the scheduler says %d and %d", w.Addr(), cpu, memory, list.Cpu().MilliValue(), list.Memory().Value())
				}
				compared++
			}
		}
	}
	if compared < 20 {
		t.Errorf("%d workloads compared", compared)
	}
}
