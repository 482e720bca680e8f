// Command kcheck judges configuration files of Kubernetes' components by the components' own code.
//
//	kcheck FILE...
//
// Each file is split into its documents. Each document is decoded strictly, so that unknown and repeated fields are
// errors, and validated by the code with which the component of this version validates it. It prints one JSON object a
// line and document, and exits with 1 if one is refused.
//
// It needs packages of k8s.io/kubernetes that no other module may depend on, so it is built inside a module that stands
// for k8s.io/kubernetes: see the package build beside it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"k8s.io/klog/v2"

	kubeadmconfig "k8s.io/kubernetes/cmd/kubeadm/app/util/config"
)

// verdict is what is said about one document.
type verdict struct {
	File  string  `json:"file"`
	Kind  string  `json:"kind"`
	Error string  `json:"error,omitempty"` // empty: accepted
	MS    float64 `json:"ms"`
}

func main() {
	klog.LogToStderr(false) // warnings of decoders that fall back to leniency: the strict decoder has spoken before
	klog.SetOutput(os.Stderr)
	code := 0
	out := json.NewEncoder(os.Stdout)
	for _, file := range os.Args[1:] {
		for _, v := range judge(file) {
			if v.Error != "" {
				code = 1
			}
			if err := out.Encode(v); err != nil {
				fmt.Fprintln(os.Stderr, "kcheck:", err)
				os.Exit(2)
			}
		}
	}
	os.Exit(code)
}

// judge returns one verdict for each document. kubeadm's documents are judged together, as kubeadm reads them.
func judge(file string) []verdict {
	data, err := os.ReadFile(file)
	if err != nil {
		return []verdict{{File: file, Error: err.Error()}}
	}
	docs, err := split(data)
	if err != nil {
		return []verdict{{File: file, Error: err.Error()}}
	}
	if strings.HasSuffix(file, "+strategic.yaml") && len(docs) == 1 {
		docs[0].APIVersion, docs[0].Kind = "v1", staticPodPatch // a patch of a static pod names no kind
	}
	var all []verdict
	add := func(kind string, check func() error) {
		start := time.Now()
		v := verdict{File: file, Kind: kind}
		if err := check(); err != nil {
			v.Error = err.Error()
		}
		v.MS = float64(time.Since(start).Microseconds()) / 1000
		all = append(all, v)
	}
	kubeadm := false
	for _, doc := range docs {
		if doc.group() == "kubeadm.k8s.io" {
			if !kubeadm {
				kubeadm = true
				add("kubeadm", func() error { return kubeadmconfig.ValidateConfig(data, false, false) })
			}
			continue
		}
		add(doc.Kind, func() error { return doc.check() })
	}
	return all
}
